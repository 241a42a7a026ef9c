"""An activity as places to be filled: each clause of the requirement with who is in and who could be."""

from quorate.model.activity import Activity, ActivityState
from quorate.model.availability import Availability
from quorate.rules.places import ClausePlaces, places
from quorate.server.hub import Hub


def places_of(hub: Hub, activity: Activity) -> tuple[ClausePlaces, ...]:
    """While people are asked, the open places are theirs; before that, of those who could come now."""
    asked = frozenset(i.person for i in activity.invitations if i.open)
    told = frozenset(i.person for i in activity.invitations)

    def could(key: str) -> bool:
        if asked or activity.state is not ActivityState.WAITING:
            return key in asked
        available = hub.verdict(key, activity.organiser_via).availability is Availability.AVAILABLE
        return available and key not in told

    return places(activity.requirement, frozenset(activity.accepted), could)
