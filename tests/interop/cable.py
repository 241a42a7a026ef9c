"""A TCP relay that a test can cut: what happens between Quorate and the server when a network fails."""

import asyncio
from dataclasses import dataclass, field
from typing import cast


@dataclass
class Cable:
    """``async with Cable(port) as cable``: whoever connects to ``cable.port`` talks to ``port``."""

    to: int
    port: int = 0
    """Any that is free, unless told."""
    host: str = "127.0.0.1"
    ends: set[asyncio.Transport] = field(default_factory=set)
    """Of all connections, both."""

    async def __aenter__(self) -> "Cable":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Near(self), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """Both ends of every connection see it reset; new ones get through."""
        for end in tuple(self.ends):
            end.abort()


class _End(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, cable: Cable) -> None:
        self.cable = cable
        self.other: _End | None = None
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.cable.ends.add(self.transport)

    def data_received(self, data: bytes) -> None:
        assert self.other is not None
        self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.cable.ends.discard(self.transport)
        if self.other is not None and not self.other.lost:
            self.other.transport.close() if exc is None else self.other.transport.abort()

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and not self.other.lost:
            self.other.transport.resume_reading()


class _Near(_End):
    """The end that was called; it reads on when the far end is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.pause_reading()
        self._dialling = asyncio.ensure_future(self._dial())

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, far = await loop.create_connection(lambda: _End(self.cable), "127.0.0.1", self.cable.to)
        except OSError:
            self.transport.abort()
            return
        far.other = self
        if self.lost:
            far.transport.abort()
        else:
            self.other = far
            self.transport.resume_reading()
