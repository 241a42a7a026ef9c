"""What happens to an activity when nobody does anything."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Final

from quorate.activity import candidates
from quorate.activity.confirming import due, not_there
from quorate.activity.ending import expire, last_left, nobody_came
from quorate.activity.lifecycle import Turned
from quorate.activity.opening import rings_from, why_closed
from quorate.activity.otherwise import fall_back
from quorate.activity.reservations import awaited_until
from quorate.activity.turn import Turn
from quorate.activity.view import View
from quorate.model.activity import Activity, ActivityState, Happened, Invitation, InvitationState
from quorate.model.command import Kind
from quorate.model.reasons import Reason
from quorate.rules.forms import people_in

NOBODY_CAME_AFTER: Final = timedelta(minutes=15)
REVIEW_KEPT: Final = timedelta(days=1)
"""A review is read elsewhere: an empty room says nothing about it. It ends with ``done``."""


class TimerKind(StrEnum):
    DEADLINE = "deadline"
    START = "start"  # `at TIME` has come
    WINDOW = "window"  # its hours begin
    SILENCE = "silence"  # a ring ends
    STILL_THERE = "still-there"  # somebody who said yes long ago is asked whether they are
    LATER = "later"  # somebody said they can then
    ASK_AGAIN = "ask-again"  # somebody silent may be asked again, once they came back
    RETRY = "retry"  # invitations could not leave; they are tried again
    RUNG_ENOUGH = "rung-enough"  # somebody was rung as often as may be, and may be rung again then
    QUIET = "quiet"  # somebody's quiet hours end
    NOBODY_CAME = "nobody-came"


_RINGS: Final = frozenset(
    {TimerKind.LATER, TimerKind.ASK_AGAIN, TimerKind.RETRY, TimerKind.RUNG_ENOUGH, TimerKind.QUIET}
)


@dataclass(frozen=True, slots=True, order=True)
class Timer:
    at: datetime
    kind: TimerKind
    person: str = ""


def next_deadline(activity: Activity, now: datetime, view: View | None = None) -> datetime | None:
    """When to step it with WorldChanged at the latest; None if time alone changes nothing.

    Without a view nothing is known of what other activities asked of its people.
    """
    timer = next_timer(activity, now, view)
    return None if timer is None else timer.at


def next_timer(activity: Activity, now: datetime, view: View | None = None) -> Timer | None:
    timers = chain(_timers(activity, now), () if view is None else _of_people(activity, view))
    if activity.live_at is None and (then := rings_from(activity, view, now)) > now:
        timers = chain(_not_about_ringing(timers, then), _opening(activity, now, then))
    return min(timers, default=None)


def _not_about_ringing(timers: Iterable[Timer], then: datetime) -> Iterator[Timer]:
    """Without those that say who can be asked again while nobody can."""
    return (timer for timer in timers if timer.kind not in _RINGS or timer.at >= then)


def _opening(activity: Activity, now: datetime, then: datetime) -> Iterator[Timer]:
    if not activity.state.over:
        early = why_closed(activity, now) is Reason.NOT_YET
        yield Timer(then, TimerKind.START if early else TimerKind.WINDOW)


def _of_people(activity: Activity, view: View) -> Iterator[Timer]:
    if activity.state is ActivityState.LIVE or activity.state.over:
        return
    inside = candidates.counted(activity)
    named = None if activity.fell_back_at is None else frozenset(people_in(activity.requirement))
    for person in activity.people:
        if named is not None and person.key not in named:
            continue
        if (again := view.again_at(person.key)) is not None:
            yield Timer(again, TimerKind.RUNG_ENOUGH, person.key)
        if (ends := view.quiet_until(person.key)) is not None and person.key not in inside:
            yield Timer(ends, TimerKind.QUIET, person.key)


def on_time(turn: Turn) -> None:
    """Let everything happen that was due."""
    activity = turn.activity
    if activity.state in (ActivityState.WAITING, ActivityState.RINGING):
        while _is_due(turn) and turn.activity.fallbacks:
            fall_back(turn)
        if _is_due(turn):
            expire(turn)
    elif activity.state is ActivityState.LIVE:
        close_if_deserted(turn)
    for invitation in turn.activity.invitations:
        if invitation.open and _silent_at(turn.activity, invitation) <= turn.now:
            _fall_silent(turn, invitation)
        elif due(turn.activity, invitation, turn.now):
            not_there(turn, invitation)


def _is_due(turn: Turn) -> bool:
    deadline = turn.activity.deadline
    return deadline is not None and deadline <= turn.now


def close_if_deserted(turn: Turn) -> None:
    """Nobody is in the room, and nobody is on the way to it any more."""
    at = _deserted_at(turn.activity)
    if at is None or at > turn.now:
        return
    if turn.activity.ever_joined:
        last_left(turn)
    else:
        nobody_came(turn)


def _fall_silent(turn: Turn, invitation: Invitation) -> None:
    unsent = invitation.state is InvitationState.QUEUED
    turn.turn(invitation, Turned.SILENCE, reason=Reason.TIMEOUT if unsent else None)
    turn.log(Happened.SILENT, invitation.person)


def _timers(activity: Activity, now: datetime) -> Iterator[Timer]:
    if activity.state.over:
        return
    if activity.state is ActivityState.LIVE:
        if (at := _deserted_at(activity)) is not None:
            yield Timer(at, TimerKind.NOBODY_CAME)
    elif activity.deadline is not None:
        yield Timer(activity.deadline, TimerKind.DEADLINE)
    for person in {i.person for i in activity.invitations}:
        if (latest := activity.latest(person)) is not None:
            yield from _of_invitation(activity, latest, now)


def _of_invitation(activity: Activity, latest: Invitation, now: datetime) -> Iterator[Timer]:
    if latest.open:
        yield Timer(_silent_at(activity, latest), TimerKind.SILENCE, latest.person)
    elif activity.state is ActivityState.LIVE and not latest.optional:
        return
    elif latest.in_question and latest.until is not None:
        yield Timer(latest.until, TimerKind.STILL_THERE, latest.person)
    elif latest.state is InvitationState.LATER and latest.until is not None and latest.until > now:
        yield Timer(latest.until, TimerKind.LATER, latest.person)
    elif latest.state is InvitationState.SILENT and latest.answered_at is not None:
        retry = candidates.unsent(latest)
        at = candidates.retry_at(activity, latest) if retry else latest.answered_at + candidates.COOL_DOWN
        if at > now:
            yield Timer(at, TimerKind.RETRY if retry else TimerKind.ASK_AGAIN, latest.person)


def _silent_at(activity: Activity, invitation: Invitation) -> datetime:
    if invitation.until is not None:
        return invitation.until
    return invitation.queued_at + timedelta(seconds=activity.ring_s)


def _deserted_at(activity: Activity) -> datetime | None:
    """When a room nobody is in closes: at the latest when those who said yes have had time to come."""
    if activity.joined or activity.live_at is None:
        return None
    if activity.kind is Kind.REVIEW:
        return activity.live_at + REVIEW_KEPT
    if not activity.ever_joined:
        return activity.live_at + NOBODY_CAME_AFTER
    return awaited_until(activity) or activity.live_at
