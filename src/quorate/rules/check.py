"""What would happen now: the verdict, whom Quorate would ring, and what is missing. Nobody is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from quorate.model.availability import Availability
from quorate.model.requirement import CountOf, Group, Name, Requirement
from quorate.rules.book import SupposedBook
from quorate.rules.choose import Choice, Rank, choose, same_rank
from quorate.rules.evaluate import Ternary, evaluate
from quorate.rules.forms import Usable, people_in
from quorate.rules.parser import parse_who
from quorate.rules.places import Lack, missing
from quorate.rules.resolve import resolve
from quorate.rules.spare import spares
from quorate.rules.text import set_text

MAX_NAMED = 6  # names in one sentence; the rest is a number
MAX_THEN = 20

States = Callable[[str], Availability]

_TERNARY = {Availability.AVAILABLE: Ternary.YES, Availability.UNKNOWN: Ternary.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    path: str
    text: str
    says: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswer:
    """As the JSON of `quorate check` has it (design section 7)."""

    verdict: str
    """``yes``, ``no`` or ``unknown``."""
    ring: tuple[str, ...]
    """Whom Quorate would ring, in order; empty unless yes."""
    missing: tuple[str, ...]
    """Sentences without a full stop; empty if yes."""
    trace: tuple[CheckLine, ...]
    then: tuple[str, ...] = ()
    """Who would be asked next if those say no."""
    candidates: int = 0
    of: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }


def check(
    requirement: Requirement,
    states: States,
    name: Callable[[str], str],
    *,
    rank: Rank = same_rank,
    urgent: bool = False,
) -> CheckAnswer:
    """Judge a resolved requirement; ``name`` gives what people call a person key; ``urgent`` rings spares."""
    judged = evaluate(requirement, lambda key: ternary(states(key)))
    everybody = people_in(requirement)

    def can(key: str) -> bool:
        return states(key) is Availability.AVAILABLE

    choice = choose(requirement, can, rank=rank) if judged.value is Ternary.YES else None
    people = frozenset(choice.people if choice else ())
    besides = spares(requirement, people, people, can, rank) if urgent and choice else ()
    return CheckAnswer(
        verdict=judged.value.value,
        ring=(*choice.new, *besides) if choice else (),
        missing=tuple(lack_text(lack, states, name) for lack in missing(requirement, can)),
        trace=tuple(CheckLine(path=n.path, text=n.text, says=n.value.value, why=n.why) for n in judged.nodes),
        then=tuple(p for p in _then(requirement, choice, can, rank) if p not in besides) if choice else (),
        candidates=sum(1 for key in everybody if can(key)),
        of=len(everybody),
    )


def offline_check(
    who: str,
    given: Mapping[str, Availability],
    groups: Mapping[str, Sequence[str]],
    *,
    column: int = 1,
    urgent: bool = False,
) -> CheckAnswer:
    """The same for people who need not exist; a name that is not given counts as unknown. Raises Refused."""
    book = SupposedBook(given, groups)
    states = {name.casefold(): state for name, state in given.items()}
    requirement = resolve(parse_who(who, column=column), book, organiser_key=None)
    return check(
        requirement,
        lambda key: states.get(key.casefold(), Availability.UNKNOWN),
        lambda key: key,
        urgent=urgent,
    )


def ternary(availability: Availability) -> Ternary:
    """Available counts as present, unknown as unknown, everything else as absent."""
    return _TERNARY.get(availability, Ternary.NO)


def lack_text(lack: Lack, states: States, name: Callable[[str], str]) -> str:
    """``1 of @dba is missing: kofi is away, vera busy``."""
    if isinstance(lack.part, Name):
        return f"{name(lack.part.text)} is {states(lack.part.text)}"
    if not lack.missing:
        return f"{lack.clause} can only be met by somebody who is needed elsewhere"
    head = f"{lack.clause} is missing"
    if isinstance(lack.part, (CountOf, Group)):
        of = set_text(lack.part.of if isinstance(lack.part, CountOf) else lack.part)
        head = f"{lack.missing} of {of} {'is' if lack.missing == 1 else 'are'} missing"
    return f"{head}: {_reasons(lack.cannot, states, name)}" if lack.cannot else head


def _reasons(people: tuple[str, ...], states: States, name: Callable[[str], str]) -> str:
    shown = [f"{name(p)} {states(p)}" for p in people[1:MAX_NAMED]]
    text = ", ".join([f"{name(people[0])} is {states(people[0])}", *shown])
    more = len(people) - MAX_NAMED
    return f"{text} and {more} more" if more > 0 else text


def _then(requirement: Requirement, choice: Choice, can: Usable, rank: Rank) -> tuple[str, ...]:
    """For each who would be rung, who is asked if that person says no, and so on."""
    found: dict[str, None] = {}
    for person in choice.new:
        others = frozenset(choice.people) - {person}
        gone = frozenset({person})
        while len(found) < MAX_THEN:
            instead = choose(requirement, _without(can, gone), taken=others, rank=rank)
            if instead is None or not instead.new:
                break
            found.update(dict.fromkeys(instead.new))
            gone |= frozenset(instead.new)
    return tuple(p for p in found if p not in choice.people)


def _without(can: Usable, gone: frozenset[str]) -> Usable:
    return lambda key: key not in gone and can(key)
