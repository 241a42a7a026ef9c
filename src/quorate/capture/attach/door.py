"""Where the libraries of attached clients connect: a socket in the data directory, twice each."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from quorate.capture.attach.attached import Resident, Told
from quorate.capture.attach.client import AttachedClient, Host
from quorate.capture.attach.pipe import Pipe
from quorate.capture.attach.protocol import VERSION, Frames, Kind, Malformed, read_hello
from quorate.capture.processes import inner_ids, name_of
from quorate.capture.unix_peer import peer_of
from quorate.clock import Clock

SOCKET_NAME = "attach.sock"
HELLO_S = 3.0
"""How long a connection may take to say who it is, and the second one to follow the first."""
MAX_HELLO = 4096
"""Bytes; it takes 44, and what is said before we answer."""
MAX_NAMELESS = 32
"""Connections that have not said who they are, as many that wait for their second; then the oldest goes."""
R = TypeVar("R", bound=Resident)

log = logging.getLogger(__name__)


@dataclass
class _Half:
    """The first of a client's two connections, until the second comes."""

    sock: socket.socket
    rest: bytes
    timer: asyncio.TimerHandle


class Door(Generic[R]):
    def __init__(self, data: Path, host: Host[R], clock: Clock) -> None:
        self.path = data / SOCKET_NAME
        self._host = host
        self._clock = clock
        self._listening: socket.socket | None = None
        self._nameless: dict[socket.socket, asyncio.TimerHandle] = {}
        self._halves: dict[bytes, _Half] = {}
        self.clients: dict[int, AttachedClient[R]] = {}
        """By process id."""
        self.came: Callable[[AttachedClient[R]], None] = lambda _: None
        self.went: Callable[[AttachedClient[R]], None] = lambda _: None
        self.turned_away: Callable[[int], None] = lambda _: None
        """Called with a process id whose library does not want us: somebody else is there."""

    def start(self) -> None:
        """Raises OSError if the path cannot be used; without a door there is only no attaching."""
        self._loop = asyncio.get_running_loop()
        listening = private_socket(self.path)
        listening.listen(16)
        listening.setblocking(False)
        self._listening = listening
        self._loop.add_reader(listening, self._accept)

    async def stop(self) -> None:
        if self._listening is not None:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self.path.unlink(missing_ok=True)
        for sock in list(self._nameless):
            self._drop(sock)
        for instance in list(self._halves):
            self._forget(instance)
        await asyncio.gather(*[client.detach() for client in self.clients.values()])

    def visit(self, pid: int) -> bool:
        """Connect to the library that is in this process already; False if there is none that listens."""
        number, user = inner_ids(pid)
        address, socks = f"\0quorate-{number}-{user}", []
        for _ in ("S", "A"):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.setblocking(False)  # a client that is stopped accepts nobody
            socks.append(sock)
            try:
                sock.connect(address)
            except OSError:
                for one in socks:
                    one.close()
                return False
        for sock in socks:
            self._greet(sock)
        return True

    def _accept(self) -> None:
        assert self._listening is not None
        with contextlib.suppress(OSError):
            self._greet(self._listening.accept()[0])

    def _greet(self, sock: socket.socket) -> None:
        """Wait for its HELLO."""
        pid, uid = peer_of(sock)
        if uid not in (os.getuid(), 0):
            log.warning("refused reason=other-user")
            sock.close()
            return
        sock.setblocking(False)
        if len(self._nameless) >= MAX_NAMELESS:
            self._drop(next(iter(self._nameless)))
        self._nameless[sock] = self._loop.call_later(HELLO_S, self._drop, sock)
        frames, seen = Frames(), bytearray()

        def readable() -> None:
            try:
                data = sock.recv(4096)
                found = frames.feed(data)
            except (BlockingIOError, InterruptedError):
                return
            except (OSError, Malformed):
                data, found = b"", []
            seen.extend(data)
            if not data or (found and found[0].kind != Kind.HELLO) or (not found and len(seen) >= MAX_HELLO):
                self._drop(sock)
                self.turned_away(pid)
            elif found:
                self._leave(sock)
                used = 20 + len(found[0].payload)
                self._said_hello(sock, pid, found[0].payload, bytes(seen[used:]))

        self._loop.add_reader(sock, readable)

    def _leave(self, sock: socket.socket) -> None:
        """It is nameless no more."""
        self._nameless.pop(sock).cancel()
        self._loop.remove_reader(sock)

    def _drop(self, sock: socket.socket) -> None:
        self._leave(sock)
        sock.close()

    def _said_hello(self, sock: socket.socket, pid: int, payload: bytes, rest: bytes) -> None:
        try:
            version, _, instance = read_hello(payload)
        except Malformed:
            version, instance = 0, b""
        if version != VERSION:
            log.warning("refused reason=other-version pid=%d", pid)
            sock.close()
            return
        first = self._halves.pop(instance, None)
        if first is None:
            if len(self._halves) >= MAX_NAMELESS:
                self._forget(next(iter(self._halves)))
            timer = self._loop.call_later(HELLO_S, self._forget, instance)
            self._halves[instance] = _Half(sock, rest, timer)
            return
        first.timer.cancel()
        self._pair(Told(pid, name_of(pid), instance), first, sock, rest)

    def _forget(self, instance: bytes) -> None:
        if (half := self._halves.pop(instance, None)) is not None:
            half.timer.cancel()
            half.sock.close()

    def _pair(self, told: Told, first: _Half, second: socket.socket, rest: bytes) -> None:
        client = AttachedClient(told, self._host, self._clock, lambda: self._went(client))
        before = self.clients.get(told.pid)
        if before is not None:
            before.lost()
        self.clients[told.pid] = client
        asks = Pipe(first.sock, lambda data: client.heard("S", data), client.lost)
        commands = Pipe(second, lambda data: client.heard("A", data), client.lost)
        log.info("attached pid=%d", told.pid)
        self.came(client)
        client.connected(asks, commands)
        for which, data in (("S", first.rest), ("A", rest)):
            if data:
                client.heard(which, data)

    def _went(self, client: AttachedClient[R]) -> None:
        if self.clients.get(client.told.pid) is client:
            del self.clients[client.told.pid]
        log.info("detached pid=%d", client.told.pid)
        self.went(client)


def private_socket(path: Path) -> socket.socket:
    """Bound there, for its owner alone from its first moment on (0600); raises OSError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        sock.bind(str(path))
    except OSError:
        sock.close()
        raise
    finally:
        os.umask(before)
    return sock
