"""What a client says to the server *about* the companion, or asks the companion itself. VC-6, VC-7.

Nothing of it may reach the server, where it would be stored, archived or looked up; and every request that is
taken out gets the answer an ordinary contact's server would give.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from quorate.splice.speech import says_something
from quorate.wire.xmpp.edit import Span, cut

_DISCO_INFO = "http://jabber.org/protocol/disco#info"
_DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
_PUBSUB = "http://jabber.org/protocol/pubsub"
_BLOCKING = "urn:xmpp:blocking"
_MAM = "urn:xmpp:mam:2"
_RSM = "http://jabber.org/protocol/rsm"

_IDENTITY: Final = (
    f"<query xmlns='{_DISCO_INFO}'><identity category='client' type='bot' name='Quorate'/>"
    f"<feature var='{_DISCO_INFO}'/><feature var='urn:xmpp:ping'/><feature var='urn:xmpp:receipts'/></query>"
).encode()
_EMPTY_ARCHIVE: Final = (
    f"<fin xmlns='{_MAM}' complete='true'><set xmlns='{_RSM}'><count>0</count></set></fin>".encode()
)

ANSWERS: Final = {
    "{urn:xmpp:ping}ping": b"",
    f"{{{_DISCO_INFO}}}query": _IDENTITY,
    f"{{{_DISCO_ITEMS}}}query": f"<query xmlns='{_DISCO_ITEMS}'/>".encode(),
}
"""What the companion can be asked; all else is service-unavailable."""

ENTRY_DEPTH: Final = {
    f"{{{_BLOCKING}}}block": 3,
    f"{{{_BLOCKING}}}unblock": 3,
    "{jabber:iq:privacy}query": 4,
    f"{{{_PUBSUB}}}pubsub": 4,
    "{jabber:iq:private}query": 4,
    f"{{{_MAM}}}prefs": 4,
    "{http://jabber.org/protocol/muc#admin}query": 3,
}
"""Requests that are lists: how deep their entries stand, so that one can be taken out."""

_MUTES: Final = {f"{{{_BLOCKING}}}block": True, f"{{{_BLOCKING}}}unblock": False}

_STILL_A_REQUEST: Final = frozenset({"{jabber:iq:private}query", f"{{{_MAM}}}prefs"})
"""An empty list says something here, so what is left is always forwarded."""

_FREE_TEXT: Final = frozenset({"body", "subject", "status", "thread", "html"})
_SPOKEN: Final = frozenset({"body", "subject", "status", "html", "forwarded"})
"""What a person wrote or passes on: it goes to whom it is written, whatever it names."""
_ADDRESSED_TO_SEVERAL: Final = frozenset(
    {"{http://jabber.org/protocol/muc#user}x", "{http://jabber.org/protocol/address}addresses"}
)
"""Parts of a message that are lists of people (XEP-0045 section 7.8.2, XEP-0033)."""
_AFTER_ADDRESS: Final = re.compile(r"[/?;#]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What to do with a request: hand on what is left of it, or answer it."""

    forward: bytes | None = None
    result: bytes | None = None
    error: str | None = None
    mute: bool | None = None
    """The client has blocked (or unblocked) the companion."""
    restore: bool = False
    """The client changed the companion's roster entry: show it the real one again."""


def naming(spans: Iterable[Span], domain: str) -> list[Span]:
    """The elements that name an address of the companion's domain in an attribute or as their text."""
    return [s for s in spans if _names(s, domain)]


def names(value: str, domain: str) -> bool:
    """``value`` is an address at this domain, or a link to one (RFC 5122); the rest of it may be anything."""
    address = _AFTER_ADDRESS.split(value.strip().lower().removeprefix("xmpp:"), maxsplit=1)[0]
    local, _, host = address.rpartition("@")
    return host.rstrip(".") == domain and not any(character.isspace() for character in local)


def _names(span: Span, domain: str) -> bool:
    if any(names(value, domain) for value in span.attributes.values()):
        return True
    return _local(span.name) not in _FREE_TEXT and "@" in span.text and names(span.text, domain)


def asked_of_companion(spans: list[Span]) -> Handling:
    """An iq get or set whose ``to`` is the companion."""
    payload = _payload(spans)
    if payload in ANSWERS:
        return Handling(result=ANSWERS[payload])
    if payload == f"{{{_PUBSUB}}}pubsub":
        return Handling(error="item-not-found")
    return Handling(error="service-unavailable")


def asked_about_companion(data: bytes, spans: list[Span], named: list[Span]) -> Handling:
    """An iq get or set to somebody else that names the companion."""
    payload = _payload(spans)
    if payload == "{jabber:iq:roster}query":
        return Handling(result=b"", restore=True)
    if payload == f"{{{_MAM}}}query":
        return Handling(result=_EMPTY_ARCHIVE)
    depth = ENTRY_DEPTH.get(payload)
    if depth is None or any(len(s.path) < depth for s in named):
        return Handling(error="service-unavailable")
    entries = [s for s in spans if len(s.path) == depth]
    ours = [e for e in entries if any(_within(e, s) for s in named)]
    lists = {e.path[:-1] for e in ours}
    left = [e for e in entries if e not in ours and e.path[:-1] in lists]
    mute = _MUTES.get(payload)
    if not left and payload not in _STILL_A_REQUEST:
        return Handling(result=b"", mute=mute)
    return Handling(forward=cut(data, [(e.start, e.end) for e in ours]), mute=mute)


def said_about_companion(data: bytes, spans: list[Span], named: list[Span]) -> bytes | None:
    """A message or presence to others that names the companion: what people wrote, without the rest."""
    parts = [s for s in spans if len(s.path) == 2]
    theirs = [p for p in parts if _local(p.name) not in _SPOKEN and any(_within(p, s) for s in named)]
    cut_out = [element for part in theirs for element in _of_companion(part, spans, named)]
    message = _local(spans[0].name) == "message"
    if message and cut_out and not says_something(p.name for p in parts if p not in cut_out):
        return None
    return cut(data, [(p.start, p.end) for p in cut_out])


def _of_companion(part: Span, spans: list[Span], named: list[Span]) -> list[Span]:
    """The entries of a list that name it, if the list has others of their kind; else all of it."""
    entries = [s for s in spans if len(s.path) == 3 and _within(part, s)]
    ours = [e for e in entries if any(_within(e, s) for s in named)]
    others = {e.name for e in entries if e not in ours}
    if part.name in _ADDRESSED_TO_SEVERAL and part not in named and {e.name for e in ours} <= others:
        return ours
    return [part]


def _within(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start < outer.end


def _payload(spans: list[Span]) -> str:
    return next((s.name for s in spans if len(s.path) == 2), "")


def _local(name: str) -> str:
    return name.rpartition("}")[2]
