"""What the hub takes and gives: a meeting to establish, explanations, asks, the owner's own state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from quorate.model.activity import Activity, Invitation, LogLine
from quorate.model.address import Address
from quorate.model.availability import Availability, TraceLine
from quorate.model.command import Kind, When, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """``else WHO``."""

    who: str
    who_column: int = 1
    within: timedelta | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeeting:
    """A meeting to establish; times are already moments, ``who`` is still as typed."""

    who: str
    who_column: int = 1
    when: When = When.ASAP
    at: datetime | None = None
    kind: Kind = Kind.CHAT
    target: str | None = None
    about: str | None = None
    within: timedelta | None = None
    before: datetime | None = None
    window: Window | None = None
    """Its zone is that of the settings unless it names one."""
    instead: tuple[Instead, ...] = ()
    urgent: bool = False
    without_me: bool = False


class Mark(StrEnum):
    MET = "met"
    NOT = "not"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not-needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNode:
    """One node of the requirement with what made it so."""

    text: str
    mark: Mark
    says: str
    children: tuple["WhyNode", ...] = ()
    trace: Sequence[TraceLine] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    at: datetime | None
    reason: str
    """A sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    activity: Activity
    lines: tuple[str, ...]
    why: WhyNode
    log: tuple[tuple[LogLine, str], ...]
    """Each line of the time line with its sentence for the organiser."""
    next: NextStep | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An invitation to one of our own accounts: the page's owner is the person asked."""

    activity: Activity
    invitation: Invitation


@dataclass(frozen=True, slots=True, kw_only=True)
class MeNow:
    """The page's owner."""

    accounts: tuple[Address, ...]
    name: str
    availability: Availability
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent that is connected."""

    id: str
    pid: int
    im: str
    """HOST:PORT it listens on."""
