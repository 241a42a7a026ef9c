"""The agent's clients that are attached to: what is shown of them, and who asks for it."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from quorate.agent.attached_kept import FILE_NAME, AttachedKept
from quorate.capture.attach.door import SOCKET_NAME
from quorate.capture.attach.protocol import DOWN
from quorate.errors import NotPossible, QuorateError
from quorate.link import attaching
from quorate.link.messages import StreamIs
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from tests.agent.conversation import Scene, Server
from tests.capture.attach.scripted import ScriptedShim
from tests.capture.attach.test_attached import answer_roster, count_midway, log_in

NOT_XMPP = "What the client said is not XMPP. Nothing of that is read; XMPP will be, if it comes."


def told(server: Server) -> list[tuple[str, StreamState, Reason | None]]:
    return [(m.stream.id, m.stream.state, m.stream.reason) for m in server.all(StreamIs)]


async def test_a_client_waits_becomes_a_stream_and_goes(tmp_path: Path) -> None:
    async with Scene(tmp_path), Server(tmp_path) as server:
        await server.complete()
        async with ScriptedShim(tmp_path / SOCKET_NAME) as shim:
            await server.until(StreamIs)
            await server.hears_of(StreamState.NEGOTIATING, Reason.WAITING_FOR_TRAFFIC)
            assert [c["pid"] for c in (await attaching.attached(tmp_path))["clients"]] == [os.getpid()]
            shim.open(2, lib="plain", fresh="1")  # STARTTLS: it goes on as another one
            await shim.up("<?xml version='1.0'?><stream:stream to='example.org'", conn=2)
            shim.close(2)
            shim.open(fresh="1")
            await log_in(shim)
            await server.hears_of(StreamState.LIVE, None)
        await server.hears_of(StreamState.ENDED, None)
        assert len({id for id, _, _ in told(server)}) == 1


async def test_a_client_that_goes_before_it_said_anything_is_not_shown_as_waiting(tmp_path: Path) -> None:
    async with Scene(tmp_path), Server(tmp_path) as server:
        await server.complete()
        async with ScriptedShim(tmp_path / SOCKET_NAME):
            await server.until(StreamIs)
            await server.hears_of(StreamState.NEGOTIATING, Reason.WAITING_FOR_TRAFFIC)
        await server.hears_of(StreamState.ENDED, None)


async def test_a_client_that_was_joined_and_let_go_is_not_shown_as_asked_about(tmp_path: Path) -> None:
    async with Scene(tmp_path), Server(tmp_path) as server:
        await server.complete()
        async with ScriptedShim(tmp_path / SOCKET_NAME) as shim:
            shim.open(fresh="0")
            await answer_roster(shim, await count_midway(shim))
            await server.hears_of(StreamState.LIVE, Reason.JOINED_MIDSTREAM)
            await attaching.detach(tmp_path, str(os.getpid()))
            await server.hears_of(StreamState.ENDED, None)


async def test_a_client_that_speaks_something_else_is_shown_as_such(tmp_path: Path) -> None:
    async with Scene(tmp_path), Server(tmp_path) as server:
        await server.complete()
        async with ScriptedShim(tmp_path / SOCKET_NAME) as shim:
            shim.open(fresh="1")
            await shim.up("GET / HTTP/1.1\r\n\r\n")
            await server.until(StreamIs)
            await server.hears_of(StreamState.NEGOTIATING, Reason.NOT_XMPP)
            outcome = await attaching.attach(tmp_path, str(os.getpid()))
            assert (outcome["reason"], outcome["text"]) == ("not-xmpp", NOT_XMPP)


async def test_a_client_whose_library_passes_all_over_is_shown_as_such(tmp_path: Path) -> None:
    """IRC does not look like XMPP: the library never asks about it."""
    async with Scene(tmp_path), Server(tmp_path) as server:
        await server.complete()
        async with ScriptedShim(tmp_path / SOCKET_NAME) as shim:
            await server.until(StreamIs)
            await server.hears_of(StreamState.NEGOTIATING, Reason.WAITING_FOR_TRAFFIC)
            shim.pass_over()
            await server.hears_of(StreamState.NEGOTIATING, Reason.NOT_XMPP)
            outcome = await attaching.attach(tmp_path, str(os.getpid()))
            assert (outcome["reason"], outcome["text"]) == ("not-xmpp", NOT_XMPP)
        await server.hears_of(StreamState.ENDED, Reason.NOT_XMPP)


async def test_detaching_takes_leave_of_the_client(tmp_path: Path) -> None:
    async with Scene(tmp_path), Server(tmp_path) as server:
        await server.complete()
        async with ScriptedShim(tmp_path / SOCKET_NAME) as shim:
            shim.open(fresh="1")
            await log_in(shim)
            pids = [one["pid"] for one in json.loads((tmp_path / FILE_NAME).read_text())]
            assert pids == [os.getpid()]
            await attaching.detach(tmp_path, str(os.getpid()))
            await asyncio.wait_for(shim.detached.wait(), 60)
            assert "type='unavailable'" in await shim.until(DOWN, "subscription='remove'")
            assert json.loads((tmp_path / FILE_NAME).read_text()) == []


async def test_what_is_not_possible_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="No Quorate is running"):
        await attaching.attach(tmp_path, "1")
    static = tmp_path / "static"
    static.write_bytes(b"\x7fELF\x02\x01" + bytes(10) + b"\x02\x00\x3e\x00" + bytes(100))
    async with Scene(tmp_path):
        with pytest.raises(QuorateError, match="No process is called “no-such-client”"):
            await attaching.attach(tmp_path, "no-such-client")
        with pytest.raises(QuorateError, match="No client is named"):
            await attaching.attach(tmp_path, " ")
        with pytest.raises(QuorateError, match="There is no process 999999999"):
            await attaching.attach(tmp_path, "999999999")
        with pytest.raises(QuorateError, match="is Quorate itself"):
            await attaching.attach(tmp_path, str(os.getpid()))
        with pytest.raises(QuorateError, match="not attached to “dino”") as refused:
            await attaching.detach(tmp_path, "dino")
        assert refused.value.remedy == "`quorate clients` lists what it is attached to."
        with pytest.raises(NotPossible, match="does not know what is asked of it"):
            await attaching._ask(tmp_path, {"do": "dance"})
        with pytest.raises(QuorateError, match="linked statically"):
            await attaching.prepare(tmp_path, static)
        environment = (await attaching.prepare(tmp_path, Path(sys.executable)))["environment"]
        assert environment["QUORATE_SHIM_SOCKET"] == str(tmp_path / SOCKET_NAME)
        assert environment["LD_PRELOAD"].endswith(".so")


def test_only_who_still_runs_is_found_again(tmp_path: Path) -> None:
    AttachedKept(tmp_path).keep(os.getpid())
    kept = AttachedKept(tmp_path)
    assert kept.living() == [os.getpid()]
    kept.forget(os.getpid())
    assert AttachedKept(tmp_path).living() == []
    (tmp_path / FILE_NAME).write_text(json.dumps([{"pid": os.getpid(), "started": "another time"}, 7]))
    assert AttachedKept(tmp_path).living() == []
    (tmp_path / FILE_NAME).write_text("nonsense")
    assert AttachedKept(tmp_path).living() == []
