"""Whom to ask: the best set of people that meets a resolved requirement.

Preference (design section 6): earlier ``or`` branches, then fewer people, then rank (least recently asked),
then order of naming. People already taken (said yes, or being asked) cost nothing and come first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

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
)
from quorate.rules.count import needed
from quorate.rules.forms import MAX_ALTERNATIVES, Form, Path, Usable, Way, people_in, ways
from quorate.rules.matching import seat

Rank = Callable[[str], tuple[Any, ...]]
"""Sort key of a person; smaller is asked first. All keys must be comparable with each other."""

MAX_COMPARED = 500
"""To seat people costs up to a millisecond, and everybody waits: of more ways that are as good by their
branches the rest is not looked at once one will do. Only ``N of`` long lists of counts have as many."""
_NEUTRAL = (0, 0)
_HAS_TAKEN = -1_000_000  # a branch with people already taken beats every branch without


@dataclass(frozen=True, slots=True)
class Choice:
    people: tuple[str, ...]
    """Everybody needed, in order of naming."""
    new: tuple[str, ...]
    """Those of them who are not taken yet: whom to ask, best rank first."""
    assignment: Mapping[int, tuple[str, ...]]
    """For each clause (index of the top-level part) who is in it."""


def same_rank(_person: str) -> tuple[Any, ...]:
    return ()


def choose(
    requirement: Requirement,
    can: Usable,
    *,
    taken: frozenset[str] = frozenset(),
    rank: Rank = same_rank,
    limit: int = MAX_ALTERNATIVES,
) -> Choice | None:
    """The best choice among people who can (taken ones always can), or None. Pure and deterministic.

    ``limit`` bounds the alternatives looked at; resolution refuses requirements that have more.
    """
    if taken and (done := _best(requirement, taken.__contains__, taken, rank, limit)):
        return done
    return _best(requirement, lambda key: key in taken or can(key), taken, rank, limit)


def choose_optional(
    requirement: Requirement,
    can: Usable,
    *,
    taken: frozenset[str] = frozenset(),
    rank: Rank = same_rank,
) -> tuple[str, ...]:
    """Whom to ask besides once the rest is met: of each ``optional`` part whoever can, and is wanted."""
    found: dict[str, None] = {}
    for part in _optional_parts(requirement):
        besides = taken | frozenset(found)
        fitting = _as_many_as_can(part, can, besides)
        choice = choose(AllOf((fitting,)), can, taken=besides, rank=rank)
        if choice:
            found.update(dict.fromkeys(choice.new))
    return tuple(found)


def met(requirement: Requirement, present: Usable) -> bool:
    """Whether the people for whom ``present`` is true meet the requirement."""
    return any(
        _seated(way, present, frozenset(), same_rank, {}) is not None for way in ways(requirement, present)
    )


def _best(
    requirement: Requirement, usable: Usable, taken: frozenset[str], rank: Rank, limit: int
) -> Choice | None:
    paths = _or_paths(requirement)
    order = _naming(requirement)
    found = [way for way, _ in zip(ways(requirement, usable), range(limit), strict=False)]
    if paths:
        keyed = sorted(((_branch_key(w, paths, taken), w) for w in found), key=lambda pair: pair[0])
    else:
        keyed = [((), w) for w in found]
    for _, equal in groupby(keyed, key=lambda pair: pair[0]):
        choices = _compared((way for _, way in equal), lambda way: _seated(way, usable, taken, rank, order))
        if choices:
            return min(choices, key=lambda c: _set_key(c, rank, order))
    return None


def _compared(equal: Iterator[Way], seated: Callable[[Way], Choice | None]) -> list[Choice]:
    """What becomes of each; of very many with counted places only of the first of them."""
    choices: list[Choice] = []
    counted = 0
    for way in equal:
        counted += any(form.places for form in way)
        if counted > MAX_COMPARED and choices:
            break
        if (choice := seated(way)) is not None:
            choices.append(choice)
    return choices


def _set_key(choice: Choice, rank: Rank, order: Mapping[str, int]) -> tuple[Any, ...]:
    return (
        len(choice.new),
        len(choice.people),
        sorted(rank(p) for p in choice.new),
        sorted(order[p] for p in choice.people),
    )


def _seated(
    way: Way, usable: Usable, taken: frozenset[str], rank: Rank, order: Mapping[str, int]
) -> Choice | None:
    """Named people are in; counted places go to usable others, taken ones and small ranks first."""
    named = frozenset(key for form in way for key in form.named)
    places = [p for form in way for p in form.places]
    rows: Sequence[tuple[str, ...]] = ()
    if places:
        others = {m: None for p in places for m in p.members if m not in named and usable(m)}
        if sum(p.need for p in places) > len(others):
            return None
        offered = sorted(others, key=lambda m: (m not in taken, rank(m), order.get(m, 0)))
        filled = seat(places, offered)
        if filled is None:
            return None
        rows = filled
    return _choice(way, iter(rows), taken, rank, order)


def _choice(
    way: Way,
    rows: Iterator[tuple[str, ...]],
    taken: frozenset[str],
    rank: Rank,
    order: Mapping[str, int],
) -> Choice:
    assignment: dict[int, tuple[str, ...]] = {}
    for clause, form in enumerate(way):
        inside = [*form.named, *(p for _ in form.places for p in next(rows))]
        assignment[clause] = tuple(dict.fromkeys(inside))
    everybody = dict.fromkeys(p for inside in assignment.values() for p in inside)
    people = tuple(sorted(everybody, key=lambda p: order.get(p, 0)))
    new = tuple(sorted((p for p in people if p not in taken), key=lambda p: (rank(p), order.get(p, 0))))
    return Choice(people, new, assignment)


def _branch_key(way: Way, paths: tuple[Path, ...], taken: frozenset[str]) -> tuple[tuple[int, int], ...]:
    """One entry for each ``or`` of the requirement; an ``or`` that is not on the way is neutral."""
    costs = {
        path: (_cost(index, form, taken), index) for whole in way for path, index, form in whole.branches
    }
    return tuple(costs.get(path, _NEUTRAL) for path in paths)


def _cost(index: int, form: Form, taken: frozenset[str]) -> int:
    """A branch's place in the order, or less if people in it are taken: then what it lacks."""
    if not taken:
        return index
    named = frozenset(form.named)
    have, need = len(named & taken), len(named)
    for places in form.places:
        have += min(places.need, sum(1 for m in places.members if m in taken and m not in named))
        need += places.need
    return _HAS_TAKEN + need - have if have else index


