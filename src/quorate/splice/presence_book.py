"""What this stream has said about each contact, resource by resource. RFC 6121 section 4, PR-1 to PR-8.

Rooms, the user's own resources and errors never feed a contact. What is "known" and what is only implied
by the server's silence is told apart: design section 5.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from quorate.model.address import Jid, xmpp
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.splice.address_table import AddressTable
from quorate.splice.context import Context
from quorate.splice.effects import PresenceSeen, Side
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.presence import PresenceStanza, fingerprint
from quorate.wire.xmpp.usual_presence import without_delay

MAX_STRANGERS = 2000
"""People outside the roster whose presence is remembered: anybody can send one (RFC 6121 section 4.6)."""
MAX_RESOURCES = 32
"""Of one contact."""
_LAST = b"jabber:iq:last"
"""How long somebody was idle when it was sent: said again later, the same bytes say something else."""
MAX_LOOKS = 4 * 1024
"""A bigger presence is not kept to be compared: its repetition would pass instead of being hidden."""


MAX_CONDENSED = 200
"""Contacts; it takes some 40 µs for each, and other streams wait."""


class Resource(NamedTuple):
    """The last presence of one resource, as the client has it."""

    presence: Presence
    priority: int
    since: datetime | None
    idle_since: datetime | None
    stanza: bytes
    """As the server sent it; empty if the client may not have got it, or if nobody will ask for it, or if
    only its ``looks`` are kept."""
    asked: bool
    place: int
    """Its number among the stanzas the client was given (XEP-0198); 0 if they are not counted."""
    mark: int | None
    """Recognises the same stanza sent again; None if that would be news."""
    began: float
    """When the stream said so first."""
    idle_from: float | None
    looks: bytes = b""
    """Fingerprint of the stanza."""


_NOBODY: Mapping[str, Resource] = {}


@dataclass(frozen=True, slots=True)
class Whole:
    """A statement about a contact without naming a resource."""

    presence: Presence
    reason: Reason | None
    asked: bool
    implied: bool
    since: datetime | None
    began: float


_whole = lru_cache(maxsize=256)(Whole)
"""There are few different ones, and each contact has one."""


class PresenceBook:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._resources: dict[Jid, dict[str, Resource]] = {}
        self._wholes = AddressTable[Whole]()
        self._mentioned: set[Jid] = set()
        self._strangers: set[Jid] = set()
        self._marks: set[int] = set()
        """Those of all resources: one lookup tells a repetition."""
        self.rooms: set[Jid] = set()
        self._dead: set[Jid] = set()
        """Gateways whose link is down."""

    def knows(self, contact: Jid) -> bool:
        """The stream itself said something about this contact, and may be trusted to say more."""
        return contact in self._mentioned and not (self._context.inactive or self._context.withdrawn)

    def available(self, contact: Jid) -> bool:
        return bool(self._resources.get(contact))

    @property
    def people(self) -> set[Jid]:
        """Everybody something is known about."""
        return {*self._resources, *self._wholes}

    def has_room(self, full: Jid, *, stranger: bool) -> bool:
        """Is what is said from here remembered? What others send must not fill our memory."""
        if stranger and full.bare not in self._strangers:
            if len(self._strangers) >= MAX_STRANGERS:
                return False
            self._strangers.add(full.bare)
        known = self._resources.get(full.bare, _NOBODY)
        return not full.resource or full.resource in known or len(known) < MAX_RESOURCES

    def shown(self, full: Jid, looks: bytes) -> bool:
        """The client's last presence from this resource looks exactly like this."""
        resource = self._resources.get(full.bare, {}).get(full.resource)
        if resource is None or not (resource.stanza or resource.looks):
            return False
        return (resource.looks or self._looks(resource.stanza)) == looks

    def tells(self, full: Jid) -> bool:
        """Something is known about this device."""
        return full.resource in self._resources.get(full.bare, _NOBODY)

    def condense(self) -> None:
        """Keep of what was shown only how it looks: most of the initial burst is never asked for again."""
        self._wholes.fold()
        for resources in islice(self._resources.values(), MAX_CONDENSED):
            for name, resource in resources.items():
                if resource.stanza:
                    resources[name] = resource._replace(stanza=b"", looks=self._looks(resource.stanza))

    def repeats(self, stanza: bytes) -> bool:
        """Byte for byte what this resource said last, but for the time: nothing is learnt from it."""
        return hash(without_delay(stanza)) in self._marks

    def lost_after(self, confirmed: int) -> None:
        """The client resumes with so many stanzas: what came later it may not have seen."""
        for resources in self._resources.values():
            for name, resource in resources.items():
                if resource.place > confirmed:
                    self._unmark(resource)
                    resources[name] = resource._replace(stanza=b"", mark=None, looks=b"")

    def heard(
        self,
        stanza: PresenceStanza,
        data: bytes,
        *,
        asked: bool,
        place: int | None,
        keep: bool = True,
        pushed: bool = True,
    ) -> None:
        """Presence or unavailability of a contact has arrived; ``place`` is None if it is hidden.

        ``keep`` the stanza, to be compared with the answer to a probe. ``pushed``: there is a subscription,
        so that who is not available is offline.
        """
        assert stanza.from_ is not None
        if stanza.type is None:
            mark = None if asked or _LAST in data else hash(without_delay(data))
            kept = data if keep and len(data) <= MAX_LOOKS else b""
            self._available(stanza.from_.bare, stanza, asked=asked, place=place, mark=mark, kept=kept)
        else:
            self._left(stanza.from_, stanza.delay, asked=asked, pushed=pushed)

    def _left(self, full: Jid, since: datetime | None, *, asked: bool, pushed: bool) -> None:
        contact = full.bare
        self._mentioned.add(contact)
        reason = None if pushed else Reason.NOT_SUBSCRIBED
        if contact.local and Jid("", contact.domain) in self._dead:
            reason = Reason.STALE
        presence = Presence.UNKNOWN if reason else Presence.OFFLINE
        if full.resource:
            self._unmark(self._resources.get(contact, {}).pop(full.resource, None))
            left = _whole(presence, reason, asked, False, since, self._context.now)
            self._tell(contact, full.resource, left)
            if self.available(contact):
                return
        if reason is not None:
            self.unknown(contact, reason, asked=asked)
        elif full.resource:
            self.link_down(contact)
        else:
            self.state(contact, presence, asked=asked, since=since)

    def _available(
        self,
        contact: Jid,
        stanza: PresenceStanza,
        *,
        asked: bool,
        place: int | None,
        mark: int | None,
        kept: bytes,
    ) -> None:
        assert stanza.from_ is not None
        name, resources = stanza.from_.resource, self._resources.get(contact)
        before = resources.get(name) if resources else None
        if resources is None or before is None:
            self._mentioned.add(contact)
            self._wholes.pop(contact, None)
            resources = self._resources.setdefault(contact, {})
            self._dead.discard(contact)
        if place is None:
            place = before.place if before else 0
        now, idle_s = self._context.now, stanza.idle_s
        idle_from = None if idle_s is None else now - idle_s
        told = (stanza.presence, stanza.priority, stanza.delay, stanza.idle_since)
        news = before is None or before[:4] != told or before.mark not in self._marks
        began = now if before is None or news else before.began
        seen = resources[name] = Resource(*told, kept, asked, place, mark, began, idle_from)
        self._unmark(before)
        if mark is not None:
            self._marks.add(mark)
        if news or mark is None or self._context.inactive:
            self._tell_resource(contact, name, seen)

    def state(
        self,
        contact: Jid,
        presence: Presence,
        reason: Reason | None = None,
        *,
        asked: bool = False,
        implied: bool = False,
        since: datetime | None = None,
    ) -> None:
        """Something is known about the whole contact; its resources are forgotten."""
        if not implied:
            self._mentioned.add(contact)
        whole = _whole(presence, reason, asked, implied, since, self._context.now)
        for name, resource in self._resources.pop(contact, {}).items():
            self._unmark(resource)
            if name:
                self._tell(contact, name, whole)
        self._wholes[contact] = whole
        self._tell(contact, "", whole)
        if presence in (Presence.OFFLINE, Presence.UNREACHABLE):
            self.link_down(contact)

    def unknown(self, contact: Jid, reason: Reason, *, asked: bool = False) -> None:
        """We may not know, or cannot: forget what was known. Asking remains possible."""
        self.state(contact, Presence.UNKNOWN, reason, asked=asked)
        self._mentioned.discard(contact)

    def confirm(self, contact: Jid) -> None:
        """Asked, and nothing had changed: what is known is fresh again."""
        for name, resource in self._resources.get(contact, {}).items():
            # its next presence lifts that: the stream says so again by itself
            self._unmark(resource)
            self._tell_resource(contact, name, resource, asked=True)

    def imply_offline(self, contacts: Iterable[Jid]) -> None:
        """The initial burst is over; who has a subscription and was not named is offline."""
        for contact in sorted(contacts, key=lambda jid: bool(jid.local)):  # gateways before their users
            if contact in self._mentioned or contact in self._wholes:
                continue
            if self._context.has_blocked(contact):
                self.unknown(contact, Reason.BLOCKED)
            elif contact.local and Jid("", contact.domain) in self._dead:
                self.unknown(contact, Reason.STALE)
            else:
                self.state(contact, Presence.OFFLINE, implied=True)

    def tell_all(self, *, stale: bool = False, reason: Reason | None = None) -> None:
        """Say everything known again: fresh (after a resume) or as too old to count."""
        for contact, resources in self._resources.items():
            for name, resource in resources.items():
                self._tell_resource(contact, name, resource, stale=stale, reason=reason)
        for contact, whole in self._wholes.items():
            self._tell(contact, "", whole, stale=stale, reason=reason)

    def clear(self) -> None:
        self._resources.clear()
        self._marks.clear()
        self._wholes.clear()
        self._mentioned.clear()
        self._dead.clear()

    def _looks(self, stanza: bytes) -> bytes:
        return fingerprint(parse(stanza, self._context.headers.get(Side.SERVER)))

    def _unmark(self, resource: Resource | None) -> None:
        if resource is not None and resource.mark is not None:
            self._marks.discard(resource.mark)

    def link_down(self, contact: Jid) -> None:
        """PR-5: a dead gateway says nothing about its users; they are not offline, but unknown."""
        own = self._context.own
        if contact.local or (own is not None and contact.domain == own.domain):
            return
        self._dead.add(contact)
        for user in self.people:
            if user.domain == contact.domain and user.local:
                self.unknown(user, Reason.STALE)

    def _tell_resource(
        self,
        contact: Jid,
        name: str,
        seen: Resource,
        *,
        asked: bool | None = None,
        stale: bool = False,
        reason: Reason | None = None,
    ) -> None:
        self._context.out.add(
            PresenceSeen(
                xmpp(contact),
                name,
                seen.presence,
                self._context.now,
                seen.priority,
                seen.since,
                seen.idle_since,
                seen.asked if asked is None else asked,
                False,
                stale,
                reason,
                seen.began,
                seen.idle_from,
            )
        )

    def _tell(
        self,
        contact: Jid,
        resource: str,
        whole: Whole,
        *,
        stale: bool = False,
        reason: Reason | None = None,
    ) -> None:
        self._context.out.add(
            PresenceSeen(
                contact=xmpp(contact),
                resource=resource,
                presence=whole.presence,
                at=self._context.now,
                since=whole.since,
                began=whole.began,
                asked=whole.asked,
                implied=whole.implied,
                stale=stale,
                reason=reason or whole.reason,
            )
        )
