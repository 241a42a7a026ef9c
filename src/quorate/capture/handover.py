"""DIR/capture.sock: `quorate capture` hands connections over to the agent, which has no special rights.

One message for each, JSON with its socket beside it (SCM_RIGHTS); what became of its login is told back.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from quorate.capture.destination import Destination
from quorate.capture.newcomer import Way
from quorate.capture.unix_peer import peer_of
from quorate.errors import place_of
from quorate.model.reasons import Reason

SOCKET_NAME: Final = "capture.sock"
MESSAGE_SIZE: Final = 512
MAX_GIVERS: Final = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What is said of a connection that is handed over."""

    number: int
    """Of the giver's own counting; the answer carries it."""
    destination: Destination

    def encode(self) -> bytes:
        host, port = self.destination.host, self.destination.port
        return json.dumps({"number": self.number, "host": host, "port": port}).encode()


def parse_handed(data: bytes) -> Handed | None:
    """None for what is no such message."""
    try:
        said = json.loads(data)
        return Handed(
            number=int(said["number"]), destination=Destination(str(said["host"]), int(said["port"]))
        )
    except (ValueError, KeyError, TypeError):
        return None


class Receiver:
    """The agent's end. Only root and the agent's own user may hand anything over."""

    def __init__(self, data: Path, take: Callable[[socket.socket, Way], Awaitable[None]]) -> None:
        self._path = data / SOCKET_NAME
        self._take = take
        self._socket: socket.socket | None = None
        self._givers: set[socket.socket] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Without it everything else works: what goes wrong is only logged."""
        if sys.platform != "linux":
            return
        self._path.unlink(missing_ok=True)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        try:
            sock.bind(str(self._path))
            self._path.chmod(0o600)
            sock.listen()
        except OSError as error:
            sock.close()
            log.warning("no handover error=%s", type(error).__name__)
            return
        self._socket = sock
        asyncio.get_running_loop().add_reader(sock, self._came)

    def stop(self) -> None:
        loop = asyncio.get_running_loop()
        for giver in list(self._givers):
            self._gone(giver)
        if self._socket is not None:
            loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
            self._path.unlink(missing_ok=True)

    def _came(self) -> None:
        assert self._socket is not None
        with contextlib.suppress(OSError):
            giver, _ = self._socket.accept()
            giver.setblocking(False)
            _, uid = peer_of(giver)
            if uid not in (0, os.geteuid()) or len(self._givers) >= MAX_GIVERS:
                giver.close()
                return
            self._givers.add(giver)
            asyncio.get_running_loop().add_reader(giver, self._read, giver)

    def _read(self, giver: socket.socket) -> None:
        try:
            data, fds, _, _ = socket.recv_fds(giver, MESSAGE_SIZE, 1)
        except BlockingIOError:
            return
        except OSError:
            data, fds = b"", []
        handed = parse_handed(data)
        for fd in fds if handed is None else fds[1:]:
            os.close(fd)
        if not data:
            self._gone(giver)
        elif handed is not None and fds:
            task = asyncio.get_running_loop().create_task(self._adopt(giver, fds[0], handed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _adopt(self, giver: socket.socket, fd: int, handed: Handed) -> None:
        way = Way(
            "redirect",
            lambda _: handed.destination,
            any_port=True,
            inside=True,
            told=partial(self._answer, giver, handed.number),
        )
        try:
            await self._take(socket.socket(fileno=fd), way)
        except Exception as error:
            log.error("not taken error=%s at=%s", type(error).__name__, place_of(error))

    def _answer(self, giver: socket.socket, number: int, reason: Reason | None) -> None:
        # a giver that does not read, or is gone, has no use for it
        with contextlib.suppress(OSError):
            giver.send(json.dumps({"number": number, "reason": reason}).encode())

    def _gone(self, giver: socket.socket) -> None:
        asyncio.get_running_loop().remove_reader(giver)
        self._givers.discard(giver)
        giver.close()


class Giver:
    """The other end. ``told`` is called with a connection's number and what became of its login."""

    def __init__(self, data: Path, told: Callable[[int, str | None], None]) -> None:
        self._path = data / SOCKET_NAME
        self._told = told
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.gone = asyncio.Event()
        """Set when there is nobody any more to hand anything to."""

    def connect(self) -> None:
        """Raises OSError if there is no agent."""
        self._socket.connect(str(self._path))
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def give(self, sock: socket.socket, handed: Handed) -> bool:
        """The connection is the agent's from now on; False if it is not there. ``sock`` is closed here."""
        try:
            socket.send_fds(self._socket, [handed.encode()], [sock.fileno()])
        except OSError:
            return False
        finally:
            sock.close()
        return True

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        try:
            data = self._socket.recv(MESSAGE_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._socket)
            self.gone.set()
            return
        said = json.loads(data)
        self._told(said["number"], said["reason"])
