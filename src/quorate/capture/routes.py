"""Where a domain's IM server is: the ``--route`` table, else SRV records (RFC 6120 section 3.2, XEP-0368)."""

import asyncio
import random
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from quorate.capture.ca import a_label
from quorate.errors import Misconfigured

DEFAULT_PORT = 5222
DEFAULT_TLS_PORT = 5223
RESOLVE_S = 5.0
MAX_CANDIDATES = 10
REDIRECT_S = 3600.0
"""How long a server's <see-other-host/> is followed (NEG-5)."""
MAX_REDIRECTS = 256
_HOST_PORT = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):(?P<port>[0-9]{1,5})")
_TLS_PREFIX = "tls:"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place to try, in order of preference."""

    host: str
    port: int
    direct_tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Route:
    """``DOMAIN=HOST:PORT`` serves both ways of TLS; ``DOMAIN=tls:HOST:PORT`` direct TLS only."""

    domain: str
    host: str
    port: int
    direct_tls: bool | None = None


@dataclass(frozen=True, slots=True)
class SrvRecord:
    """RFC 2782; ``target`` is "." where the service is decidedly not offered."""

    priority: int
    weight: int
    port: int
    target: str


class Resolver(Protocol):
    async def srv(self, name: str) -> Sequence[SrvRecord] | None:
        """All records of ``name``; None if there is no answer."""
        ...


class DnsResolver:
    """Asks the system's DNS servers."""

    async def srv(self, name: str) -> Sequence[SrvRecord] | None:
        # these take a tenth of a second to import, and with routes nobody needs them
        import dns.asyncresolver
        import dns.exception
        import dns.rdtypes.IN.SRV

        try:
            answer = await dns.asyncresolver.resolve(name, "SRV", lifetime=RESOLVE_S, search=False)
        except (dns.exception.DNSException, OSError, ValueError):
            return None
        records = [r for r in answer if isinstance(r, dns.rdtypes.IN.SRV.SRV)]
        return [SrvRecord(r.priority, r.weight, r.port, r.target.to_text()) for r in records]


def parse_host_port(text: str, option: str) -> tuple[str, int]:
    """Read ``HOST:PORT`` or ``[IPV6]:PORT``; raises Misconfigured naming the option."""
    found = _HOST_PORT.fullmatch(text.strip())
    if found is None or int(found["port"]) > 65535:
        gap = "" if option.endswith("=") else " "
        raise Misconfigured(
            f"“{text}” (from {option}) is not HOST:PORT.",
            remedy=f"Write for example {option}{gap}127.0.0.1:5222, or {option}{gap}[::1]:5222 for IPv6.",
        )
    return found["host"].strip("[]"), int(found["port"])


def parse_route(text: str) -> Route:
    """Read ``DOMAIN=HOST:PORT``; raises Misconfigured."""
    domain, equals, place = text.strip().partition("=")
    direct = place.startswith(_TLS_PREFIX)
    if not equals or not domain or "@" in domain or "/" in domain:
        raise Misconfigured(
            f"“{text}” (from --route) is not DOMAIN=HOST:PORT.",
            remedy="Write for example --route example.org=xmpp.example.org:5222.",
        )
    host, port = parse_host_port(place.removeprefix(_TLS_PREFIX), f"--route {domain}=")
    return Route(a_label(domain), host, port, True if direct else None)


class Routes:
    """Answers where to connect for a domain."""

    def __init__(
        self,
        routes: Iterable[Route] = (),
        resolver: Resolver | None = None,
        seed: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table: dict[str, list[Route]] = {}
        for route in routes:
            self._table.setdefault(route.domain, []).append(route)
        self._resolver = resolver or DnsResolver()
        self._random = random.Random(seed)
        self._clock = clock
        self._redirects: OrderedDict[str, tuple[str, int, float]] = OrderedDict()

    @property
    def domains(self) -> frozenset[str]:
        return frozenset(self._table)

    async def candidates(self, domain: str, *, direct_tls: bool) -> list[Candidate]:
        """Places to try in order, for a client that came with direct TLS or with STARTTLS; may be empty.

        The bytes of the two legs are the same, so both use the same way of TLS. Where the server has sent its
        clients comes first, and the usual places after it, should nobody be there.
        """
        name = a_label(domain)
        usual = await self._usual(name, direct_tls=direct_tls)
        host, port, until = self._redirects.get(name, ("", 0, 0.0))
        if self._clock() >= until:
            return usual
        elsewhere = Candidate(host, port, direct_tls)
        return [elsewhere, *(candidate for candidate in usual if candidate != elsewhere)]

    def redirect(self, domain: str, host: str, port: int) -> None:
        """The domain's server sends its clients to another host, still verified for the domain."""
        self._redirects[a_label(domain)] = host, port, self._clock() + REDIRECT_S
        self._redirects.move_to_end(a_label(domain))
        while len(self._redirects) > MAX_REDIRECTS:
            self._redirects.popitem(last=False)

    def forget_redirect(self, domain: str) -> None:
        """What is there is not the domain's server."""
        self._redirects.pop(a_label(domain), None)

    async def _usual(self, name: str, *, direct_tls: bool) -> list[Candidate]:
        if name in self._table:
            return _routed(self._table[name], direct_tls=direct_tls)
        plain, direct = await asyncio.gather(
            self._resolver.srv(f"_xmpp-client._tcp.{name}."),
            self._resolver.srv(f"_xmpps-client._tcp.{name}."),
        )
        if plain is None and direct is None:
            port = DEFAULT_TLS_PORT if direct_tls else DEFAULT_PORT
            return [Candidate(name, port, direct_tls)]
        ordered = self._ordered([(r, False) for r in plain or ()] + [(r, True) for r in direct or ()])
        return [c for c in ordered if c.direct_tls is direct_tls][:MAX_CANDIDATES]

    def _ordered(self, records: list[tuple[SrvRecord, bool]]) -> list[Candidate]:
        """Both services as one list by priority, then drawn by weight (RFC 2782, XEP-0368 section 3)."""
        candidates = []
        for priority in sorted({r.priority for r, _ in records}):
            left = [(r, d) for r, d in records if r.priority == priority]
            while left:
                weights = [r.weight or 0.01 for r, _ in left]
                (chosen,) = self._random.choices(range(len(left)), weights)
                record, direct = left.pop(chosen)
                if record.target != ".":
                    candidates.append(Candidate(record.target.rstrip("."), record.port, direct))
        return candidates


def _routed(routes: list[Route], *, direct_tls: bool) -> list[Candidate]:
    fitting = [r for r in routes if r.direct_tls is direct_tls] or [r for r in routes if r.direct_tls is None]
    return [Candidate(r.host, r.port, direct_tls) for r in fitting]
