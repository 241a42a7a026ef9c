"""Still there? Who said yes long before the rest was found is asked once more before the room opens.

It is a question in their chat and no ring: it counts for no budget. Silence opens their place again.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from quorate.activity.effects import Notice
from quorate.activity.lifecycle import Turned
from quorate.activity.opening import PATIENCE
from quorate.activity.turn import Turn
from quorate.model.activity import Activity, Happened, Invitation
from quorate.rules.choose import choose

GOOD_FOR: Final = timedelta(seconds=60)
"""A yes counts without a question if the rest was found within this time after it."""


def found(turn: Turn) -> None:
    """Everybody needed has said yes: what is old is judged by this moment, so that questions have an end."""
    if turn.activity.found_at is None:
        turn.activity = replace(turn.activity, found_at=turn.now)


def lost(turn: Turn) -> None:
    """Not any more."""
    if turn.activity.found_at is not None:
        turn.activity = replace(turn.activity, found_at=None)


def in_doubt(activity: Activity) -> tuple[str, ...]:
    """Whose word is too old, as far as it cannot start without them."""
    accepted = frozenset(activity.accepted)
    fresh = frozenset(key for key in accepted if not _old(activity, activity.latest(key)))
    choice = choose(activity.requirement, accepted.__contains__, taken=fresh)
    return () if choice is None else choice.new


def ask(turn: Turn, people: tuple[str, ...]) -> None:
    """Those of them who are not asked already."""
    invitations = [i for key in people if (i := turn.activity.latest(key)) and not i.in_question]
    for invitation in invitations:
        turn.put(replace(invitation, until=turn.now + PATIENCE))
        turn.tell(invitation, Notice.STILL_THERE)
    if invitations:
        turn.log(Happened.ASKED_AGAIN, *(i.person for i in invitations))


def drop_questions(turn: Turn) -> None:
    """It starts without their answers; their yes stands."""
    for invitation in turn.activity.invitations:
        if invitation.in_question:
            turn.put(replace(invitation, until=None))


def still_there(turn: Turn, invitation: Invitation) -> None:
    """Said yes again, asked or not."""
    if turn.activity.live_at is None:
        turn.turn(invitation, Turned.YES)
        if invitation.in_question:
            turn.log(Happened.STILL_THERE, invitation.person)


def due(activity: Activity, invitation: Invitation, now: datetime) -> bool:
    """Whether the time to answer the question is over."""
    waits = invitation.in_question and not activity.state.over
    return waits and invitation.until is not None and invitation.until <= now


def not_there(turn: Turn, invitation: Invitation) -> None:
    """No answer; without the organiser it is not wanted now, and may not have been heard: asked anew then."""
    if not turn.view.organiser_ready:
        turn.put(replace(invitation, until=None))
        return
    turn.turn(invitation, Turned.SILENCE)
    turn.log(Happened.GONE, invitation.person)


def _old(activity: Activity, invitation: Invitation | None) -> bool:
    if invitation is None or invitation.answered_at is None or activity.found_at is None:
        return False
    return invitation.answered_at < activity.found_at - GOOD_FOR
