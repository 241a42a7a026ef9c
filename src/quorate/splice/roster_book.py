"""The user's roster as the server tells it, and the companion's place in it. RFC 6121 section 2, VC-3, VC-4.

A roster version is made our own (``q1:X`` for ``X``), so that a client which later connects without Quorate
gets the whole roster anew and no ghost of the companion stays in its cache.
"""

import json
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache

from quorate.model.address import Jid, parse_jid, xmpp
from quorate.model.person import Contact, Subscription, pushes_presence
from quorate.model.reasons import Reason
from quorate.splice.address_table import AddressTable
from quorate.splice.context import Context
from quorate.splice.effects import RosterSeen, Side
from quorate.splice.presence_book import PresenceBook
from quorate.wire.xmpp.edit import Span, append_child, cut, spans
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.header import namespace_of
from quorate.wire.xmpp.markup import START_TAG
from quorate.wire.xmpp.presence import address
from quorate.wire.xmpp.requests import RosterItem, roster_item
from quorate.wire.xmpp.roster import ITEM, RosterQuery, parse_roster
from quorate.wire.xmpp.tag import WHITE_SPACE, replace_attribute, tag_attributes

ROSTER = "jabber:iq:roster"
VERSION_MARK = "q1:"
MAX_REQUESTS = 64
"""Of the client for its roster, remembered by their ids."""
SETTLES_S = 10.0
"""How long the server's word on the roster, or on a subscription the client asks for, is waited for."""
_QUERY = f"{{{ROSTER}}}query"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a roster item says besides the address and the name; most contacts share one with others."""

    groups: tuple[str, ...]
    subscription: Subscription
    pending: bool

    @property
    def pushes_presence(self) -> bool:
        return pushes_presence(self.subscription, pending=self.pending)


_standing = lru_cache(maxsize=1024)(Standing)


class RosterBook:
    """Names are needed only to tell everything again: they are kept packed."""

    def __init__(self, context: Context, presence: PresenceBook) -> None:
        self._context = context
        self._presence = presence
        self.contacts = AddressTable[Standing]()
        self._names = b""
        """zlib of a JSON object, address to name, of the last whole roster."""
        self._new_names: dict[str, str] = {}
        """Of contacts that were pushed since."""
        self.known = False
        """The whole roster was seen."""
        self.open: frozenset[str] = frozenset()
        """Ids of the client's roster requests that are not answered yet."""
        self.ids: dict[str, None] = {}
        """The latest of this session, answered or not: the server may answer again after a resume."""
        self.companion_in = False
        self.own_id: str | None = None
        """Our own request, made because the client had its roster cached and got none."""
        self._requested = self._own_open = False
        self._awaited_until = 0.0
        self._subscribing: dict[Jid, float] = {}
        """Contact -> until when the server's push about the client's request may be on its way."""

    def requested(self, data: bytes, id: str) -> bytes:
        """The client asks for its roster: give the server its own version number, or none (VC-4)."""
        self.open |= {id}
        self._awaited_until = self._context.now + SETTLES_S
        self.ids[id] = None
        if len(self.ids) > MAX_REQUESTS:
            oldest = next(iter(self.ids))
            del self.ids[oldest]
            self.open -= {oldest}
        self._context.interested = True
        query = self._query(data, Side.CLIENT)
        version = query.attributes.get("ver") if query else None
        if query is None or not version:
            return data
        # a version without our mark was learnt without us: under it the companion must not be kept
        ours = version.startswith(VERSION_MARK)
        return _with_version(data, query, version.removeprefix(VERSION_MARK) if ours else "")

    def result(self, data: bytes, id: str) -> bytes:
        """The server's answer: note it, put the companion in, mark the version."""
        self.open -= {id}
        found = spans(data, self._context.headers.get(Side.SERVER))
        query = _query(found)
        if query is None:
            self._request_own()
            return data
        self._learn(self._read(data))
        config = self._context.config
        item = RosterItem(jid=config.companion.bare, name=config.companion_name, group=config.companion_group)
        self.companion_in = True
        return self._mark(cut(append_child(data, query, roster_item(item)), self._stored(found)), query)

    def refused(self, data: bytes, id: str) -> bytes:
        """An error, which may repeat the request, <query/> and all (RFC 6120 section 8.3.1)."""
        self.open -= {id}
        return data

    @property
    def awaited(self) -> bool:
        """It is not known yet who is a contact, and an answer that says so is to come."""
        due = self._context.now < self._awaited_until
        return due and not self.known and (self._own_open or bool(self.open))

    def request(self) -> bytes | None:
        """Our own roster request, if one is due; the client asked before, so it changes nothing (INJ-1)."""
        if self.own_id is None or self._requested:
            return None
        self._requested = True
        return _request(self.own_id)

    def request_now(self) -> bytes:
        """The same for a stream that was joined midway: its client has asked long ago."""
        self.own_id, self._requested, self._own_open = self._context.ids.next(), True, True
        return _request(self.own_id)

    def own_answered(self, data: bytes, *, agreed: bool) -> None:
        """The answer to it, which the client does not see; an error may repeat the request."""
        self._own_open = False
        if agreed and self._query(data, Side.SERVER) is not None:
            self._learn(self._read(data))

    def passed(self, id: str, found: RosterQuery | None) -> None:
        """An answer too long to be held was read as it went by; the companion comes by a push then."""
        self._own_open = self._own_open and id != self.own_id
        if id != self.own_id:
            self.missed(id)
        if found is not None:
            self._learn(found)
        elif id != self.own_id:
            self._request_own()

    def marked(self, data: bytes, tag: bytes) -> bytes:
        """The first part of an answer or push that passes as it comes, its version made our own."""
        payload = _payload(data, tag)
        header = self._context.headers.get(Side.SERVER)
        if payload is None or namespace_of(payload[0], header) != ROSTER:
            return data
        version = tag_attributes(payload[0]).get("ver")
        if version is None:
            return data
        at = payload.start()
        return data[:at] + replace_attribute(data[at:], "ver", VERSION_MARK + version)

    def missed(self, id: str) -> None:
        """An answer went by without the companion in it."""
        self.open -= {id}
        self._own_open = self._own_open and id != self.own_id
        self.companion_in = self.companion_in and id == self.own_id

    def pushed(self, data: bytes) -> bytes | None:
        """The server tells a change; None if it is of the companion, which is no contact of the server's."""
        found = spans(data, self._context.headers.get(Side.SERVER))
        query = _query(found)
        if query is None:
            return data
        if self._stored(found):
            return None
        roster = self._read(data)
        changed = self._people(roster)
        for contact in changed:
            jid = parse_jid(contact.address.account)
            self._subscribing.pop(jid, None)
            before = self.contacts.get(jid)
            self._note(jid, contact)
            self._new_names[contact.address.account] = contact.name
            if before is not None and before.pushes_presence and not contact.pushes_presence:
                self._presence.unknown(jid, Reason.NOT_SUBSCRIBED)
        for removed in roster.removed:
            jid = parse_jid(removed.account)
            if self.contacts.pop(jid, None) is not None:
                self._presence.unknown(jid, Reason.NOT_SUBSCRIBED)
        self._context.out.add(RosterSeen(contacts=changed, removed=roster.removed))
        return self._mark(data, query)

    def subscribes(self, contact: Jid) -> None:
        """The client asks for this contact's presence; what the roster says of it may be old by now."""
        now = self._context.now
        self._subscribing = {c: until for c, until in self._subscribing.items() if until > now}
        self._subscribing[contact] = now + SETTLES_S

    def unsettled(self, contact: Jid) -> bool:
        """A probe now could end a request that the roster does not show yet (section 3.1)."""
        return self._subscribing.get(contact, 0.0) > self._context.now

    def resumed(self) -> None:
        """Our own request may be lost with the connection; asking twice under one id harms nobody."""
        self._requested = self._requested and self.known

    def tell_all(self) -> None:
        if self.known:
            self._context.out.add(RosterSeen(contacts=self._unpacked(), full=True))

    def pushes(self, contact: Jid) -> bool:
        """Will the server tell of every change of this contact? True if that is not known."""
        known = self.contacts.get(contact)
        return known.pushes_presence if known is not None else not self.known

    def with_presence(self) -> list[Jid]:
        """Contacts whose presence the server pushes by itself; some people are in their own roster."""
        own = self._context.own
        mine = None if own is None else own.bare
        return [j for j, contact in self.contacts.items() if contact.pushes_presence and j != mine]

    def _request_own(self) -> None:
        if not self.known and self.own_id is None:
            self.own_id, self._own_open = self._context.ids.next(), True
            self._awaited_until = self._context.now + SETTLES_S

    def _learn(self, roster: RosterQuery) -> None:
        contacts, before = self._people(roster), self.contacts
        self.contacts, self.known = AddressTable(), True
        for contact in contacts:
            self._note(parse_jid(contact.address.account), contact)
        self.contacts.fold()
        names = {c.address.account: c.name for c in contacts if c.name}
        self._names, self._new_names = zlib.compress(json.dumps(names).encode(), 1), {}
        for jid, standing in before.items():
            if standing.pushes_presence and not self.pushes(jid):
                self._presence.unknown(jid, Reason.NOT_SUBSCRIBED)
        self._context.out.add(RosterSeen(contacts=contacts, full=True))

    def _note(self, jid: Jid, contact: Contact) -> None:
        self.contacts[jid] = _standing(contact.groups, contact.subscription, contact.pending)

    def _unpacked(self) -> tuple[Contact, ...]:
        names = json.loads(zlib.decompress(self._names)) if self._names else {}
        names |= self._new_names
        return tuple(_contact(jid, standing, names) for jid, standing in self.contacts.items())

    def _people(self, roster: RosterQuery) -> tuple[Contact, ...]:
        domain = self._context.config.companion.domain
        return tuple(c for c in roster.contacts if parse_jid(c.address.account).domain != domain)

    def _read(self, data: bytes) -> RosterQuery:
        found = parse_roster(parse(data, self._context.headers.get(Side.SERVER)))
        return found or RosterQuery(contacts=(), removed=(), ver=None)

    def _query(self, data: bytes, sender: Side) -> Span | None:
        return _query(spans(data, self._context.headers.get(sender)))

    def _stored(self, found: list[Span]) -> list[tuple[int, int]]:
        """Where entries of the companion stand that the server has: left behind by a client without us."""
        items = [(s, address(s.attributes.get("jid"))) for s in found if s.name == ITEM and len(s.path) == 3]
        domain = self._context.config.companion.domain
        return [(s.start, s.end) for s, jid in items if jid is not None and jid.domain == domain]

    def _mark(self, data: bytes, query: Span) -> bytes:
        version = query.attributes.get("ver")
        return data if version is None else _with_version(data, query, VERSION_MARK + version)


def has_payload(data: bytes, tag: bytes) -> bool:
    """``data`` of an element with this start tag holds the whole start tag of its first child, or its end."""
    return _payload(data, tag) is not None or data[len(tag) :].lstrip(WHITE_SPACE).startswith(b"</")


def _payload(data: bytes, tag: bytes) -> re.Match[bytes] | None:
    content = data[len(tag) :]
    return START_TAG.match(data, len(data) - len(content.lstrip(WHITE_SPACE)))


def _query(found: list[Span]) -> Span | None:
    return next((s for s in found if s.name == _QUERY and len(s.path) == 2), None)


def _contact(jid: Jid, standing: Standing, names: dict[str, str]) -> Contact:
    address = xmpp(jid)
    return Contact(
        address=address,
        name=names.get(address.account, ""),
        groups=standing.groups,
        subscription=standing.subscription,
        pending=standing.pending,
    )


def _with_version(data: bytes, query: Span, version: str) -> bytes:
    return data[: query.start] + replace_attribute(data[query.start :], "ver", version)


def _request(id: str) -> bytes:
    return f"<iq type='get' id='{id}'><query xmlns='{ROSTER}'/></iq>".encode()
