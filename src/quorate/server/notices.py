"""The words of an effect, made at the moment it is sent."""

from typing import TYPE_CHECKING

from quorate.activity.effects import Notice, TellOrganiser
from quorate.model.activity import Activity

if TYPE_CHECKING:
    from quorate.server.hub import Hub

WITH_LINK = frozenset({Notice.LINK, Notice.LATE, Notice.ACCEPTED})


class Notices:
    def __init__(self, hub: "Hub") -> None:
        self._hub = hub

    def to_person(self, activity: Activity, person: str, notice: Notice) -> str:
        link = self._hub.links.url(activity.id, person) if notice in WITH_LINK else ""
        return f"[Quorate] {notice.value}: {activity.about or activity.who} {link}".rstrip()

    def to_organiser(self, activity: Activity, effect: TellOrganiser) -> str:
        return f"{activity.id}: {effect.notice.value} {activity.state.value}"

    def echo(self, activity: Activity, person: str, notice: Notice) -> str | None:
        return f"{notice.value} to {person}" if notice is Notice.INVITE else None
