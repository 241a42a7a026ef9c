"""Presences in the shape nearly all of them have, read without a parser. RFC 6121 section 4.7.

Exact: what is read here a parser would have read alike; whatever is written in another way is left to it.
"""

import re
from typing import Final

from quorate.wire.xmpp.presence import PresenceStanza, address, presence_of, priority_of
from quorate.wire.xmpp.timestamp import parse_timestamp
from quorate.wire.xmpp.usual import FROM, ID, TO, TYPE, double, quoted, single

_TEXT = rb"[^<>&\x00-\x08\x0b-\x1f]*+"
_VALUE = rb"Q[^Q<&\x00-\x1f]*+Q"
_KEPT = rb"[^Q<&\x00-\x1f]*+"
_CHILD = (
    rb"(?P<show><show(?:/>|>(" + _TEXT + rb")</show>))"
    rb"|(?P<status><status(?:/>|>(" + _TEXT + rb")</status>))"
    rb"|(?P<priority><priority(?:/>|>(" + _TEXT + rb")</priority>))"
    rb"|(?P<caps><c(?=[^>]* xmlns=Qhttp://jabber.org/protocol/capsQ)"
    rb"(?: (?:node=Q(" + _KEPT + rb")Q|ver=Q(" + _KEPT + rb")Q|(?:xmlns|hash|ext)=" + _VALUE + rb"))*+ ?/>)"
    rb"|(?P<photo><x xmlns=Qvcard-temp:x:updateQ(?:/>|>(?:<photo>" + _TEXT + rb"</photo>|<photo/>)?</x>))"
    rb"|(?P<delay><delay(?=[^>]* xmlns=Qurn:xmpp:delayQ)"
    rb"(?: (?:stamp=Q(" + _KEPT + rb")Q|(?:xmlns|from)=" + _VALUE + rb"))*+(?: ?/>|>" + _TEXT + rb"</delay>))"
    rb"|(?P<idle><idle(?=[^>]* xmlns=Qurn:xmpp:idle:1Q)"
    rb"(?: (?:since=Q(" + _KEPT + rb")Q|xmlns=" + _VALUE + rb"))*+ ?/>)"
)
_SINGLE, _DOUBLE = quoted(_CHILD)
_NODE, _VER, _STAMP, _SINCE = 8, 9, 12, 14
_END: Final = b"</presence>"
_DELAY = re.compile(rb"<delay xmlns=(['\"])urn:xmpp:delay\1(?: (?:stamp|from)=\1[^'\"<&]*+\1)*+ ?/>")
_ANY_DELAY = b"<delay"


def read_presence(data: bytes) -> PresenceStanza | None:
    """What ``parse_presence`` says without ``heard``; None if anything in it is unusual."""
    if not data.startswith(b"<presence"):
        return None
    start, child = single(data), _SINGLE
    if start is None:
        start, child = double(data), _DOUBLE
    if start is None:
        return None
    try:
        return _read(data, start, child)
    except UnicodeDecodeError:
        return None


def without_delay(data: bytes) -> bytes:
    """A stanza's bytes without its <delay/>: what it says, but not how long ago."""
    return data if data.find(_ANY_DELAY) < 0 else _DELAY.sub(b"", data, count=1)


def _read(data: bytes, start: re.Match[bytes], child: re.Pattern[bytes]) -> PresenceStanza | None:
    parts = _children(data, start.end(), child)
    if parts is None:
        return None
    first: dict[str, re.Match[bytes]] = {}
    for part in parts:
        first.setdefault(part.lastgroup or "", part)
    kind, caps, idle = _decoded(start[TYPE]), first.get("caps"), first.get("idle")
    delays = [parse_timestamp(_decoded(part[_STAMP])) for part in parts if part.lastgroup == "delay"]
    return PresenceStanza(
        from_=address(_decoded(start[FROM])),
        to=address(_decoded(start[TO])),
        type=kind,
        id=_decoded(start[ID]),
        presence=presence_of(kind, _text(first.get("show"))),
        status=_text(first.get("status")),
        priority=priority_of(_text(first.get("priority"))),
        delay=min((stamp for stamp in delays if stamp is not None), default=None),
        idle_since=parse_timestamp(_decoded(idle[_SINCE])) if idle else None,
        muc=False,
        caps=f"{_decoded(caps[_NODE]) or ''}#{_decoded(caps[_VER]) or ''}" if caps else None,
    )


def _children(data: bytes, at: int, child: re.Pattern[bytes]) -> list[re.Match[bytes]] | None:
    """Every child; None if one of them is unusual, or this is not one whole stanza."""
    found: list[re.Match[bytes]] = []
    if at == len(data) and data.endswith(b"/>"):
        return found
    end = len(data) - len(_END)
    while at < end:
        part = child.match(data, at)
        if part is None:
            return None
        found.append(part)
        at = part.end()
    return found if at == end and data.endswith(_END) else None


def _text(part: re.Match[bytes] | None) -> str | None:
    return None if part is None else (_decoded(part[(part.lastindex or 0) + 1]) or "")


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
