"""The words of an effect, made at the moment it is sent."""

from typing import TYPE_CHECKING

from quorate.activity.effects import Notice, TellOrganiser
from quorate.activity.why import why
from quorate.link.messages import CompanionStatus
from quorate.model.activity import Activity, ActivityState
from quorate.model.address import Address
from quorate.server.usual_wait import usual_wait_s
from quorate.talk.companion import companion_status
from quorate.talk.organiser import organiser_text
from quorate.talk.texts import echo_text, invitee_text

if TYPE_CHECKING:
    from quorate.server.hub import Hub

WITH_LINK = frozenset({Notice.LINK, Notice.LATE, Notice.ACCEPTED})


class Notices:
    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._shown: dict[str, str] = {}
        """Stream to the companion's presence text there."""

    def to_person(self, activity: Activity, person: str, notice: Notice) -> str:
        hub = self._hub
        link = hub.links.url(activity.id, person) if notice in WITH_LINK else None
        return invitee_text(
            notice.value, activity, person, now=hub.clock.now(), link=link, zone=hub.settings.tz
        )

    def to_organiser(self, activity: Activity, effect: TellOrganiser) -> str:
        hub = self._hub
        now = hub.clock.now()
        reasons = why(activity, hub.view(activity), now)
        invited = effect.notice is Notice.LIVE and activity.with_organiser
        return organiser_text(
            effect.notice.value,
            activity,
            people=reasons.people,
            now=now,
            held_up=reasons.held_up,
            held_until=reasons.held_until,
            link=hub.links.url(activity.id, activity.organiser.key) if invited else None,
            person=effect.person,
            text=effect.text,
            usual_wait_s=usual_wait_s(activity, hub.owned.known.of(activity.organiser_via)),
            zone=hub.settings.tz,
        )

    def echo(self, activity: Activity, person: str, notice: Notice) -> str | None:
        """The line that shows the organiser what was sent in their name."""
        return echo_text(notice.value, activity, person)

    def show_status(self, account: Address) -> None:
        """The companion's presence text says what is under way, if it changed."""
        found = self._hub.streams_seen.live(account)
        if found is None:
            return
        stream, peer = found
        count = self._hub.owned.known.count
        text = companion_status(
            count(account, ActivityState.WAITING),
            count(account, ActivityState.RINGING),
            count(account, ActivityState.LIVE),
        )
        if self._shown.get(stream.id) != text:
            self._shown[stream.id] = text
            peer.send(CompanionStatus(stream=stream.id, text=text))

    def stream_ended(self, stream: str) -> None:
        self._shown.pop(stream, None)