@lru_cache(maxsize=1024)
def _naming(requirement: Requirement) -> dict[str, int]:
    return {key: i for i, key in enumerate(people_in(requirement))}


@lru_cache(maxsize=1024)
def _or_paths(requirement: Requirement) -> tuple[Path, ...]:
    """Where the gating ``or``s are, outer before inner, left before right."""
    return tuple(_walk_or(requirement, ()))


def _walk_or(part: Part, path: Path) -> Iterator[Path]:
    match part:
        case OneOf(choices):
            yield path
            for i, choice in enumerate(choices):
                yield from _walk_or(choice, (*path, i))
        case CountOf(of=AllOf() as listed):
            for i, inner in enumerate(p for p in listed.parts if not isinstance(p, Optional)):
                yield from _walk_or(inner, (*path, i))
        case AllOf(parts):
            for i, each in enumerate(parts):
                yield from _walk_or(each, (*path, i))
        case _:
            return


def _optional_parts(part: Part) -> Iterator[Part]:
    match part:
        case Optional(inner):
            yield from _singly(inner)
        case OneOf(parts) | AllOf(parts):
            for each in parts:
                yield from _optional_parts(each)
        case CountOf(of=AllOf() as listed):
            yield from _optional_parts(listed)
        case _:
            return


def _singly(part: Part) -> Iterator[Part]:
    """Nobody optional waits for another: a group or a list is each of them."""
    match part:
        case Group(members=members, column=column):
            yield from (Name(member, column) for member in members)
        case AllOf(parts):
            for each in parts:
                yield from _singly(each.part if isinstance(each, Optional) else each)
        case _:
            yield part


def _as_many_as_can(part: Part, can: Usable, taken: frozenset[str]) -> Part:
    """``2 of @group`` is as many of them as can, at most 2."""
    match part:
        case CountOf(count, Group(members=members) as group):
            able = sum(1 for member in members if member in taken or can(member))
            return CountOf(Count(number=min(needed(count, len(members)), able)), group) if able else part
    return part
