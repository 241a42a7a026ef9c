"""What people answer to an invitation, in every state of the activity."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from quorate.activity import candidates, spares
from quorate.activity.confirming import still_there
from quorate.activity.effects import Notice
from quorate.activity.inputs import Replied
from quorate.activity.lifecycle import Turned
from quorate.activity.reviewing import closes, done
from quorate.activity.substitutes import with_substitute
from quorate.activity.turn import Turn
from quorate.model.activity import Activity, ActivityState, Happened, Invitation, InvitationState
from quorate.model.command import Answer
from quorate.model.reasons import Reason

_ANSWERABLE: Final = (InvitationState.QUEUED, InvitationState.SENT, InvitationState.ACCEPTED)

_WILLING: Final = (Answer.YES, Answer.LATER, Answer.DONE)


def replied(turn: Turn, given: Replied) -> None:
    """Somebody answered; somebody who was never asked is not heard."""
    invitation = turn.activity.latest(given.person)
    if invitation is None or (given.reply.answer is Answer.DONE and not closes(turn.activity, given)):
        return
    if given.reply.answer is Answer.STOP:
        _stop(turn, invitation, given)
    elif turn.activity.state.over:
        _over(turn, invitation)
    elif given.reply.answer is Answer.WHY:
        turn.tell(invitation, Notice.WHY)
    elif turn.activity.state is ActivityState.LIVE and not invitation_counts(invitation):
        _late(turn, invitation, given)
    elif given.reply.answer in _WILLING and not candidates.named(turn.activity, given.person):
        _too_late(turn, invitation)
    elif given.reply.answer is Answer.YES and _covered(turn.activity, invitation):
        _late(turn, invitation, given)
    else:
        _ANSWERS[given.reply.answer](turn, invitation, given)


def invitation_counts(invitation: Invitation) -> bool:
    """An answer to it still changes something although the activity is live."""
    return invitation.optional or invitation.state in _ANSWERABLE


def _covered(activity: Activity, invitation: Invitation) -> bool:
    """Was told that it is covered, and it still is, although it is not live."""
    if invitation.state is not InvitationState.WITHDRAWN or invitation.reason is not Reason.COVERED:
        return False
    enough = spares.enough(activity)
    return enough is not None and invitation.person not in enough


def _yes(turn: Turn, invitation: Invitation, _: Replied) -> None:
    if invitation.state is InvitationState.ACCEPTED:
        still_there(turn, invitation)
        return
    turn.turn(invitation, Turned.YES)
    turn.log(Happened.ACCEPTED, invitation.person)
    if turn.activity.state is ActivityState.LIVE:
        turn.tell(invitation, Notice.LINK)


def _no(turn: Turn, invitation: Invitation, given: Replied) -> None:
    needless = turn.activity.state is ActivityState.LIVE and invitation.state is InvitationState.WITHDRAWN
    if needless or invitation.state is InvitationState.DECLINED:
        return
    conflict = given.reply.answer is Answer.CONFLICT
    turn.turn(invitation, Turned.NO, reason=Reason.CONFLICT if conflict else None)
    turn.log(Happened.CONFLICT if conflict else Happened.DECLINED, invitation.person)


def _conflict(turn: Turn, invitation: Invitation, given: Replied) -> None:
    """A no for this activity alone, whose reason its organiser reads."""
    _no(turn, invitation, given)
    if turn.activity.latest(invitation.person) != invitation:
        turn.tell(invitation, Notice.CONFLICT_NOTED)


def _later(turn: Turn, invitation: Invitation, given: Replied) -> None:
    if given.reply.delay is None:
        return
    if turn.activity.state is ActivityState.LIVE and invitation.state is InvitationState.ACCEPTED:
        turn.tell(invitation, Notice.LINK)
        return
    turn.turn(invitation, Turned.LATER, until=turn.now + given.reply.delay)
    turn.log(Happened.LATER, invitation.person)
    turn.tell(invitation, Notice.LATER_NOTED)


def _done(turn: Turn, invitation: Invitation, _: Replied) -> None:
    done(turn, invitation)


def _substitute(turn: Turn, invitation: Invitation, given: Replied) -> None:
    """``sub NAME`` is a no, with somebody to try first instead."""
    _no(turn, invitation, given)
    substitute = given.substitute
    unknown = substitute is None or substitute.key in (invitation.person, turn.activity.organiser.key)
    needless = turn.activity.state is ActivityState.LIVE and not invitation.optional
    if substitute is None or unknown or needless:
        turn.tell_organiser(Notice.SUGGESTED, person=invitation.person, text=given.reply.name)
        return
    activity = turn.activity
    if any(line.by == substitute.key and invitation.person in line.people for line in activity.log):
        return
    people = activity.people if activity.person(substitute.key) else (*activity.people, substitute)
    requirement = with_substitute(activity.requirement, invitation.person, substitute.key)
    turn.activity = replace(activity, people=people, requirement=requirement)
    turn.log(Happened.SUBSTITUTE, invitation.person, by=substitute.key)


def _stop(turn: Turn, invitation: Invitation, given: Replied) -> None:
    """Heard in every state: it is about the organiser, not only about this activity."""
    if turn.view.blocked(invitation.person):
        return
    if not turn.activity.state.over:
        _no(turn, invitation, given)
    turn.block(invitation)
    turn.tell(invitation, Notice.STOPPED)


def _late(turn: Turn, invitation: Invitation, given: Replied) -> None:
    """It is live without them: a yes is asked back once; a second one, or one that knows, joins."""
    person = invitation.person
    if given.reply.answer in (Answer.NO, Answer.SUBSTITUTE, Answer.CONFLICT):
        if not any(line.what is Happened.LATE_NO and person in line.people for line in turn.activity.log):
            turn.log(Happened.LATE_NO, person)
    elif given.anyway or person in turn.activity.told_late:
        _yes(turn, invitation, given)
    else:
        turn.activity = replace(turn.activity, told_late=turn.activity.told_late | {person})
        turn.log(Happened.LATE_YES, person)
        turn.tell(invitation, Notice.LATE)


def _too_late(turn: Turn, invitation: Invitation) -> None:
    """Others are asked instead; heard once, as after the end."""
    person = invitation.person
    if person not in turn.activity.told_over:
        turn.activity = replace(turn.activity, told_over=turn.activity.told_over | {person})
        turn.tell(invitation, Notice.NOT_NEEDED)


def _over(turn: Turn, invitation: Invitation) -> None:
    person = invitation.person
    if person not in turn.activity.told_over:
        turn.activity = replace(turn.activity, told_over=turn.activity.told_over | {person})
        turn.tell(invitation, Notice.OVER)


_ANSWERS: Final[Mapping[Answer, Callable[[Turn, Invitation, Replied], None]]] = {
    Answer.YES: _yes,
    Answer.NO: _no,
    Answer.LATER: _later,
    Answer.SUBSTITUTE: _substitute,
    Answer.CONFLICT: _conflict,
    Answer.DONE: _done,
}
