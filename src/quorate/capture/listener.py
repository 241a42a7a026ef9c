"""The IM listener (``--im``): takes connections, finds out what they are, gives each its driver."""

import asyncio
import errno
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Protocol, TypeAlias, TypeVar

from quorate.capture.destination import IM_PORTS, Destination
from quorate.capture.driver import Driver
from quorate.capture.leg import Leg, LegOwner
from quorate.capture.means import Means, Observer, proves
from quorate.capture.newcomer import Known, Newcomer, Way
from quorate.capture.refusals import Refusals
from quorate.capture.spliced import Spliced
from quorate.capture.transparent import original_destination, transparent_socket
from quorate.capture.waiting import Waiting
from quorate.errors import Misconfigured, place_of
from quorate.model.reasons import Reason
from quorate.splice.arrival import Arrival
from quorate.splice.effects import Side, SpliceEffect, StateChanged

MAX_CONNECTIONS = 8192
"""In all. Four times the streams a team has; with TLS on both legs about 1 GiB."""
MAX_NEWCOMERS_PER_PEER, MAX_NEWCOMERS = 128, 1024
"""Connections that have not said what they are."""
MAX_STRANGERS_PER_PEER, MAX_STRANGERS = 256, 1024
"""Connections to a server that have not logged in."""
LOGIN_S = 120.0
"""From the first byte to the login, as ejabberd's negotiation_timeout: somebody may be typing a captcha."""
BACKLOG = 512
_ANY = ("0.0.0.0", "::")
STOP_S = 3.0
"""How long streams may take to say good-bye when the agent ends."""

log = logging.getLogger(__name__)

S = TypeVar("S", bound=Spliced)
H = TypeVar("H", bound=Spliced)
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class Host(Protocol[H]):
    """Who makes a splice for a new connection and watches what it notices."""

    def splice(self, arrival: Arrival, now: float) -> H: ...

    def observer(self, driver: Driver[H]) -> Observer: ...


