import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import BaseModel

from quorate.link import client as client_module
from quorate.link import connection as connection_module
from quorate.link.client import LinkClient
from quorate.link.messages import FromAgent, FromServer, Quit, SnapshotDone, Welcome
from quorate.link.server import LinkPeer, LinkServer

WAIT_S = 60.0


class User:
    """The agent's side; everything that happens is a line in ``news``."""

    def __init__(self) -> None:
        self.news: asyncio.Queue[str] = asyncio.Queue()
        self.messages: list[FromServer] = []
        self.greeting: BaseModel | None = None
        self.client: LinkClient | None = None

    def link_opened(self) -> None:
        if self.greeting is not None and self.client is not None:
            self.client.send(self.greeting)
        self.news.put_nowait("opened")

    def link_received(self, message: FromServer) -> None:
        self.messages.append(message)
        self.news.put_nowait(message.type)

    def link_closed(self) -> None:
        self.news.put_nowait("closed")

    async def next(self) -> str:
        return await asyncio.wait_for(self.news.get(), WAIT_S)


class Peers:
    """The server's side."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[LinkPeer] = asyncio.Queue()
        self.messages: asyncio.Queue[FromAgent] = asyncio.Queue()

    def opened(self, peer: LinkPeer) -> None:
        self.came.put_nowait(peer)

    def received(self, peer: LinkPeer, message: FromAgent) -> None:
        self.messages.put_nowait(message)

    def closed(self, peer: LinkPeer) -> None: ...


async def test_it_connects_whenever_a_server_comes(tmp_path: Path) -> None:
    user = User()
    user.client = client = LinkClient(tmp_path, user)
    task = asyncio.create_task(client.run())
    user.greeting = SnapshotDone()
    assert not client.send(SnapshotDone())
    for _ in range(2):
        peers = Peers()
        server = LinkServer(tmp_path, peers)
        await server.start()
        assert await user.next() == "opened"
        assert client.connected
        assert await asyncio.wait_for(peers.messages.get(), WAIT_S) == SnapshotDone()
        (await peers.came.get()).send(Welcome(page="http://127.0.0.1/"))
        assert await user.next() == "welcome"
        await server.stop()
        assert await user.next() == "closed"
        assert not client.connected
    task.cancel()
    await asyncio.wait([task])


async def test_what_was_sent_last_still_leaves(tmp_path: Path) -> None:
    user, peers = User(), Peers()
    server = LinkServer(tmp_path, peers)
    await server.start()
    client = LinkClient(tmp_path, user)
    task = asyncio.create_task(client.run())
    assert await user.next() == "opened"
    client.send(SnapshotDone())
    task.cancel()
    assert await asyncio.wait_for(peers.messages.get(), WAIT_S) == SnapshotDone()
    await asyncio.wait([task])
    assert await user.next() == "closed"
    await server.stop()


@asynccontextmanager
async def raw_server(path: Path, line: bytes) -> AsyncIterator[None]:
    """Says one line to who comes, and reads no further than asyncio does by itself."""
    writers: list[asyncio.StreamWriter] = []

    async def came(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(line)

    server = await asyncio.start_unix_server(came, path / "link.sock")
    yield
    server.close()
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0)


@asynccontextmanager
async def running(client: LinkClient) -> AsyncIterator[None]:
    task = asyncio.create_task(client.run())
    yield
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("line", [b"nonsense\n", b"[]\n", b'{"type":"stored"}\n', b"x" * (1 << 20) + b"\n"])
async def test_a_server_that_does_not_speak_the_link_is_left_and_tried_again(
    tmp_path: Path, line: bytes
) -> None:
    user = User()
    async with raw_server(tmp_path, line), running(LinkClient(tmp_path, user)):
        assert [await user.next() for _ in range(3)] == ["opened", "closed", "opened"]


async def test_what_a_newer_server_says_is_left_out(tmp_path: Path) -> None:
    user = User()
    line = b'{"type":"dance"}\n' + Quit().model_dump_json().encode() + b"\n"
    async with raw_server(tmp_path, line), running(LinkClient(tmp_path, user)):
        assert [await user.next() for _ in range(2)] == ["opened", "quit"]


async def test_a_server_that_does_not_read_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "MAX_UNSENT", 1000)
    user = User()
    client = LinkClient(tmp_path, user)
    async with raw_server(tmp_path, b""), running(client):
        assert await user.next() == "opened"
        while client.send(Welcome(page="x" * 10_000)):
            pass
        assert await user.next() == "closed"


async def test_a_message_that_is_too_long_is_not_sent(tmp_path: Path) -> None:
    user = User()
    client = LinkClient(tmp_path, user)
    async with raw_server(tmp_path, b""), running(client):
        assert await user.next() == "opened"
        assert not client.send(Welcome(page="x" * (1 << 20)))
        assert client.connected


@pytest.mark.parametrize(("lasting_s", "last"), [(5.0, 2.0), (0.0, 0.05)], ids=["dropped at once", "lasting"])
async def test_only_a_lasting_connection_makes_the_next_wait_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lasting_s: float, last: float
) -> None:
    waits: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        waits.append(seconds)
        if len(waits) == 10:
            enough.set()
        await pause(0)

    async def came(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    monkeypatch.setattr(client_module, "LASTING_S", lasting_s)
    server = await asyncio.start_unix_server(came, tmp_path / "link.sock")
    monkeypatch.setattr("asyncio.sleep", sleep)
    task = asyncio.create_task(LinkClient(tmp_path, User()).run())
    await asyncio.wait_for(enough.wait(), WAIT_S)
    task.cancel()
    await asyncio.wait([task])
    server.close()
    await server.wait_closed()
    assert (waits[0], waits[9]) == (0.05, last)
