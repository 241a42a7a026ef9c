"""Who is held by which activity: nobody is rung for two things at once."""

from collections.abc import Iterable

from quorate.model.activity import Activity, ActivityState, InvitationState


def holds(activities: Iterable[Activity]) -> dict[str, str]:
    """Person key -> id of the activity that holds them: an open invitation, or a yes before it is live.

    Of several (who was silent there may say yes here) the first in order holds.
    """
    found: dict[str, str] = {}
    for activity in activities:
        for person in held_in(activity):
            found.setdefault(person, activity.id)
    return found


def held_in(activity: Activity) -> frozenset[str]:
    """Whom this activity holds."""
    if activity.state.over:
        return frozenset()
    before_live = activity.state is not ActivityState.LIVE
    return frozenset(
        i.person
        for i in {i.person: i for i in activity.invitations}.values()
        if i.open or (before_live and i.state is InvitationState.ACCEPTED)
    )
