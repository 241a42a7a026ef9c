"""The server's end of the link: a Unix socket in the data directory that agents connect to.

Only the user who owns the directory may connect (mode 0600). A peer that does not speak the link is
disconnected with a logged reason; nothing of what it sent is logged.
"""

import asyncio
import os
import socket
from pathlib import Path
from typing import Protocol

from quorate.errors import Misconfigured
from quorate.link.connection import SOCKET_NAME, LinkConnection
from quorate.link.messages import FromAgent
from quorate.link.wire import agent_lines

MAX_SOCKET_PATH = 107
"""Bytes, Linux ``sun_path`` without its terminating zero."""
FLUSH_S = 1.0
"""How long a closing connection may take to send what is queued."""


class LinkHandler(Protocol):
    """What happens on the link, always called on the event loop."""

    def opened(self, peer: "LinkPeer") -> None: ...

    def received(self, peer: "LinkPeer", message: FromAgent) -> None: ...

    def closed(self, peer: "LinkPeer") -> None:
        """Called once for each ``opened``."""
        ...


class LinkPeer(LinkConnection[FromAgent]):
    """One connected agent."""

    def __init__(self, handler: LinkHandler, peers: "set[LinkPeer]") -> None:
        super().__init__(agent_lines())
        self._handler = handler
        self._peers = peers

    def opened(self) -> None:
        self._peers.add(self)
        self._handler.opened(self)

    def received(self, message: FromAgent) -> None:
        self._handler.received(self, message)

    def closed(self) -> None:
        self._peers.discard(self)
        self._handler.closed(self)


class LinkServer:
    """Listens on DIR/link.sock."""

    def __init__(self, data: Path, handler: LinkHandler) -> None:
        self.path = data / SOCKET_NAME
        self._handler = handler
        self._peers: set[LinkPeer] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Raises Misconfigured if another server listens there or the path cannot be used."""
        listening = _bind(self.path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: LinkPeer(self._handler, self._peers), sock=listening
        )

    async def stop(self) -> None:
        """Close every connection after what is queued has left, and free the path."""
        if self._server is None:
            return
        self._server.close()
        await asyncio.gather(*(peer.close(FLUSH_S) for peer in list(self._peers)))
        await self._server.wait_closed()
        self._server = None
        self.path.unlink(missing_ok=True)


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
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return False
        return True
