"""The agent's end of the link: connects to DIR/link.sock and comes back for ever.

A server that does not read, does not speak the link or is silent for too long is left and tried again, and so
is one whose place another has taken. Everything that matters is told anew after each connection, so nothing
depends on one of them.
"""

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel

from quorate.errors import place_of
from quorate.link.connection import SOCKET_NAME, LinkConnection, Soon
from quorate.link.messages import FromServer, Welcome
from quorate.link.wire import server_lines

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0
LASTING_S = 5.0
"""A connection that held this long was no mistake: the next one is tried soon."""
BEATS_MISSED = 3
"""After so many a server is taken for hung."""
LOOK_S = 1.0
"""How often it is looked whether the server is still the right one."""
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

    def __init__(self, data: Path, user: LinkUser, soon: Soon | None = None) -> None:
        """``soon`` as for a LinkConnection."""
        self._path = data / SOCKET_NAME
        self._soon = soon
        self._user = user
        self._connection: _Connection | None = None
        self._beat_s: float | None = None
        """As the last server said; one that hangs does not even say that."""

    @property
    def connected(self) -> bool:
        return self._connection is not None

    @property
    def answering(self) -> bool:
        """A server is there and has said something: what it is told will be handled."""
        return self._connection is not None and self._connection.heard is not None

    def send(self, message: BaseModel) -> bool:
        """False if there is no server; then nothing was queued."""
        return self._connection is not None and self._connection.send(message)

    async def run(self) -> None:
        """Connect and reconnect until cancelled; a lasting connection makes the next wait short again."""
        loop = asyncio.get_running_loop()
        wait = FIRST_WAIT_S
        try:
            while True:
                since = loop.time()
                try:
                    await self._use()
                except OSError:  # no server
                    pass
                except Exception as error:  # a fault of ours must not leave us without a server for ever
                    log.error("link broken error=%s at=%s", type(error).__name__, place_of(error))
                if loop.time() - since >= LASTING_S:
                    wait = FIRST_WAIT_S
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
        finally:
            if (last := self._connection) is not None:
                await last.close(FLUSH_S)

    async def _use(self) -> None:
        """Connect, and return when the connection is gone."""
        loop = asyncio.get_running_loop()
        place, since = _place(self._path), loop.time()
        _, connection = await loop.create_unix_connection(
            lambda: _Connection(self, self._soon), str(self._path)
        )
        while not connection.gone.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await connection.gone.wait()
            if _place(self._path) not in (place, None):
                connection.drop("replaced")
            elif self._silent(connection.heard or since):
                connection.drop("silent")

    def _silent(self, since: float) -> bool:
        beat_s = self._beat_s
        return beat_s is not None and asyncio.get_running_loop().time() - since > BEATS_MISSED * beat_s

    def opened(self, connection: "_Connection") -> None:
        self._connection = connection
        log.info("link opened")
        self._user.link_opened()

    def received(self, message: FromServer) -> None:
        if isinstance(message, Welcome):
            self._beat_s = message.beat_s
        self._user.link_received(message)

    def closed(self) -> None:
        self._connection = None
        log.info("link closed")
        self._user.link_closed()


def _place(path: Path) -> int | None:
    """Which socket is there: a new server makes a new one."""
    try:
        return path.stat().st_ino
    except OSError:
        return None


class _Connection(LinkConnection[FromServer]):
    def __init__(self, client: LinkClient, soon: Soon | None) -> None:
        super().__init__(server_lines(), soon)
        self._client = client

    def opened(self) -> None:
        self._client.opened(self)

    def received(self, message: FromServer) -> None:
        self._client.received(message)

    def closed(self) -> None:
        self._client.closed()
