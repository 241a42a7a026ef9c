"""The IM listener (``--im``): takes connections, finds out what they are, gives each its driver."""

import asyncio
import errno
import ipaddress
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from quorate.capture.driver import HEADER_S, Driver, Means, Observer
from quorate.capture.leg import Leg
from quorate.capture.opening import DirectTls, More, Refusal, recognise
from quorate.capture.spliced import Spliced
from quorate.capture.tls import TlsFault
from quorate.errors import Misconfigured, place_of
from quorate.splice.effects import Side

MAX_CONNECTIONS = 4096
STOP_S = 3.0
"""How long streams may take to say good-bye when the agent ends."""

log = logging.getLogger(__name__)

S = TypeVar("S", bound=Spliced)
H = TypeVar("H", bound=Spliced)
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class Host(Protocol[H]):
    """Who makes a splice for a new connection and watches what it notices."""

    def splice(self, direct: DirectTls | None, now: float) -> H: ...

    def observer(self, driver: Driver[H]) -> Observer: ...


@dataclass(frozen=True)
class Bind:
    """Where to listen, and who may come besides this machine."""

    host: str
    port: int
    allow: tuple[Network, ...] = ()


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read the values of ``--allow``; raises Misconfigured."""
    networks = []
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError:
            raise Misconfigured(
                f"“{text}” (from --allow) is not a network.",
                remedy="Write for example --allow 192.168.1.0/24.",
            ) from None
    return tuple(networks)


def check_bind(bind: Bind) -> None:
    """Refuse to be open to others unless told who; raises Misconfigured."""
    if bind.allow or is_loopback(bind.host):
        return
    raise Misconfigured(
        f"Other machines could reach the IM listener at {bind.host}.",
        remedy=f"Listen on 127.0.0.1 (--im 127.0.0.1:{bind.port}), or say who may connect: --allow CIDR.",
    )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Listener(Generic[S]):
    """``await start()``, then drivers come and go; ``await stop()`` ends them gracefully."""

    def __init__(self, bind: Bind, means: Means, host: Host[S]) -> None:
        self._bind = bind
        self._means = means
        self._host = host
        self._server: asyncio.Server | None = None
        self._openings: set[_Newcomer[S]] = set()
        self._drivers: set[Driver[S]] = set()
        self._reapers: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> tuple[str, int]:
        """Where it really listens."""
        assert self._server is not None
        name = self._server.sockets[0].getsockname()
        return name[0], name[1]

    @property
    def connections(self) -> int:
        return len(self._openings) + len(self._drivers)

    async def start(self) -> None:
        """Raises Misconfigured if the address cannot be had."""
        check_bind(self._bind)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: _Newcomer(self).leg, self._bind.host, self._bind.port
            )
        except OSError as error:
            raise _cannot_listen(self._bind, error) from error

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for newcomer in list(self._openings):
            newcomer.leg.abort()
        drivers = list(self._drivers)
        for driver in drivers:
            driver.stop()
        waits = [asyncio.create_task(driver.over.wait()) for driver in drivers]
        if waits:
            _, late = await asyncio.wait(waits, timeout=STOP_S)
            for task in late:
                task.cancel()
        for driver in drivers:
            driver.abort()

    def welcome(self, newcomer: "_Newcomer[S]") -> bool:
        """False if this one is not taken."""
        host, _ = newcomer.leg.peer
        if self.connections >= MAX_CONNECTIONS:
            log.warning("refused reason=too-many-connections")
            return False
        if not self._admits(host):
            log.warning("refused reason=not-allowed")
            return False
        self._openings.add(newcomer)
        return True

    def forget(self, newcomer: "_Newcomer[S]") -> None:
        self._openings.discard(newcomer)

    def adopt(self, leg: Leg, data: bytes, direct: DirectTls | None) -> None:
        """The connection is an IM stream: from here on it has a driver."""
        if direct is not None and direct.sni is None:
            sole = self._sole_domain()
            if sole is None:
                log.info("refused reason=no-server-name")
                leg.abort()
                return
            direct = DirectTls(sole, direct.alpn)
        splice = self._host.splice(direct, self._means.clock.monotonic())
        driver = Driver(leg, splice, self._means, direct)
        try:
            driver.observer = self._host.observer(driver)
        except Exception as error:  # a fault of ours: the stream is carried all the same
            log.error("stream not observed error=%s at=%s", type(error).__name__, place_of(error))
        self._drivers.add(driver)
        reaper = asyncio.create_task(self._reap(driver))
        self._reapers.add(reaper)
        reaper.add_done_callback(self._reapers.discard)
        driver.begin(data)

    def _sole_domain(self) -> str | None:
        """The domain of a client that names none, if only one is routed."""
        domains = self._means.routes.domains
        return next(iter(domains)) if len(domains) == 1 else None

    def leg(self, newcomer: "_Newcomer[S]") -> Leg:
        return Leg(Side.CLIENT, newcomer, self._means.scratch)

    async def _reap(self, driver: Driver[S]) -> None:
        await driver.over.wait()
        self._drivers.discard(driver)

    def _admits(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False
        return address.is_loopback or any(address in network for network in self._bind.allow)


class _Newcomer(Generic[S]):
    """A connection of which not enough has been read to know what it is."""

    def __init__(self, listener: Listener[S]) -> None:
        self._listener = listener
        self._data = b""
        self._timer: asyncio.TimerHandle | None = None
        self.leg = listener.leg(self)

    def leg_connected(self, side: Side) -> None:  # noqa: ARG002
        if not self._listener.welcome(self):
            self.leg.abort()
            return
        self._timer = asyncio.get_running_loop().call_later(HEADER_S, self.leg.abort)

    def leg_received(self, side: Side, data: bytes) -> None:  # noqa: ARG002
        self._data += data
        opening = recognise(self._data)
        if opening is More.NEEDED:
            return
        self._leave()
        if isinstance(opening, Refusal):
            log.info("refused reason=%s", opening.why)
            self.leg.write(opening.answer)
            self.leg.close()
            return
        self._listener.adopt(self.leg, self._data, opening if isinstance(opening, DirectTls) else None)

    def leg_ended(self, side: Side) -> None:  # noqa: ARG002
        self.leg.close()

    def leg_lost(self, side: Side) -> None:  # noqa: ARG002
        self._leave()

    def leg_secured(self, side: Side) -> None: ...

    def leg_refused(self, side: Side, fault: TlsFault) -> None: ...

    def leg_stalled(self, side: Side) -> None: ...

    def leg_relieved(self, side: Side) -> None: ...

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._listener.forget(self)


def _cannot_listen(bind: Bind, error: OSError) -> Misconfigured:
    where = f"{bind.host}:{bind.port}"
    if error.errno == errno.EADDRINUSE:
        return Misconfigured(
            f"The port of the IM listener, {where}, is taken.",
            remedy="If Quorate runs already, end it with: quorate down. Else choose another: --im HOST:PORT.",
        )
    if error.errno == errno.EACCES:
        return Misconfigured(
            f"This user may not listen on {where}.",
            remedy="Choose a port from 1024 up: --im 127.0.0.1:5221.",
        )
    return Misconfigured(
        f"Quorate cannot listen on {where}: it is no address of this machine.",
        remedy="Choose another: --im 127.0.0.1:5221.",
    )
