"""What a <presence/> says. RFC 6121 section 4.7, XEP-0203, XEP-0319, XEP-0256, XEP-0045."""

from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from quorate.model.address import Jid
from quorate.model.evidence import Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceStanza:
    from_: Jid | None
    to: Jid | None
    type: str | None
    """None: available."""
    id: str | None
    presence: Presence
    """UNKNOWN for any type but available and unavailable."""
    status: str | None
    priority: int
    delay: datetime | None
    """The oldest <delay/>: when the state began."""
    idle_since: datetime | None
    muc: bool
    """Joins a room (muc) or comes from one (muc#user)."""
    caps: str | None
    """``node#ver`` of XEP-0115."""


def parse_presence(element: Element, heard: datetime | None = None) -> PresenceStanza:
    """``heard`` (aware wall time of receipt) bounds the dates in it; without it they are taken as sent."""
    raise NotImplementedError


def fingerprint(element: Element) -> bytes:
    """Equal for two presences that show the user the same: content without delay, id, from, to and language."""
    raise NotImplementedError
