"""The JSON of the API (design section 7). The page's types are generated from it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

YEAR_S = 366 * 24 * 3600
"""The longest duration anybody may ask for."""


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


AvailabilityName = Literal["available", "away", "busy", "offline", "unknown"]
ActivityStateName = Literal["waiting", "ringing", "live", "ended", "expired", "cancelled", "failed"]
AskState = Literal["asked", "accepted", "declined", "later", "silent", "covered", "withdrawn"]
RoomState = Literal["waiting", "open", "late", "ended", "expired", "revoked", "withdrawn"]
YouSaid = Literal["yes", "no", "later"]
KindName = Literal["chat", "call", "video", "board", "review", "link"]


class TraceLine(_Schema):
    source: str
    says: str
    at: datetime
    age_s: float
    used: bool
    asked: bool
    why_not: str | None = None


class PersonVerdict(_Schema):
    person: str
    name: str
    availability: AvailabilityName
    since: datetime | None
    trace: list[TraceLine]
    until: datetime | None = None
    reason: str | None = None
    groups: list[str] = []
    addresses: list[str] = []
    activity: str | None = None
    """Id of an activity the person is asked for or in, if the reader may see it."""


class Who(_Schema):
    """Answer of ``/api/v1/presence``."""

    people: list[PersonVerdict]


class ActivityPerson(_Schema):
    person: str
    name: str
    state: Literal[
        "candidate", "queued", "sent", "accepted", "declined", "later", "silent", "withdrawn", "here", "left"
    ]
    via: str | None
    """Address over which the person was asked."""
    at: datetime | None
    """When the state began."""
    until: datetime | None = None
    spare: bool = False
    availability: AvailabilityName | None = None
    reason: str | None = None
    """Reason name: why the person is not asked, or did not come."""


class PlacePerson(_Schema):
    person: str
    name: str
    state: str
    """As in ActivityPerson."""


class Clause(_Schema):
    """One clause of the requirement with its places, in the words of the requirement."""

    clause: str
    need: int
    taken: int
    people: list[str]
    """Person keys that fill or could fill it, those who fill it first."""
    optional: bool = False


class Next(_Schema):
    at: datetime | None
    reason: str
    """A sentence: "if kofi does not answer, it waits for the next DBA to become available"."""


class Room(_Schema):
    url: str
    """The reader's own personal link."""


class LogLine(_Schema):
    at: datetime
    what: str
    """Name from quorate.model.activity.Happened."""
    text: str
    """A sentence for the organiser."""
    people: list[str] = []
    reason: str | None = None


class Organiser(_Schema):
    person: str
    name: str
    address: str


class Activity(_Schema):
    id: str
    state: ActivityStateName
    kind: KindName
    about: str | None
    who: str
    organiser: str
    """Own address, e.g. ``xmpp:alice@example.org``."""
    created: datetime
    deadline: datetime | None
    people: list[ActivityPerson]
    room: Room | None
    reason: str | None
    reason_text: str | None = None
    """The reason as a sentence."""
    places: list[Clause] = []
    next: Next | None = None
    urgent: bool = False
    when: Literal["now", "asap", "at"] = "asap"
    organiser_name: str = ""
    organiser_person: str = ""
    organiser_state: Literal["ready", "away", "here", "left", "not-taking-part"] = "ready"
    live_at: datetime | None = None
    ended_at: datetime | None = None
    ring_s: float = 30.0


class WhyNode(_Schema):
    """One node of the requirement with what made it so."""

    text: str
    mark: Literal["met", "not", "unknown", "not-needed"]
    says: str
    children: list["WhyNode"] = []
    trace: list[TraceLine] = []


class Explanation(_Schema):
    id: str
    lines: list[str]
    """Plain sentences, as the companion would write them."""
    why: WhyNode
    log: list[LogLine]
    next: Next | None


class NewActivity(_Schema):
    who: str = Field(min_length=1, max_length=20000)
    when: Literal["now", "asap", "at"] = "asap"
    at: datetime | None = None
    kind: KindName = "chat"
    target: str | None = Field(default=None, max_length=2000)
    about: str | None = Field(default=None, max_length=300)
    within_s: float | None = Field(default=None, gt=0, le=YEAR_S)
    before: datetime | None = None
    urgent: bool = False
    from_: str | None = Field(default=None, alias="from")
    """Own address; may be left out if only one stream is open."""
    without_me: bool = False


