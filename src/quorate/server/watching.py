"""Whose messages agents look at for replies."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from quorate.link.messages import Unwatch, WatchFor
from quorate.link.server import LinkPeer
from quorate.model.activity import Activity, Invitation, InvitationState
from quorate.model.address import Address
from quorate.server.replies import LATE_REPLY, hears, watched

if TYPE_CHECKING:
    from quorate.server.hub import Hub

GRACE_S = 1.0


class Watching:
    def __init__(self, hub: "Hub") -> None:
        self._hub = hub

    def stream_live(self, peer: LinkPeer, stream: str, account: Address) -> None:
        """After a login: whoever may still reply is looked at again."""
        wanted = self._contacts(account)
        for contact in sorted(wanted):
            peer.send(WatchFor(stream=stream, contact=contact.account))
        for contact in sorted(self._ever_asked(account) - wanted - self._being_asked(account)):
            peer.send(Unwatch(stream=stream, contact=contact.account))

    def activity_changed(self, after: Activity, before: Activity) -> None:
        """Whose ring has turned out to have left is looked at, also on a stream that did not carry it."""
        now = self._hub.clock.now()
        asked = set(watched(after, now)).difference(watched(before, now))
        found = self._hub.streams_seen.live(after.organiser_via) if asked else None
        if found is not None:
            stream, peer = found
            for contact in sorted(asked):
                peer.send(WatchFor(stream=stream.id, contact=contact.account))

    def activity_over(self, activity: Activity) -> None:
        """Late replies are understood for a while, then nobody is looked at for it any more."""
        contacts = {invitation.via for invitation in activity.invitations}
        if contacts:
            loop = asyncio.get_running_loop()
            ended = activity.ended_at or self._hub.clock.now()
            left = (ended + LATE_REPLY - self._hub.clock.now()).total_seconds()
            loop.call_later(left + GRACE_S, self._unwatch, activity.organiser_via, contacts)

    def _unwatch(self, account: Address, contacts: set[Address]) -> None:
        found = self._hub.streams_seen.live(account)
        if found is not None:
            stream, peer = found
            for contact in sorted(contacts):
                if not self._may_answer(account, contact):
                    peer.send(Unwatch(stream=stream.id, contact=contact.account))

    def _may_answer(self, account: Address, contact: Address) -> bool:
        """To anything, or to a ring that may have left."""
        now = self._hub.clock.now()
        return any(
            contact in watched(activity, now)
            or any(i.via == contact and i.state is InvitationState.QUEUED for i in activity.invitations)
            for activity in self._hub.owned.known.asked(account, contact)
        )

    def _contacts(self, account: Address) -> set[Address]:
        now = self._hub.clock.now()
        mine = self._hub.owned.known.of(account)
        return {contact for activity in mine for contact in watched(activity, now)}

    def _ever_asked(self, account: Address) -> set[Address]:
        return {invitation.via for invitation in self._invitations(account)}

    def _being_asked(self, account: Address) -> set[Address]:
        """Their rings may have left, and the agent listens to whom it has rung."""
        return {i.via for i in self._invitations(account) if i.state is InvitationState.QUEUED}

    def _invitations(self, account: Address) -> Iterator[Invitation]:
        mine = self._hub.owned.known.of(account)
        return (invitation for activity in mine for invitation in activity.invitations)

    def load(self) -> None:
        for activity in self._hub.owned.all():
            if activity.state.over and hears(activity, self._hub.clock.now()):
                self.activity_over(activity)
