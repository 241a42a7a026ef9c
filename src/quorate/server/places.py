"""An activity as places to be filled: each clause of the requirement with who is in and who could be."""

from quorate.model.activity import Activity
from quorate.server.api.schemas import Clause
from quorate.server.hub import Hub


def places_of(hub: Hub, activity: Activity) -> list[Clause]:
    return []