class Extension(_Schema):
    by_s: float = Field(gt=0, le=YEAR_S)


class CheckQuestion(_Schema):
    who: str = Field(min_length=1, max_length=20000)
    given: dict[str, AvailabilityName] = {}
    groups: dict[str, list[str]] = {}
    from_: str | None = Field(default=None, alias="from")


class CheckTrace(_Schema):
    """One line per node of the requirement, depth first."""

    path: str
    """``1.2``: second part of the first clause."""
    text: str
    says: Literal["yes", "no", "unknown"]
    why: str


class CheckAnswer(_Schema):
    verdict: Literal["yes", "no", "unknown"]
    ring: list[str]
    missing: list[str]
    trace: list[CheckTrace]
    then: list[str] = []
    """Who would be asked next if those of ``ring`` say no, in order."""
    candidates: int = 0
    """How many people could be asked at all …"""
    of: int = 0
    """… of so many the requirement names."""


class AskQuestion(_Schema):
    who: str = Field(min_length=1, max_length=20000)
    from_: str | None = Field(default=None, alias="from")


class Stream(_Schema):
    id: str
    account: str | None
    network: str
    mode: str
    client: str
    server: str
    state: Literal["negotiating", "live", "frozen", "blind", "ended"]
    since: datetime
    contacts: int
    companion: bool
    reason: str | None
    reason_text: str | None = None


class MeStatement(_Schema):
    state: Literal["available", "busy", "away"]
    until: datetime | None = None


class Me(_Schema):
    """The page's owner."""

    accounts: list[str]
    name: str
    availability: AvailabilityName
    until: datetime | None = None


class AskForYou(_Schema):
    """Somebody asks the page's owner."""

    id: str
    """The invitation's id."""
    activity: str
    organiser_name: str
    about: str | None
    kind: KindName
    state: AskState
    at: datetime
    until: datetime | None
    needed: str
    """In words, without names of others: "any one of @presales is enough"."""
    answered_elsewhere: bool = False
    room: Room | None = None


class AnswerGiven(_Schema):
    answer: Literal["yes", "no", "later", "why", "stop"]
    delay_s: float | None = Field(default=None, gt=0, le=YEAR_S)


class Connection(_Schema):
    """What the connect panel shows."""

    im_host: str
    im_port: int
    ca_path: str
    routes: list[str]
    streams: int
    version: str


class DoctorLine(_Schema):
    name: str
    ok: bool
    says: str
    remedy: str | None = None


class Problem(BaseModel):
    """RFC 9457 problem+json."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str | None = None
    column: int | None = None
    suggestion: str | None = None


class GuestPerson(_Schema):
    name: str
    you: bool = False
    role: str = ""
    """``asked``, ``for you`` … plain words, never who declined."""
    here: bool = False


class GuestClause(_Schema):
    clause: str
    need: int
    taken: int
    people: list[GuestPerson]
    """Only those who are in."""
    asking: int = 0
    until: datetime | None = None


class ChatLine(_Schema):
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


class RoomView(_Schema):
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
    ended_at: datetime | None
    deadline: datetime | None
    here: list[GuestPerson]
    clauses: list[GuestClause]
    in_count: int
    need: int
    covered_by: str | None = None
    covered_at: datetime | None = None
    not_coming: list[str] = []
    """Sentences; only for the organiser."""
    chat: list[ChatLine] = []
    """Only while open and joined."""
    server_time: datetime


class RoomAnswer(_Schema):
    """From the room page: come (also late), do not come after all, never ask me again."""

    answer: Literal["yes", "no", "stop"]


class RoomSays(_Schema):
    """A frame from the page over the room's WebSocket; ``end`` is the organiser's."""

    type: Literal["join", "say", "leave", "end"]
    text: str | None = None


class RoomTrouble(_Schema):
    """A frame to the page: what it just sent was not done."""

    type: Literal["problem"] = "problem"
    problem: Problem


class EnterKey(_Schema):
    """A way into the page that works once."""

    url: str
    expires: datetime


class Heartbeat(_Schema):
    """Data of the events ``hello`` and ``heartbeat``."""

    now: datetime


class Readiness(_Schema):
    """Per part: is it ready? Answered with 503 if one is not."""

    ready: bool
    parts: dict[str, bool]
