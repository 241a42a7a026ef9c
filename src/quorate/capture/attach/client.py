"""One attached process: its two sockets, and the connections its library tells of."""

import asyncio
import logging
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from quorate.capture.attach.attached import Attached, Resident, Told
from quorate.capture.attach.late import Late
from quorate.capture.attach.opened import Looks, Opened, Sight
from quorate.capture.attach.pipe import Pipe
from quorate.capture.attach.protocol import Frame, Frames, Kind, Malformed, frame, welcome
from quorate.capture.means import Observer
from quorate.clock import Clock
from quorate.splice.arrival import Arrival, Midway
from quorate.splice.effects import Side

DEADLINE_S = 0.2
"""An ask without an answer for so long, and the client goes on without us."""
RETIRE_S = 1.0
"""How long the client's answers to our good-bye are waited for, to take them out."""
TOP = 1
"""Depth between the elements of a stream."""
MAX_CONNECTIONS = 256
"""Of one process, that may be XMPP, at a time."""
R = TypeVar("R", bound=Resident)

log = logging.getLogger(__name__)


class Host(Protocol[R]):
    """Who makes a splice for a new stream and watches what it notices."""

    def splice(self, arrival: Arrival, now: float) -> R: ...

    def observer(self, driver: Attached[R]) -> Observer: ...


class AttachedClient(Generic[R]):
    """Implements quorate.capture.attach.attached.Wire."""

    def __init__(self, told: Told, host: Host[R], clock: Clock, over: Callable[[], None]) -> None:
        self.told = told
        self._host = host
        self._clock = clock
        self._over = over
        self._number = 0
        self._sights: dict[int, Sight] = {}
        """Connections that have not shown what they are."""
        self.streams: dict[int, Attached[R]] = {}
        self.foreign = 0
        """Connections that turned out to be something else."""
        self.changed: Callable[[], None] = lambda: None
        """Called when a connection has shown what it is, or has gone."""
        self._frames = {"S": Frames(), "A": Frames()}
        self._asks: Pipe | None = None
        self._commands: Pipe | None = None
        self._gone = False

    def connected(self, asks: Pipe, commands: Pipe) -> None:
        """Both sockets are there: let the library begin."""
        self._asks, self._commands = asks, commands
        asks.send(welcome(DEADLINE_S))

    @property
    def number(self) -> int:
        return self._number

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def command(self, data: bytes) -> None:
        if self._commands is not None:
            self._commands.send(data)

    def heard(self, which: str, data: bytes) -> None:
        """Bytes came on S or A."""
        try:
            self._heard(self._frames[which].feed(data))
        except Malformed:
            log.warning("attached client speaks something else pid=%d", self.told.pid)
            self.lost()

    def _heard(self, frames: list[Frame]) -> None:
        if sum(one.kind == Kind.DATA for one in frames) > 1:
            raise Malformed  # a library asks one thing at a time
        for one in frames:
            if self._gone:
                return
            if one.kind == Kind.DATA:
                self._asked(one)
            elif one.kind == Kind.OPEN:
                self._opened(one)
            elif one.kind == Kind.CLOSED:
                self._closed(one.conn)
            elif one.kind == Kind.OTHER:
                self._passed_over()

    def lost(self) -> None:
        """The process is gone, or goes on without us."""
        if self._gone:
            return
        self._gone = True
        for pipe in (self._asks, self._commands):
            if pipe is not None:
                pipe.close()
        for stream in list(self.streams.values()):
            stream.closed()
        self.streams.clear()
        self._over()

    async def detach(self) -> None:
        """Take leave of the client, then of its library, which goes on without us."""
        for stream in list(self.streams.values()):
            stream.do(lambda splice, now: splice.retire(now))
        if self.streams:
            await asyncio.sleep(RETIRE_S)
        self.command(frame(Kind.DETACH, offset=self.next_number()))
        self.lost()

    def _asked(self, one: Frame) -> None:
        assert self._asks is not None
        stream = self.streams.get(one.conn)
        if stream is None:
            stream = self._recognised(one)
        if stream is not None:
            self._asks.send(stream.ask(one.origin, one.payload))
            stream.answered()
        else:
            kind = Kind.PASS if one.conn in self._sights else Kind.IGNORE
            self._asks.send(frame(kind, one.conn, self._number, dir=one.dir))

    def _recognised(self, one: Frame) -> Attached[R] | None:
        """The stream this connection turns out to be."""
        sight = self._sights.get(one.conn)
        if sight is None:
            return None
        looks = sight.look(one.payload)
        if looks is Looks.XMPP and (one.origin is Side.CLIENT or sight.opened.fresh):
            return self._adopt(one.conn, sight.opened, None)
        if looks is Looks.MIDWAY:
            return self._adopt(one.conn, sight.opened, Midway(sight.opened.tables, wakes=sight.opened.wakes))
        if looks is Looks.OTHER:
            del self._sights[one.conn]
            self._passed_over()
        return None

    def _passed_over(self) -> None:
        self.foreign += 1
        self.changed()

    def _opened(self, one: Frame) -> None:
        opened = Opened.read(one.payload)
        if one.conn in self.streams:
            self.streams[one.conn].learnt(opened)
        elif opened.depths == (TOP, TOP):
            self._adopt(one.conn, opened, Midway(opened.tables, at_rest=True, wakes=opened.wakes))
        else:
            self._sights[one.conn] = Sight(opened)
        if len(self.streams) + len(self._sights) > MAX_CONNECTIONS:
            raise Malformed

    def _adopt(self, conn: int, opened: Opened, midway: Midway | None) -> Attached[R]:
        self._sights.pop(conn, None)
        arrival = Arrival(attached=True, midway=midway, destination=opened.peer or "?:0")
        splice = self._host.splice(arrival, self._clock.monotonic())
        stream = Attached(splice, self, conn, opened, self.told, self._clock)
        self.streams[conn] = stream
        stream.observer = Late(lambda: self._host.observer(stream), at_once=opened.lib != "plain")
        stream.begin()
        self.changed()
        return stream

    def _closed(self, conn: int) -> None:
        self._sights.pop(conn, None)
        if (stream := self.streams.pop(conn, None)) is not None:
            stream.closed()
        self.changed()
