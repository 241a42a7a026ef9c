"""One connection of the link, the same at both ends: lines in, messages out, and a limit on what waits.

What the other end sent is never logged, only what was wrong with it.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

from pydantic import BaseModel

from quorate.errors import place_of
from quorate.link.wire import BadLine, LineDecoder, encode

SOCKET_NAME = "link.sock"
MAX_UNSENT = 16 * 1024 * 1024
"""Bytes waiting for an end that does not read; then it is disconnected."""

log = logging.getLogger(__name__)
M = TypeVar("M")
Soon: TypeAlias = Callable[[Callable[[], object]], object]


class LinkConnection(asyncio.Protocol, Generic[M]):
    """Subclasses say what to do in ``opened``, ``received`` and ``closed``."""

    def __init__(self, lines: LineDecoder[M], soon: Soon | None = None) -> None:
        """``soon`` calls once what is being done is done; None: when the event loop comes round."""
        self._lines = lines
        self._soon = soon or asyncio.get_running_loop().call_soon
        self._transport: asyncio.Transport | None = None
        self.heard: float | None = None
        """Loop time of the last message; None before the first."""
        self._queued: list[bytes] = []
        """Written together in a moment: one system call for many messages."""
        self._unsent = 0
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
        if self._transport.get_write_buffer_size() + self._unsent > MAX_UNSENT:
            self.drop("not-read")
            return False
        try:
            line = encode(message)
        except BadLine as bad:
            log.warning("message not sent reason=%s", bad)
            return False
        except Exception as error:
            log.error("message not sent error=%s at=%s", type(error).__name__, place_of(error))
            return False
        if not self._queued:
            self._soon(self._flush)
        self._queued.append(line)
        self._unsent += len(line)
        return True

    def drop(self, reason: str) -> None:
        """End it at once; what is queued is lost."""
        if self._transport is not None and not self._transport.is_closing():
            log.warning("link dropped reason=%s", reason)
            self._transport.abort()

    async def close(self, flush_s: float) -> None:
        """Close after what is queued has left, or after ``flush_s`` seconds."""
        self._flush()
        if self._transport is not None:
            self._transport.close()
        try:
            await asyncio.wait_for(self.gone.wait(), flush_s)
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()

    def _flush(self) -> None:
        queued, self._queued, self._unsent = self._queued, [], 0
        if queued and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(queued))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        try:
            self.opened()
        except Exception as error:  # else the other end would wait for what never comes
            log.error("link not opened error=%s at=%s", type(error).__name__, place_of(error))
            self.drop("internal-error")

    def data_received(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        try:
            messages = self._lines.feed(data)
        except BadLine as bad:
            self.drop(str(bad))
            return
        except Exception as error:
            log.error("link not read error=%s at=%s", type(error).__name__, place_of(error))
            self.drop("internal-error")
            return
        self.heard = asyncio.get_running_loop().time()
        for message in messages:
            self._handle(message)

    def _handle(self, message: M) -> None:
        """One that cannot be handled would not be handled after reconnecting either: the next ones can be."""
        try:
            self.received(message)
        except Exception as error:
            kind = getattr(message, "type", "")
            log.error("not handled type=%s error=%s at=%s", kind, type(error).__name__, place_of(error))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None
        self.gone.set()
        self.closed()
