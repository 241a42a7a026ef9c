"""Opening a connection: which address wins, and that nothing stays open of what did not."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from quorate.capture import happy_eyeballs
from quorate.capture.happy_eyeballs import open_socket
from tests.interop.prosody import free_port


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        listening.setblocking(False)
        yield listening


def port_of(server: socket.socket) -> int:
    return int(server.getsockname()[1])


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def found(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    """The name has these addresses."""

    async def getaddrinfo(*_: object, **__: object) -> list[Any]:
        return [
            (socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))
            for host, port in addresses
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


async def test_the_connection_is_open_and_nagle_is_off(server: socket.socket) -> None:
    with await open_socket("127.0.0.1", port_of(server)) as opened:
        assert opened.getpeername()[1] == port_of(server)
        assert not opened.getblocking()
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_who_refuses_lets_the_next_begin(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(happy_eyeballs, "HEAD_START_S", 60.0)
    found(monkeypatch, ("127.0.0.1", free_port()), ("127.0.0.2", free_port()), ("127.0.0.1", port_of(server)))
    before = descriptors()
    with await open_socket("im.example", 0) as opened:
        assert opened.getpeername()[1] == port_of(server)
        assert descriptors() == before + 1


async def test_who_does_not_answer_is_not_waited_for(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(happy_eyeballs, "HEAD_START_S", 0.01)
    connect = asyncio.get_running_loop().sock_connect

    async def silent(sock: socket.socket, address: Any) -> None:
        if address[0] == "127.0.0.9":
            await asyncio.Event().wait()
        await connect(sock, address)

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", silent)
    found(monkeypatch, ("127.0.0.9", 1), ("127.0.0.1", port_of(server)))
    before = descriptors()
    with await open_socket("im.example", 0) as opened:
        assert opened.getpeername()[0] == "127.0.0.1"
        assert descriptors() == before + 1


async def test_that_somebody_refuses_says_more_than_that_there_is_no_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found(monkeypatch, ("255.255.255.255", 1), ("127.0.0.1", free_port()))
    with pytest.raises(ConnectionRefusedError):
        await open_socket("im.example", 0)


async def test_families_take_turns() -> None:
    mixed = [(10, "a"), (10, "b"), (10, "c"), (2, "d"), (2, "e")]
    assert [name for _, name in happy_eyeballs._by_turns(mixed)] == ["a", "d", "b", "e", "c"]


async def test_nothing_stays_open_at_whatever_moment_it_is_cancelled(server: socket.socket) -> None:
    before = descriptors()
    for turns in [*range(24), *range(24)]:
        opening = asyncio.create_task(open_socket("127.0.0.1", port_of(server)))
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            (await opening).close()
        assert descriptors() == before
