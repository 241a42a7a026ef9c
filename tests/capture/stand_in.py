"""A splice that only negotiates and forwards, a scripted upstream and client, and what they share."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from quorate.capture.ca import Authority, open_authority
from quorate.capture.driver import Driver
from quorate.capture.listener import Bind, Listener
from quorate.capture.means import Means
from quorate.capture.routes import Route, Routes
from quorate.capture.tls import UpstreamTrust
from quorate.clock import SystemClock
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.arrival import Arrival
from quorate.splice.effects import OTHER, Close, Connect, Send, Side, SpliceEffect, StartTls, StateChanged
from tests.interop.certificates import TestAuthority

DOMAIN = "example.org"
WAIT_S = 60.0


async def until(holds: Callable[[], bool]) -> None:
    """For what nobody announces."""
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


class PassThrough:
    """Connects at ``<``, does the STARTTLS order of RFC 6120 section 5.4, else forwards what comes."""

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        direct = self.direct = arrival.tls
        self.connecting = False
        self.proceed: bytes | None = None
        self.secured = direct is not None
        self.raising = False
        self.deadline: float | None = None
        self.told: list[str] = []
        self.unread = ()

    def start(self, now: float) -> list[SpliceEffect]:
        if self.arrival.unread is not None:
            self.connecting = self.secured = True
            blind = StateChanged(state=StreamState.BLIND, reason=self.arrival.unread, companion=False)
            tls = self.direct is not None
            return [Connect(domain=self.arrival.destination or "", direct_tls=tls, tunnel=True), blind]
        if self.direct is None:
            return []
        self.connecting = True
        return [Connect(domain=self.direct.sni or "", direct_tls=True, alpn=self.direct.alpn)]

    def forward(self, side: Side, data: bytes, now: float) -> list[SpliceEffect]:
        if self.raising:
            raise ValueError("a mistake of our own")
        effects: list[SpliceEffect] = []
        if not self.connecting:
            self.connecting = True
            effects.append(Connect(domain=DOMAIN))
        if side is Side.SERVER and data == b"<proceed/>" and not self.secured:
            self.proceed = data
            return [StartTls(side=Side.SERVER, domain=DOMAIN)]
        return [*effects, Send(OTHER[side], data)]

    def read(self, now: float) -> list[SpliceEffect]:
        return []

    def connected(self, now: float) -> list[SpliceEffect]:
        self.told.append("connected")
        return []

    def connect_failed(self, reason: Reason, text: str, now: float) -> list[SpliceEffect]:
        self.told.append(f"connect-failed {reason}")
        return [Send(Side.CLIENT, text.encode()), Close()]

    def put_out(self, reason: Reason, text: str, now: float) -> list[SpliceEffect]:
        self.told.append(f"put-out {reason}")
        return [Send(Side.CLIENT, text.encode()), Close()]

    def tls_ready(self, side: Side, now: float) -> list[SpliceEffect]:
        self.told.append(f"tls-ready {side.value}")
        if side is Side.CLIENT or self.proceed is None:
            return []
        self.secured = True
        return [Send(Side.CLIENT, self.proceed), StartTls(side=Side.CLIENT, domain=DOMAIN)]

    def tls_failed(self, side: Side, reason: Reason, now: float) -> list[SpliceEffect]:
        self.told.append(f"tls-failed {side.value} {reason}")
        ended = StateChanged(state=StreamState.ENDED, reason=reason, companion=False)
        return [Send(Side.CLIENT, b"<failure/>"), Close(), ended] if side is Side.SERVER else [Close(), ended]

    def closed(self, side: Side, now: float) -> list[SpliceEffect]:
        self.told.append(f"closed {side.value}")
        return []

    def retire(self, now: float) -> list[SpliceEffect]:
        self.told.append("retired")
        return [Send(Side.CLIENT, b"<bye/>")]

    def abandon(self, now: float) -> list[SpliceEffect]:
        return []

    def held(self, side: Side) -> int:
        return 0

    def next_deadline(self) -> float | None:
        return self.deadline

    def on_time(self, now: float) -> list[SpliceEffect]:
        self.deadline = None
        return [Send(Side.CLIENT, b"<tick/>")]


@dataclass
class Watcher:
    """An observer that remembers."""

    driver: "Driver[PassThrough]"
    effects: list[SpliceEffect] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def noticed(self, effect: SpliceEffect) -> None:
        self.effects.append(effect)

    def settled(self) -> None: ...

    def ended(self) -> None:
        self.over.set()


class Upstream:
    """A server on a free loopback port."""

    def __init__(self, host: str = "127.0.0.1", *, direct: bool = False) -> None:
        """``direct``: nothing is read before ``start_tls``, or it would be lost to TLS."""
        self._host = host
        self._direct = direct
        self.lines: asyncio.Queue[Line] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self._open: list[Line] = []
        self.port = 0

    async def __aenter__(self) -> "Upstream":
        self._server = await asyncio.start_server(self._came, self._host, 0, limit=2**16)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(reader, writer)
        if self._direct:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
        self._open.append(line)
        self.lines.put_nowait(line)

    @property
    def route(self) -> Route:
        return Route(DOMAIN, "127.0.0.1", self.port)

    async def next(self) -> "Line":
        return await asyncio.wait_for(self.lines.get(), WAIT_S)

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for line in self._open:
            line.writer.transport.abort()


@dataclass
class Line:
    """One connection as a script: ``await line.expect(b"…")``, ``line.say(b"…")``."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def expect(self, data: bytes) -> None:
        got = await asyncio.wait_for(self.reader.readexactly(len(data)), WAIT_S)
        assert got == data

    async def expect_end(self) -> bytes:
        """What came until the other end said it was all."""
        return await asyncio.wait_for(self.reader.read(), WAIT_S)

    async def start_tls(self, context: ssl.SSLContext, hostname: str | None = None) -> None:
        await asyncio.wait_for(self.writer.start_tls(context, server_hostname=hostname), WAIT_S)

    def close(self) -> None:
        self.writer.transport.abort()


