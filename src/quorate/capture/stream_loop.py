"""The event loop that serves thousands of streams with little in between.

Readiness reaches a transport without a handle and a turn of the loop each time. What became ready together is
read together, dealt with together and sent together: the same code run again while the processor still has it
costs half of what it costs right after a system call.
"""

import asyncio
import math
import os
import select
import selectors
import sys
import time
from collections.abc import Callable
from contextvars import Context
from typing import Protocol, TypeVarTuple, Unpack

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
SCRATCH_SIZE = 64 * 1024
"""One read, or several. With HIGH_WATER, an unfinished TLS record and what TLS adds: below 256 KiB."""
ROOM = 16 * 1024
"""With less than that left in the scratch buffer, what is there is dealt with before more is read."""
EVENTS_AT_ONCE = 256
READS_AT_ONCE = 32
"""The first of them does not wait long for the last."""
Ts = TypeVarTuple("Ts")


class Watched(Protocol):
    """A transport, as far as the selector needs one. Nothing may be raised: it would end every stream."""

    def ready(self, mask: int) -> None:
        """READ or WRITE is possible."""
        ...

    def receive(self, buffer: memoryview) -> int:
        """Read as much as there is room for; the size, 0 at the end, negative if nothing came."""
        ...

    def deliver(self, data: memoryview) -> None:
        """Deal with what ``receive`` has brought; empty at the end."""
        ...

    def leave(self) -> None:
        """Send what was written during ``deliver`` calls."""
        ...


class StreamSelector(selectors.DefaultSelector):
    """Linux: tells transports what they can do inside ``select``; the loop gets to see only the rest."""

    def __init__(self) -> None:
        super().__init__()
        # one epoll instance under two objects: selectors keeps its own books, transports need none
        self._streams = select.epoll.fromfd(os.dup(self.fileno()))
        self._watched: dict[int, Watched] = {}
        self._scratch = memoryview(bytearray(SCRATCH_SIZE))
        self.stirred = False
        """The loop was given something to call since ``select`` began."""
        self.dealing = False
        """``deliver`` is being called; what is written can wait in ``due`` for the end of it."""
        self.due: list[Watched] = []
        self.afterwards: list[Callable[[], object]] = []
        """Called once all that is due has left."""
        self.following = False
        """They are being called."""

    @property
    def watched(self) -> int:
        """How many transports there are."""
        return len(self._watched)

    def watch(self, fd: int, events: int, transport: Watched) -> None:
        """Serve the transport whenever one of ``events`` (READ, WRITE) is possible; 0 ends it."""
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
        came: list[tuple[Watched, memoryview]] = []
        watched, scratch, end = self._watched.get, self._scratch, 0
        for fd, mask in happened:
            transport = watched(fd)
            if transport is None:
                if key := self.get_map().get(fd):
                    rest.append((key, _events(mask) & key.events))
                continue
            if mask != select.EPOLLIN:
                transport.ready(WRITE)
                if mask == select.EPOLLOUT:
                    continue
            size = transport.receive(scratch[end:] if end else scratch)
            if size < 0:
                continue
            came.append((transport, scratch[end : end + size]))
            end += size
            if len(came) == READS_AT_ONCE or SCRATCH_SIZE - end < ROOM:
                self._deal(came)
                came, end = [], 0
        if came:
            self._deal(came)
        return rest

    def _deal(self, came: list[tuple[Watched, memoryview]]) -> None:
        self.dealing = True
        try:
            for transport, data in came:
                transport.deliver(data)
        finally:
            self.dealing = False
        if self.due:
            due, self.due = self.due, []
            for transport in due:
                transport.leave()
        while self.afterwards:
            calls, self.afterwards = self.afterwards, []
            self.following = True
            for call in calls:
                call()
        self.following = False

    def close(self) -> None:
        self._streams.close()
        super().close()


def _events(mask: int) -> int:
    """An error or a hang-up shows itself in the next read or write."""
    return (READ if mask & ~select.EPOLLOUT else 0) | (WRITE if mask & ~select.EPOLLIN else 0)


class StreamLoop(asyncio.SelectorEventLoop):
    """Linux: asyncio's own loop over a ``StreamSelector``."""

    def __init__(self) -> None:
        self.selector = StreamSelector()
        super().__init__(self.selector)

    def call_next(self, callback: Callable[[], object]) -> None:
        """As ``call_soon``, and without a turn of the loop in between where streams are dealt with."""
        if self.selector.dealing or self.selector.following:
            self.selector.afterwards.append(callback)
        else:
            self.call_soon(callback)

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
