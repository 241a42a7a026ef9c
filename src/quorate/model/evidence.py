"""Evidence: one dated statement about one address. Presence vocabulary of RFC 6121 section 4.7.2."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quorate.model.address import Address
from quorate.model.reasons import Reason


class Source(StrEnum):
    STREAM = "stream"  # network presence seen on, or asked for on, a stream
    SAID = "said"  # told to the companion, the page or the CLI
    OWN_CLIENT = "own-client"  # the page or a CLI is open
    ROOM = "room"  # in a live room
    CALENDAR = "calendar"


class Presence(StrEnum):
    """What a source says. Ordered from most to least present."""

    FREE = "free"  # show=chat
    ONLINE = "online"
    AWAY = "away"
    XA = "xa"
    BUSY = "busy"  # show=dnd, or said so, or in a room
    OFFLINE = "offline"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One statement. The latest one per (source, vantage, subject, resource) replaces the earlier."""

    subject: Address
    """Whom it is about."""

    source: Source

    presence: Presence

    at: datetime
    """When the state began, as far as the source says; never later than ``heard``."""

    heard: datetime
    """When we learnt it: its age is counted from here."""

    vantage: Address | None = None
    """Own address through which it was seen; None for what was told to Quorate itself."""

    resource: str = ""
    """Device, for network presence; empty for a statement about the whole account."""

    priority: int = 0
    """RFC 6121 section 4.7.2.3; negative: present, but gets no chat."""

    idle_since: datetime | None = None

    until: datetime | None = None
    """End of validity the person gave: ``me busy until 14:00``."""

    asked: bool = False
    """True if it answers a request Quorate injected."""

    pushed: bool = False
    """True if the contact's presence is subscribed to: changes after an answer are told by themselves."""

    implied: bool = False
    """True if nothing was seen, but a subscription and the initial burst mean offline."""

    stale: bool = False
    """True once the stream it came from ended or is held back; then it counts as unknown."""

    reason: Reason | None = None
    """Why it is unknown or unreachable."""
