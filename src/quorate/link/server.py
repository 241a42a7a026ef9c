"""The server's end of the link: a Unix socket in the data directory that agents connect to.

Only the user who owns the directory may connect (mode 0600). A peer that does not speak the link is
disconnected with a logged reason; nothing of what it sent is logged.
A server that hangs can be replaced: the next one takes its path; if it ever wakes up, it ends.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from quorate.errors import Misconfigured
from quorate.link.connection import SOCKET_NAME, LinkConnection
from quorate.link.messages import Beat, FromAgent
from quorate.link.wire import agent_lines

MAX_SOCKET_PATH = 107
"""Bytes, Linux ``sun_path`` without its terminating zero."""
BEAT_S = 5.0
"""How often agents are shown that the server is at work."""
LOOK_S = 1.0
"""How often it is looked whether another server has taken the path."""
ANSWER_S = 3.0
"""A server that takes a connection and does nothing with it for so long hangs."""
NO_MESSAGE = b"0\n"
FLUSH_S = 1.0
"""How long a closing connection may take to send what is queued."""

log = logging.getLogger(__name__)


class LinkHandler(Protocol):
    """What happens on the link, always called on the event loop."""

    def opened(self, peer: "LinkPeer") -> None: ...

    def received(self, peer: "LinkPeer", message: FromAgent) -> None: ...

    def closed(self, peer: "LinkPeer") -> None:
        """Called once for each ``opened``."""
        ...


class Listening(Protocol):
    """Where agents connect."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


Listen = Callable[..., Listening]
"""Makes it, as ``LinkServer``."""


class LinkPeer(LinkConnection[FromAgent]):
    """One connected agent."""

    def __init__(self, handler: LinkHandler, peers: "set[LinkPeer]", server: "LinkServer") -> None:
        super().__init__(agent_lines())
        self._handler = handler
        self._server = server
        self._peers = peers

    def opened(self) -> None:
        self._peers.add(self)
        self._handler.opened(self)

    def received(self, message: FromAgent) -> None:
        if self._server.replaced:
            self.drop("replaced")
            return
        self._handler.received(self, message)

    def closed(self) -> None:
        self._peers.discard(self)
        self._handler.closed(self)


class LinkServer:
    """Listens on DIR/link.sock."""

    def __init__(self, data: Path, handler: LinkHandler, *, lost: Callable[[], None] = lambda: None) -> None:
        """``lost`` is called once if another server takes the path: this one must end."""
        self.path = data / SOCKET_NAME
        self._handler = handler
        self._lost = lost
        self._peers: set[LinkPeer] = set()
        self._server: asyncio.Server | None = None
        self._own: int | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def replaced(self) -> bool:
        """Another server listens in this one's place."""
        try:
            return self._own is not None and self.path.stat().st_ino != self._own
        except OSError:
            return False

    async def start(self) -> None:
        """Raises Misconfigured if another server listens there or the path cannot be used."""
        loop = asyncio.get_running_loop()
        listening = await loop.run_in_executor(None, _bind, self.path)
        self._own = self.path.stat().st_ino
        self._server = await loop.create_unix_server(
            lambda: LinkPeer(self._handler, self._peers, self), sock=listening
        )
        self._watching = loop.create_task(self._watch())

    async def stop(self) -> None:
        """Close every connection after what is queued has left, and free the path."""
        if self._server is None:
            return
        if self._watching is not None:
            self._watching.cancel()
        self._server.close()
        await asyncio.gather(*(peer.close(FLUSH_S) for peer in list(self._peers)))
        await self._server.wait_closed()
        self._server = None
        if not self.replaced:
            self.path.unlink(missing_ok=True)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        beat_at = loop.time()
        while not self.replaced:
            if loop.time() >= beat_at:
                beat_at = loop.time() + BEAT_S
                for peer in list(self._peers):
                    peer.send(Beat())
            await asyncio.sleep(min(LOOK_S, BEAT_S))
        log.error("another server has taken over")
        self._lost()


def _bind(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise Misconfigured(
            f"The path of the data directory is too long for a socket ({path}).",
            remedy="Choose a shorter directory with --data.",
        )
    if _answers(path):
        raise Misconfigured(
            f"Another Quorate server already uses {path.parent}.",
            remedy="Stop it with `quorate down`, or use another directory with --data.",
        )
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(os.fspath(path))
        path.chmod(0o600)
    except OSError as error:
        listening.close()
        raise Misconfigured(
            f"The socket {path} cannot be made: {error.strerror}.",
            remedy="Make the data directory writable, or use another with --data.",
        ) from error
    return listening


def _answers(path: Path) -> bool:
    """A server at work ends a connection that does not speak the link; one that hangs does nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(ANSWER_S)
        try:
            probe.connect(os.fspath(path))
        except OSError:  # nobody, or so many wait already that it must hang
            return False
        try:
            probe.sendall(NO_MESSAGE)
            probe.recv(1)
        except TimeoutError:
            return False
        except OSError:  # the connection was cut
            pass
        return True
