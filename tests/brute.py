"""Whether people meet a requirement, by trying everything: written from design section 6, shares nothing with
`quorate.rules` but the tree.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import combinations, product
from math import ceil, floor
from typing import NamedTuple

from quorate.model.requirement import AllOf, Count, CountOf, CountWord, Group, Name, OneOf, Optional, Part


class Need(NamedTuple):
    """What is left of a requirement once every choice is made."""

    named: frozenset[str]
    places: tuple[frozenset[str], ...]
    """One entry for each counted place: who may take it."""


def meets(requirement: Part, people: Iterable[str]) -> bool:
    """Whether these people, all of them willing, meet it."""
    there = frozenset(people)
    return any(_holds(need, there) for need in needs(requirement))


def needs(part: Part) -> Iterator[Need]:
    """Every way to choose."""
    match part:
        case Name(text=key):
            yield Need(frozenset({key}), ())
        case Group(members=members):
            yield Need(frozenset(members), ())
        case CountOf(count=count, of=Group(members=members)):
            yield Need(frozenset(), (frozenset(members),) * how_many(count, len(members)))
        case CountOf(count=count, of=AllOf(parts=parts)):
            gating = [p for p in parts if not isinstance(p, Optional)]
            for some in combinations(gating, how_many(count, len(gating))):
                yield from _together(some)
        case OneOf(choices=choices):
            for choice in choices:
                yield from needs(choice)
        case AllOf(parts=parts):
            yield from _together([p for p in parts if not isinstance(p, Optional)])
        case Optional():
            yield Need(frozenset(), ())


def how_many(count: Count, size: int) -> int:
    if count.number is not None:
        return count.number
    if count.percent is not None:
        return max(1, ceil(Fraction(count.percent * size, 100)))
    if count.word is CountWord.ALL:
        return max(1, size)
    if count.word is CountWord.HALF:
        return max(1, ceil(Fraction(size, 2)))
    if count.word is CountWord.MOST:
        return floor(Fraction(size, 2)) + 1
    return 1


def _together(parts: Iterable[Part]) -> Iterator[Need]:
    for each in product(*(list(needs(part)) for part in parts)):
        yield Need(
            frozenset().union(*(need.named for need in each)),
            tuple(place for need in each for place in need.places),
        )


def _holds(need: Need, there: frozenset[str]) -> bool:
    return need.named <= there and _fill(need.places, there - need.named)


def _fill(places: tuple[frozenset[str], ...], free: frozenset[str]) -> bool:
    """Whether everybody different can be put on each place."""
    if not places:
        return True
    first, rest = places[0], places[1:]
    return any(_fill(rest, free - {person}) for person in sorted(first & free))
