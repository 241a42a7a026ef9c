"""Stanzas nobody should send, through a real agent: handed on or refused with a reason, in bounded memory."""

import asyncio
import hashlib
import itertools
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from quorate.link.messages import StreamIs, Tell
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from tests.agent.conversation import Login, Scene, Server
from tests.capture.stand_in import WAIT_S, Line

MIB = 1024 * 1024
BOB = "<item jid='bob@example.org' subscription='both'/>"
HELD = 4 * MIB
"""More than a stream may hold at most, with what asyncio and the kernel keep: what is sent is larger."""
DOCTYPE = (
    b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]>"
    b"<message><body>&b;</body></message>"
)
SM = "xmlns='urn:xmpp:sm:3'"
ENABLE, ENABLED = f"<enable {SM} resume='true'/>", f"<enabled {SM} id='S9' resume='true'/>"


@asynccontextmanager
async def two_streams(home: Path) -> AsyncIterator[tuple[Login, Login, Server]]:
    """The one that is misused, and one that must not notice."""
    async with Scene(home) as scene, Server(home) as server:
        first = await scene.log_in(BOB)
        await server.live()
        yield first, await scene.log_in(BOB, resource="desk"), server


async def undisturbed(login: Login) -> None:
    login.client.say(b"<message to='bob@example.org'><body>as always</body></message>")
    login.arrives("bob@example.org/x", "as ever", "s1")
    async with asyncio.timeout(WAIT_S):
        await login.server_gets("as always")
        await login.client_sees("as ever")
    assert not login.client.reader.at_eof()


async def told(server: Server, state: StreamState, reason: Reason) -> None:
    async with asyncio.timeout(WAIT_S):
        for count in itertools.count(1):
            stream = (await server.until(StreamIs, count)).stream
            if (stream.state, stream.reason) == (state, reason):
                break


def huge(size: int) -> Iterator[bytes]:
    yield b"<message to='bob@example.org' from='bob@example.org/x'><body>"
    for _ in range(size // 65536):
        yield b"x" * 65536
    yield b"</body></message>"


def fake_ends(size: int) -> Iterator[bytes]:
    yield b"<message to='bob@example.org' from='bob@example.org/x'><body><![CDATA["
    yield b"</message><message>]]" * (size // 20)
    yield b"]]></body></message>"


def deep(size: int) -> Iterator[bytes]:
    yield b"<message to='bob@example.org' from='bob@example.org/x'>" + b"<message>" * (size // 19)
    yield b"</message>" * (size // 19 + 1)


def invalid_text(size: int) -> Iterator[bytes]:
    yield b"<message to='bob@example.org' from='bob@example.org/x'><body>\xff\xfe\xc0\x80</body></message>"


def tiny_reads(size: int) -> Iterator[bytes]:
    for part in huge(size // 16):
        yield from (part[at : at + 512] for at in range(0, len(part), 512))


PASS = {
    # name: (what is sent, how much of it)
    "10 MiB in one stanza": (huge, 10 * MIB),
    "200 kB of CDATA with fake ends": (fake_ends, 200_000),
    "200 kB of nested names": (deep, 200_000),
    "text that is no UTF-8": (invalid_text, 0),
    "a large stanza in small reads": (tiny_reads, 10 * MIB),
}


async def _digest(line: Line, size: int) -> str:
    digest = hashlib.sha256()
    async with asyncio.timeout(4 * WAIT_S):
        while size:
            data = await line.reader.read(min(size, 65536))
            assert data, "the stream ended"
            digest.update(data)
            size -= len(data)
    return digest.hexdigest()


@pytest.mark.parametrize("way", ["from the client", "from the server"])
@pytest.mark.parametrize("name", PASS)
async def test_it_passes_unchanged_and_is_not_kept(tmp_path: Path, name: str, way: str) -> None:
    make, size = PASS[name]
    async with two_streams(tmp_path) as (login, other, server):
        sender, receiver = (
            (login.client, login.far) if way == "from the client" else (login.far, login.client)
        )
        wanted, length = hashlib.sha256(), 0
        for part in make(size):
            wanted.update(part)
            length += len(part)
        tracemalloc.start()
        receiving = asyncio.create_task(_digest(receiver, length))
        for part in make(size):
            sender.say(part)
            await sender.writer.drain()
        assert await receiving == wanted.hexdigest()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < HELD
        await undisturbed(login)
        await undisturbed(other)
        state = server.all(StreamIs)[-1].stream
        assert (state.state, state.reason) == (StreamState.LIVE, None)


async def test_a_document_type_bomb_before_anything_was_added_is_the_servers_affair(tmp_path: Path) -> None:
    async with two_streams(tmp_path) as (login, other, server):
        login.client.say(DOCTYPE)
        await login.server_gets(DOCTYPE.decode())
        await told(server, StreamState.BLIND, Reason.NOT_WELL_FORMED)
        await undisturbed(login)
        await undisturbed(other)


@pytest.mark.parametrize("way", ["from the client", "from the server"])
async def test_a_document_type_bomb_after_an_addition_drops_both_ends(tmp_path: Path, way: str) -> None:
    """T34: and the next resume is refused, so that the client logs in anew."""
    async with two_streams(tmp_path) as (login, other, server):
        stream = await server.live()
        login.client.say(ENABLE.encode())
        await login.server_gets(ENABLE)
        login.far.say(ENABLED.encode())
        await login.client_sees("<enabled")
        server.send(Tell(effect="e1", stream=stream, to="bob@example.org", text="come"))
        await login.server_gets("<body>come</body>")
        (login.client if way == "from the client" else login.far).say(DOCTYPE)
        await told(server, StreamState.ENDED, Reason.NOT_WELL_FORMED)
        for end in (login.client, login.far):
            assert b"</stream:stream>" not in await rest(end)
        await undisturbed(other)


async def rest(line: Line) -> bytes:
    """What still comes before the connection is gone."""
    try:
        return await line.expect_end()
    except ConnectionError:
        return b""


async def test_a_stanza_that_trickles_in_keeps_nothing_else_waiting(tmp_path: Path) -> None:
    async with two_streams(tmp_path) as (login, other, _):
        for byte in b"<presence from='bob@example.org/x'><show>away</show></presence>":
            login.far.say(bytes([byte]))
            await undisturbed(other)
        login.client.say(b"<message to='bob@example.org'><body>at once</body>")
        await login.client_sees("<show>away</show></presence>")
        await undisturbed(other)
        login.client.say(b"</message>")
        await login.server_gets("at once</body></message>")
