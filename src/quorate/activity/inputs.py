"""What can happen to an activity. ``quorate.activity.step`` takes one at a time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from quorate.model.command import Reply
from quorate.model.person import Person
from quorate.model.reasons import Reason


@dataclass(frozen=True, slots=True)
class Created:
    """First input of a new activity."""


@dataclass(frozen=True, slots=True)
class WorldChanged:
    """Somebody's availability or reservation changed; also sent when time passes and after a restart."""


@dataclass(frozen=True, slots=True)
class RingSent:
    """The invitation is on the wire: the ring time starts."""

    invitation: str


@dataclass(frozen=True, slots=True)
class RingFailed:
    """The invitation could not be put on the wire, or came back from there."""

    invitation: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Replied:
    person: str
    reply: Reply
    substitute: Person | None = None
    """Whom ``sub NAME`` names, resolved in the organiser's address book; None if nobody or ambiguous."""
    anyway: bool = False
    """A yes by somebody who knows that it is covered: it is not asked back."""


@dataclass(frozen=True, slots=True)
class TakeAsked:
    """The organiser takes somebody who said that they can later at their word, now."""

    person: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Entered the room."""

    person: str


@dataclass(frozen=True, slots=True)
class Left:
    person: str


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """By the organiser; for a live activity this ends the room."""


@dataclass(frozen=True, slots=True)
class ExtendAsked:
    by: timedelta


ActivityInput: TypeAlias = (
    Created
    | WorldChanged
    | RingSent
    | RingFailed
    | Replied
    | Joined
    | Left
    | CancelAsked
    | ExtendAsked
    | TakeAsked
)
