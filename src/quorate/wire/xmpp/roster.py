"""Roster results and pushes. RFC 6121 section 2."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from quorate.model.address import Address, xmpp
from quorate.model.person import Contact, Subscription
from quorate.wire.xmpp.element import NotWellFormed, wrapper
from quorate.wire.xmpp.header import StreamHeader
from quorate.wire.xmpp.presence import address

ROSTER_NS: Final = "jabber:iq:roster"
QUERY: Final = f"{{{ROSTER_NS}}}query"
ITEM: Final = f"{{{ROSTER_NS}}}item"
MAX_ITEM: Final = 64 * 1024
"""Bytes of one item, with its groups."""
MAX_ROSTER: Final = 8 * 1024 * 1024
"""Forty thousand contacts."""
_GROUP = f"{{{ROSTER_NS}}}group"
_SUBSCRIPTIONS = {subscription.value: subscription for subscription in Subscription}


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterQuery:
    contacts: tuple[Contact, ...]
    removed: tuple[Address, ...]
    ver: str | None


def parse_roster(element: Element) -> RosterQuery | None:
    """Read the roster <query/> of an <iq/> (or the query itself); None if there is none.

    Items whose address cannot be read are left out.
    """
    query = element if element.tag == QUERY else element.find(QUERY)
    if query is None:
        return None
    return _gathered(query.iterfind(ITEM), query.get("ver"))


class RosterReader:
    """Reads a roster result of any size in the parts it comes in, and keeps none of them.

    Raises NotWellFormed if it is no XML, longer than MAX_ROSTER, or has an item much longer than MAX_ITEM.
    """

    def __init__(self, header: StreamHeader | None) -> None:
        before, self._after = wrapper(header)
        self._parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
        self._parser.feed(before)
        self._path: list[Element] = []
        self._query: Element | None = None
        self._contacts: list[Contact] = []
        self._size = 0
        self._since = 0
        """Bytes read since an item ended."""

    def feed(self, data: bytes) -> None:
        """``data`` follows what was fed before; the first begins with the start tag of the <iq/>."""
        for start in range(0, len(data), MAX_ITEM):
            self._feed(data[start : start + MAX_ITEM])

    def finish(self) -> RosterQuery | None:
        """What it said, after the last part; None if there was no roster <query/> in it."""
        self._feed(self._after)
        if self._query is None:
            return None
        return RosterQuery(contacts=tuple(self._contacts), removed=(), ver=self._query.get("ver"))

    def _feed(self, data: bytes) -> None:
        self._size += len(data)
        self._since += len(data)
        try:
            self._parser.feed(data)
            for happened in self._parser.read_events():
                self._take(*cast("tuple[str, Element]", happened))
        except (ParseError, ValueError) as error:
            raise NotWellFormed(str(error)) from error
        if self._since > 2 * MAX_ITEM or self._size > MAX_ROSTER:
            raise NotWellFormed("too big to be read")

    def _take(self, event: str, element: Element) -> None:
        path = self._path
        if event == "start":
            path.append(element)
            if len(path) == 3 and element.tag == QUERY and self._query is None:
                self._query = element
            return
        path.pop()
        if len(path) == 3 and path[-1] is self._query and element.tag == ITEM:
            self._contacts += _gathered([element], None).contacts
            self._since = 0
        if len(path) <= 3 and path:
            path[-1].remove(element)


def _gathered(items: Iterable[Element], ver: str | None) -> RosterQuery:
    contacts: list[Contact] = []
    removed: list[Address] = []
    for item in items:
        jid = address(item.get("jid"))
        if jid is None:
            continue
        if item.get("subscription") == "remove":
            removed.append(xmpp(jid))
        else:
            contacts.append(_contact(xmpp(jid), item))
    return RosterQuery(contacts=tuple(contacts), removed=tuple(removed), ver=ver)


def _contact(where: Address, item: Element) -> Contact:
    groups = ("".join(group.itertext()).strip() for group in item.iterfind(_GROUP))
    return Contact(
        address=where,
        name=item.get("name", "").strip(),
        groups=tuple(dict.fromkeys(group for group in groups if group)),
        subscription=_SUBSCRIPTIONS.get(item.get("subscription", "none"), Subscription.NONE),
        pending=item.get("ask") == "subscribe",
    )
