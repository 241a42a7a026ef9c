"""What a <presence/> says. RFC 6121 section 4.7, XEP-0203, XEP-0319, XEP-0256, XEP-0045."""

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, tostring

from quorate.model.address import BadAddress, Jid, parse_jid
from quorate.model.evidence import Presence
from quorate.wire.xmpp.header import CLIENT_NS
from quorate.wire.xmpp.timestamp import parse_timestamp

MAX_AHEAD: Final = timedelta(hours=24)
"""A clock further ahead than this is wrong, not fast."""
MAX_IDLE_S: Final = 10 * 366 * 24 * 3600.0
"""Nobody is idle for longer; more is nonsense."""
MAX_NAME: Final = 64
"""Characters of a client's name."""
MIN_PRIORITY, MAX_PRIORITY = -128, 127

_DELAY = "{urn:xmpp:delay}delay"
_OLD_DELAY = "{jabber:x:delay}x"
_IDLE = "{urn:xmpp:idle:1}idle"
_LAST = "{jabber:iq:last}query"
_CAPS = "{http://jabber.org/protocol/caps}c"
_ROOM = ("{http://jabber.org/protocol/muc}x", "{http://jabber.org/protocol/muc#user}x")
SHOWS = {
    "chat": Presence.FREE,
    "away": Presence.AWAY,
    "xa": Presence.XA,
    "dnd": Presence.BUSY,
}


class PresenceStanza(NamedTuple):
    from_: Jid | None
    to: Jid | None
    type: str | None
    """None: available."""
    id: str | None
    presence: Presence
    """UNKNOWN for any type but available and unavailable."""
    priority: int
    delay: datetime | None
    """The oldest <delay/>: when the state began."""
    idle_since: datetime | None
    muc: bool
    """Joins a room (muc) or comes from one (muc#user)."""
    caps: str | None
    """``node#ver`` of XEP-0115."""
    idle_s: float | None = None
    """Idle for so long when it was sent, if nothing in it says when that was."""


def parse_presence(element: Element, heard: datetime | None = None) -> PresenceStanza:
    """``heard`` (aware wall time of receipt) bounds the dates in it; without it they are taken as sent."""
    kind = element.get("type")
    delay = bounded(_oldest_delay(element), heard)
    caps = element.find(_CAPS)
    idle_since, idle_s = _idle(element, delay or heard)
    return PresenceStanza(
        from_=address(element.get("from")),
        to=address(element.get("to")),
        type=kind,
        id=element.get("id"),
        presence=presence_of(kind, _text(element, "show")),
        priority=priority_of(_text(element, "priority")),
        delay=delay,
        idle_since=bounded(idle_since, heard),
        idle_s=idle_s,
        muc=any(element.find(name) is not None for name in _ROOM),
        caps=f"{caps.get('node', '')}#{caps.get('ver', '')}" if caps is not None else None,
    )


def software_name(caps: str) -> str:
    """What a client calls itself, short, from its ``node#ver``: ``gajim.org`` of ``https://gajim.org#v=``."""
    node = caps.rpartition("#")[0]
    scheme, _, rest = node.partition("://")
    return short_name((rest if scheme in ("http", "https") else node).removeprefix("www.").rstrip("/"))


def short_name(text: str) -> str:
    """To be shown in one line, whoever chose it."""
    return "".join(c for c in text if c.isprintable()).strip()[:MAX_NAME]


def fingerprint(element: Element) -> bytes:
    """Equal for two presences that show the user the same: all but delay, id, from, to and language."""
    content = [f"type={element.get('type', '')}".encode()]
    content += sorted(
        tostring(child, encoding="utf-8").strip()
        for child in element
        if child.tag not in (_DELAY, _OLD_DELAY)
    )
    return blake2b(b"\0".join(content), digest_size=16).digest()


def address(text: str | None) -> Jid | None:
    """A JID attribute; None if it is absent or no address."""
    try:
        return parse_jid(text) if text else None
    except BadAddress:
        return None


def _text(element: Element, name: str) -> str | None:
    child = element.find(f"{{{CLIENT_NS}}}{name}")
    return None if child is None else "".join(child.itertext())


def presence_of(kind: str | None, show: str | None) -> Presence:
    """What a presence of this type with this <show/> says."""
    if kind is None:
        return SHOWS.get(show.strip(), Presence.ONLINE) if show else Presence.ONLINE
    return Presence.OFFLINE if kind == "unavailable" else Presence.UNKNOWN


def priority_of(text: str | None) -> int:
    """RFC 6121 section 4.7.2.3: -128 to 127; servers clamp, and read nonsense as 0."""
    try:
        return max(MIN_PRIORITY, min(MAX_PRIORITY, int((text or "0").strip()[:6])))
    except ValueError:
        return 0


def _oldest_delay(element: Element) -> datetime | None:
    """The server adds one when it sends late, a resend adds another; the oldest is the presence's own."""
    stamps = (parse_timestamp(child.get("stamp")) for child in element if child.tag in (_DELAY, _OLD_DELAY))
    return min((stamp for stamp in stamps if stamp is not None), default=None)


def _idle(element: Element, sent: datetime | None) -> tuple[datetime | None, float | None]:
    """(since when, or else for how long). XEP-0256 means idleness only in away and xa: elsewhere it tells
    how long ago somebody was last online."""
    idle = element.find(_IDLE)
    if idle is not None:
        return parse_timestamp(idle.get("since")), None
    last = element.find(_LAST)
    text = last.get("seconds", "") if last is not None else ""
    away = (_text(element, "show") or "").strip() in ("away", "xa")
    if not away or not (text.isascii() and text.isdigit()):
        return None, None
    seconds = float(text[:12])
    if seconds > MAX_IDLE_S:
        return None, None
    return (None, seconds) if sent is None else (sent - timedelta(seconds=seconds), None)


def bounded(at: datetime | None, heard: datetime | None) -> datetime | None:
    """A date somebody's clock gave, never later than when it was heard; None if that clock is wrong."""
    if at is None or heard is None or at <= heard:
        return at
    return heard if at - heard <= MAX_AHEAD else None
