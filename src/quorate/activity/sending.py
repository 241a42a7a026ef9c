"""What became of an invitation on its way to the wire."""

from dataclasses import replace

from quorate.activity.effects import Notice
from quorate.activity.ending import END_NOTICES
from quorate.activity.inputs import RingFailed, RingSent
from quorate.activity.lifecycle import Turned
from quorate.activity.turn import Turn
from quorate.model.activity import Happened, Invitation, InvitationState


def ring_sent(turn: Turn, given: RingSent) -> None:
    """The ring time starts; who was rung although it is too late hears so."""
    invitation = _find(turn, given.invitation)
    if invitation is None or invitation.sent_at is not None:
        return
    if invitation.state is InvitationState.QUEUED:
        turn.turn(invitation, Turned.SENT, until=turn.silence_at())
        return
    turn.put(replace(invitation, sent_at=turn.now))
    state = turn.activity.state
    if invitation.state is InvitationState.WITHDRAWN or (
        invitation.state is InvitationState.SILENT and state.over
    ):
        turn.tell(invitation, END_NOTICES.get(state, Notice.COVERED))


def ring_failed(turn: Turn, given: RingFailed) -> None:
    """As silence; for a reason of the organiser's stream nobody else is rung at once either."""
    invitation = _find(turn, given.invitation)
    if invitation is None or not invitation.open:
        return
    turn.turn(invitation, Turned.UNSENDABLE, reason=given.reason)
    turn.log(Happened.NOT_DONE, invitation.person, reason=given.reason)


def _find(turn: Turn, id: str) -> Invitation | None:
    return next((i for i in turn.activity.invitations if i.id == id), None)
