"""The engine: one input at a time, nothing but values in and out.

``step`` lets first happen what was due by then, then the input, then whatever follows from both. The caller
stores the new state and its effects in one transaction and executes the effects after that. ``next_deadline``
says when to step again at the latest, with WorldChanged.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from quorate.activity import candidates
from quorate.activity.answering import replied
from quorate.activity.effects import Notice
from quorate.activity.ending import cancel
from quorate.activity.inputs import (
    ActivityInput,
    CancelAsked,
    Created,
    ExtendAsked,
    Joined,
    Left,
    Replied,
    TakeAsked,
    WorldChanged,
)
from quorate.activity.inputs import RingFailed as Failed
from quorate.activity.inputs import RingSent as Sent
from quorate.activity.ringing import plan
from quorate.activity.sending import ring_failed, ring_sent
from quorate.activity.taking import take
from quorate.activity.timing import close_if_deserted, next_deadline, on_time
from quorate.activity.turn import Stepped, Turn
from quorate.activity.view import View
from quorate.errors import NotPossible
from quorate.model.activity import Activity, ActivityState, Happened, InvitationState, LogLine

__all__ = ["Stepped", "next_deadline", "step"]


def step(activity: Activity, given: ActivityInput, view: View, now: datetime) -> Stepped:
    """What the activity becomes, and what is to be done; raises NotPossible on orders that come too late."""
    turn = Turn(activity, view, now)
    on_time(turn)
    _HANDLERS[type(given)](turn, given)
    plan(turn)
    _confirm(turn, before=activity)
    _tell_tally(turn, before=activity, first=isinstance(given, Created))
    return turn.done()


def _created(turn: Turn, _: Created) -> None:
    turn.log(Happened.CREATED)


def _world_changed(_turn: Turn, _: WorldChanged) -> None:
    """What follows is decided after every input anyhow."""


def _cancel_asked(turn: Turn, _: CancelAsked) -> None:
    _refuse_if_over(turn, "cancelled")
    cancel(turn)


def _extend_asked(turn: Turn, given: ExtendAsked) -> None:
    _refuse_if_over(turn, "extended")
    if turn.activity.state is ActivityState.LIVE:
        raise NotPossible(
            f"{turn.activity.id} is live: it does not run out of time.",
            remedy=f"The room closes when the last one leaves. To close it now: cancel {turn.activity.id}",
        )
    if turn.activity.deadline is None:
        raise NotPossible(
            f"{turn.activity.id} has no deadline: it goes on until it works or is cancelled.",
            remedy=f"Nothing needs to be done. To stop it: cancel {turn.activity.id}",
        )
    turn.activity = replace(turn.activity, deadline=turn.activity.deadline + given.by)
    turn.log(Happened.EXTENDED)


def _take_asked(turn: Turn, given: TakeAsked) -> None:
    _refuse_if_over(turn, "joined")
    take(turn, given)


def _joined(turn: Turn, given: Joined) -> None:
    activity = turn.activity
    if activity.state is not ActivityState.LIVE or given.person in activity.joined:
        return
    turn.activity = replace(
        activity,
        joined=activity.joined | {given.person},
        ever_joined=activity.ever_joined | {given.person},
    )
    turn.log(Happened.JOINED, given.person)


def _left(turn: Turn, given: Left) -> None:
    if turn.activity.state is not ActivityState.LIVE or given.person not in turn.activity.joined:
        return
    turn.activity = replace(turn.activity, joined=turn.activity.joined - {given.person})
    turn.log(Happened.LEFT, given.person)
    close_if_deserted(turn)


def _refuse_if_over(turn: Turn, what: str) -> None:
    activity = turn.activity
    if activity.state.over:
        raise NotPossible(
            f"{activity.id} cannot be {what}: it is {activity.state} already.",
            remedy="Start a new one with meet.",
        )


def _confirm(turn: Turn, *, before: Activity) -> None:
    """Who has just said yes and does not get a link yet."""
    if turn.activity.state not in (ActivityState.WAITING, ActivityState.RINGING):
        return
    for person in turn.activity.accepted:
        invitation = turn.activity.latest(person)
        if person not in (*before.accepted, *turn.activity.through) and invitation is not None:
            turn.tell(invitation, Notice.ACCEPTED)


def _tell_tally(turn: Turn, *, before: Activity, first: bool) -> None:
    """At most: the start, each change of who is in, who can later, falling back to waiting, the end."""
    after = turn.activity
    if after.state not in (ActivityState.WAITING, ActivityState.RINGING):
        return
    fell_back = before.state is ActivityState.RINGING and after.state is ActivityState.WAITING
    changed = set(after.accepted) != set(before.tally)
    later = sorted(_can_later(after) - _can_later(before))
    waits = _substitute_who_waits(after, before)
    if not (first or fell_back or changed or later or waits):
        return
    turn.activity = replace(after, tally=after.accepted)
    if after.fell_back_at != before.fell_back_at:
        return  # was told so already, with the tally
    if waits is not None:
        turn.tell_organiser(Notice.SUBSTITUTE_WAITS, person=waits.people[0], text=waits.by)
    elif later and not first:
        turn.tell_organiser(Notice.CAN_LATER, person=later[0])
    else:
        turn.tell_organiser(Notice.STARTED if first else Notice.TALLY)


def _substitute_who_waits(after: Activity, before: Activity) -> LogLine | None:
    """Who was suggested just now and is not being asked: the organiser sees nothing else of it."""
    news = after.log[len(before.log) :]
    counted = candidates.counted(after)
    return next((line for line in news if line.what is Happened.SUBSTITUTE and line.by not in counted), None)


def _can_later(activity: Activity) -> set[str]:
    return {i.person for i in activity.invitations if i.state is InvitationState.LATER}


_HANDLERS: Final[Mapping[type[ActivityInput], Callable[[Turn, Any], None]]] = {
    Created: _created,
    WorldChanged: _world_changed,
    Sent: ring_sent,
    Failed: ring_failed,
    Replied: replied,
    Joined: _joined,
    Left: _left,
    CancelAsked: _cancel_asked,
    ExtendAsked: _extend_asked,
    TakeAsked: _take_asked,
}
