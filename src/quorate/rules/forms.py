"""The alternatives of a resolved requirement: every way to choose a branch for each ``or`` and N parts for
each ``N of (list)``. What remains of a way are named people and counted places (design section 6).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import prod

from quorate.model.requirement import AllOf, CountOf, Group, Name, OneOf, Optional, Part, Requirement
from quorate.rules.count import needed

Usable = Callable[[str], bool]
Path = tuple[int, ...]

MAX_ALTERNATIVES = 10_000


@dataclass(frozen=True, slots=True)
class Places:
    """``need`` places, each for a different one of ``members`` who is not named elsewhere."""

    members: tuple[str, ...]
    need: int


@dataclass(frozen=True, slots=True)
class Form:
    """One way to meet a part."""

    named: tuple[str, ...] = ()
    places: tuple[Places, ...] = ()
    branches: tuple[tuple[Path, int, "Form"], ...] = ()
    """For each ``or`` on the way: where it is, which branch, and what that branch needs."""


Way = tuple[Form, ...]
"""A form for each clause (top-level part); an empty form for an optional one."""


def ways(requirement: Requirement, usable: Usable) -> Iterator[Way]:
    """Every alternative whose named people are all usable, earlier branches first."""
    lists = [
        [Form()] if isinstance(part, Optional) else list(forms(part, usable, (i,)))
        for i, part in enumerate(requirement.parts)
    ]
    yield from product(*lists)


def forms(part: Part, usable: Usable, path: Path) -> Iterator[Form]:
    """The ways to meet one part with usable people."""
    match part:
        case Name(key):
            if usable(key):
                yield Form(named=(key,))
        case Group(members=members):
            if all(usable(m) for m in members):
                yield Form(named=members)
        case CountOf(count, Group(members=members)):
            need = needed(count, len(members))
            if sum(1 for m in members if usable(m)) >= need:
                yield Form(places=(Places(members, need),))
        case CountOf(count, AllOf() as listed):
            yield from _some_of(needed(count, len(required(listed))), listed, usable, path)
        case OneOf(choices):
            for index, choice in enumerate(choices):
                for form in forms(choice, usable, (*path, index)):
                    yield _joined((form, Form(branches=((path, index, form),))))
        case AllOf():
            parts = [
                list(forms(p, usable, (*path, i)))
                for i, p in enumerate(part.parts)
                if not isinstance(p, Optional)
            ]
            yield from (_joined(way) for way in product(*parts))


def _some_of(need: int, listed: AllOf, usable: Usable, path: Path) -> Iterator[Form]:
    choices = [list(forms(p, usable, (*path, i))) for i, p in enumerate(required(listed))]
    possible = [c for c in choices if c]
    for chosen in combinations(possible, need):
        yield from (_joined(way) for way in product(*chosen))


def _joined(way: Way) -> Form:
    return Form(
        tuple(key for form in way for key in form.named),
        tuple(p for form in way for p in form.places),
        tuple(b for form in way for b in form.branches),
    )


def required(listed: AllOf) -> tuple[Part, ...]:
    """The parts that gate."""
    return tuple(p for p in listed.parts if not isinstance(p, Optional))


def alternatives(part: Part) -> int:
    """How many ways there are if everybody can, without listing them."""
    match part:
        case OneOf(choices):
            return sum(alternatives(c) for c in choices)
        case CountOf(count, AllOf() as listed):
            parts = [alternatives(p) for p in required(listed)]
            need = needed(count, len(parts))
            sums = [1] + [0] * need
            for ways_of_part in parts:
                for size in range(need, 0, -1):
                    sums[size] += sums[size - 1] * ways_of_part
            return sums[need]
        case AllOf():
            return prod(alternatives(inner) for inner in required(part))
        case _:
            return 1


def people_in(part: Part, *, optional: bool = True) -> tuple[str, ...]:
    """Everybody a resolved part can name, in order of naming, each once."""
    seen: dict[str, None] = {}
    _collect(part, optional, seen)
    return tuple(seen)


def _collect(part: Part, optional: bool, seen: dict[str, None]) -> None:
    match part:
        case Name(key):
            seen.setdefault(key)
        case Group(members=members):
            seen.update(dict.fromkeys(m for m in members if m not in seen))
        case CountOf(of=of):
            _collect(of, optional, seen)
        case Optional(inner):
            if optional:
                _collect(inner, optional, seen)
        case OneOf(choices):
            for choice in choices:
                _collect(choice, optional, seen)
        case AllOf(parts):
            for each in parts:
                _collect(each, optional, seen)
