"""Which activity a reply in somebody's chat belongs to."""

from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from quorate.model.activity import Activity, ActivityState, Invitation, InvitationState
from quorate.model.address import Address
from quorate.model.command import Kind

LATE_REPLY = timedelta(minutes=15)
"""How long after its end an activity still answers a late reply."""
REACTION = timedelta(seconds=1)
"""Nobody has read, so soon after it was decided, an invitation of which it is not known that it left."""


def addressed(
    activities: Iterable[Activity],
    vantage: Address,
    contact: Address,
    now: datetime,
    left: Container[str] = frozenset(),
) -> tuple[Activity, Invitation] | None:
    """The activity a reply of ``contact`` in the chat with ``vantage`` is for, with the invitation.

    The latest that rang and waits for an answer; else the latest the person has anything to do with. ``left``
    are invitations known to have left that are not noted as sent yet: some answer within milliseconds.
    """
    found = [
        (activity, invitation)
        for activity in activities
        if activity.organiser_via == vantage and hears(activity, now)
        for invitation in _latest(activity)
        if invitation.via == contact
    ]
    return max(
        found, key=lambda entry: (_urgency(entry[0], entry[1], now, left), entry[1].queued_at), default=None
    )


def reviews(activities: Iterable[Activity]) -> list[Activity]:
    """Those a "done" can be about; that of a review somebody works on is not meant for a later ring."""
    found = [activity for activity in activities if activity.kind is Kind.REVIEW]
    going_on = [activity for activity in found if activity.state is ActivityState.LIVE]
    return going_on or found


def message_key(vantage: Address, contact: Address, message: str) -> str:
    """What one message is known by, on whatever stream it was seen; says nothing about who wrote to whom."""
    return sha256(f"{vantage}\0{contact}\0{message}".encode()).hexdigest()


def hears(activity: Activity, now: datetime) -> bool:
    """True while replies to this activity mean anything."""
    if not activity.state.over:
        return True
    return activity.ended_at is not None and now - activity.ended_at < LATE_REPLY


def watched(activity: Activity, now: datetime) -> list[Address]:
    """Contacts whose messages are looked at for a reply to this activity."""
    if not hears(activity, now):
        return []
    return [i.via for i in _latest(activity) if i.state is not InvitationState.QUEUED]


def _latest(activity: Activity) -> list[Invitation]:
    return list({invitation.person: invitation for invitation in activity.invitations}.values())


def _urgency(activity: Activity, invitation: Invitation, now: datetime, left: Container[str]) -> int:
    queued = invitation.state is InvitationState.QUEUED
    on_its_way = queued and invitation.id not in left and now - invitation.queued_at < REACTION
    if activity.state.over or on_its_way:
        return -1 if on_its_way else 0
    return 2 if invitation.state is InvitationState.SENT or invitation.id in left else 1
