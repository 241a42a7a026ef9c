"""Presences in the shape nearly all of them have, read without a parser. RFC 6121 section 4.7.

Exact: what is read here a parser would have read alike; whatever is written in another way is left to it.
"""

import re
from collections.abc import Mapping
from typing import Final

from quorate.model.evidence import Presence
from quorate.wire.xmpp.presence import (
    MAX_PRIORITY,
    MIN_PRIORITY,
    SHOWS,
    PresenceStanza,
    address,
    presence_of,
    priority_of,
)
from quorate.wire.xmpp.timestamp import parse_timestamp
from quorate.wire.xmpp.usual import ATTRIBUTES, VALUE, quoted

_TEXT = rb"[^<>&\x00-\x08\x0b-\x1f]*+"
_ANY = rb"Q" + VALUE + rb"Q"


def _once(group: int, element: bytes) -> bytes:
    """An alternative for as long as ``group``, which is in it, has not matched: a second one is unusual."""
    return rb"(?(%d)(?!)|%b)" % (group, element)


_CHILDREN = (
    _once(5, rb"<show(/>|>" + _TEXT + rb"</show>)"),
    rb"<status(?:/>|>" + _TEXT + rb"</status>)",
    _once(6, rb"<priority(/>|>" + _TEXT + rb"</priority>)"),
    _once(
        7,
        rb"<c(?=[^>]* xmlns=Qhttp://jabber\.org/protocol/capsQ)((?: (?:node=Q(" + VALUE + rb")Q"
        rb"|ver=Q(" + VALUE + rb")Q|(?:xmlns|hash|ext)=" + _ANY + rb"))*+) ?/>",
    ),
    rb"<x xmlns=Qvcard-temp:x:updateQ(?:/>|>(?:<photo>" + _TEXT + rb"</photo>|<photo/>)?</x>)",
    _once(
        10,
        rb"<delay(?=[^>]* xmlns=Qurn:xmpp:delayQ)((?: (?:stamp=Q(" + VALUE + rb")Q"
        rb"|(?:xmlns|from)=" + _ANY + rb"))*+)(?: ?/>|>" + _TEXT + rb"</delay>)",
    ),
    _once(
        12,
        rb"<idle(?=[^>]* xmlns=Qurn:xmpp:idle:1Q)((?: (?:since=Q(" + VALUE + rb")Q"
        rb"|xmlns=" + _ANY + rb"))*+) ?/>",
    ),
)
_SINGLE, _DOUBLE = quoted(
    rb"<presence" + ATTRIBUTES + rb" ?(?:/>|>(?:" + rb"|".join(_CHILDREN) + rb")*+</presence>)"
)
_DELAY: Final = re.compile(rb"<delay xmlns=(['\"])urn:xmpp:delay\1(?: (?:stamp|from)=\1[^'\"<&]*+\1)*+ ?/>")

_SHOWN: Final[Mapping[bytes | None, Presence]] = {
    None: Presence.ONLINE,
    **{f">{show}</show>".encode(): presence for show, presence in SHOWS.items()},
}
_PRIORITIES: Final[Mapping[bytes | None, int]] = {
    None: 0,
    **{f">{n}</priority>".encode(): n for n in range(MIN_PRIORITY, MAX_PRIORITY + 1)},
}


def read_presence(data: bytes) -> PresenceStanza | None:
    """What ``parse_presence`` says without ``heard``; None if anything in it is unusual."""
    found = _SINGLE.fullmatch(data) or _DOUBLE.fullmatch(data)
    if found is None:
        return None
    try:
        return _stanza(*found.groups())
    except UnicodeDecodeError:
        return None


def without_delay(data: bytes) -> bytes:
    """A stanza's bytes without its <delay/>: what it says, but not how long ago."""
    return data if data.find(b"<delay") < 0 else _DELAY.sub(b"", data, count=1)


def _stanza(
    from_: bytes | None,
    to: bytes | None,
    id: bytes | None,
    type: bytes | None,
    show: bytes | None,
    priority: bytes | None,
    caps: bytes | None,
    node: bytes | None,
    ver: bytes | None,
    _delay: bytes | None,
    stamp: bytes | None,
    _idle: bytes | None,
    since: bytes | None,
) -> PresenceStanza:
    kind = _decoded(type)
    presence = _SHOWN.get(show) if kind is None else None
    given = _PRIORITIES.get(priority)
    return PresenceStanza(
        address(from_.decode()) if from_ else None,
        address(to.decode()) if to else None,
        kind,
        _decoded(id),
        presence_of(kind, _text(show, b"</show>")) if presence is None else presence,
        priority_of(_text(priority, b"</priority>")) if given is None else given,
        parse_timestamp(stamp.decode()) if stamp else None,
        parse_timestamp(since.decode()) if since else None,
        False,
        f"{(node or b'').decode()}#{(ver or b'').decode()}" if caps is not None else None,
    )


def _text(rest: bytes | None, end: bytes) -> str | None:
    """``rest`` of an element after its name: ``/>``, or ``>``, its text and its end tag."""
    if rest is None:
        return None
    return rest[1 : -len(end)].decode() if rest.endswith(end) else ""


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
