"""Who is held by which activity: nobody is rung for two things at once.

An open invitation holds, and a yes while it rings or is asked for again. A yes to what waits again holds
nobody: two activities that wait for each other's people would wait for ever. Once it is live, who said yes
is taken to be on the way for a while; after that the room shows where they are.
"""

from datetime import datetime, timedelta
from typing import Final

from quorate.model.activity import Activity, ActivityState, Invitation, InvitationState

COMING: Final = timedelta(minutes=2)
"""How long somebody who said yes may take to come into the room."""


def held_in(activity: Activity, now: datetime) -> frozenset[str]:
    """Whom this activity holds."""
    if activity.state.over:
        return frozenset()
    latest = {i.person: i for i in activity.invitations}.values()
    return frozenset(i.person for i in latest if i.open or _promised(activity, i, now))


def released_at(activity: Activity, now: datetime) -> datetime | None:
    """When time alone lets go of somebody next."""
    if activity.state is not ActivityState.LIVE:
        return None
    latest = {i.person: i for i in activity.invitations}.values()
    return min((_coming_until(activity, i) for i in latest if _promised(activity, i, now)), default=None)


def awaited_until(activity: Activity) -> datetime | None:
    """How long an empty room is kept for those who said yes and have not been in it yet."""
    latest = {i.person: i for i in activity.invitations}.values()
    coming = (
        i for i in latest if i.state is InvitationState.ACCEPTED and i.person not in activity.ever_joined
    )
    return max((_coming_until(activity, i) for i in coming), default=None)


def _promised(activity: Activity, invitation: Invitation, now: datetime) -> bool:
    if invitation.state is not InvitationState.ACCEPTED:
        return False
    if activity.state is ActivityState.LIVE:
        came = invitation.person in activity.ever_joined
        return not came and now < _coming_until(activity, invitation)
    return activity.state is ActivityState.RINGING or invitation.in_question


def _coming_until(activity: Activity, invitation: Invitation) -> datetime:
    times = (activity.live_at, invitation.answered_at, activity.created)
    return max(time for time in times if time is not None) + COMING
