"""Hypothesis strategies for requirements, and the definition of design section 6 written out naively."""

from collections.abc import Iterator
from itertools import combinations, permutations, product

from hypothesis import strategies as st

from quorate.model.requirement import (
    AllOf,
    Count,
    CountOf,
    CountWord,
    Group,
    Name,
    OneOf,
    Optional,
    Part,
    Requirement,
    Unit,
)
from quorate.rules.count import needed

PEOPLE = ("a", "b", "c", "d", "e", "f")

names = st.sampled_from(PEOPLE).map(Name)
groups = st.sampled_from(
    [Group("g", members=("a", "b", "c")), Group("h", members=("c", "d", "e")), Group("i", members=("f", "a"))]
)
counts = st.one_of(
    st.integers(1, 3).map(lambda n: Count(number=n)),
    st.sampled_from(CountWord).map(lambda w: Count(word=w)),
    st.integers(1, 100).map(lambda p: Count(percent=p)),
)


def _some_of(of: Group | AllOf) -> st.SearchStrategy[CountOf]:
    size = len(of.members) if isinstance(of, Group) else len(gating(of))
    return counts.filter(lambda c: needed(c, size) <= size).map(lambda c: CountOf(c, of))


def _deeper(units: st.SearchStrategy[Unit]) -> st.SearchStrategy[Unit]:
    listed = all_of(units, largest=3)
    return st.one_of(listed, listed.flatmap(_some_of))


def parts_of(units: st.SearchStrategy[Unit]) -> st.SearchStrategy[Unit | OneOf]:
    return st.one_of(units, st.lists(units, min_size=2, max_size=3).map(lambda u: OneOf(tuple(u))))


def all_of(units: st.SearchStrategy[Unit], largest: int) -> st.SearchStrategy[AllOf]:
    needed_parts = st.lists(parts_of(units), min_size=1, max_size=largest)
    extra: st.SearchStrategy[list[Optional]] = st.lists(parts_of(units).map(Optional), max_size=1)
    return st.tuples(needed_parts, extra).map(lambda pair: AllOf((*pair[0], *pair[1])))


units: st.SearchStrategy[Unit] = st.recursive(
    st.one_of(names, groups, groups.flatmap(_some_of)), _deeper, max_leaves=5
)
requirements: st.SearchStrategy[Requirement] = all_of(units, largest=3)


def gating(listed: AllOf) -> list[Part]:
    return [p for p in listed.parts if not isinstance(p, Optional)]


Chosen = tuple[frozenset[str], tuple[tuple[tuple[str, ...], int], ...]]


def branches(part: Part) -> Iterator[Chosen]:
    """Every choice as (named people, counted places)."""
    match part:
        case Name(key):
            yield frozenset({key}), ()
        case Group(members=members):
            yield frozenset(members), ()
        case CountOf(count, Group(members=members)):
            yield frozenset(), ((members, needed(count, len(members))),)
        case CountOf(count, AllOf() as listed):
            inner = gating(listed)
            for some in combinations(inner, needed(count, len(inner))):
                yield from together(some)
        case OneOf(choices):
            for choice in choices:
                yield from branches(choice)
        case AllOf():
            yield from together(gating(part))


def together(parts: "list[Part] | tuple[Part, ...]") -> Iterator[Chosen]:
    for way in product(*(list(branches(p)) for p in parts)):
        named = frozenset[str]().union(*(n for n, _ in way))
        yield named, tuple(place for _, places in way for place in places)


def meets(people: frozenset[str], requirement: Requirement) -> bool:
    """The definition: all named people are in, counted places go to different members not named."""
    for named, places in branches(requirement):
        if not named <= people:
            continue
        seats = [members for members, need in places for _ in range(need)]
        others = sorted(people - named)
        if len(seats) <= len(others) and any(
            all(who in seat for who, seat in zip(order, seats, strict=True))
            for order in permutations(others, len(seats))
        ):
            return True
    return False
