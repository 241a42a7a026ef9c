"""How a client came to Quorate: what is known before the first byte of XMPP."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from quorate.model.reasons import Reason
from quorate.splice.effects import Side
from quorate.wire.xmpp.stream_management import Table


@dataclass(frozen=True, slots=True)
class DirectTls:
    """XEP-0368: the ClientHello names the domain and the protocols."""

    sni: str | None
    alpn: tuple[str, ...]
    shape: str = field(default="", compare=False)
    """What tells one TLS client from another: the same software has the same."""


@dataclass(frozen=True, slots=True)
class Midway:
    """What is known of a stream that is joined in its middle."""

    tables: Mapping[Side, Table] = field(default_factory=dict)
    """How counts were translated by an earlier Quorate, by the side whose stanzas are counted."""
    at_rest: bool = False
    """It is a stream of XMPP, and no element is half-way."""
    wakes: bool = True
    """What is added towards the client is taken by it at once; else when it reads by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """``Arrival()`` is a client that took Quorate for its server and speaks XML."""

    tls: DirectTls | None = None
    destination: str | None = None
    """HOST:PORT the client asked a proxy for (SOCKS5, CONNECT); None if Quorate has to find the server."""
    here: str = ""
    """HOST:PORT by which clients reach Quorate, for redirects (NEG-5)."""
    mode: str = "listener"
    """How its bytes are had, as `quorate streams` names it."""
    attached: bool = False
    """The bytes are had inside the client: TLS and its binding are end to end, counts are translated there
    by our table once we are gone."""
    midway: Midway | None = None
    """The stream has been open for a while: its login was missed."""
    unread: Reason | None = None
    """Only forward, for this reason: what comes is no XMPP stream that can be spliced (NEG-1, NEG-4)."""
