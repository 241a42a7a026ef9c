"""The JSON of the API (design section 7). The page's types are generated from it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

YEAR_S = 366 * 24 * 3600
"""The longest duration anybody may ask for."""


class Schema(BaseModel):
    """What all of them have in common: nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


AvailabilityName = Literal["available", "away", "busy", "offline", "unknown"]
ActivityStateName = Literal["waiting", "ringing", "live", "ended", "expired", "cancelled", "failed"]
AskState = Literal["asked", "accepted", "declined", "later", "silent", "covered", "withdrawn"]
KindName = Literal["chat", "call", "video", "board", "review", "link"]


class TraceLine(Schema):
    source: str
    says: str
    at: datetime
    age_s: float
    used: bool
    asked: bool
    why_not: str | None = None


class PersonVerdict(Schema):
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
    activity_state: Literal["asked", "in"] | None = None
    """``asked``: not answered yet; ``in``: said yes or is in the room."""


class Who(Schema):
    """Answer of ``/api/v1/presence``."""

    people: list[PersonVerdict]


class ActivityPerson(Schema):
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


class PlacePerson(Schema):
    person: str
    name: str
    state: str
    """As in ActivityPerson."""


class Clause(Schema):
    """One clause of the requirement with its places, in the words of the requirement."""

    clause: str
    need: int
    taken: int
    people: list[str]
    """Person keys that fill or could fill it, those who fill it first."""
    optional: bool = False


class Next(Schema):
    at: datetime | None
    reason: str
    """A sentence: "if kofi does not answer, it waits for the next DBA to become available"."""


class Room(Schema):
    url: str
    """The reader's own personal link."""


class LogLine(Schema):
    at: datetime
    what: str
    """Name from quorate.model.activity.Happened."""
    text: str
    """A sentence for the organiser."""
    people: list[str] = []
    reason: str | None = None


class Organiser(Schema):
    person: str
    name: str
    address: str


class Window(Schema):
    """Hours outside which nobody is rung."""

    start: str
    """``18:00``."""
    end: str
    """If it is not after the start, it is on the next day."""
    days: list[int]
    """Those it begins on, 0 for Monday; empty: every day."""
    zone: str
    """IANA name; empty: that of the settings."""
    text: str
    """``on weekdays between 18:00 and 20:30``."""


class Instead(Schema):
    """Who is asked when the deadline passes."""

    who: str
    within_s: float
    before: datetime | None


class FellBack(Schema):
    """The deadline passed, and others are asked instead."""

    at: datetime
    who: str
    """Who was asked first."""


class Activity(Schema):
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
    """Reason name: why it ended, or why nobody is rung while it waits (``organiser-away``)."""
    reason_text: str | None = None
    """The reason as a sentence."""
    places: list[Clause] = []
    next: Next | None = None
    urgent: bool = False
    when: Literal["now", "asap", "at"] = "asap"
    at: datetime | None = None
    """When it begins; nobody is rung before."""
    window: Window | None = None
    else_: list[Instead] = Field(default=[], serialization_alias="else")
    fell_back: FellBack | None = None
    organiser_name: str = ""
    organiser_person: str = ""
    organiser_state: Literal["ready", "away", "here", "left", "not-taking-part"] = "ready"
    live_at: datetime | None = None
    ended_at: datetime | None = None
    ring_s: float = 30.0


class WhyNode(Schema):
    """One node of the requirement with what made it so."""

    text: str
    mark: Literal["met", "not", "unknown", "not-needed"]
    says: str
    children: list["WhyNode"] = []
    trace: list[TraceLine] = []


class Explanation(Schema):
    id: str
    lines: list[str]
    """Plain sentences, as the companion would write them."""
    why: WhyNode
    log: list[LogLine]
    next: Next | None


class NewInstead(Schema):
    """``else WHO``; without a time of its own it has as long as what comes before it."""

    who: str = Field(min_length=1, max_length=20000)
    within_s: float | None = Field(default=None, gt=0, le=YEAR_S)
    before: datetime | None = None


class NewActivity(Schema):
    who: str = Field(min_length=1, max_length=20000)
    when: Literal["now", "asap", "at"] | None = None
    """``at`` if a time is given, else ``asap``."""
    at: str | None = Field(default=None, max_length=60)
    """When it begins: RFC 3339, or as people type it (``14:00``, ``fri 18:00``), in ``zone``."""
    window: str | None = Field(default=None, max_length=200)
    """As people type it: ``on weekdays between 18:00 and 20:30``, in ``zone``."""
    zone: str | None = Field(default=None, max_length=60)
    """IANA name of a time zone; that of the settings, if it is left out."""
    else_: list[NewInstead] = Field(default=[], max_length=5, alias="else")
    kind: KindName = "chat"
    target: str | None = Field(default=None, max_length=2000)
    about: str | None = Field(default=None, max_length=300)
    within_s: float | None = Field(default=None, gt=0, le=YEAR_S)
    before: str | None = Field(default=None, max_length=60)
    """When it is given up: RFC 3339, or as people type it, in ``zone``."""
    urgent: bool = False
    from_: str | None = Field(default=None, alias="from")
    """Own address; may be left out if only one stream is open."""
    without_me: bool = False


class Extension(Schema):
    by_s: float = Field(gt=0, le=YEAR_S)


class Taking(Schema):
    person: str = Field(min_length=1, max_length=1000)
    """Who said that they can later."""


class Revocation(Schema):
    person: str = Field(min_length=1, max_length=1000)
    """Whose link is to end."""


class AskQuestion(Schema):
    who: str = Field(min_length=1, max_length=20000)
    from_: str | None = Field(default=None, alias="from")


class Stream(Schema):
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


class MeStatement(Schema):
    state: Literal["available", "busy", "away"]
    until: datetime | None = None


class Me(Schema):
    """The page's owner."""

    accounts: list[str]
    name: str
    availability: AvailabilityName
    until: datetime | None = None


class AskForYou(Schema):
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
    conflict: bool = False
    """Declined because of a conflict of interest."""
    answered_elsewhere: bool = False
    room: Room | None = None


class AnswerGiven(Schema):
    answer: Literal["yes", "no", "later", "why", "stop", "conflict"]
    delay_s: float | None = Field(default=None, gt=0, le=YEAR_S)


class Connection(Schema):
    """What the connect panel shows."""

    im_host: str
    im_port: int
    ca_path: str
    routes: list[str]
    streams: int
    version: str


class DoctorLine(Schema):
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


class EnterKey(Schema):
    """A way into the page that works once."""

    url: str
    expires: datetime


class Heartbeat(Schema):
    """Data of the events ``hello`` and ``heartbeat``."""

    now: datetime


class Readiness(Schema):
    """Per part: is it ready? Answered with 503 if one is not."""

    ready: bool
    parts: dict[str, bool]
