"""Whose messages agents look at for replies, and who wants to hear when somebody becomes available."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

from quorate.link.messages import SayTo, Unwatch, WatchFor
from quorate.link.server import LinkPeer
from quorate.model.activity import Activity, Invitation, InvitationState
from quorate.model.address import Address
from quorate.model.availability import Availability
from quorate.model.person import Person
from quorate.server.replies import LATE_REPLY, hears, watched
from quorate.talk.companion import now_available

if TYPE_CHECKING:
    from quorate.server.hub import Hub

GRACE_S = 1.0


class Watching:
    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._wanted: dict[str, set[Address]] = {}
        """Person key to the own accounts that typed ``watch NAME``."""

    # replies

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

    # watch NAME

    def load(self) -> None:
        for activity in self._hub.owned.all():
            if activity.state.over and hears(activity, self._hub.clock.now()):
                self.activity_over(activity)
        for account, person in self._hub.store.watches.all():
            self._wanted.setdefault(person, set()).add(account)

    def begin(self, account: Address, person: Person) -> bool:
        """Tell this account once when the person is available; False if they are already."""
        if self._available(account, person.key):
            return False
        self._hub.store.watches.add(account, person.key)
        self._wanted.setdefault(person.key, set()).add(account)
        return True

    def changed(self, people: set[str]) -> None:
        for key in people & self._wanted.keys():
            for account in sorted(self._wanted[key]):
                if self._available(account, key):
                    self._tell(account, key)

    def look_again(self) -> None:
        self.changed(set(self._wanted))

    def _available(self, account: Address, key: str) -> bool:
        return self._hub.verdict(key, account).availability is Availability.AVAILABLE

    def _tell(self, account: Address, key: str) -> None:
        found = self._hub.streams_seen.live(account)
        person = self._hub.directory.person(key, account)
        if found is None or person is None:
            return
        stream, peer = found
        peer.send(SayTo(effect=f"watch-{uuid4().hex}", stream=stream.id, text=now_available(person)))
        self._hub.store.watches.remove(account, key)
        self._wanted[key].discard(account)
        if not self._wanted[key]:
            del self._wanted[key]
