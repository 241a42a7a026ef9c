"""Roster results and pushes. RFC 6121 section 2."""

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from quorate.model.address import Address, xmpp
from quorate.model.person import Contact, Subscription
from quorate.wire.xmpp.presence import address

ROSTER_NS: Final = "jabber:iq:roster"
QUERY: Final = f"{{{ROSTER_NS}}}query"
ITEM: Final = f"{{{ROSTER_NS}}}item"
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
    contacts: list[Contact] = []
    removed: list[Address] = []
    for item in query.iterfind(ITEM):
        jid = address(item.get("jid"))
        if jid is None:
            continue
        if item.get("subscription") == "remove":
            removed.append(xmpp(jid))
        else:
            contacts.append(_contact(xmpp(jid), item))
    return RosterQuery(contacts=tuple(contacts), removed=tuple(removed), ver=query.get("ver"))


def _contact(where: Address, item: Element) -> Contact:
    groups = ("".join(group.itertext()).strip() for group in item.iterfind(_GROUP))
    return Contact(
        address=where,
        name=item.get("name", "").strip(),
        groups=tuple(dict.fromkeys(group for group in groups if group)),
        subscription=_SUBSCRIPTIONS.get(item.get("subscription", "none"), Subscription.NONE),
        pending=item.get("ask") == "subscribe",
    )
