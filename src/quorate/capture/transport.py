"""A socket of our own under one leg.

Writes are tried at once and queued only when the kernel takes no more. On ``StreamLoop`` several transports
are read, dealt with and sent together; any other loop works too.
"""

import asyncio
import errno
import os
import socket
from typing import Any

from quorate.capture.stream_loop import READ, SCRATCH_SIZE, WRITE, StreamLoop

HIGH_WATER = 160 * 1024
"""Of bytes that were read and not sent: at more the protocol is asked to pause."""
LOW_WATER = HIGH_WATER // 4
BRIM = 512 * 1024
"""More waits than the other side can have sent, by far."""
QUIET_S = 0.15
LINGER_S = 1.5
LINGER_BYTES = 256 * 1024
"""What a peer sends after the last word to it is read and thrown away: until it has been quiet for a moment,
in all for so long and up to so much.

A close with something unread makes the peer's system forget what the peer has not read yet.
"""
SMALL = 4 * 1024
"""What is written while others wait to be dealt with, and is not more, leaves together with theirs."""
READS_IN_A_ROW = 4
"""One busy stream does not keep the others waiting."""
_NOBODY = asyncio.Protocol()
_NOT_NOW = (BlockingIOError, InterruptedError)


class StreamProtocol(asyncio.BufferedProtocol):
    """Who is above a transport; ``received`` on a ``StreamLoop``, else its buffer."""

    def received(self, data: memoryview) -> None:
        """``data`` is of use only during the call."""
        raise NotImplementedError


class SocketTransport(asyncio.Transport):
    """What asyncio's own is, as far as a leg needs it."""

    __slots__ = (
        "_closing",
        "_due",
        "_eof_due",
        "_events",
        "_gone",
        "_lingers",
        "_loop",
        "_paused_protocol",
        "_protocol",
        "_reading",
        "_receive",
        "_selector",
        "_send",
        "_socket",
        "_unsent",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, protocol: StreamProtocol
    ) -> None:
        self._loop = loop
        self._socket = sock
        self._send, self._receive = sock.send, sock.recv_into
        self._selector = loop.selector if isinstance(loop, StreamLoop) else None
        self._protocol = protocol
        self._unsent: bytearray | None = None
        self._due = b""
        """Written while others wait to be dealt with; empty if something is unsent."""
        self._events = 0
        self._reading = True
        self._eof_due = False
        self._lingers = 0
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
        return len(self._unsent) if self._unsent else len(self._due)

    @property
    def behind(self) -> bool:
        """The kernel took no more."""
        return self._unsent is not None

    def is_closing(self) -> bool:
        return self._closing

    def can_write_eof(self) -> bool:
        return True

    def write(self, data: bytes) -> None:  # type: ignore[override]
        selector = self._selector
        if selector is None or not selector.dealing or self._unsent is not None or len(data) > SMALL:
            if self._due:
                self.leave()
            self._write(data)
        elif self._due:
            self._due += data
            if len(self._due) > SMALL:
                self.leave()
        else:
            self._due = data
            selector.due.append(self)

    def leave(self) -> None:
        """Send what is due."""
        data, self._due = self._due, b""
        if data:
            try:
                self._write(data)
            except Exception as error:
                self._fail(error)

    def _write(self, data: bytes) -> None:
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
        self.leave()
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
        self.leave()
        self._closing = True
        self._reading = False
        if self._unsent is None:
            self._lose(None)
        else:
            self._watch()

    def linger(self) -> None:
        """As ``close``, but only once the peer has ended it too or is quiet, so that it has read all."""
        if self._closing:
            return
        self.leave()
        self._lingers = LINGER_BYTES
        self._closing = self._eof_due = True
        self._reading = False
        if self._unsent is None:
            self._drained()
        else:
            self._watch()

    def abort(self) -> None:
        self.leave()
        self._lose(None)

    def ready(self, mask: int) -> None:
        """The selector says so. Nothing may get out of here: it would end the loop and every stream."""
        try:
            if mask & WRITE and self._unsent is not None:
                self._flush()
            if mask & READ and self._reading:
                self._read()
        except Exception as error:
            self._fail(error)

    def receive(self, buffer: memoryview) -> int:
        """Read into ``buffer``; the size, 0 at the end, negative if nothing came."""
        if not self._reading:
            return -1
        try:
            return self._receive(buffer)
        except _NOT_NOW:
            return -1
        except OSError as error:
            self._lose(error)
            return -1

    def deliver(self, data: memoryview) -> None:
        """What ``receive`` has brought; empty at the end. Nothing may get out of here either."""
        try:
            if self._lingers:
                self._throw_away(len(data))
            elif self._closing:
                return
            elif data:
                self._protocol.received(data)
            else:
                self._end_of_input()
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._loop.call_exception_handler({"message": "stream", "exception": error})
        self._lose(error)

    def _readable(self) -> None:
        self.ready(READ)

    def _writable(self) -> None:
        self.ready(WRITE)

    def _read(self) -> None:
        """On another loop. A full buffer means that more is likely there already."""
        for _ in range(READS_IN_A_ROW):
            size = self.receive(memoryview(self._protocol.get_buffer(-1)))
            if size < 0:
                return
            if self._lingers:
                self._throw_away(size)
            elif not size:
                self._end_of_input()
                return
            else:
                self._protocol.buffer_updated(size)
            if size < SCRATCH_SIZE or not self._reading:
                return

    def _end_of_input(self) -> None:
        self._reading = False
        self._watch()
        self._protocol.eof_received()

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
        if self._closing and not self._lingers:
            self._lose(None)
            return
        if self._eof_due:
            self._shut()
        if self._lingers:
            self._reading = True
            self._loop.call_later(QUIET_S, self._quieten, self._lingers, self._loop.time() + LINGER_S)
        self._watch()

    def _quieten(self, left: int, until: float) -> None:
        """``left`` were the bytes it might still send a moment ago."""
        if self._lingers == left or self._loop.time() >= until:
            self._lose(None)
        elif not self._gone:
            self._loop.call_later(QUIET_S, self._quieten, self._lingers, until)

    def _throw_away(self, size: int) -> None:
        """So much came after the last word; 0: the end."""
        self._lingers -= size
        if not size or self._lingers <= 0:
            self._lose(None)

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
        self._reading, self._unsent, self._due = False, None, b""
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
        if self._selector is not None:
            self._selector.watch(self._socket.fileno(), wanted, self)
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


def take_over(transport: asyncio.Transport, protocol: StreamProtocol) -> SocketTransport:
    """The same connection on a transport of ours; asyncio's, which opened it, is let go."""
    opened = transport.get_extra_info("socket")
    sock = socket.socket(opened.family, opened.type, opened.proto, fileno=os.dup(opened.fileno()))
    sock.setblocking(False)
    if opened.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport.set_protocol(_NOBODY)
    transport.abort()
    return SocketTransport(asyncio.get_running_loop(), sock, protocol)
