"""One connected Unix socket, read and written on the event loop with as little between as possible."""

import asyncio
import socket
import struct
from collections.abc import Callable

READ_SIZE = 256 * 1024
MAX_WAITING = 8 * 1024 * 1024
"""Bytes the other end has not taken; then it is given up."""
_CREDENTIALS = struct.Struct("3i")


class Pipe:
    def __init__(
        self, sock: socket.socket, received: Callable[[bytes], None], lost: Callable[[], None]
    ) -> None:
        """``received`` gets bytes as they come; ``lost`` is called once, unless ``close`` was."""
        self._sock = sock
        self._received = received
        self._lost = lost
        self._waiting = b""
        self._loop = asyncio.get_running_loop()
        self._open = True
        sock.setblocking(False)
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
            self._waiting = data[sent:]
            self._loop.add_writer(self._sock, self._write)
        if len(self._waiting) > MAX_WAITING:
            self._end()

    def close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
            self._sock.close()

    def _read(self) -> None:
        try:
            data = self._sock.recv(READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._received(data)
        else:
            self._end()

    def _write(self) -> None:
        try:
            sent = self._sock.send(self._waiting, socket.MSG_NOSIGNAL)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._end()
            return
        self._waiting = self._waiting[sent:]
        if not self._waiting:
            self._loop.remove_writer(self._sock)

    def _end(self) -> None:
        if self._open:
            self.close()
            self._lost()


def peer_of(sock: socket.socket) -> tuple[int, int]:
    """(pid, uid) of the process at the other end (unix(7), SO_PEERCRED)."""
    pid, uid, _ = _CREDENTIALS.unpack(
        sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    )
    return pid, uid
