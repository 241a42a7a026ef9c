"""One connection of the link, the same at both ends: lines in, messages out, and a limit on what waits.

What the other end sent is never logged, only what was wrong with it.
"""

import asyncio
import logging
from typing import Generic, TypeVar

from pydantic import BaseModel

from quorate.link.wire import BadLine, LineDecoder, encode

SOCKET_NAME = "link.sock"
MAX_UNSENT = 16 * 1024 * 1024
"""Bytes waiting for an end that does not read; then it is disconnected."""

log = logging.getLogger(__name__)
M = TypeVar("M")


class LinkConnection(asyncio.Protocol, Generic[M]):
    """Subclasses say what to do in ``opened``, ``received`` and ``closed``."""

    def __init__(self, lines: LineDecoder[M]) -> None:
        self._lines = lines
        self._transport: asyncio.Transport | None = None
        self.gone = asyncio.Event()

    def opened(self) -> None:
        raise NotImplementedError

    def received(self, message: M) -> None:
        raise NotImplementedError

    def closed(self) -> None:
        """Called once for each ``opened``."""
        raise NotImplementedError

    def send(self, message: BaseModel) -> bool:
        """Queue one message; False if it cannot leave: closed, too long, or the other end does not read."""
        if self._transport is None or self._transport.is_closing():
            return False
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            log.warning("link dropped reason=not-read")
            self._transport.abort()
            return False
        try:
            self._transport.write(encode(message))
        except BadLine as bad:
            log.warning("message not sent reason=%s", bad)
            return False
        return True

    async def close(self, flush_s: float) -> None:
        """Close after what is queued has left, or after ``flush_s`` seconds."""
        if self._transport is not None:
            self._transport.close()
        try:
            await asyncio.wait_for(self.gone.wait(), flush_s)
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.opened()

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
            self.received(message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None
        self.gone.set()
        self.closed()
