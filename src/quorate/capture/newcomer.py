"""A connection of which not enough has been read to know what it is; with a proxy handshake if it wants one.

XMPP and direct TLS are adopted. For SOCKS5 and CONNECT the destination is dialled, the client is told, and
its first bytes are looked at again; whatever is no XMPP then is tunnelled (NEG-1, NEG-3, NEG-4). A connection
that was diverted to us has its destination from the start, and nobody who waits for an answer.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from quorate.capture.destination import HTTPS_PORT, Destination, Outcome, Turn, forbidden_sentence
from quorate.capture.dial import DialFailed, Reached, dial_exactly, dial_literally
from quorate.capture.driver import HEADER_S
from quorate.capture.http_connect import HttpConnect
from quorate.capture.leg import Leg, LegOwner, place
from quorate.capture.opening import More, Opening, Proxy, Refusal, recognise
from quorate.capture.socks5 import Socks5
from quorate.capture.tls import TlsFault
from quorate.model.reasons import Reason
from quorate.splice.arrival import Arrival, DirectTls
from quorate.splice.effects import Side

FIRST_BYTE_S = 10.0
"""A client that has its tunnel and says nothing for this long waits for the server: that is no XMPP."""
XMPP_ALPN = "xmpp-client"
_NOT_XMPP = "What the client sent is not XMPP"
_NO_NAME = "The client's TLS names no server"
_NOT_ASKED = f"Its TLS to port {HTTPS_PORT} does not ask for {XMPP_ALPN}"


@dataclass(frozen=True, slots=True)
class Way:
    """How a connection has come to the listener."""

    mode: str = "listener"
    diverted: Callable[[Leg], Destination | None] | None = None
    """Where it was on its way to, if its client does not know of us; asked once the socket is there."""
    any_port: bool = False
    """Who led it here was told which ports: it is read whatever its port."""
    inside: bool = False
    """Whoever comes this way is on this machine, whatever their address."""
    told: Callable[[Reason | None], None] | None = None
    """Who wants to know what became of its login: None if it is in, or only forwarded; else why not."""


PLAIN: Final = Way()


@dataclass(frozen=True, slots=True)
class Known:
    """What a newcomer has turned out to be."""

    arrival: Arrival
    data: bytes
    """What the client has sent so far."""
    reached: Reached | None = None
    """The server's leg, if the client's destination is connected already."""
    detail: str | None = None
    """Why it is only forwarded, as a sentence."""


class Door(Protocol):
    """What a newcomer needs of its listener."""

    @property
    def ports(self) -> tuple[int, ...]:
        """Where a proxy's clients may go."""
        ...

    def leg(self, side: Side, owner: LegOwner) -> Leg: ...

    def welcome(self, newcomer: "Newcomer") -> bool:
        """False if this one is not taken."""
        ...

    def forget(self, newcomer: "Newcomer") -> None: ...

    def refused(self, reason: str) -> None: ...

    def adopt(self, newcomer: "Newcomer", known: Known) -> None: ...

    def leads_back(self, destination: Destination) -> bool:
        """It is one of our own addresses."""
        ...

    @property
    def outgoing(self) -> set[tuple[str, str]]:
        """HOST:PORT of our own end and of the server's, of each connection to one."""
        ...


