"""``done: ok with 2 comments``: who reviews says that they are through; when all have, the review is closed.

What they wrote stays where they wrote it: in their chat with the organiser.
"""

from quorate.activity.effects import Notice
from quorate.activity.ending import finish
from quorate.activity.inputs import Replied
from quorate.activity.lifecycle import Move, Turned
from quorate.activity.turn import Turn
from quorate.model.activity import Activity, ActivityState, Happened, Invitation, InvitationState
from quorate.model.command import Answer, Kind
from quorate.model.reasons import Reason


def closes(activity: Activity, given: Replied) -> bool:
    """Whether it says that a review is through; of anything else ``done`` says nothing."""
    return given.reply.answer is Answer.DONE and activity.kind is Kind.REVIEW


def done(turn: Turn, invitation: Invitation) -> None:
    """Who had not said yes says so with it. Once all who said yes are through, it is over."""
    person = invitation.person
    if person in turn.activity.through:
        return
    if invitation.state is not InvitationState.ACCEPTED:
        turn.turn(invitation, Turned.YES)
        turn.log(Happened.ACCEPTED, person)
    turn.log(Happened.DONE, person)
    turn.tell(invitation, Notice.DONE_NOTED)
    if turn.activity.state is ActivityState.LIVE and not close_if_through(turn):
        turn.tell_organiser(Notice.DONE, person=person)


def close_if_through(turn: Turn) -> bool:
    """Whether it is closed: live, and everybody who said yes is through."""
    activity = turn.activity
    if activity.state is not ActivityState.LIVE or not set(activity.accepted) <= activity.through:
        return False
    finish(turn, Move.DONE, Reason.DONE)
    return True
