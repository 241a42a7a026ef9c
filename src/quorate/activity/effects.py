"""What an activity wants done. Each has an id that stays the same when it is repeated after a crash."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from quorate.model.address import Address


class Notice(StrEnum):
    """What a message says; `quorate.talk.texts` makes the words from it and the activity."""

    # to somebody invited
    INVITE = "invite"
    ACCEPTED = "accepted"  # you are in, the room opens when enough said yes
    LINK = "link"  # it is live, your link
    COVERED = "covered"  # rung, not needed any more
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    LATE = "late"  # answered after it was covered: join anyway?
    NOT_NEEDED = "not-needed"  # answered after others are asked instead
    OVER = "over"  # answered after it ended
    LATER_NOTED = "later-noted"
    CONFLICT_NOTED = "conflict-noted"
    STILL_THERE = "still-there"  # said yes long ago, and now it can start
    WHY = "why"
    DONE_NOTED = "done-noted"  # said that their review is through
    STOPPED = "stopped"  # you will not be asked by this organiser again
    # to the organiser, in the companion's chat
    STARTED = "started"  # first tally
    FELL_BACK = "fell-back"  # the deadline passed, others are asked instead
    TALLY = "tally"  # a change of the tally
    CAN_LATER = "can-later"  # somebody can later; they may be taken now
    LIVE = "live"
    ENDED = "ended"
    FAILED = "failed"
    SUGGESTED = "suggested"  # somebody named a substitute nobody knows
    SUBSTITUTE_WAITS = "substitute-waits"  # somebody named a substitute who cannot be asked now
    DONE = "done"  # one of several is through with the review


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Put an invitation on the wire; answered by RingSent or RingFailed. Never executed twice."""

    id: str
    """The invitation's id."""
    invitation: str
    person: str
    via: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """A message to somebody invited, from the organiser's account. LINK and LATE carry a personal link."""

    id: str
    person: str
    via: Address
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOrganiser:
    """A line in the companion's chat (and the page's time line)."""

    id: str
    notice: Notice
    person: str | None = None
    """Whom it is about, for SUGGESTED and the like."""
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRoom:
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRoom:
    """Everybody out, every link of the activity revoked."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeLink:
    id: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """``stop``: never ask this person for this organiser again."""

    id: str
    person: str
    via: Address


ActivityEffect: TypeAlias = Ring | Tell | TellOrganiser | OpenRoom | CloseRoom | RevokeLink | Block
