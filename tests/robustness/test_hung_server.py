"""A server that hangs, or whose place another takes, does not keep the agent: the link between them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import quorate.link.client as client_module
import quorate.link.connection as connection_module
import quorate.link.server as server_module
from quorate.errors import Misconfigured
from quorate.link.client import LinkClient
from quorate.link.messages import Beat, FromAgent, FromServer, Hello, Quit, Welcome
from quorate.link.server import LinkPeer, LinkServer

WAIT_S = 60.0


class Agent:
    """The agent's end: says hello, and remembers what happens."""

    def __init__(self) -> None:
        self.news: asyncio.Queue[str] = asyncio.Queue()
        self.failing = False

    def link_opened(self) -> None:
        self.news.put_nowait("opened")

    def link_received(self, message: FromServer) -> None:
        self.news.put_nowait(message.type)
        if self.failing:
            raise ZeroDivisionError

    def link_closed(self) -> None:
        self.news.put_nowait("closed")

    async def hears(self, *expected: str) -> None:
        for what in expected:
            assert await asyncio.wait_for(self.news.get(), WAIT_S) == what


class Host:
    """The server's end, as fast as it likes."""

    def __init__(self, beat_s: float | None = None) -> None:
        self.beat_s = beat_s
        self.peers: list[LinkPeer] = []
        self.got: list[str] = []

    def opened(self, peer: LinkPeer) -> None:
        self.peers.append(peer)
        peer.send(Welcome(page="", beat_s=self.beat_s))

    def received(self, peer: LinkPeer, message: FromAgent) -> None:
        self.got.append(message.type)

    def closed(self, peer: LinkPeer) -> None:
        self.peers.remove(peer)


@asynccontextmanager
async def linked(data: Path, host: Host) -> AsyncIterator[tuple[Agent, LinkClient, LinkServer]]:
    agent = Agent()
    client = LinkClient(data, agent)
    server = LinkServer(data, host)
    await server.start()
    running = asyncio.create_task(client.run())
    await agent.hears("opened", "welcome")
    try:
        yield agent, client, server
    finally:
        running.cancel()
        await asyncio.wait([running])
        await server.stop()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "LOOK_S", 0.05)
    monkeypatch.setattr(server_module, "LOOK_S", 0.05)
    monkeypatch.setattr(server_module, "ANSWER_S", 0.3)


async def test_a_silent_server_is_left_and_tried_again(tmp_path: Path) -> None:
    host = Host(beat_s=0.1)
    async with linked(tmp_path, host) as (agent, _, _):
        await agent.hears("closed", "opened")
        await agent.hears("welcome")


async def test_a_server_that_beats_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "BEAT_S", 0.1)
    async with linked(tmp_path, Host(beat_s=0.1)) as (agent, client, _):
        await agent.hears(*["beat"] * 8)
        assert client.answering


async def test_a_server_that_promises_no_beats_may_be_silent(tmp_path: Path) -> None:
    async with linked(tmp_path, Host()) as (agent, _, _):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(agent.news.get(), 0.4)


async def test_the_agent_moves_to_the_server_that_takes_the_place_of_one_that_hangs(tmp_path: Path) -> None:
    """The one that hangs is played by a socket nobody accepts on."""
    path = tmp_path / "link.sock"
    agent, host = Agent(), Host()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as hung:
        hung.bind(str(path))
        hung.listen()
        running = asyncio.create_task(LinkClient(tmp_path, agent).run())
        await agent.hears("opened")
        server = LinkServer(tmp_path, host)
        await server.start()
        await agent.hears("closed", "opened", "welcome")
        running.cancel()
        await asyncio.wait([running])
        await server.stop()


async def test_a_server_that_works_is_not_replaced(tmp_path: Path) -> None:
    async with linked(tmp_path, Host()):
        with pytest.raises(Misconfigured, match="already uses"):
            await LinkServer(tmp_path, Host()).start()


async def test_a_server_that_was_replaced_hears_nothing_more_and_ends(tmp_path: Path) -> None:
    lost = asyncio.Event()
    old = Host()
    server = LinkServer(tmp_path, old, lost=lost.set)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(server.path))
    await asyncio.wait_for(reader.readline(), WAIT_S)
    new = tmp_path / "new.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(new))
        new.rename(server.path)
        writer.write(Hello(agent="a", pid=1, im="").model_dump_json().encode() + b"\n")
        assert await asyncio.wait_for(reader.read(), WAIT_S) in (b"", b'{"type":"beat"}\n')
        await asyncio.wait_for(lost.wait(), WAIT_S)
        writer.close()
        await server.stop()
        assert server.path.exists()
    assert old.got == []


async def test_one_message_that_cannot_be_handled_is_left_out(tmp_path: Path) -> None:
    host = Host()
    async with linked(tmp_path, host) as (agent, client, _):
        agent.failing = True
        host.peers[0].send(Beat())
        host.peers[0].send(Quit())
        await agent.hears("beat", "quit")
        assert client.connected


async def test_what_waits_for_a_server_that_hangs_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "MAX_UNSENT", 1024 * 1024)
    agent = Agent()
    client = LinkClient(tmp_path, agent)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as hung:
        hung.bind(str(tmp_path / "link.sock"))
        hung.listen()
        running = asyncio.create_task(client.run())
        await agent.hears("opened")
        message, sent = Welcome(page="x" * 100_000), 0
        while client.send(message):
            sent += 1
        assert sent < 20
        await agent.hears("closed", "opened")
        running.cancel()
        await asyncio.wait([running])
