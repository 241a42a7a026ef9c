"""The agent's end of the link: connects to DIR/link.sock and comes back for ever.

A server that does not read, or does not speak the link, is left and tried again; everything that matters
is told anew after each connection, so nothing depends on one of them.
"""

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel

from quorate.link.messages import FromServer
from quorate.link.wire import BadLine, LineDecoder, encode, server_lines

SOCKET_NAME = "link.sock"
FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0
LASTING_S = 5.0
"""A connection that held this long was no mistake: the next one is tried soon."""
MAX_UNSENT = 16 * 1024 * 1024
"""Bytes waiting for a server that does not read; then the connection is dropped."""
FLUSH_S = 0.5
"""How long what was sent last may take to leave."""

log = logging.getLogger(__name__)


class LinkUser(Protocol):
    """What happens on the link, always called on the event loop."""

    def link_opened(self) -> None:
        """Connected: say hello, then everything."""
        ...

    def link_received(self, message: FromServer) -> None: ...

    def link_closed(self) -> None:
        """Called once for each ``link_opened``."""
        ...


class LinkClient:
    """``run`` for as long as the agent lives."""

    def __init__(self, data: Path, user: LinkUser) -> None:
        self._path = data / SOCKET_NAME
        self._user = user
        self._connection: _Connection | None = None

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def send(self, message: BaseModel) -> bool:
        """False if there is no server; then nothing was queued."""
        return self._connection is not None and self._connection.send(message)

    async def run(self) -> None:
        """Connect and reconnect until cancelled; a lasting connection makes the next wait short again."""
        loop = asyncio.get_running_loop()
        wait = FIRST_WAIT_S
        try:
            while True:
                with contextlib.suppress(OSError):
                    _, connection = await loop.create_unix_connection(
                        lambda: _Connection(self), str(self._path)
                    )
                    since = loop.time()
                    await connection.gone.wait()
                    if loop.time() - since >= LASTING_S:
                        wait = FIRST_WAIT_S
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
        finally:
            if (last := self._connection) is not None:
                last.close()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(last.gone.wait(), FLUSH_S)

    def opened(self, connection: "_Connection") -> None:
        self._connection = connection
        log.info("link opened")
        self._user.link_opened()

    def received(self, message: FromServer) -> None:
        self._user.link_received(message)

    def closed(self) -> None:
        self._connection = None
        log.info("link closed")
        self._user.link_closed()


class _Connection(asyncio.Protocol):
    def __init__(self, client: LinkClient) -> None:
        self._client = client
        self._lines: LineDecoder[FromServer] = server_lines()
        self._transport: asyncio.Transport | None = None
        self.gone = asyncio.Event()

    def send(self, message: BaseModel) -> bool:
        if self._transport is None or self._transport.is_closing():
            return False
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            log.warning("link dropped reason=server-does-not-read")
            self._transport.abort()
            return False
        try:
            self._transport.write(encode(message))
        except BadLine as bad:
            log.warning("message not sent reason=%s", bad)
            return False
        return True

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._client.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        try:
            messages = self._lines.feed(data)
        except BadLine as bad:
            log.warning("link dropped reason=%s", bad)
            self._transport.abort()
            return
        for message in messages:
            self._client.received(message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None
        self._client.closed()
        self.gone.set()
