"""Whatever raises in the agent, beside the splice or around it: the chat goes on and is never held up.

A real agent with sockets on both sides; ``monkeypatch`` puts the fault where a mistake could be.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import quorate.agent.stream as stream_module
import quorate.link.connection as connection_module
from quorate.agent.app import Agent
from quorate.agent.journal import Journal
from quorate.agent.knowledge import Knowledge
from quorate.agent.replies_kept import RepliesKept
from quorate.agent.stream import AgentStream
from quorate.agent.streams import Streams
from quorate.link.client import LinkClient
from quorate.link.messages import AskFor, CompanionStatus, SayTo, Tell
from quorate.link.wire import LineDecoder
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.splice import Splice
from tests.agent.conversation import Login, Scene, Server, bodies
from tests.robustness.test_splice_faults import Raising

BOUND_S = 2.5
"""A loaded machine included, but less than a question takes that nobody answers; it is a millisecond."""
BOB = "<item jid='bob@example.org' name='Bob' subscription='both'/>"
LIVE = (StreamState.LIVE, None)
ADMITTED = (StreamState.LIVE, Reason.INTERNAL_ERROR)
FROZEN = (StreamState.FROZEN, Reason.INTERNAL_ERROR)
UNTOLD = None

POINTS: dict[str, tuple[Any, str, tuple[StreamState, Reason | None] | None]] = {
    # part: (where, what, what the server is told of the stream, if it can be told)
    "observer": (AgentStream, "noticed", UNTOLD),
    "observer, end of a batch": (AgentStream, "settled", LIVE),
    "knowledge": (Knowledge, "saw", ADMITTED),
    "knowledge of the roster": (Knowledge, "roster", ADMITTED),
    "journal": (Journal, "begin", LIVE),
    "journal, at the end": (Journal, "done", ADMITTED),
    "kept replies": (RepliesKept, "keep", ADMITTED),
    "commands": (stream_module, "parse_command", ADMITTED),
    "replies": (stream_module, "parse_reply", ADMITTED),
    "streams": (Streams, "received", LIVE),
    "link": (Agent, "link_received", LIVE),
    "link, sending": (LinkClient, "send", UNTOLD),
    "link, encoding": (connection_module, "encode", UNTOLD),
    "link, decoding": (LineDecoder, "feed", UNTOLD),
    "splice": (Splice, "tell", (StreamState.BLIND, Reason.INTERNAL_ERROR)),
    "companion": (Splice, "companion_status", UNTOLD),
}


class Chat:
    """Numbered messages both ways, each timed."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self.number = 0

    async def message(self) -> None:
        self.number += 1
        body = f"line {self.number}."
        self.login.client.say(f"<message to='bob@example.org'><body>{body}</body></message>".encode())
        self.login.arrives("bob@example.org/x", body, f"s{self.number}")
        async with asyncio.timeout(BOUND_S):
            await self.login.server_gets(body)
            await self.login.client_sees(body)

    def arrived(self) -> bool:
        """Everything, in order, once."""
        wanted = [f"line {n}." for n in range(1, self.number + 1)]
        both = (bodies(self.login.got.decode()), bodies(self.login.seen.decode()))
        return all([b for b in heard if b.startswith("line ")] == wanted for heard in both)


async def everything(chat: Chat, server: Server, stream: str) -> None:
    """Sets off whatever the agent does, a message each way after each."""
    login = chat.login

    def from_server(message: BaseModel) -> Callable[[], None]:
        return lambda: server.send(message) if server.peers else None

    steps: list[Callable[[], None]] = [
        lambda: login.far.say(b"<presence from='bob@example.org/x'><show>away</show></presence>"),
        lambda: login.client.say(b"<presence><show>dnd</show></presence>"),
        lambda: login.far.say(
            f"<iq type='set' id='p1'><query xmlns='jabber:iq:roster'>{BOB}</query></iq>".encode()
        ),
        from_server(Tell(effect="e1", stream=stream, to="bob@example.org", text="come", watch=True)),
        lambda: login.arrives("bob@example.org/x", "yes", "reply"),
        from_server(SayTo(effect="e2", stream=stream, text="Q1")),
        from_server(AskFor(request="q1", stream=stream, contact="bob@example.org")),
        from_server(CompanionStatus(stream=stream, text="1 waiting")),
        lambda: login.types("status"),
    ]
    for step in steps:
        step()
        await chat.message()


@pytest.mark.parametrize("part", POINTS)
async def test_a_part_of_the_agent_that_raises(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    where, what, told = POINTS[part]
    raising = Raising()
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        login = await scene.log_in(BOB)
        stream = await server.live()
        chat = Chat(login)
        await chat.message()
        with monkeypatch.context() as broken, caplog.at_level(logging.ERROR):
            broken.setattr(where, what, raising)
            await everything(chat, server, stream)
        assert raising.times > 0
        assert chat.arrived()
        if told is not None:
            await server.hears_of(*told)
        assert "ZeroDivisionError" in caplog.text or part == "companion"
        assert "a mistake of our own" not in caplog.text
        await chat.message()


async def test_what_the_splice_held_when_it_raised_is_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scene(tmp_path) as scene:
        login = await scene.log_in(BOB)
        first = b"<message from='bob@example.org/x' to='bob@example.org'><body>first</body></message>"
        login.client.say(first + b"<iq type='get' id='half'><ping ")
        login.far.say(first + b"<presence from='bob@example.org/x'><status>half ")
        await login.server_gets("first</body>")
        await login.client_sees("first</body>")
        monkeypatch.setattr(Splice, "forward", Raising())
        login.far.say(b"word</status></presence>")
        login.client.say(b"xmlns='urn:xmpp:ping'/></iq>")
        assert "<status>half word</status>" in await login.client_sees("word</status></presence>")
        assert "<ping xmlns='urn:xmpp:ping'/></iq>" in await login.server_gets("'urn:xmpp:ping'/></iq>")
