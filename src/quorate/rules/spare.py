"""One more than needed, for what is urgent: whom to ask besides so that one no costs no time.

A clause that counts (``2 of @dba``) gets one spare: somebody else of the same group or list, who is as good
as those chosen. The branches of an ``or`` have an order: the next one is asked when the one before cannot.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from quorate.model.requirement import AllOf, Count, CountOf, Group, OneOf, Optional, Part, Requirement
from quorate.rules.choose import Rank, met
from quorate.rules.count import needed
from quorate.rules.forms import Usable, people_in, required

P = TypeVar("P", bound=Part)


def spares(
    requirement: Requirement,
    chosen: frozenset[str],
    replaceable: frozenset[str],
    can: Usable,
    rank: Rank,
) -> tuple[str, ...]:
    """At most one person for each clause that counts, best rank first in each, nobody twice.

    ``chosen`` meet the requirement; somebody counts as a spare only if they could take the place of one of
    ``replaceable``, those of the chosen who have not said yes.
    """
    found: list[str] = []
    for counted, one_more in _one_more(requirement):
        have = chosen | frozenset(found)
        if met(one_more, have.__contains__):
            continue  # not in use: another branch was chosen
        offered = (key for key in people_in(counted, optional=False) if key not in have and can(key))
        for key in sorted(offered, key=rank):
            besides = met(one_more, (have | {key}).__contains__)
            if besides and _could_replace(requirement, key, chosen, replaceable):
                found.append(key)
                break
    return tuple(found)


def _could_replace(
    requirement: Requirement, key: str, chosen: frozenset[str], replaceable: frozenset[str]
) -> bool:
    with_them = chosen | {key}
    return any(met(requirement, (with_them - {one}).__contains__) for one in sorted(replaceable))


def _one_more(requirement: Requirement) -> Iterator[tuple[CountOf, Requirement]]:
    """Each clause that counts, and the requirement with one more needed there, in order of naming."""
    for index, part in enumerate(requirement.parts):
        for counted, changed in _raised(part):
            parts = (*requirement.parts[:index], changed, *requirement.parts[index + 1 :])
            yield counted, AllOf(parts)


def _raised(part: P) -> Iterator[tuple[CountOf, P]]:
    match part:
        case CountOf(count, of):
            size = len(of.members) if isinstance(of, Group) else len(required(of))
            need = needed(count, size)
            if need < size:
                yield part, replace(part, count=Count(number=need + 1, column=count.column))
            if isinstance(of, AllOf):
                for counted, changed in _raised(of):
                    yield counted, replace(part, of=changed)
        case OneOf(choices):
            for index, choice in enumerate(choices):
                for counted, other in _raised(choice):
                    yield counted, replace(part, choices=(*choices[:index], other, *choices[index + 1 :]))
        case AllOf(parts):
            for index, each in enumerate(parts):
                if not isinstance(each, Optional):
                    for counted, inner in _raised(each):
                        yield counted, replace(part, parts=(*parts[:index], inner, *parts[index + 1 :]))
