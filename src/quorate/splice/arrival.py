"""How a client came to Quorate: what is known before the first byte of XMPP."""

from dataclasses import dataclass, field

from quorate.model.reasons import Reason


@dataclass(frozen=True, slots=True)
class DirectTls:
    """XEP-0368: the ClientHello names the domain and the protocols."""

    sni: str | None
    alpn: tuple[str, ...]
    shape: str = field(default="", compare=False)
    """What tells one TLS client from another: the same software has the same."""


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
    unread: Reason | None = None
    """Only forward, for this reason: what comes is no XMPP stream that can be spliced (NEG-1, NEG-4)."""
