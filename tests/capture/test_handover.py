"""Connections that another process of Quorate's hands over to the agent."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from quorate.capture.destination import Destination
from quorate.capture.handover import SOCKET_NAME, Giver, Handed, Receiver, parse_handed
from quorate.capture.listener import Bind
from quorate.model.reasons import Reason
from tests.capture.stand_in import WAIT_S, House, Line, Upstream
from tests.interop.prosody import free_port

Told = asyncio.Queue[tuple[int, str | None]]


@asynccontextmanager
async def handover(folder: Path, *ports: int) -> AsyncIterator[tuple[House, Giver, Told]]:
    async with House(folder, [], bind=Bind("127.0.0.1", 0, (), ports)) as home:
        receiver = Receiver(folder, home.listener.take)
        await receiver.start()
        told: Told = asyncio.Queue()
        giver = Giver(folder, lambda number, reason: told.put_nowait((number, reason)))
        giver.connect()
        try:
            yield home, giver, told
        finally:
            giver.close()
            receiver.stop()


async def hear(told: Told) -> tuple[int, str | None]:
    return await asyncio.wait_for(told.get(), WAIT_S)


async def connected_pair() -> tuple[Line, socket.socket]:
    """As ``accept`` would give it."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        line = Line(*await asyncio.open_connection(*door.getsockname()))
        taken, _ = door.accept()
        return line, taken


async def give(giver: Giver, number: int, port: int) -> Line:
    line, taken = await connected_pair()
    assert giver.give(taken, Handed(number=number, destination=Destination("127.0.0.1", port)))
    return line


async def test_a_connection_is_read_as_if_its_client_had_come_by_itself(tmp_path: Path) -> None:
    async with Upstream() as upstream, handover(tmp_path, upstream.port) as (home, giver, told):
        client = await give(giver, 7, upstream.port)
        client.say(b"<stream>")
        far = await upstream.next()
        await far.expect(b"<stream>")
        assert home.splices[0].arrival.destination == f"127.0.0.1:{upstream.port}"
        client.close()
        far.close()
        assert await hear(told) == (7, Reason.STREAM_ENDED)


async def test_a_port_that_was_asked_for_is_read_though_it_is_no_usual_one(tmp_path: Path) -> None:
    async with Upstream() as upstream, handover(tmp_path, 5222) as (home, giver, _):
        client = await give(giver, 1, upstream.port)
        client.say(b"<stream>")
        far = await upstream.next()
        await far.expect(b"<stream>")
        assert home.splices[0].arrival.unread is None
        client.close()
        far.close()


async def test_what_is_forwarded_only_counts_as_come_through(tmp_path: Path) -> None:
    async with Upstream() as upstream, handover(tmp_path, upstream.port) as (_, giver, told):
        client = await give(giver, 1, upstream.port)
        client.say(b"USER alice\r\n")
        await (await upstream.next()).expect(b"USER alice\r\n")
        assert await hear(told) == (1, None)
        client.close()


async def test_a_server_that_is_not_there_is_nobodys_fault(tmp_path: Path) -> None:
    port = free_port()
    async with handover(tmp_path, port) as (_, giver, told):
        client = await give(giver, 3, port)
        assert await client.expect_end() == b""
        assert await hear(told) == (3, Reason.UPSTREAM_UNREACHABLE)
        client.close()


async def test_the_agent_that_ends_is_noticed(tmp_path: Path) -> None:
    async with House(tmp_path, []) as home:
        receiver = Receiver(tmp_path, home.listener.take)
        await receiver.start()
        giver = Giver(tmp_path, lambda *_: None)
        giver.connect()
        receiver.stop()
        await asyncio.wait_for(giver.gone.wait(), WAIT_S)
        line, taken = await connected_pair()
        assert not giver.give(taken, Handed(number=1, destination=Destination("127.0.0.1", 5222)))
        assert await line.expect_end() == b""
        line.close()
        giver.close()


@pytest.mark.parametrize(
    "message", [b"", b"{}", b"[]", b"nonsense", b'{"number": 1, "host": "::1"}', b'{"number": "x"}', b"\xff"]
)
def test_what_is_no_message_is_none(message: bytes) -> None:
    assert parse_handed(message) is None


async def test_nonsense_is_dropped_with_what_came_along(tmp_path: Path) -> None:
    async with Upstream() as upstream, handover(tmp_path, upstream.port) as (home, giver, _):
        line, taken = await connected_pair()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as other:
            other.connect(str(tmp_path / SOCKET_NAME))
            socket.send_fds(other, [b"nonsense"], [taken.fileno()])
            taken.close()
            assert await line.expect_end() == b""
            socket.send_fds(other, [json.dumps({"number": 1, "host": "h", "port": 1}).encode()], [])
        client = await give(giver, 2, upstream.port)
        client.say(b"<stream>")
        await (await upstream.next()).expect(b"<stream>")
        assert len(home.splices) == 1
        line.close()
        client.close()


async def test_only_its_own_user_gets_at_the_socket(tmp_path: Path) -> None:
    async with handover(tmp_path):
        status = os.stat(tmp_path / SOCKET_NAME)
        assert stat.S_IMODE(status.st_mode) == 0o600
    assert not (tmp_path / SOCKET_NAME).exists()
