"""The link's socket: private, one server a directory, strict about what it reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from quorate.errors import Misconfigured
from quorate.link.messages import FromAgent, Hello, Quit
from quorate.link.server import MAX_SOCKET_PATH, LinkPeer, LinkServer
from quorate.link.wire import encode

WAIT_S = 60.0


class Noted:
    """A handler that remembers, and answers Hello with Quit."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.changed = asyncio.Event()

    def opened(self, peer: LinkPeer) -> None:
        self._note("opened")

    def received(self, peer: LinkPeer, message: FromAgent) -> None:
        self._note(message.type)
        peer.send(Quit())

    def closed(self, peer: LinkPeer) -> None:
        self._note("closed")
        peer.send(Quit())

    def _note(self, what: str) -> None:
        self.got.append(what)
        self.changed.set()

    async def until(self, *expected: str) -> None:
        async def wait() -> None:
            while self.got != list(expected):
                self.changed.clear()
                await self.changed.wait()

        await asyncio.wait_for(wait(), WAIT_S)


@asynccontextmanager
async def listening(data: Path) -> AsyncIterator[tuple[LinkServer, Noted]]:
    noted = Noted()
    server = LinkServer(data, noted)
    await server.start()
    try:
        yield server, noted
    finally:
        await server.stop()


async def test_messages_go_both_ways(tmp_path: Path) -> None:
    async with listening(tmp_path) as (server, noted):
        assert server.path.stat().st_mode & 0o777 == 0o600
        reader, writer = await asyncio.open_unix_connection(server.path)
        writer.write(encode(Hello(agent="a", pid=1, im="x:1")))
        assert await reader.readline() == encode(Quit())
        writer.close()
        await writer.wait_closed()
        await noted.until("opened", "hello", "closed")
    assert not server.path.exists()


async def test_a_bad_line_closes_the_connection(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with listening(tmp_path) as (server, noted):
        reader, writer = await asyncio.open_unix_connection(server.path)
        writer.write(b'{"type":"hello","agent":"bob@example.org"}\n' + encode(Hello(agent="a", pid=1, im="")))
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        await noted.until("opened", "closed")
        writer.close()
    assert "bad-fields" in caplog.text
    assert "example.org" not in caplog.text


async def test_stopping_closes_what_is_open(tmp_path: Path) -> None:
    async with listening(tmp_path) as (server, noted):
        reader, writer = await asyncio.open_unix_connection(server.path)
        await noted.until("opened")
    assert await reader.read() == b""
    assert noted.got == ["opened", "closed"]
    writer.close()
    await writer.wait_closed()


async def test_one_server_a_directory(tmp_path: Path) -> None:
    async with listening(tmp_path):
        with pytest.raises(Misconfigured, match="already uses"):
            await LinkServer(tmp_path, Noted()).start()


async def test_what_a_crash_left_behind_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link.sock").write_text("")
    async with listening(tmp_path) as (server, _):
        _, writer = await asyncio.open_unix_connection(server.path)
        writer.close()
        await writer.wait_closed()


async def test_paths_that_cannot_be_sockets(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="too long"):
        await LinkServer(tmp_path / ("x" * MAX_SOCKET_PATH), Noted()).start()
    with pytest.raises(Misconfigured, match="cannot be made"):
        await LinkServer(tmp_path / "missing", Noted()).start()
