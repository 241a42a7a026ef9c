"""The JSON of a personal room link: what it shows, and the frames of the room's WebSocket."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from quorate.server.api.schemas import KindName, Problem, Schema

RoomState = Literal["waiting", "open", "late", "ended", "expired", "revoked", "withdrawn"]
YouSaid = Literal["yes", "no", "later"]


class GuestPerson(Schema):
    name: str
    you: bool = False
    role: str = ""
    """``asked``, ``for you`` … plain words, never who declined."""
    here: bool = False


class GuestClause(Schema):
    clause: str
    need: int
    taken: int
    people: list[GuestPerson]
    """Only those who are in."""
    asking: int = 0
    until: datetime | None = None


class ChatLine(Schema):
    """A line of the room's own chat, or (name None) a line of the room itself.

    Also a frame of the room's WebSocket: one for every new line.
    """

    type: Literal["line"] = "line"
    id: int
    at: datetime
    name: str | None
    you: bool = False
    text: str
    only_you: bool = False


class RoomView(Schema):
    """What a personal link shows; also sent over the room's WebSocket whenever it changes.

    ``revoked`` shows no more than that; ``withdrawn``: the organiser called it off, or it could not be.
    """

    type: Literal["view"] = "view"
    state: RoomState
    about: str | None
    kind: KindName
    organiser: str
    you: str
    is_organiser: bool
    you_said: YouSaid | None = None
    """The reader's latest answer."""
    activity: str | None = None
    """Q481; only for the organiser."""
    asked_at: datetime | None
    created: datetime
    opened_at: datetime | None
    opened_with: list[str] = Field(default=[])
    """Names of the organiser, who takes part, and of those whose yes opened it."""
    ended_at: datetime | None
    deadline: datetime | None
    here: list[GuestPerson]
    clauses: list[GuestClause]
    in_count: int
    need: int
    ring_s: float = 30.0
    """How long somebody asked has to answer."""
    covered_by: str | None = None
    covered_at: datetime | None = None
    not_coming: list[str] = Field(default=[])
    """Sentences; only for the organiser."""
    chat: list[ChatLine] = Field(default=[])
    """Only while open and joined."""
    server_time: datetime


class RoomAnswer(Schema):
    """From the room page: come (also late), do not come after all, never ask me again."""

    answer: Literal["yes", "no", "stop"]
    anyway: bool = False
    """Yes, although it is covered."""


class RoomSays(Schema):
    """A frame from the page over the room's WebSocket; ``end`` is the organiser's."""

    type: Literal["join", "say", "leave", "end"]
    text: str | None = None


class RoomTrouble(Schema):
    """A frame to the page: what it just sent was not done."""

    type: Literal["problem"] = "problem"
    problem: Problem
