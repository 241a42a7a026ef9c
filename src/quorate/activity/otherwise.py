"""``else WHO``: the deadline passed, and others are required instead."""

from dataclasses import replace

from quorate.activity.candidates import named
from quorate.activity.effects import Notice
from quorate.activity.ending import withdraw
from quorate.activity.lifecycle import Move
from quorate.activity.turn import Turn
from quorate.model.activity import ActivityState, Happened, InvitationState
from quorate.model.reasons import Reason

_RELEASED = (
    InvitationState.QUEUED,
    InvitationState.SENT,
    InvitationState.LATER,
    InvitationState.ACCEPTED,
)


def fall_back(turn: Turn) -> None:
    """The next requirement takes the place of this one; whoever it does not name is told that it is off.

    Of those it names too, who said yes stays in, who said no stays out, who is asked goes on being asked.
    """
    activity, (then, *rest) = turn.activity, turn.activity.fallbacks
    known = {person.key for person in activity.people}
    turn.activity = replace(
        activity,
        requirement=then.requirement,
        who=then.who,
        people=(*activity.people, *(person for person in then.people if person.key not in known)),
        deadline=then.deadline or turn.now + then.within,
        fallbacks=tuple(rest),
        fell_back_at=turn.now,
        first_who=activity.first_who or activity.who,
        found_at=None,
    )
    if activity.state is ActivityState.RINGING:
        turn.move(Move.FALL_BACK)
    turn.log(Happened.FELL_BACK, reason=Reason.DEADLINE, by=then.who)
    turn.tell_organiser(Notice.FELL_BACK)
    _release(turn)


def _release(turn: Turn) -> None:
    released = [
        invitation
        for invitation in turn.activity.invitations
        if invitation.state in _RELEASED
        and turn.activity.latest(invitation.person) == invitation
        and not named(turn.activity, invitation.person)
    ]
    withdraw(turn, released, Notice.EXPIRED, Reason.DEADLINE)
