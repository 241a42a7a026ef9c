"""The server's end of the link: a Unix socket in the data directory that agents connect to.

Only the user who owns the directory may connect (mode 0600). A peer that does not speak the link is
disconnected with a logged reason; nothing of what it sent is logged.
"""

import asyncio
import logging
import os
import socket
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel

from quorate.errors import Misconfigured
from quorate.link.messages import FromAgent
from quorate.link.wire import BadLine, LineDecoder, agent_lines, encode

SOCKET_NAME = "link.sock"
MAX_SOCKET_PATH = 107
"""Bytes, Linux ``sun_path`` without its terminating zero."""
MAX_UNSENT = 16 * 1024 * 1024
"""Bytes waiting for an agent that does not read; then it is disconnected."""
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


class LinkPeer(asyncio.Protocol):
    """One connected agent."""

    def __init__(self, handler: LinkHandler, peers: "set[LinkPeer]") -> None:
        self._handler = handler
        self._peers = peers
        self._lines: LineDecoder[FromAgent] = agent_lines()
        self._transport: asyncio.Transport | None = None
        self._gone = asyncio.Event()

    def send(self, message: BaseModel) -> None:
        """Queue one message; nothing happens if the connection is closed."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            log.warning("link closed: the agent does not read")
            self._transport.abort()
            return
        self._transport.write(encode(message))

    async def close(self) -> None:
        """Close after what is queued has left, or after FLUSH_S."""
        if self._transport is not None:
            self._transport.close()
        try:
            await asyncio.wait_for(self._gone.wait(), FLUSH_S)
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peers.add(self)
        self._handler.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        try:
            messages = self._lines.feed(data)
        except BadLine as bad:
            log.warning("link closed: %s", bad)
            self._transport.abort()
            return
        for message in messages:
            self._handler.received(self, message)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None
        self._peers.discard(self)
        self._gone.set()
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
        await asyncio.gather(*(peer.close() for peer in list(self._peers)))
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
