"""A requirement as places to be filled, clause by clause, and what is missing. For people to look at;
the decision itself is in choose.py, which this asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from quorate.model.requirement import AllOf, Group, Name, Optional, Part, Requirement
from quorate.rules.choose import Choice, Rank, choose, met
from quorate.rules.forms import Form, Usable, forms, people_in
from quorate.rules.matching import Seating
from quorate.rules.text import clause_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ClausePlaces:
    """One clause (top-level part) with its places; JSON ``places``."""

    index: int
    clause: str
    need: int
    taken: int
    people: tuple[str, ...]
    """Who fills it, then who could, then the others it can name."""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A clause that cannot be filled by those who can."""

    index: int
    clause: str
    part: Part
    need: int
    missing: int
    """How many more it takes; 0 if the clause could be filled alone, but not besides the others."""
    could: tuple[str, ...]
    """Who in it can."""
    cannot: tuple[str, ...]
    """Who in it cannot, in order of naming."""


def places(
    requirement: Requirement, accepted: frozenset[str], could: Usable = lambda _key: False
) -> tuple[ClausePlaces, ...]:
    """Where those who accepted (or could) have their places."""
    choice = _display_choice(requirement, accepted, could)
    found = []
    for index, part in enumerate(requirement.parts):
        optional = isinstance(part, Optional)
        if optional:
            own = choose(AllOf((_inside(part),)), lambda _key: True, taken=accepted, rank=_first(could))
            inside = own.people if own else ()
        else:
            inside = choice.assignment[index] if choice else ()
        rest = [p for p in people_in(part) if p not in inside]
        people = sorted([*inside, *rest], key=lambda p: _standing(p, inside, accepted, could))
        taken = sum(1 for p in inside if p in accepted)
        found.append(
            ClausePlaces(
                index=index,
                clause=clause_text(part),
                need=len(inside),
                taken=taken,
                people=tuple(people),
                optional=optional,
            )
        )
    return tuple(found)


def _standing(person: str, inside: tuple[str, ...], accepted: frozenset[str], could: Usable) -> int:
    """0 fills a place, 1 could fill it, 2 holds it open, 3 the others."""
    if person in inside:
        return 0 if person in accepted else 1 if could(person) else 2
    return 1 if could(person) else 3


def _display_choice(requirement: Requirement, accepted: frozenset[str], could: Usable) -> Choice | None:
    now = choose(requirement, could, taken=accepted)
    return now or choose(requirement, lambda _key: True, taken=accepted, rank=_first(could))


def _first(could: Usable) -> Rank:
    return lambda key: (not could(key),)


def missing(requirement: Requirement, can: Usable) -> tuple[Lack, ...]:
    """What lacks, clause by clause; empty if those who can meet the requirement."""
    if met(requirement, can):
        return ()
    sure = frozenset(_surely_named(requirement))
    found = tuple(
        lack
        for index, part in enumerate(requirement.parts)
        if not isinstance(part, Optional)
        and (lack := _lack(index, part, can, sure - frozenset(_named_here(part)))).missing
    )
    if found:
        return found
    counted = [(i, p) for i, p in enumerate(requirement.parts) if not isinstance(p, (Optional, Name, Group))]
    return tuple(_lack(i, p, can, frozenset()) for i, p in counted)


def could_fill(requirement: Requirement, can: Usable) -> tuple[str, ...]:
    """Who would be asked in the clauses that can be filled, when others cannot yet."""
    filled: dict[str, None] = {}
    for part in requirement.parts:
        if not isinstance(part, Optional):
            choice = choose(AllOf((part,)), can)
            filled.update(dict.fromkeys(choice.people if choice else ()))
    return tuple(filled)


def _lack(index: int, part: Part, can: Usable, elsewhere: frozenset[str]) -> Lack:
    """The way that lacks fewest people, the first of them if several do."""
    ways = [(_short(form, can, elsewhere), form) for form in forms(part, lambda _key: True, (index,))]
    short, form = min(ways, key=lambda pair: pair[0])
    people = people_in(part, optional=False)
    return Lack(
        index=index,
        clause=clause_text(part),
        part=part,
        need=len(set(form.named)) + sum(p.need for p in form.places),
        missing=short,
        could=tuple(p for p in people if can(p) and p not in elsewhere),
        cannot=tuple(p for p in people if not can(p)),
    )


def _short(form: Form, can: Usable, elsewhere: frozenset[str]) -> int:
    named = frozenset(form.named)
    short = sum(1 for p in named if not can(p))
    if form.places:
        seating = Seating(form.places)
        for person in {m: None for p in form.places for m in p.members}:
            if can(person) and person not in named and person not in elsewhere:
                seating.offer(person)
        short += seating.free
    return short


def _surely_named(requirement: Requirement) -> Iterator[str]:
    for part in requirement.parts:
        yield from _named_here(part)


def _named_here(part: Part) -> tuple[str, ...]:
    match part:
        case Name(key):
            return (key,)
        case Group(members=members):
            return members
    return ()


def _inside(part: Part) -> Part:
    return part.part if isinstance(part, Optional) else part
