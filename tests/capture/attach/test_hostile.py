"""Whoever comes to the door and is no library of ours: it is given up, and costs nothing that grows."""

import asyncio
import ctypes
import gc
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quorate.capture import processes
from quorate.capture.attach import door as door_module
from quorate.capture.attach.client import MAX_CONNECTIONS
from quorate.capture.attach.door import MAX_NAMELESS, Door
from quorate.capture.attach.facts import facts_of
from quorate.capture.attach.protocol import UP, Kind, frame, hello
from quorate.clock import SystemClock
from quorate.link.process import process_of
from tests.capture.attach.scripted import WAIT_S, ScriptedShim
from tests.capture.attach.test_attached import Watching, attached, log_in

PR_SET_NAME = 15
OPEN = b"lib=openssl\npeer=127.0.0.1 5222"

NOT_OURS: dict[str, bytes] = {
    "a length that is absurd": b"\xff" * 20,
    "a hello that is long": frame(Kind.HELLO, payload=b"x" * 65536),
    "a hello that does not end": frame(Kind.HELLO, payload=b"x" * 1_000_000)[:8192],
    "something else first": frame(Kind.DATA, 1, payload=b"<iq/>"),
    "another version": frame(Kind.HELLO, payload=b"\x09\0\0\0" + b"x" * 20),
    "a request of the web": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is hung up on here is not because the time to say hello has ended."""
    monkeypatch.setattr(door_module, "HELLO_S", 2 * WAIT_S)


@pytest.mark.parametrize("said", NOT_OURS.values(), ids=NOT_OURS)
async def test_who_does_not_say_hello_is_hung_up_on(tmp_path: Path, said: bytes) -> None:
    async with attached(tmp_path) as (_, _, door):
        reader, writer = await asyncio.open_unix_connection(door.path)
        writer.write(said)
        async with asyncio.timeout(WAIT_S):
            assert await ended(reader)
        writer.close()


async def test_many_who_say_nothing_keep_nobody_out(tmp_path: Path) -> None:
    async with attached(tmp_path) as (_, _, door):
        silent = [await asyncio.open_unix_connection(door.path) for _ in range(MAX_NAMELESS + 5)]
        async with asyncio.timeout(WAIT_S):
            for reader, _ in silent[:5]:
                assert await ended(reader)
        async with ScriptedShim(door.path) as shim:
            shim.open(1, fresh="1")
            assert await shim.up("GET / HTTP/1.1") == "GET / HTTP/1.1"
        for _, writer in silent:
            writer.close()


async def test_many_who_never_come_twice_keep_nobody_out(tmp_path: Path) -> None:
    async with attached(tmp_path) as (_, _, door):
        halves = [await asyncio.open_unix_connection(door.path) for _ in range(MAX_NAMELESS + 5)]
        for _, writer in halves:
            writer.write(hello(os.getpid(), 3, os.urandom(16)))
        async with asyncio.timeout(WAIT_S):
            assert await ended(halves[0][0])
        for _, writer in halves:
            writer.close()


NOT_LIKE_US: dict[str, bytes] = {
    "connections without end": b"".join(
        frame(Kind.OPEN, i, payload=OPEN) for i in range(MAX_CONNECTIONS + 1)
    ),
    "a table of words": frame(Kind.OPEN, 1, payload=OPEN + b"\nup_table=one:two"),
    "a table that is cut": frame(Kind.OPEN, 1, payload=OPEN + b"\nup_table=1"),
    "a table beyond 32 bits": frame(Kind.OPEN, 1, payload=OPEN + b"\nup_table=4294967296:1"),
    "a depth of many digits": frame(Kind.OPEN, 1, payload=OPEN + b"\nup_depth=" + b"9" * 5000),
    "questions without waiting": frame(Kind.DATA, 1, payload=b"x", dir=UP) * 10_000,
    "a length that is absurd": b"\xff" * 20,
}


@pytest.mark.parametrize("said", NOT_LIKE_US.values(), ids=NOT_LIKE_US)
async def test_a_library_that_is_none_is_given_up(tmp_path: Path, said: bytes) -> None:
    host = Watching()
    door = Door(tmp_path, host, SystemClock())
    door.start()
    try:
        async with ScriptedShim(door.path) as shim:
            shim._s[1].write(said)
            async with asyncio.timeout(WAIT_S):
                assert await ended(shim._s[0])
        assert not door.clients
        assert all(stream.over for stream in host.streams)
    finally:
        await door.stop()


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        while await reader.read(65536):
            pass
    except ConnectionResetError:
        pass
    return True


def test_a_process_with_an_odd_name_is_in_nobodys_way() -> None:
    """Its name is its own choice: bytes that are no text, or orders to a terminal."""
    with named(b"\xff\x1b[2J") as pid:
        assert list(processes.named("no-such-client")) == []
        assert facts_of(pid).alive
        assert process_of(pid) is not None
        assert processes.name_of(pid).isprintable()
        assert all(name.isprintable() for name in processes.names_of(pid))


@contextmanager
def named(name: bytes) -> Iterator[int]:
    """A child with this name; the process id is its."""
    there, over = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        ctypes.CDLL(None).prctl(PR_SET_NAME, name)
        os.write(there[1], b".")
        os.close(over[1])
        os.read(over[0], 1)
        os._exit(0)
    os.read(there[0], 1)
    try:
        yield pid
    finally:
        for fd in (*there, *over):
            os.close(fd)
        os.waitpid(pid, 0)


async def test_of_a_client_that_is_killed_nothing_is_left(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, host, door):
        went = asyncio.Event()
        door.went = lambda _: went.set()
        shim.open(1, fresh="1")
        shim.open(2, fresh="1")
        shim.open(3)
        await log_in(shim)
        await shim.up("<message><body>" + "x" * 50_000, conn=2)
        left = [
            weakref.ref(one) for client in door.clients.values() for one in (client, *client.streams.values())
        ]
        assert len(left) == 3
        shim._s[1].close()
        shim._a[1].close()
        async with asyncio.timeout(WAIT_S):
            await went.wait()
        assert not door.clients
        assert all(stream.over for stream in host.streams)
        host.streams.clear()
        gc.collect()
        assert [one() for one in left if one() is not None] == []
