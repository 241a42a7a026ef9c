"""``take Q7 jan``: the organiser takes somebody who said ``in 5m`` at their word, now."""

from quorate.activity import candidates
from quorate.activity.inputs import TakeAsked
from quorate.activity.lifecycle import Turned
from quorate.activity.turn import Turn
from quorate.errors import NotPossible
from quorate.model.activity import ActivityState, Happened, Invitation, InvitationState


def take(turn: Turn, given: TakeAsked) -> None:
    """As if they had said yes; raises NotPossible for anybody who has not said that they can."""
    invitation = turn.activity.latest(given.person)
    _refuse(turn, given.person, invitation)
    assert invitation is not None
    turn.turn(invitation, Turned.YES)
    turn.log(Happened.TAKEN, given.person)


def _refuse(turn: Turn, person: str, invitation: Invitation | None) -> None:
    activity, name = turn.activity, person.partition("@")[0]
    state = None if invitation is None else invitation.state
    if state is InvitationState.ACCEPTED:
        raise NotPossible(
            f"{name} has said yes already.", remedy=f"See what is missing: explain {activity.id}"
        )
    if activity.state is ActivityState.LIVE:
        raise NotPossible(f"{activity.id} is live already.", remedy=f"To have {name} too: meet {name}")
    if state is not InvitationState.LATER or not candidates.named(activity, person):
        raise NotPossible(
            f"{name} has not said that they can: nobody is taken without their word.",
            remedy=f"Where everybody stands: explain {activity.id}",
        )