@dataclass(frozen=True)
class Bind:
    """Where to listen, and who may come besides this machine."""

    host: str
    port: int
    allow: tuple[Network, ...] = ()
    ports: tuple[int, ...] = IM_PORTS
    """Ports that clients may reach through the proxy."""
    public: str = ""
    """HOST:PORT by which clients reach the listener, where that is not the address they are accepted at."""
    transparent: tuple[tuple[str, int], ...] = ()
    """Where nftables diverts connections to, beside it."""


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
    places = [("--im", bind.host, bind.port), *(("--transparent", *place) for place in bind.transparent)]
    for option, host, port in places:
        if not (bind.allow or is_loopback(host)):
            raise Misconfigured(
                f"Other machines could reach the IM listener at {host}.",
                remedy=f"Listen on 127.0.0.1 ({option} 127.0.0.1:{port}),"
                " or say who may connect: --allow CIDR.",
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
        self._transparent: list[asyncio.Server] = []
        self._newcomers: Waiting[Newcomer] = Waiting(MAX_NEWCOMERS_PER_PEER, MAX_NEWCOMERS)
        self._strangers: Waiting[Driver[S]] = Waiting(MAX_STRANGERS_PER_PEER, MAX_STRANGERS)
        self._overdue_timers: dict[Driver[S], asyncio.TimerHandle] = {}
        self._refusals = Refusals()
        self._public = bind.public
        self._drivers: set[Driver[S]] = set()

    @property
    def address(self) -> tuple[str, int]:
        """Where it really listens."""
        assert self._server is not None
        name = self._server.sockets[0].getsockname()
        return name[0], name[1]

    @property
    def ports(self) -> tuple[int, ...]:
        """Where a proxy's clients may go."""
        return self._bind.ports

    @property
    def outgoing(self) -> set[tuple[str, str]]:
        return self._means.outgoing

    @property
    def connections(self) -> int:
        return len(self._newcomers) + len(self._drivers)

    async def start(self) -> None:
        """Raises Misconfigured if the address cannot be had."""
        check_bind(self._bind)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Newcomer(self).leg, self._bind.host, self._bind.port, backlog=BACKLOG
            )
        except OSError as error:
            raise _cannot_listen(self._bind.host, self._bind.port, "--im", error) from error
        for host, port in self._bind.transparent:
            self._transparent.append(await self._start_transparent(host, port))

    async def _start_transparent(self, host: str, port: int) -> asyncio.Server:
        try:
            sock = transparent_socket(host, port)
        except OSError as error:
            raise _cannot_listen(host, port, "--transparent", error) from error
        port = sock.getsockname()[1]
        way = Way("transparent", partial(_diverted, host, port), inside=is_loopback(host))
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Newcomer(self, way).leg, sock=sock, backlog=BACKLOG)

    async def take(self, sock: socket.socket, way: Way) -> None:
        """A connection that somebody else of ours has accepted."""
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: Newcomer(self, way).leg, sock)

    async def stop(self) -> None:
        for server in (self._server, *self._transparent):
            if server is not None:
                server.close()
        for newcomer in self._newcomers.all():
            newcomer.put_out()
        drivers = list(self._drivers)
        for driver in drivers:
            driver.stop()
        if drivers:
            await asyncio.wait([driver.over for driver in drivers], timeout=STOP_S)
        for driver in drivers:
            driver.abort()

    def welcome(self, newcomer: Newcomer) -> bool:
        """False if this one is not taken."""
        host, _ = newcomer.leg.peer
        if self.connections >= MAX_CONNECTIONS:
            self.refused("too-many-connections")
            return False
        if not (newcomer.way.inside or self._admits(host)):
            self.refused("not-allowed")
            return False
        too_many = self._newcomers.add(newcomer, host)
        if too_many is not None:
            too_many.put_out(Reason.CROWDED_OUT)
        return True

    def forget(self, newcomer: Newcomer) -> None:
        self._newcomers.remove(newcomer)

    def refused(self, reason: str) -> None:
        self._refusals.note(reason, asyncio.get_running_loop().time())

    def adopt(self, newcomer: Newcomer, known: Known) -> None:
        """The connection is an IM stream, or one to be tunnelled: from here on it has a driver.

        Unless it is one of our own: a route or a redirect that leads here would go in circles.
        """
        here, there = newcomer.leg.ends
        if (there, here) in self._means.outgoing:
            newcomer.put_out("leads-back-here")
            return
        arrival = replace(known.arrival, here=self._public or newcomer.leg.local)
        if arrival.tls is not None and arrival.tls.sni is None and arrival.destination is None:
            sole = self._sole_domain()
            if sole is None:
                newcomer.put_out(Reason.NO_SERVER_NAME)
                return
            arrival = replace(arrival, tls=replace(arrival.tls, sni=sole))
        splice = self._host.splice(arrival, self._means.clock.monotonic())
        driver = Driver(newcomer.leg, splice, self._means, arrival, known.reached)
        driver.detail = known.detail
        self._await_login(driver, newcomer)
        self._drivers.add(driver)
        driver.over.add_done_callback(lambda _: self._reap(driver, known))
        driver.begin(known.data)

    def leads_back(self, destination: Destination) -> bool:
        """It is where clients connect to us knowingly."""
        return (destination.host, destination.port) == self.address

    def leg(self, side: Side, owner: LegOwner) -> Leg:
        return Leg(side, owner, self._means.scratch)

    def _await_login(self, driver: Driver[S], newcomer: Newcomer) -> None:
        """Until then its time is short and its place is not safe."""
        loop = asyncio.get_running_loop()
        overdue = loop.call_at(newcomer.since + LOGIN_S, self._overdue, driver)

        try:
            observer = self._host.observer(driver)
        except Exception as error:  # a fault of ours: the stream is carried all the same
            log.error("stream not observed error=%s at=%s", type(error).__name__, place_of(error))
            observer = None

        def proven() -> None:
            overdue.cancel()
            self._overdue_timers.pop(driver, None)
            self._strangers.remove(driver)
            driver.noticed.observer = observer

        driver.noticed.observer = _UntilLogin(observer, proven, newcomer.way.told)
        self._overdue_timers[driver] = overdue
        too_many = self._strangers.add(driver, driver.peer.rpartition(":")[0])
        if too_many is not None:
            self._put_out(too_many, Reason.CROWDED_OUT, "Too many connections that did not log in.")
            too_many.abort()

    def _overdue(self, driver: Driver[S]) -> None:
        self._put_out(driver, Reason.LOGIN_TIMEOUT, f"The login took more than {LOGIN_S:.0f} s.")

    def _put_out(self, driver: Driver[S], reason: Reason, text: str) -> None:
        self._strangers.remove(driver)
        self.refused(reason)
        driver.detail = driver.detail or text
        driver.do(lambda splice, now: splice.put_out(reason, text, now))

    def _sole_domain(self) -> str | None:
        """The domain of a client that names none, if only one is routed."""
        domains = self._means.routes.domains
        return next(iter(domains)) if len(domains) == 1 else None

    def _reap(self, driver: Driver[S], known: Known) -> None:
        self._drivers.discard(driver)
        if known.reached is not None and known.reached.ends is not None:
            self._means.outgoing.discard(known.reached.ends)
        self._strangers.remove(driver)
        if (overdue := self._overdue_timers.pop(driver, None)) is not None:
            overdue.cancel()

    def _admits(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False
        return address.is_loopback or any(address in network for network in self._bind.allow)


class _UntilLogin:
    """Passes on what the splice notices, and tells when a connection is no stranger any more."""

    def __init__(
        self,
        observer: Observer | None,
        proven: Callable[[], None],
        told: Callable[[Reason | None], None] | None,
    ) -> None:
        self._observer = observer
        self._proven = proven
        self._told = told
        self._reason = Reason.STREAM_ENDED

    def noticed(self, effect: SpliceEffect) -> None:
        if isinstance(effect, StateChanged):
            self._reason = effect.reason or self._reason
        if proves(effect):
            self._proven()
            if self._told is not None:
                self._told(None)
        if self._observer is not None:
            self._observer.noticed(effect)

    def settled(self) -> None:
        if self._observer is not None:
            self._observer.settled()

    def ended(self) -> None:
        if self._observer is not None:
            self._observer.ended()
        if self._told is not None:
            self._told(self._reason)


def _diverted(host: str, port: int, leg: Leg) -> Destination | None:
    """What the kernel says, unless somebody has connected to this very door, HOST:PORT."""
    destination = None if leg.connection is None else original_destination(leg.connection)
    if destination is None or destination.port != port or host not in (destination.host, *_ANY):
        return destination
    return None


def _cannot_listen(host: str, port: int, option: str, error: OSError) -> Misconfigured:
    where = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return Misconfigured(
            f"The port of the IM listener, {where}, is taken.",
            remedy="If Quorate runs already, end it with: quorate down."
            f" Else choose another: {option} HOST:PORT.",
        )
    if error.errno == errno.EACCES:
        return Misconfigured(
            f"This user may not listen on {where}.",
            remedy=f"Choose a port from 1024 up: {option} 127.0.0.1:5221.",
        )
    return Misconfigured(
        f"Quorate cannot listen on {where}: it is no address of this machine.",
        remedy=f"Choose another: {option} 127.0.0.1:5221.",
    )
