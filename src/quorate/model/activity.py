"""An activity and its invitations: frozen values; the moves are in quorate.activity."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from quorate.model.address import Address
from quorate.model.command import Kind, When, Window
from quorate.model.person import Person
from quorate.model.reasons import Reason
from quorate.model.requirement import Requirement


class ActivityState(StrEnum):
    WAITING = "waiting"
    RINGING = "ringing"
    LIVE = "live"
    ENDED = "ended"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        return self in OVER


OVER = frozenset({ActivityState.ENDED, ActivityState.EXPIRED, ActivityState.CANCELLED, ActivityState.FAILED})


class InvitationState(StrEnum):
    QUEUED = "queued"  # decided, not yet on the wire
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LATER = "later"
    SILENT = "silent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One person asked for one activity over one address. A person asked again gets a new one."""

    id: str
    """``Q7-3``: unique for ever, the key of its outbox entry and of its message on the wire."""
    person: str
    """Person key."""
    via: Address
    state: InvitationState
    queued_at: datetime
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    until: datetime | None = None
    """SENT: when the ring falls silent. LATER: when the person said they can. ACCEPTED: until when they may
    say that they are still there."""
    optional: bool = False
    reason: Reason | None = None
    despite: Reason | None = None
    """What it passes, as the person lets this organiser: QUIET or DND."""

    @property
    def open(self) -> bool:
        return self.state in (InvitationState.QUEUED, InvitationState.SENT)

    @property
    def in_question(self) -> bool:
        """Said yes, and is asked whether they are still there."""
        return self.state is InvitationState.ACCEPTED and self.until is not None

    @property
    def undelivered(self) -> bool:
        """It could not leave, or came back: the person has not failed to answer."""
        return self.state is InvitationState.SILENT and self.reason is not None


class Happened(StrEnum):
    """Kinds of lines in an activity's time line; texts are made from them, not stored."""

    CREATED = "created"
    RANG = "rang"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CONFLICT = "conflict"
    LATER = "later"
    TAKEN = "taken"
    SILENT = "silent"
    SUBSTITUTE = "substitute"
    ASKED_AGAIN = "asked-again"
    STILL_THERE = "still-there"
    GONE = "gone"
    LATE_YES = "late-yes"
    LATE_NO = "late-no"
    COVERED = "covered"
    WITHDRAWN = "withdrawn"
    WAITING = "waiting"
    LIVE = "live"
    JOINED = "joined"
    LEFT = "left"
    DONE = "done"
    EXTENDED = "extended"
    FELL_BACK = "fell-back"
    ENDED = "ended"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"
    NOT_DONE = "not-done"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    at: datetime
    what: Happened
    people: tuple[str, ...] = ()
    reason: Reason | None = None
    by: str | None = None
    """Who else it concerns, e.g. the substitute, or the person who covered; of FELL_BACK the WHO as typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What is required instead when the deadline passes; resolved when the activity was made."""

    requirement: Requirement
    who: str
    """As typed."""
    people: tuple[Person, ...]
    within: timedelta
    """How long it has from then on."""
    deadline: datetime | None = None
    """When it ends instead, if a time was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    id: str
    """``Q7``."""
    state: ActivityState
    requirement: Requirement
    who: str
    """The requirement as typed."""
    organiser: Person
    organiser_via: Address
    """Own address in whose stream invitations travel."""
    people: tuple[Person, ...]
    """Everybody the requirement can name, resolved at creation (the organiser not among them)."""
    created: datetime
    kind: Kind = Kind.CHAT
    target: str | None = None
    about: str | None = None
    when: When = When.ASAP
    starts: datetime | None = None
    """``at TIME``: nobody is rung before."""
    window: Window | None = None
    """Nobody is rung outside of it."""
    deadline: datetime | None = None
    fallbacks: tuple[Fallback, ...] = ()
    """``else WHO``, one after the other."""
    fell_back_at: datetime | None = None
    first_who: str = ""
    """What was typed first, if it has fallen back since."""
    urgent: bool = False
    with_organiser: bool = True
    ring_s: float = 30.0
    invitations: tuple[Invitation, ...] = ()
    found_at: datetime | None = None
    """Since when everybody needed has said yes and the organiser is there, while it does not start yet."""
    live_at: datetime | None = None
    ended_at: datetime | None = None
    joined: frozenset[str] = frozenset()
    """Person keys in the room at this moment."""
    ever_joined: frozenset[str] = frozenset()
    reason: Reason | None = None
    """Why it ended without being live, or why it ended."""
    serial: int = 0
    """Number of invitations ever made, for their ids."""
    notices: int = 0
    """Number of other effects ever made, for their ids (``Q7-n12``)."""
    tally: tuple[str, ...] = ()
    """Who had accepted when the organiser was last told."""
    told_late: frozenset[str] = frozenset()
    """Who said yes after it was covered and heard "join anyway?"."""
    told_over: frozenset[str] = frozenset()
    """Who answered after the end and heard that it is over."""
    log: tuple[LogLine, ...] = field(default=())

    def person(self, key: str) -> Person | None:
        if key == self.organiser.key:
            return self.organiser
        return next((p for p in self.people if p.key == key), None)

    def latest(self, person: str) -> Invitation | None:
        """The person's most recent invitation."""
        return next((i for i in reversed(self.invitations) if i.person == person), None)

    @property
    def accepted(self) -> tuple[str, ...]:
        """Keys of those whose latest word is yes, in the order they were asked."""
        latest = {i.person: i for i in self.invitations}
        return tuple(k for k, i in latest.items() if i.state is InvitationState.ACCEPTED)

    @property
    def through(self) -> frozenset[str]:
        """Keys of those who said that their review is done."""
        return frozenset(key for line in self.log if line.what is Happened.DONE for key in line.people)