class Newcomer:
    """Owns the client's leg, and the server's once it is dialled, until the listener adopts both."""

    def __init__(self, door: Door, way: Way = PLAIN) -> None:
        self._door = door
        self.way = way
        self._ends: tuple[str, str] | None = None
        self._data = b""
        self._proxy: Socks5 | HttpConnect | None = None
        self._destination: Destination | None = None
        self._server: Leg | None = None
        self._dialling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.since = self._loop.time()
        self.leg = door.leg(Side.CLIENT, self)

    def leg_connected(self, side: Side) -> None:
        if side is Side.SERVER:
            return
        if not self._door.welcome(self):
            self.leg.abort()
            return
        self._wait(HEADER_S)
        if self.way.diverted is not None:
            self._divert(self.way.diverted(self.leg))

    def leg_received(self, side: Side, data: bytes) -> None:
        if side is Side.SERVER:
            self._tunnel(Reason.NOT_XMPP, "The server spoke first", spoken=data)
        elif self._proxy is not None and self._destination is None:
            self._turn(self._proxy.feed(data))
        else:
            self._data += data
            if self._dialling is None:
                self._look()

    def leg_ended(self, side: Side) -> None:  # noqa: ARG002
        self.put_out()

    def leg_lost(self, side: Side) -> None:  # noqa: ARG002
        self.put_out()

    def leg_secured(self, side: Side) -> None: ...

    def leg_refused(self, side: Side, fault: TlsFault) -> None: ...

    def leg_stalled(self, side: Side) -> None: ...

    def leg_overrun(self, side: Side) -> None: ...

    def held_for(self, side: Side) -> int:  # noqa: ARG002
        return 0

    def leg_relieved(self, side: Side) -> None: ...

    def put_out(self, reason: str | None = None, last: bytes = b"") -> None:
        """Close it, for a reason if it did not go by itself; ``last`` is sent before."""
        if reason is not None:
            self._door.refused(reason)
        self._leave()
        if self.way.told is not None:
            self.way.told(Reason.STREAM_ENDED if self._destination is None else Reason.UPSTREAM_UNREACHABLE)
        self.leg.write(last)
        self.leg.close(last_words=bool(last))
        if self._dialling is not None:
            self._dialling.cancel()
        if self._server is not None:
            self._server.abort()
        if self._ends is not None:
            self._door.outgoing.discard(self._ends)

    def _look(self) -> None:
        opening = recognise(self._data)
        if self._destination is not None:
            self._look_in_tunnel(opening, self._destination)
        elif isinstance(opening, Proxy):
            self._proxy = Socks5() if opening is Proxy.SOCKS5 else HttpConnect()
            data, self._data = self._data, b""
            self._turn(self._proxy.feed(data))
        elif isinstance(opening, Refusal):
            self.put_out(opening.why, opening.answer)
        elif opening is not More.NEEDED:
            self._adopted(Arrival(tls=opening if isinstance(opening, DirectTls) else None))

    def _turn(self, turn: Turn) -> None:
        assert self._proxy is not None
        if turn.refusal is not None:
            self.put_out(turn.refusal, turn.reply)
            return
        self.leg.write(turn.reply)
        if turn.destination is None:
            return
        self._data = turn.rest
        if turn.destination.port not in self._door.ports:
            sentence = forbidden_sentence(turn.destination, self._door.ports)
            self.put_out(Outcome.FORBIDDEN.value, self._proxy.answer(Outcome.FORBIDDEN, sentence))
            return
        self._go(turn.destination)

    def _divert(self, destination: Destination | None) -> None:
        """It was on its way there. Our own connections never are, or they would go in circles."""
        if destination is None or (place(*self.leg.peer), str(destination)) in self._door.outgoing:
            self.put_out("leads-back-here")
        elif not self._door.leads_back(destination):
            self._go(destination)

    def _go(self, destination: Destination) -> None:
        self._destination = destination
        self.leg.pause_reading()
        self._wait(None)
        self._dialling = self._loop.create_task(self._dial(destination))

    async def _dial(self, destination: Destination) -> None:
        self._server = self._door.leg(Side.SERVER, self)
        try:
            await self._connect(self._server, destination)
        except DialFailed as failure:
            self._dialling = None
            self.put_out(failure.outcome.value, self._answer(failure.outcome, failure.text))
            return
        except Exception:  # a mistake of our own must not leave a connection that nobody closes
            self._dialling = None
            self.put_out(Reason.INTERNAL_ERROR, self._answer(Outcome.FAILED, "Quorate made a mistake."))
            return
        self._dialling = None
        self.leg.write(self._answer(Outcome.REACHED))
        self._wait(FIRST_BYTE_S)
        self.leg.resume_reading()
        if not self.way.any_port and destination.port not in self._door.ports:
            self._tunnel(Reason.NOT_XMPP, f"Port {destination.port} is not among im_ports")
        elif self._data:
            self._look()

    async def _connect(self, server: Leg, destination: Destination) -> None:
        if self.way.diverted is None:
            await dial_exactly(destination, server)
            return
        # should this be diverted too, it comes back before we hear that it is connected
        await dial_literally(destination, server, self._outgoing_is)

    def _outgoing_is(self, ends: tuple[str, str]) -> None:
        self._ends = ends
        self._door.outgoing.add(ends)

    def _answer(self, outcome: Outcome, sentence: str = "") -> bytes:
        """What a proxy's client is told; who was diverted does not know of us."""
        return self._proxy.answer(outcome, sentence) if self._proxy is not None else b""

    def _look_in_tunnel(self, opening: Opening, destination: Destination) -> None:
        if opening is More.NEEDED:
            return
        if isinstance(opening, Proxy | Refusal):
            self._tunnel(Reason.NOT_XMPP, _NOT_XMPP)
        elif isinstance(opening, DirectTls) and opening.sni is None:
            self._tunnel(Reason.NO_SERVER_NAME, _NO_NAME, opening)
        elif (
            isinstance(opening, DirectTls)
            and destination.port == HTTPS_PORT
            and XMPP_ALPN not in opening.alpn
        ):
            self._tunnel(Reason.NOT_XMPP, _NOT_ASKED, opening)
        else:
            self._adopted(Arrival(tls=opening if isinstance(opening, DirectTls) else None))

    def _late(self) -> None:
        if self._destination is not None:
            self._tunnel(Reason.NOT_XMPP, f"The client said nothing for {FIRST_BYTE_S:.0f} s")
        else:
            self.put_out("no-header" if self._data or self._proxy else "no-first-byte")

    def _tunnel(self, reason: Reason, why: str, tls: DirectTls | None = None, *, spoken: bytes = b"") -> None:
        self._adopted(Arrival(tls=tls, unread=reason), f"{why}: it is only forwarded.", spoken)

    def _adopted(self, arrival: Arrival, detail: str | None = None, spoken: bytes = b"") -> None:
        self._leave()
        reached = None
        if self._destination is not None and self._server is not None:
            reached = Reached(self._server, str(self._destination), spoken, self._ends)
            arrival = replace(arrival, destination=str(self._destination))
        data, self._data = self._data, b""
        self._door.adopt(self, Known(replace(arrival, mode=self.way.mode), data, reached, detail))

    def _wait(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._late) if seconds is not None else None

    def _leave(self) -> None:
        self._wait(None)
        self._door.forget(self)
