"""What this stream has said about each contact, resource by resource. RFC 6121 section 4, PR-1 to PR-8.

Rooms, the user's own resources and errors never feed a contact. What is "known" and what is only implied
by the server's silence is told apart: design section 5.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from quorate.model.address import Jid, xmpp
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.splice.address_table import AddressTable
from quorate.splice.context import Context
from quorate.splice.effects import PresenceSeen, Side
from quorate.splice.resource_table import Resource, ResourceTable
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.presence import PresenceStanza, fingerprint
from quorate.wire.xmpp.usual_presence import without_delay

MAX_STRANGERS = 2000
"""People outside the roster whose presence is remembered: anybody can send one (RFC 6121 section 4.6)."""
MAX_RESOURCES = 32
"""Of one contact."""
_LAST = b"jabber:iq:last"
"""How long somebody was idle when it was sent: said again later, the same bytes say something else."""
_NOT_SEEN = (Presence.UNKNOWN, Presence.UNREACHABLE)
"""No stream tells when a server that could not be reached can be again."""
MAX_LOOKS = 4 * 1024
"""A bigger presence is not kept to be compared: its repetition would pass instead of being hidden."""


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
        self._resources = ResourceTable()
        self._wholes = AddressTable[Whole]()
        self._gone: frozenset[Jid] = frozenset()
        """Whose last resource has said that it leaves."""
        self._strangers: frozenset[Jid] = frozenset()
        self.rooms: frozenset[Jid] = frozenset()
        self._dead: frozenset[Jid] = frozenset()
        """Gateways whose link is down."""

    def knows(self, contact: Jid) -> bool:
        """The stream itself said something about this contact, and may be trusted to say more."""
        return self._mentioned(contact) and not (self._context.inactive or self._context.withdrawn)

    def _mentioned(self, contact: Jid) -> bool:
        if contact in self._gone or contact in self._resources:
            return True
        whole = self._wholes.find(contact)
        return whole is not None and not whole.implied and whole.presence not in _NOT_SEEN

    def available(self, contact: Jid) -> bool:
        return contact in self._resources

    @property
    def people(self) -> set[Jid]:
        """Everybody something is known about."""
        return {*(contact for contact, _ in self._resources.items()), *self._wholes, *self._gone}

    def has_room(self, full: Jid, *, stranger: bool) -> bool:
        """Is what is said from here remembered? What others send must not fill our memory."""
        if stranger and full.bare not in self._strangers:
            if len(self._strangers) >= MAX_STRANGERS:
                return False
            self._strangers |= {full.bare}
        known = self._resources.of(full.bare)
        return not full.resource or full.resource in known or len(known) < MAX_RESOURCES

    def shown(self, full: Jid, looks: bytes) -> bool:
        """The client's last presence from this resource looks exactly like this."""
        resource = self._resources.of(full.bare).get(full.resource)
        if resource is None or not (resource.stanza or resource.looks):
            return False
        return (resource.looks or self._looks(resource.stanza)) == looks

    def tells(self, full: Jid) -> bool:
        """Something is known about this device."""
        return full.resource in self._resources.of(full.bare)

    def fold(self) -> bool:
        """Make it small, and keep of what was shown only how it looks; False if some of it is left to fold.

        Most of the initial burst is never asked for again.
        """
        self._wholes.fold()
        return self._resources.fold(self._looks)

    def repeats(self, stanza: bytes) -> bool:
        """Byte for byte what this resource said last, but for the time: nothing is learnt from it."""
        return self._resources.marked(hash(without_delay(stanza)))

    def lost_after(self, confirmed: int) -> None:
        """The client resumes with so many stanzas: what came later it may not have seen."""
        for contact, resources in self._resources.items():
            for name, resource in list(resources.items()):
                if resource.place > confirmed:
                    self._resources.note(contact, name, resource._replace(stanza=b"", mark=None, looks=b""))

    def heard(
        self,
        stanza: PresenceStanza,
        data: bytes,
        *,
        asked: bool,
        place: int | None,
        keep: bool = True,
        pushed: bool = True,
        pending: bool = False,
    ) -> None:
        """Presence or unavailability of a contact has arrived; ``place`` is None if it is hidden.

        ``keep`` the stanza, to be compared with the answer to a probe. ``pushed``: there is a subscription,
        so that who is not available is offline. ``pending``: it was asked for.
        """
        assert stanza.from_ is not None
        if stanza.type is None:
            mark = None if asked or _LAST in data else hash(without_delay(data))
            kept = data if keep and len(data) <= MAX_LOOKS else b""
            self._available(stanza.from_.bare, stanza, asked=asked, place=place, mark=mark, kept=kept)
        else:
            why = None if pushed else Reason.PENDING if pending else Reason.NOT_SUBSCRIBED
            self._left(stanza.from_, stanza.delay, asked=asked, reason=why)

    def _left(self, full: Jid, since: datetime | None, *, asked: bool, reason: Reason | None) -> None:
        """``reason`` why that says nothing about them, if it does not."""
        contact = full.bare
        if contact.local and Jid("", contact.domain) in self._dead:
            reason = Reason.STALE
        presence = Presence.UNKNOWN if reason else Presence.OFFLINE
        if full.resource:
            self._resources.remove(contact, full.resource)
            left = _whole(presence, reason, asked, False, since, self._context.now)
            self._tell(contact, full.resource, left)
            if self.available(contact):
                return
        if reason is not None:
            self.unknown(contact, reason, asked=asked)
        elif full.resource and contact not in self._wholes:
            self._gone |= {contact}
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
        name = stanza.from_.resource
        before = self._resources.of(contact).get(name)
        if before is None:
            self._gone -= {contact}
            self._wholes.pop(contact, None)
            self._dead -= {contact}
        if place is None:
            place = before.place if before else 0
        now, idle_s = self._context.now, stanza.idle_s
        idle_from = None if idle_s is None else now - idle_s
        told = (stanza.presence, stanza.priority, stanza.delay, stanza.idle_since)
        news = before is None or before[:4] != told or before.mark is None
        began = now if before is None or news else before.began
        seen = Resource(*told, kept, asked, place, mark, began, idle_from)
        self._resources.note(contact, name, seen)
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
        for_s: float = 0.0,
    ) -> None:
        """Something is known about the whole contact; its resources are forgotten.

        ``since`` when by somebody's clock, or else for how many seconds, it has been so.
        """
        began = self._context.now - for_s
        whole = _whole(presence, reason, asked, implied, since, began)
        self._gone -= {contact}
        for name in self._resources.pop(contact):
            if name:
                self._tell(contact, name, whole)
        self._wholes[contact] = whole
        self._tell(contact, "", whole)
        if presence in (Presence.OFFLINE, Presence.UNREACHABLE):
            self.link_down(contact)

    def unknown(self, contact: Jid, reason: Reason, *, asked: bool = False) -> None:
        """We may not know, or cannot: forget what was known. Asking remains possible."""
        self.state(contact, Presence.UNKNOWN, reason, asked=asked)

    def confirm(self, contact: Jid) -> None:
        """Asked, and nothing had changed: what is known is fresh again."""
        for name, resource in list(self._resources.of(contact).items()):
            # its next presence lifts that: the stream says so again by itself
            self._resources.note(contact, name, resource._replace(mark=None))
            self._tell_resource(contact, name, resource, asked=True)

    def imply_offline(self, contacts: Iterable[Jid]) -> None:
        """The initial burst is over; who has a subscription and was not named is offline."""
        for contact in sorted(contacts, key=lambda jid: bool(jid.local)):  # gateways before their users
            if contact in self._wholes or self._mentioned(contact):
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
        self._wholes.clear()
        self._gone = frozenset()
        self._dead = frozenset()

    def _looks(self, stanza: bytes) -> bytes:
        return fingerprint(parse(stanza, self._context.headers.get(Side.SERVER)))

    def link_down(self, contact: Jid) -> None:
        """PR-5: a dead gateway says nothing about its users; they are not offline, but unknown."""
        own = self._context.own
        if contact.local or (own is not None and contact.domain == own.domain):
            return
        self._dead |= {contact}
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
