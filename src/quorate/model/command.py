"""What people type to Quorate, parsed: the verbs and replies of design section 6."""

from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias


class Kind(StrEnum):
    CHAT = "chat"
    CALL = "call"
    VIDEO = "video"
    BOARD = "board"
    REVIEW = "review"
    LINK = "link"


class When(StrEnum):
    NOW = "now"
    ASAP = "asap"
    AT = "at"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOfDay:
    """A clock time as typed, in the reader's zone: ``14:00``, ``fri 18:00``, ``tomorrow 9:00``."""

    hour: int
    minute: int
    weekday: int | None = None
    """0 is Monday."""
    days_ahead: int | None = None
    """1 for ``tomorrow``, 0 for ``today``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours of the week outside which nobody is rung: ``on weekdays between 18:00 and 20:30``."""

    start: time
    end: time
    """If it is not after the start, it is on the next day."""
    days: tuple[int, ...] = ()
    """Those it begins on, 0 for Monday; empty: every day."""
    zone: str = ""
    """IANA name of the time zone; empty: that of the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """``else WHO``: who is asked instead when the deadline passes."""

    who: str
    who_column: int = 1
    within: timedelta | None = None
    """Its own time from then on; neither this nor ``before``: as long as was given before it."""
    before: TimeOfDay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meet:
    who: str
    """The requirement as typed, for resolution where people are known."""
    who_column: int = 1
    """1-based column of ``who`` in the typed line, to point at errors."""
    when: When = When.ASAP
    at: TimeOfDay | None = None
    kind: Kind = Kind.CHAT
    target: str | None = None
    """The URL or file of ``review`` and ``link``."""
    about: str | None = None
    within: timedelta | None = None
    before: TimeOfDay | None = None
    window: Window | None = None
    otherwise: tuple[Otherwise, ...] = ()
    urgent: bool = False
    without_me: bool = False
    verb: Literal["meet"] = "meet"


@dataclass(frozen=True, slots=True)
class Who:
    who: str | None
    verb: Literal["who"] = "who"


@dataclass(frozen=True, slots=True)
class Status:
    id: str | None
    verb: Literal["status"] = "status"


@dataclass(frozen=True, slots=True)
class Explain:
    id: str | None
    verb: Literal["explain"] = "explain"


@dataclass(frozen=True, slots=True)
class Cancel:
    id: str | None
    verb: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class Extend:
    id: str | None
    by: timedelta
    verb: Literal["extend"] = "extend"


@dataclass(frozen=True, slots=True)
class Take:
    """Somebody who said that they can later is taken now, as if they had said yes."""

    id: str | None
    name: str
    verb: Literal["take"] = "take"


@dataclass(frozen=True, slots=True)
class Watch:
    name: str
    verb: Literal["watch"] = "watch"


class MeState(StrEnum):
    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    state: MeState
    until: TimeOfDay | None = None
    lasts: timedelta | None = None
    verb: Literal["me"] = "me"


@dataclass(frozen=True, slots=True)
class Help:
    about: str | None = None
    verb: Literal["help"] = "help"


Command: TypeAlias = Meet | Who | Status | Explain | Cancel | Extend | Take | Watch | Me | Help


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    LATER = "later"
    SUBSTITUTE = "sub"
    CONFLICT = "conflict"
    DONE = "done"
    WHY = "why"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole message that is an answer to an invitation."""

    answer: Answer
    delay: timedelta | None = None
    """For LATER: ``in 10m``."""
    name: str | None = None
    """For SUBSTITUTE: who could come instead."""
