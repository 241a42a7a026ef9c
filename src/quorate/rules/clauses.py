"""A requirement as counts: in each clause so many may be away, and who keeps it from being met.

That one person cannot take two places is left out: who is counted twice here makes it look met, never unmet.
"""

from collections.abc import Callable, Iterator, Mapping, Sized
from typing import TypeAlias

from quorate.model.requirement import AllOf, CountOf, Group, Name, OneOf, Part, Requirement
from quorate.rules.count import needed
from quorate.rules.forms import required

Present = Callable[[str], bool]
"""By person key."""
Watched = Mapping[str, Sized]
"""Person key to whatever watches them already."""


Clause: TypeAlias = tuple[int, tuple[str, ...], tuple["Clauses", ...]]
"""Of these people and parts all but so many must be there or be met."""
Clauses: TypeAlias = tuple[Clause, ...]
"""Every one of them. Plain tuples: one is looked at a hundred thousand times a second."""


def clauses_of(requirement: Requirement) -> Clauses:
    """What gates it, people who are named first: to wait for one of them is to watch one person."""
    named: list[str] = []
    counted: list[Clause] = []
    for part in required(requirement):
        if isinstance(part, Name):  # most are
            named.append(part.text)
            continue
        for spare, keys, parts in _clauses(part):
            if spare or parts:
                counted.append((spare, keys, parts))
            else:
                named += keys
    return ((0, tuple(named), ()), *counted) if named else tuple(counted)


def blocking(clauses: Clauses, present: Present, watched: Watched) -> tuple[str, ...] | None:
    """Absent people without one of whom it cannot be met; None if those present may meet it.

    Of several such sets the one with the fewest watchers: who is in a thousand activities is watched by few.
    """
    best, least = None, 0
    for spare, keys, parts in clauses:
        if parts:
            found = _blocking_parts((spare, keys, parts), present, watched)
        else:
            away = [key for key in keys if not present(key)]
            found = tuple(_lightest(away, spare + 1, watched)) if len(away) > spare else None
        if found is not None:
            weight = _weight(found, watched)
            if best is None or weight < least:
                best, least = found, weight
    return best


def _blocking_parts(clause: Clause, present: Present, watched: Watched) -> tuple[str, ...] | None:
    spare, keys, parts = clause
    inner = (blocking(part, present, watched) for part in parts)
    unmet = [found for found in inner if found is not None]
    unmet += [(key,) for key in keys if not present(key)]
    if len(unmet) <= spare:
        return None
    unmet.sort(key=lambda found: (len(found), _weight(found, watched)))
    return tuple(dict.fromkeys(key for found in unmet[: spare + 1] for key in found))


def _lightest(away: list[str], count: int, watched: Watched) -> list[str]:
    if len(away) == count:
        return away
    return sorted(away, key=lambda key: len(watched.get(key, ())))[:count]


def _weight(people: tuple[str, ...], watched: Watched) -> int:
    return sum(len(watched.get(key, ())) for key in people)


def _clauses(part: Part) -> Iterator[Clause]:
    match part:
        case Name(text=key):
            yield 0, (key,), ()
        case Group(members=members):
            yield 0, members, ()
        case CountOf(count=count, of=Group(members=members)):
            yield max(0, len(members) - needed(count, len(members))), members, ()
        case CountOf(count=count, of=AllOf() as listed):
            inner = required(listed)
            yield _counted(inner, needed(count, len(inner)))
        case OneOf(choices=choices):
            yield _counted(choices, 1)
        case AllOf():
            for each in required(part):
                yield from _clauses(each)


def _counted(parts: tuple[Part, ...], need: int) -> Clause:
    keys = tuple(part.text for part in parts if isinstance(part, Name))
    inner = tuple(tuple(_clauses(part)) for part in parts if not isinstance(part, Name))
    return max(0, len(parts) - need), keys, inner