@dataclass
class House:
    """A listener over stand-in splices; ``async with``."""

    home: Path
    routes: list[Route]
    trust: list[Path] = field(default_factory=list)
    splices: list[PassThrough] = field(default_factory=list)
    watchers: list[Watcher] = field(default_factory=list)
    bind: Bind = field(default_factory=lambda: Bind("127.0.0.1", 0))
    lines: list[Line] = field(default_factory=list)

    def splice(self, arrival: Arrival, now: float) -> PassThrough:
        self.splices.append(PassThrough(arrival))
        return self.splices[-1]

    def observer(self, driver: "Driver[PassThrough]") -> Watcher:
        self.watchers.append(Watcher(driver))
        return self.watchers[-1]

    async def __aenter__(self) -> "House":
        clock = SystemClock()
        self.authority: Authority = open_authority(self.home, [DOMAIN], clock)
        self.means = Means(Routes(self.routes), self.authority, UpstreamTrust(self.trust), clock)
        self.listener = Listener(self.bind, self.means, self)
        await self.listener.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for line in self.lines:
            line.close()
        for watcher in self.watchers:
            watcher.driver.abort()
        await self.listener.stop()

    async def call(self, *, limit: int = 2**16) -> Line:
        host, port = self.listener.address
        line = Line(*await asyncio.open_connection(host, port, limit=limit))
        self.lines.append(line)
        return line

    async def talk(self, upstream: "Upstream", first: bytes = b"<stream>") -> "tuple[Line, Line]":
        """A client and its server, after the first words."""
        client = await self.call()
        client.say(first)
        far = await upstream.next()
        await far.expect(first)
        return client, far

    def client_context(self, *, trusting: bool = True, alpn: list[str] | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if trusting:
            context.load_verify_locations(cadata=self.authority.pem())
        if alpn:
            context.set_alpn_protocols(alpn)
        return context

    async def over(self, index: int = 0) -> Watcher:
        watcher = self.watchers[index]
        await asyncio.wait_for(watcher.over.wait(), WAIT_S)
        return watcher


@asynccontextmanager
async def encrypted(
    home: Path, *, name: str = DOMAIN, alpn: list[str] | None = None, direct: bool = False
) -> AsyncIterator[tuple[House, Upstream, ssl.SSLContext]]:
    """A listener and a server with a certificate for ``name``; with STARTTLS, or ``direct``."""
    authority = TestAuthority(home)
    server = server_context(*authority.issue(name, home), alpn)
    async with Upstream(direct=direct) as up, House(home, [up.route], [authority.path]) as house:
        yield house, up, server


def most_held(driver: "Driver[PassThrough]") -> dict[Side, int]:
    """From now on: the most that was ever held of what a side has sent."""
    most, receive = dict.fromkeys(Side, 0), driver.leg_received

    def watched(side: Side, data: bytes) -> None:
        receive(side, data)
        for origin in Side:
            most[origin] = max(most[origin], driver.waiting(origin))

    driver.leg_received = watched  # type: ignore[method-assign]
    return most


def server_context(certificate: Path, key: Path, alpn: list[str] | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


async def starttls(house: House, client: Line, far: Line, server: ssl.SSLContext) -> None:
    """After the client has asked for it: both legs are encrypted."""
    await far.expect(b"<starttls/>")
    far.say(b"<proceed/>")
    await far.start_tls(server)
    await client.expect(b"<proceed/>")
    await client.start_tls(house.client_context(), DOMAIN)
