"""An invariant: who is rung is needed, or is the one spare of something urgent."""

from collections.abc import Iterator
from typing import Final

from quorate.model.activity import Activity, ActivityState
from quorate.model.requirement import AllOf, CountOf, OneOf, Part
from tests.brute import meets
from tests.sim.record import Record, changes

MAX_PEOPLE: Final = 12
"""Of how many people it is tried who could be left out."""


def only_as_many_as_are_needed(record: Record) -> Iterator[str]:
    """Nobody is rung while those in and the others being rung are enough; if urgent, one for each count is.

    Not at the moment of the decision: who was chosen then may turn out to be needless at the next. Not of an
    ``or``: an earlier branch is preferred to fewer people.
    """
    for now, then in changes(record):
        if now.state is not ActivityState.RINGING or then.state is not ActivityState.RINGING:
            continue
        asked = _still_asked(now, then)
        counted = len(then.people) <= MAX_PEOPLE and not _has_or(then.requirement)
        needless = _needless(then, asked) if counted else []
        allowed = _counts(then.requirement) if then.urgent else 0
        if len(needless) > allowed or not all(_may_be_needed(then, person, needless) for person in needless):
            yield f"{', '.join(needless)} need not be rung for {then.id}"


def _still_asked(now: Activity, then: Activity) -> list[str]:
    before = {i.id for i in now.invitations if i.open and not i.optional}
    return [i.person for i in then.invitations if i.open and i.id in before]


def _needless(activity: Activity, asked: list[str]) -> list[str]:
    """Who can be left out, one after the other, the last one asked first."""
    there = {*activity.accepted, *(i.person for i in activity.invitations if i.open and not i.optional)}
    found: list[str] = []
    for person in reversed(asked):
        if meets(activity.requirement, there - {person, *found}):
            found.append(person)
    return found


def _may_be_needed(activity: Activity, spare: str, needless: list[str]) -> bool:
    """If one of those who have not said yes says no."""
    open_ones = (i for i in activity.invitations if (i.open or i.in_question) and not i.optional)
    asked = {i.person for i in open_ones} - {*needless}
    there = {*activity.accepted, *asked, spare}
    return any(meets(activity.requirement, there - {person}) for person in asked)


def _counts(part: Part) -> int:
    match part:
        case CountOf(of=of):
            return 1 + _counts(of)
        case AllOf(parts=parts):
            return sum(_counts(each) for each in parts)
    return 0


def _has_or(part: Part) -> bool:
    match part:
        case OneOf():
            return True
        case CountOf(of=of):
            return _has_or(of)
        case AllOf(parts=parts):
            return any(_has_or(each) for each in parts)
    return False
