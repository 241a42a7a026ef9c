"""Connections that do not come to a login, through the whole agent: each ends with its reason."""

import asyncio
from pathlib import Path

import pytest

from quorate.capture import listener
from quorate.link.messages import StreamIs
from quorate.model.reasons import Reason
from quorate.model.stream import Stream, StreamState
from tests.agent.conversation import ANSWER, HEADER, PLAIN, Scene, Server
from tests.capture.stand_in import WAIT_S, Line


async def ended(server: Server) -> Stream:
    async with asyncio.timeout(WAIT_S):
        while True:
            for message in server.all(StreamIs):
                if message.stream.state is StreamState.ENDED:
                    return message.stream
            await server.until(StreamIs, len(server.all(StreamIs)) + 1)


@pytest.mark.parametrize(
    ("answered", "reason", "condition", "sentence"),
    [
        (
            False,
            Reason.UPSTREAM_SILENT,
            b"<remote-connection-failed ",
            b"The server of example.org says nothing.",
        ),
        (True, Reason.LOGIN_TIMEOUT, b"<connection-timeout ", b"The login took more than"),
    ],
)
async def test_a_login_that_never_comes_ends_with_who_was_slow(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answered: bool,
    reason: Reason,
    condition: bytes,
    sentence: bytes,
) -> None:
    monkeypatch.setattr(listener, "LOGIN_S", 1.5)
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        host, _, port = scene.agent.im.rpartition(":")
        client = Line(*await asyncio.open_connection(host, int(port)))
        scene.lines.append(client)
        client.say(HEADER)
        far = await scene.upstream.next()
        await far.expect(HEADER)
        if answered:
            far.say(ANSWER + PLAIN)
            await client.expect(ANSWER + PLAIN)
        seen = await client.expect_end()
        assert condition in seen
        assert sentence in seen
        assert (await ended(server)).reason is reason


@pytest.mark.parametrize(
    "header", [b"<?xml version='1.0'?><stream:stream x='" + b"x" * 20_000, b" " * 20_000]
)
async def test_a_header_that_never_ends_is_closed_and_holds_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: bytes
) -> None:
    monkeypatch.setattr("quorate.capture.driver.HEADER_S", 0.3)
    async with Scene(tmp_path) as scene:
        host, _, port = scene.agent.im.rpartition(":")
        client = Line(*await asyncio.open_connection(host, int(port)))
        scene.lines.append(client)
        client.say(header)
        assert await client.expect_end() == b""
        assert scene.upstream.lines.empty()
