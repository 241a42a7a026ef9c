"""The messages between agent and server, one JSON object a line over DIR/link.sock.

The server listens, agents connect and reconnect: a new server adopts a running agent that way.
Raw traffic never travels here, only evidence and verbs. An unknown ``type`` is ignored, so that either
side may be newer; ``VERSION`` grows only when that is not enough.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from quorate.model.command import Command, Reply
from quorate.model.evidence import Evidence
from quorate.model.person import Contact
from quorate.model.stream import Stream

VERSION = 1


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)


class Hello(_Message):
    """First from the agent; afterwards it sends every stream, roster and piece of evidence anew."""

    type: Literal["hello"] = "hello"
    version: int = VERSION
    agent: str
    """Random per agent process: another one means that what the old one was given has an unknown fate."""
    pid: int
    im: str
    """HOST:PORT the agent listens on."""


class SnapshotDone(_Message):
    """The agent has told all it knows after Hello."""

    type: Literal["snapshot-done"] = "snapshot-done"


class StreamIs(_Message):
    type: Literal["stream"] = "stream"
    stream: Stream


class RosterIs(_Message):
    type: Literal["roster"] = "roster"
    stream: str
    contacts: tuple[Contact, ...]
    removed: tuple[str, ...] = ()
    full: bool = False


class Saw(_Message):
    """``vantage`` is set; evidence whose subject is the vantage is the user's own presence."""

    type: Literal["saw"] = "saw"
    stream: str
    evidence: tuple[Evidence, ...]


class AskDone(_Message):
    type: Literal["ask-done"] = "ask-done"
    request: str
    contact: str
    reason: str | None = None
    asked: bool = True


class EffectDone(_Message):
    """A Tell or Say has left on the wire (reason None) or will not; the agent repeats it after Hello.

    A Tell that came back from the IM server is reported a second time, with ``unreachable``.
    """

    type: Literal["effect-done"] = "effect-done"
    effect: str
    reason: str | None = None


class CommandGiven(_Message):
    """Typed to the companion and understood; the agent itself answers what it cannot parse."""

    type: Literal["command"] = "command"
    stream: str
    message: str
    command: Annotated[Command, Field(discriminator="verb")]
    account: str | None = None
    """Own account that typed it; None: that of the stream, which may be gone when it is told again."""
    at: datetime | None = None
    """When it was typed; None: just now."""


class Replied(_Message):
    """A watched contact's whole message was a reply."""

    type: Literal["replied"] = "replied"
    stream: str
    contact: str
    message: str
    reply: Reply
    at: datetime


class Welcome(_Message):
    """First from the server."""

    type: Literal["welcome"] = "welcome"
    version: int = VERSION
    page: str
    """Public base URL of the page."""
    beat_s: float | None = None
    """A Beat comes at least this often; None: never, and silence means nothing."""
    done: tuple[str, ...] = ()
    """Effects whose EffectDone the server has stored; the agent may forget them."""


class Beat(_Message):
    """The server is at work. One that hangs still has its socket, and would be believed for ever."""

    type: Literal["beat"] = "beat"


class AskFor(_Message):
    type: Literal["ask"] = "ask"
    request: str
    stream: str
    contact: str


class Tell(_Message):
    """Inject a message from the user's account to a contact (an invitation, a link, a notice)."""

    type: Literal["tell"] = "tell"
    effect: str
    stream: str
    to: str
    text: str
    watch: bool = False
    """Look at what this contact writes from now on for a reply."""
    echo: str | None = None
    """Short line for the companion's chat, so that the user sees what was sent in their name."""


class SayTo(_Message):
    """Write a line to the user in the companion's chat."""

    type: Literal["say"] = "say"
    effect: str
    stream: str
    text: str
    of: str | None = None
    """Whose standing it tells (``Q7``): while it is the last of the chat, the next may replace it."""


class CommandDone(_Message):
    """It was carried out, and its answer has left or is stored; until then it is told again after Welcome."""

    type: Literal["command-done"] = "command-done"
    stream: str
    message: str


class Unwatch(_Message):
    type: Literal["unwatch"] = "unwatch"
    stream: str
    contact: str


class WatchFor(_Message):
    """Look at what this contact writes (after a new login, for invitations still open)."""

    type: Literal["watch"] = "watch"
    stream: str
    contact: str


class CompanionStatus(_Message):
    """The companion's presence text, e.g. ``1 waiting``."""

    type: Literal["companion-status"] = "companion-status"
    stream: str
    text: str


class Stored(_Message):
    """The server has stored these effects' ends; the agent may forget them."""

    type: Literal["stored"] = "stored"
    effects: tuple[str, ...]


class Quit(_Message):
    """``quorate down``: retire companions, close streams, end."""

    type: Literal["quit"] = "quit"


FromAgent: TypeAlias = Annotated[
    Hello | SnapshotDone | StreamIs | RosterIs | Saw | AskDone | EffectDone | CommandGiven | Replied,
    Field(discriminator="type"),
]
FromServer: TypeAlias = Annotated[
    Welcome
    | Beat
    | AskFor
    | Tell
    | SayTo
    | CommandDone
    | WatchFor
    | Unwatch
    | CompanionStatus
    | Stored
    | Quit,
    Field(discriminator="type"),
]
FROM_AGENT: TypeAdapter[FromAgent] = TypeAdapter(FromAgent)
FROM_SERVER: TypeAdapter[FromServer] = TypeAdapter(FromServer)
