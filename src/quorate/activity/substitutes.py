"""``sub NAME``: the requirement with one more person who may come instead of another."""

from quorate.model.requirement import (
    AllOf,
    Count,
    CountOf,
    Group,
    Name,
    OneOf,
    Optional,
    Part,
    Requirement,
    Unit,
)
from quorate.rules.count import needed


def with_substitute(requirement: Requirement, person: str, substitute: str) -> Requirement:
    """Wherever ``person`` is named, ``substitute or person``; in a counted group, one more member."""
    return AllOf(tuple(_part(part, person, substitute) for part in requirement.parts))


def _part(part: Part, person: str, substitute: str) -> Part:
    if isinstance(part, Optional):
        inner = _part(part.part, person, substitute)
        return Optional(part.part if isinstance(inner, Optional) else inner)
    if isinstance(part, OneOf):
        choices = tuple(unit for choice in part.choices for unit in _choices(choice, person, substitute))
        return OneOf(choices)
    units = _choices(part, person, substitute)
    return units[0] if len(units) == 1 else OneOf(units)


def _choices(unit: Unit, person: str, substitute: str) -> tuple[Unit, ...]:
    """The unit as it is to be, or the alternatives that take its place."""
    match unit:
        case Name(text) if text == person:
            return Name(substitute, unit.column), unit
        case Group(members=members) if person in members:
            return (AllOf(tuple(_member(m, unit.column, person, substitute) for m in members)),)
        case AllOf(parts):
            return (AllOf(tuple(_part(part, person, substitute) for part in parts)),)
        case CountOf(count, Group() as group) if person in group.members:
            return (_widened(count, group, substitute),)
        case CountOf(count, AllOf() as of):
            return (CountOf(count, with_substitute(of, person, substitute)),)
        case _:
            return (unit,)


def _member(member: str, column: int, person: str, substitute: str) -> Part:
    name = Name(member, column)
    return OneOf((Name(substitute, column), name)) if member == person else name


def _widened(count: Count, group: Group, substitute: str) -> CountOf:
    """One more to choose from, as many needed as before."""
    if substitute in group.members:
        return CountOf(count, group)
    as_many = Count(number=needed(count, len(group.members)), column=count.column)
    return CountOf(as_many, Group(group.name, group.column, (*group.members, substitute)))
