"""What a splice wants done (imperative) and what it noticed (past participle). All frozen.

A capture performs Connect, Send, StartTls and Close, in order; everything else goes to the agent.
Times named ``at`` are seconds on the clock handed to the splice, never wall time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from quorate.model.address import Address, Jid
from quorate.model.evidence import Presence
from quorate.model.person import Contact
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState


class Side(Enum):
    """Which end of the user's connection."""

    CLIENT = "client"
    SERVER = "server"

    __hash__ = object.__hash__  # a member is one object; Enum's own way costs a call for every lookup


OTHER: Final = {Side.CLIENT: Side.SERVER, Side.SERVER: Side.CLIENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Open the upstream connection for this domain. SERVER bytes sent before are queued by the capture.

    The capture answers with ``Splice.connected`` or ``Splice.connect_failed``. ``tunnel``: everything is sent
    there as it is; where ``direct_tls``, that is the client's own TLS.
    """

    domain: str
    direct_tls: bool = False
    alpn: tuple[str, ...] = ()
    tunnel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirected:
    """The server of this domain sends its clients to another host for a while (NEG-5)."""

    domain: str
    host: str
    port: int


class Send(NamedTuple):
    """One is made for every read: ``sending`` makes it without a call of Python's."""

    side: Side
    data: bytes


sending: Callable[[tuple[Side, bytes]], Send] = partial(tuple.__new__, Send)
"""Send(*fields)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTls:
    """Start TLS on one leg, after all that was sent to it before is written.

    SERVER: handshake as client, verify for ``domain``; then call ``Splice.tls_ready`` or ``tls_failed``.
    CLIENT: handshake as server with a leaf for ``domain``; ``tls_failed`` if the client refuses it.
    ``early`` are bytes of the peer that already belong to TLS (XEP-0305 pipelining).
    """

    side: Side
    domain: str
    early: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Close both legs once what was sent is written. ``abort``: drop without flushing TLS close."""

    abort: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """Resource bound: the stream has an own address."""

    own: Jid
    resumed: bool
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged:
    state: StreamState
    reason: Reason | None
    companion: bool
    client: str | None = None
    """Name of its software, else its resource; None before login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSeen:
    """``full``: these are all contacts; else only changed ones."""

    contacts: tuple[Contact, ...]
    removed: tuple[Address, ...] = ()
    full: bool = False


class PresenceSeen(NamedTuple):
    """What the stream says about one resource of a contact, or (resource "") about the whole contact."""

    contact: Address
    resource: str
    presence: Presence
    at: float
    priority: int = 0
    since: datetime | None = None
    """From ``<delay/>`` (XEP-0203): when the state began."""
    idle_since: datetime | None = None
    asked: bool = False
    implied: bool = False
    stale: bool = False
    reason: Reason | None = None
    began: float | None = None
    """When this stream first said so, on the clock of ``at``, or since when by ``jabber:iq:last`` (XEP-0012);
    what is said again is older than ``at``."""
    idle_from: float | None = None
    """``idle_since`` on the clock of ``at``, where only a length of time was told (XEP-0256)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPresenceSent:
    """The client published its own presence (show of the user at this client)."""

    presence: Presence
    at: float
    priority: int = 0
    idle_since: datetime | None = None
    idle_from: float | None = None
    implied: bool = False
    """It said so before the stream was joined, or something else: it is connected, that is all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An ask is over. What was learnt came before as PresenceSeen; ``reason`` says what was not."""

    request: str
    contact: Address
    reason: Reason | None
    asked: bool
    """False if the stream already contained the answer and nothing was injected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A queued addition (tell, say) has left, or ``reason`` says why it never will."""

    effect: str
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """A message that had left came back as an error (RFC 6120 section 8.3): nobody has got it."""

    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTyped:
    """The user wrote this to the companion; it was taken out of the stream."""

    text: str
    message: str
    """The stanza's id, to execute a repeated one once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSeen:
    """A watched contact wrote to the user; forwarded unchanged; the agent only looks for a reply."""

    contact: Address
    text: str
    message: str
    delayed: bool
    """True if the server delivered it late (XEP-0203)."""


SpliceEffect: TypeAlias = (
    Connect
    | Redirected
    | Send
    | StartTls
    | Close
    | LoggedIn
    | StateChanged
    | RosterSeen
    | PresenceSeen
    | OwnPresenceSent
    | Answered
    | Done
    | Bounced
    | CommandTyped
    | TextSeen
)
