"""A socket of our own under one leg, and the event loop that serves thousands of them with little in between.

Reads go into a buffer all legs share, writes are tried at once and queued only when the kernel takes no more.
On ``StreamLoop`` readiness reaches the transport without a handle and a turn of the loop each time; any other
loop works too.
"""

import asyncio
import errno
import math
import os
import select
import selectors
import socket
import sys
import time
from collections.abc import Callable
from contextvars import Context
from typing import Any, TypeVarTuple, Unpack

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
SCRATCH_SIZE = 64 * 1024
"""One read; with HIGH_WATER it bounds what a stalled reader holds."""
HIGH_WATER = 180 * 1024
"""Unsent bytes at which the protocol is asked to pause."""
LOW_WATER = HIGH_WATER // 4
BRIM = 1536 * 1024
"""More waits than the other side can have sent, a roster held to be read included (1 MiB)."""
EVENTS_AT_ONCE = 256
READS_IN_A_ROW = 4
"""One busy stream does not keep the others waiting."""
Ts = TypeVarTuple("Ts")
_NOBODY = asyncio.Protocol()
_NOT_NOW = (BlockingIOError, InterruptedError)


class StreamSelector(selectors.DefaultSelector):
    """Linux: tells transports what they can do inside ``select``; the loop gets to see only the rest."""

    def __init__(self) -> None:
        super().__init__()
        # one epoll instance under two objects: selectors keeps its own books, transports need none
        self._streams = select.epoll.fromfd(os.dup(self.fileno()))
        self._watched: dict[int, SocketTransport] = {}
        self.stirred = False
        """The loop was given something to call since ``select`` began."""

    @property
    def watched(self) -> int:
        """How many transports there are."""
        return len(self._watched)

    def watch(self, fd: int, events: int, transport: "SocketTransport") -> None:
        """Call ``transport.ready`` whenever one of ``events`` (READ, WRITE) is possible; 0 ends it."""
        mask = (select.EPOLLIN if events & READ else 0) | (select.EPOLLOUT if events & WRITE else 0)
        if not events:
            del self._watched[fd]
            self._streams.unregister(fd)
        elif fd in self._watched:
            self._streams.modify(fd, mask)
        else:
            self._watched[fd] = transport
            self._streams.register(fd, mask)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Serve transports until the loop has something to do of its own, or ``timeout`` is over."""
        until = None if timeout is None else time.monotonic() + timeout
        self.stirred = False
        while True:
            # as selectors.EpollSelector does it: rounded up to what epoll can wait
            patience = -1.0 if timeout is None else math.ceil(max(timeout, 0.0) * 1e3) * 1e-3
            try:
                happened = self._streams.poll(patience, EVENTS_AT_ONCE)
            except InterruptedError:
                return []
            rest = self._serve(happened)
            if rest or self.stirred or not happened:
                return rest
            if until is not None and (timeout := until - time.monotonic()) <= 0:
                return rest

    def _serve(self, happened: list[tuple[int, int]]) -> list[tuple[selectors.SelectorKey, int]]:
        rest = []
        for fd, mask in happened:
            # an error or a hang-up shows itself in the next read or write
            events = (READ if mask & ~select.EPOLLOUT else 0) | (WRITE if mask & ~select.EPOLLIN else 0)
            if (transport := self._watched.get(fd)) is not None:
                transport.ready(events)
            elif key := self.get_map().get(fd):
                rest.append((key, events & key.events))
        return rest

    def close(self) -> None:
        self._streams.close()
        super().close()


class StreamLoop(asyncio.SelectorEventLoop):
    """Linux: asyncio's own loop over a ``StreamSelector``."""

    def __init__(self) -> None:
        self.selector = StreamSelector()
        super().__init__(self.selector)

    def call_soon(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        self.selector.stirred = True
        return super().call_soon(callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        self.selector.stirred = True
        return super().call_at(when, callback, *args, context=context)


def stream_loop() -> asyncio.AbstractEventLoop:
    """The loop for an agent on this system."""
    return StreamLoop() if sys.platform == "linux" else asyncio.SelectorEventLoop()


class SocketTransport(asyncio.Transport):
    """What asyncio's own is, as far as a leg needs it; the protocol is a ``BufferedProtocol``."""

    __slots__ = (
        "_closing",
        "_eof_due",
        "_events",
        "_gone",
        "_loop",
        "_paused_protocol",
        "_protocol",
        "_reading",
        "_send",
        "_socket",
        "_unsent",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, protocol: asyncio.BufferedProtocol
    ) -> None:
        self._loop = loop
        self._socket = sock
        self._send = sock.send
        self._protocol = protocol
        self._unsent: bytearray | None = None
        self._events = 0
        self._reading = True
        self._eof_due = False
        self._closing = False
        self._gone = False
        self._paused_protocol = False
        self._watch()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "socket":
            return self._socket
        ask = {"peername": self._socket.getpeername, "sockname": self._socket.getsockname}.get(name)
        try:
            return default if ask is None else ask()
        except OSError:
            return default

    def get_write_buffer_size(self) -> int:
        return len(self._unsent) if self._unsent else 0

    def is_closing(self) -> bool:
        return self._closing

    def can_write_eof(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._unsent is None:
            if self._gone:
                return
            try:
                sent = self._send(data)
            except _NOT_NOW:
                sent = 0
            except OSError as error:
                self._lose(error)
                return
            if sent == len(data):
                return
            self._unsent = bytearray(memoryview(data)[sent:])
            self._watch()
        else:
            self._unsent += data
        if len(self._unsent) > (BRIM if self._paused_protocol else HIGH_WATER):
            self._paused_protocol = True
            self._protocol.pause_writing()

    def owe_relief(self) -> None:
        """The protocol has paused by itself: tell it when what is unsent has drained."""
        self._paused_protocol = self._unsent is not None

    def write_eof(self) -> None:
        """After what is unsent nothing more follows; reading goes on."""
        self._eof_due = True
        if self._unsent is None and not self._gone:
            self._shut()

    def pause_reading(self) -> None:
        self._reading = False
        self._watch()

    def resume_reading(self) -> None:
        self._reading = not self._closing
        self._watch()

    def close(self) -> None:
        """Read nothing more, send what is unsent, then close."""
        if self._closing:
            return
        self._closing = True
        self._reading = False
        if self._unsent is None:
            self._lose(None)
        else:
            self._watch()

    def abort(self) -> None:
        self._lose(None)

    def ready(self, mask: int) -> None:
        """The selector says so. Nothing may get out of here: it would end the loop and every stream."""
        try:
            if mask & WRITE and self._unsent is not None:
                self._flush()
            if mask & READ and self._reading:
                self._read()
        except Exception as error:
            self._loop.call_exception_handler({"message": "stream", "exception": error})
            self._lose(error)

    def _readable(self) -> None:
        self.ready(READ)

    def _writable(self) -> None:
        self.ready(WRITE)

    def _read(self) -> None:
        """A full buffer means that more is likely there already."""
        for _ in range(READS_IN_A_ROW):
            buffer = self._protocol.get_buffer(-1)
            try:
                size = self._socket.recv_into(buffer)
            except _NOT_NOW:
                return
            except OSError as error:
                self._lose(error)
                return
            if not size:
                self._reading = False
                self._watch()
                self._protocol.eof_received()
                return
            self._protocol.buffer_updated(size)
            if size < SCRATCH_SIZE or not self._reading:
                return

    def _flush(self) -> None:
        assert self._unsent is not None
        try:
            sent = self._send(self._unsent)
        except _NOT_NOW:
            return
        except OSError as error:
            self._lose(error)
            return
        del self._unsent[:sent]
        left = len(self._unsent)
        if not left:
            self._drained()
        if self._paused_protocol and left <= LOW_WATER:
            self._paused_protocol = False
            self._protocol.resume_writing()

    def _drained(self) -> None:
        self._unsent = None
        if self._closing:
            self._lose(None)
            return
        if self._eof_due:
            self._shut()
        self._watch()

    def _shut(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise

    def _lose(self, error: Exception | None) -> None:
        if self._gone:
            return
        self._gone = self._closing = True
        self._reading, self._unsent = False, None
        self._watch()
        self._loop.call_soon(self._end, error)

    def _end(self, error: Exception | None) -> None:
        self._socket.close()
        self._protocol.connection_lost(error)

    def _watch(self) -> None:
        """Be told of what is of interest now, and of nothing else."""
        wanted = (READ if self._reading else 0) | (WRITE if self._unsent is not None else 0)
        before, self._events = self._events, wanted
        if wanted == before:
            return
        if isinstance(self._loop, StreamLoop):
            self._loop.selector.watch(self._socket.fileno(), wanted, self)
        else:
            self._add_to_loop(before, wanted)

    def _add_to_loop(self, before: int, wanted: int) -> None:
        changed = before ^ wanted
        if changed & READ:
            if wanted & READ:
                self._loop.add_reader(self._socket, self._readable)
            else:
                self._loop.remove_reader(self._socket)
        if changed & WRITE:
            if wanted & WRITE:
                self._loop.add_writer(self._socket, self._writable)
            else:
                self._loop.remove_writer(self._socket)


def take_over(transport: asyncio.Transport, protocol: asyncio.BufferedProtocol) -> SocketTransport:
    """The same connection on a transport of ours; asyncio's, which opened it, is let go."""
    opened = transport.get_extra_info("socket")
    sock = socket.socket(opened.family, opened.type, opened.proto, fileno=os.dup(opened.fileno()))
    sock.setblocking(False)
    if opened.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport.set_protocol(_NOBODY)
    transport.abort()
    return SocketTransport(asyncio.get_running_loop(), sock, protocol)
