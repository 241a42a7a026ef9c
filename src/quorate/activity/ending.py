"""How activities end, and who hears of it: everybody who was rung and has not said no.

Whose ring ran out hears it at the very end, not when it becomes live: until then a late yes may join.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from quorate.activity.effects import Notice
from quorate.activity.lifecycle import Move, Turned
from quorate.activity.turn import Turn
from quorate.model.activity import Activity, ActivityState, Happened, Invitation, InvitationState
from quorate.model.reasons import Reason

END_NOTICES: Final[Mapping[ActivityState, Notice]] = {
    ActivityState.LIVE: Notice.COVERED,
    ActivityState.ENDED: Notice.COVERED,
    ActivityState.EXPIRED: Notice.EXPIRED,
    ActivityState.CANCELLED: Notice.CANCELLED,
    ActivityState.FAILED: Notice.CANCELLED,
}
"""What somebody reads whose answer is not needed any more, by the state that made it so."""

_TO_ANSWER: Final = (InvitationState.QUEUED, InvitationState.SENT, InvitationState.LATER)
_MISSED: Final = (InvitationState.SILENT, InvitationState.LATER)
"""Said nothing, or not yet, and was not told that nothing need be said."""


def fail(turn: Turn, reason: Reason) -> None:
    turn.move(Move.FAIL, reason=reason)
    turn.log(Happened.FAILED, reason=reason)
    _tell_everybody(turn, Notice.CANCELLED, reason)
    turn.tell_organiser(Notice.FAILED)


def expire(turn: Turn) -> None:
    turn.move(Move.DEADLINE, reason=Reason.DEADLINE)
    turn.log(Happened.EXPIRED, reason=Reason.DEADLINE)
    _tell_everybody(turn, Notice.EXPIRED, Reason.DEADLINE)
    turn.tell_organiser(Notice.FAILED)


def cancel(turn: Turn) -> None:
    """By the organiser, who therefore is not told; a live room closes."""
    if turn.activity.state is ActivityState.LIVE:
        _close(turn, Move.CANCEL, Reason.ENDED_BY_ORGANISER)
        return
    turn.move(Move.CANCEL, reason=Reason.CANCELLED)
    turn.log(Happened.CANCELLED, reason=Reason.CANCELLED)
    _tell_everybody(turn, Notice.CANCELLED, Reason.CANCELLED)


def last_left(turn: Turn) -> None:
    finish(turn, Move.LAST_LEFT, Reason.LAST_LEFT)


def nobody_came(turn: Turn) -> None:
    finish(turn, Move.NOBODY_CAME, Reason.NOBODY_CAME)


def finish(turn: Turn, move: Move, reason: Reason) -> None:
    """What is live is over, otherwise than by its organiser, who is told."""
    _close(turn, move, reason)
    turn.tell_organiser(Notice.ENDED)


def _close(turn: Turn, move: Move, reason: Reason) -> None:
    turn.move(move, reason=reason)
    turn.log(Happened.ENDED, reason=reason)
    withdraw_open(turn, Notice.COVERED, reason)
    _tell_silent(turn, Notice.COVERED)
    turn.close_room()


def _tell_silent(turn: Turn, notice: Notice) -> None:
    """A missed ring leaves one line: what became of it, so that whoever comes back need not ask."""
    answered = {key for line in turn.activity.log if line.what is Happened.LATE_NO for key in line.people}
    answered |= turn.activity.told_late
    for invitation in _reached(turn.activity):
        if invitation.state in _MISSED and invitation.person not in answered:
            turn.tell(invitation, notice)


def _reached(activity: Activity) -> Iterable[Invitation]:
    """Of each person the last invitation they have seen: a later one may never have left."""
    seen = (i for i in activity.invitations if i.sent_at is not None and not _came_back(i))
    return {invitation.person: invitation for invitation in seen}.values()


def _came_back(invitation: Invitation) -> bool:
    return invitation.state is InvitationState.SILENT and invitation.reason not in (None, Reason.TIMEOUT)


def _tell_everybody(turn: Turn, notice: Notice, reason: Reason) -> None:
    for person in turn.activity.accepted:
        if (invitation := turn.activity.latest(person)) is not None:
            turn.tell(invitation, notice)
    withdraw_open(turn, notice, reason)
    _tell_silent(turn, notice)


def withdraw_open(turn: Turn, notice: Notice, reason: Reason) -> None:
    """Nobody needs to answer any more; who was rung, or wanted to answer later, is told."""
    asked = (i for i in turn.activity.invitations if i.state in _TO_ANSWER and _latest(turn, i))
    withdraw(turn, list(asked), notice, reason)


def withdraw(turn: Turn, withdrawn: Sequence[Invitation], notice: Notice, reason: Reason) -> None:
    for invitation in withdrawn:
        turn.turn(invitation, Turned.WITHDRAW, reason=reason)
        if invitation.state is not InvitationState.QUEUED:
            turn.tell(invitation, notice)
    if withdrawn:
        what = Happened.COVERED if reason is Reason.COVERED else Happened.WITHDRAWN
        turn.log(what, *(i.person for i in withdrawn), reason=reason)


def _latest(turn: Turn, invitation: Invitation) -> bool:
    return turn.activity.latest(invitation.person) == invitation
