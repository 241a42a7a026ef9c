"""The server name and protocols a TLS client asks for. RFC 8446 section 4.1.2, RFC 6066 section 3, RFC 7301."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NeedMore:
    """A ClientHello so far, but not all of it."""


@dataclass(frozen=True, slots=True)
class NotTls:
    """These bytes begin no ClientHello."""


@dataclass(frozen=True, slots=True)
class ClientHello:
    sni: str | None
    alpn: tuple[str, ...]


def hello(data: bytes) -> NeedMore | ClientHello | NotTls:
    """Read the first bytes a client sent; nothing is consumed. Never raises."""
    raise NotImplementedError
