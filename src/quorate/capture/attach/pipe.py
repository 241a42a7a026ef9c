"""One connected Unix socket, read and written on the event loop with as little between as possible."""

import asyncio
import logging
import socket
from collections.abc import Callable

from quorate.capture.stream_loop import READ, WRITE, StreamLoop
from quorate.errors import place_of

MAX_WAITING = 8 * 1024 * 1024
"""Bytes the other end has not taken; then it is given up."""
_READ_SIZE = 64 * 1024

log = logging.getLogger(__name__)


class Pipe:
    """On a ``StreamLoop`` it is a quorate.capture.stream_loop.Watched; any other loop works too."""

    def __init__(
        self, sock: socket.socket, received: Callable[[bytes], None], lost: Callable[[], None]
    ) -> None:
        """``received`` gets bytes as they come; ``lost`` is called once, unless ``close`` was."""
        self._sock = sock
        self._received = received
        self._lost = lost
        self._waiting = bytearray()
        self._loop = asyncio.get_running_loop()
        self._selector = self._loop.selector if isinstance(self._loop, StreamLoop) else None
        self._open = True
        sock.setblocking(False)
        if self._selector is not None:
            self._selector.watch(sock.fileno(), READ, self)
        else:
            self._loop.add_reader(sock, self._read)

    def send(self, data: bytes) -> None:
        if not self._open:
            return
        if self._waiting:
            self._waiting += data
        else:
            try:
                sent = self._sock.send(data, socket.MSG_NOSIGNAL)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                self._end()
                return
            if sent == len(data):
                return
            self._waiting += data[sent:]
            self._wait(to_write=True)
        if len(self._waiting) > MAX_WAITING:
            self._end()

    def close(self) -> None:
        if self._open:
            self._open = False
            if self._selector is not None:
                self._selector.watch(self._sock.fileno(), 0, self)
            else:
                self._loop.remove_reader(self._sock)
                self._loop.remove_writer(self._sock)
            self._sock.close()

    def ready(self, mask: int) -> None:
        if mask & WRITE and self._open:
            self._write()

    def receive(self, buffer: memoryview) -> int:
        if not self._open:
            return -1
        try:
            return self._sock.recv_into(buffer)
        except (BlockingIOError, InterruptedError):
            return -1
        except OSError:
            return 0

    def deliver(self, data: memoryview) -> None:
        if not self._open:
            return
        if not data:
            self._end()
            return
        try:
            self._received(bytes(data))
        except Exception as error:  # of the loop's other streams none may end
            log.error("attached client lost error=%s at=%s", type(error).__name__, place_of(error))
            self._end()

    def leave(self) -> None: ...

    def _read(self) -> None:
        buffer = memoryview(bytearray(_READ_SIZE))
        size = self.receive(buffer)
        if size >= 0:
            self.deliver(buffer[:size])

    def _write(self) -> None:
        try:
            sent = self._sock.send(self._waiting, socket.MSG_NOSIGNAL)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._end()
            return
        del self._waiting[:sent]
        if not self._waiting:
            self._wait(to_write=False)

    def _wait(self, *, to_write: bool) -> None:
        if self._selector is not None:
            self._selector.watch(self._sock.fileno(), READ | WRITE if to_write else READ, self)
        elif to_write:
            self._loop.add_writer(self._sock, self._write)
        else:
            self._loop.remove_writer(self._sock)

    def _end(self) -> None:
        if self._open:
            self.close()
            self._lost()
