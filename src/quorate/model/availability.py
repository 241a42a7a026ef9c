"""The verdict about one person at one time, with the trace that led to it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Availability(StrEnum):
    AVAILABLE = "available"
    AWAY = "away"
    BUSY = "busy"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLine:
    """One piece of evidence as the verdict saw it."""

    source: str
    """In words: ``alice@example.org's stream``, ``said so``, ``page open`` …"""

    says: str
    """In words: ``available``, ``busy until 14:00``, ``no answer in 3 s`` …"""

    at: datetime
    age_s: float
    used: bool
    asked: bool
    why_not: str | None = None
    """Why it was not used: ``older``, ``stale``, ``lower priority`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    availability: Availability
    since: datetime | None
    trace: tuple[TraceLine, ...]
    until: datetime | None = None
    reason: str | None = None
    """Reason name if unknown; ``dnd`` style detail stays with the asker's own stream."""
    reachable: bool = True
    """False if present, but no resource takes chat (all priorities negative)."""
    do_not_disturb: bool = False
    """Busy because a client of theirs says so on the network."""
