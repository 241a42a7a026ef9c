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
            found = _lightest([key for key in keys if not present(key)], spare + 1, watched)
        if found is None:
            continue
        weight = _weight(found, watched)
        if not weight:
            return found
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


def _lightest(away: list[str], count: int, watched: Watched) -> tuple[str, ...] | None:
    """So many of them, those with the fewest watchers; None if there are not as many."""
    if len(away) <= count:
        return tuple(away) if len(away) == count else None
    if count > 1:
        return tuple(sorted(away, key=lambda key: len(watched.get(key, ())))[:count])
    best, least = away[0], len(watched.get(away[0], ()))
    for key in away:
        if not least:
            break
        if (weight := len(watched.get(key, ()))) < least:
            best, least = key, weight
    return (best,)


def _weight(people: tuple[str, ...], watched: Watched) -> int:
    if len(people) == 1:
        return len(watched.get(people[0], ()))
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
