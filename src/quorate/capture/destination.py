"""Where a client wants to go when it takes Quorate for its proxy, and how that turned out."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from quorate.errors import Misconfigured

IM_PORTS: Final = (5222, 5223)
"""XMPP with STARTTLS and with direct TLS: to others Quorate is no way (no open relay)."""
HTTPS_PORT: Final = 443
_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}|[0-9A-Fa-f:.]{2,45}")


@dataclass(frozen=True, slots=True)
class Destination:
    """Exactly what the client named: a name is resolved by the system, nothing else is looked up (NEG-3)."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Outcome(Enum):
    """What a proxy answers."""

    REACHED = "reached"
    FORBIDDEN = "forbidden-port"
    REFUSED = "refused"
    NO_SUCH_HOST = "no-such-host"
    TIMEOUT = "timeout"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one read of a proxy handshake brought."""

    reply: bytes = b""
    destination: Destination | None = None
    """Set once: connect there, then ``answer``."""
    rest: bytes = b""
    """What the client has sent beyond the handshake."""
    refusal: str | None = None
    """A reason name; ``reply`` is the last thing to send."""


def plain_address(packed: bytes) -> str:
    """As text; an IPv4 address in IPv6 clothes as the former (RFC 4291 section 2.5.5.2)."""
    found = ipaddress.ip_address(packed)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def to_destination(host: str, port: int) -> Destination | None:
    """None for what cannot be a host's name or address."""
    host = host.strip("[]")
    return Destination(host, port) if _HOST.fullmatch(host) and 0 < port <= 65535 else None


def forbidden_sentence(destination: Destination, ports: Iterable[int]) -> str:
    listed = ", ".join(str(port) for port in ports)
    return (
        f"Quorate connects to IM servers only (ports {listed}), not to port {destination.port}."
        " If an IM server is there, add the port to im_ports in quorate.toml."
    )


def parse_ports(texts: Iterable[str]) -> tuple[int, ...]:
    """Read the values of ``--im-port``; raises Misconfigured. None given: the usual ones."""
    ports = []
    for text in texts:
        if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 65535:
            raise Misconfigured(
                f"“{text}” (from --im-port) is not a port.", remedy="Write for example --im-port 5222."
            )
        ports.append(int(text))
    return tuple(ports) or IM_PORTS
