"""Whatever raises in the server while somebody chats: the chat goes on, and the server after it.

Agent and server are real and share one event loop, so that a fault would be felt as much as it can be.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import quorate.server.activities as activities_module
from quorate.model.reasons import Reason
from quorate.server.asking import Asker
from quorate.server.bus import Bus
from quorate.server.conversation import Conversation
from quorate.server.directory import Directory
from quorate.server.dispatcher import Dispatcher
from quorate.server.evidence_book import EvidenceBook
from quorate.server.hub import Hub
from quorate.server.inbound import Inbound
from quorate.server.notices import Notices
from quorate.server.streams import Streams
from quorate.store.database import Database
from tests.agent.conversation import Login, Scene
from tests.robustness.test_agent_faults import Chat
from tests.robustness.test_splice_faults import Raising
from tests.server.hub_parts import running

ROSTER = "".join(f"<item jid='{n}@example.org' name='{n}' subscription='both'/>" for n in ("bob", "carol"))
DAVE = "<item jid='dave@example.org' subscription='both'/>"

RAISED_S = 60.0
"""A question whose answer never comes ends by time."""

POINTS: dict[str, tuple[Any, str]] = {
    "link": (Inbound, "received"),
    "streams": (Streams, "put"),
    "directory": (Directory, "roster"),
    "evidence": (EvidenceBook, "saw"),
    "verdicts": (EvidenceBook, "verdict"),
    "conversation": (Conversation, "given"),
    "decisions": (activities_module, "step"),
    "dispatcher": (Dispatcher, "ended"),
    "notices": (Notices, "to_person"),
    "asking": (Asker, "done"),
    "events": (Bus, "publish"),
    "replies": (Hub, "replied"),
    "store": (Database, "transaction"),
}


ANSWER = 5
"""The step in which bob answers."""


async def everything(chat: Chat, *, invited: bool) -> None:
    """Sets off whatever the server does, a message each way after each; bob answers once ``invited``."""
    login = chat.login
    steps: tuple[Callable[[], None], ...] = (
        lambda: login.far.say(b"<presence from='bob@example.org/x'><show>away</show></presence>"),
        lambda: login.far.say(
            f"<iq type='set' id='p1'><query xmlns='jabber:iq:roster'>{DAVE}</query></iq>".encode()
        ),
        lambda: login.types("meet bob and carol", "t1"),
        lambda: login.far.say(b"<presence from='bob@example.org/x'/><presence from='carol@example.org/y'/>"),
        lambda: login.types("who bob", "t2"),
        lambda: login.arrives("bob@example.org/x", "yes", "r1"),
        lambda: login.types("cancel", "t3"),
        lambda: login.client.say(b"<presence><show>dnd</show></presence>"),
        lambda: login.client.say(b"<presence/>"),
    )
    for number, says in enumerate(steps):
        if invited and number == ANSWER:
            await login.server_gets("Reply yes")
        says()
        await chat.message()


@pytest.mark.parametrize("part", POINTS)
async def test_a_part_of_the_server_that_raises(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    where, what = POINTS[part]
    raising = Raising()
    async with running(tmp_path) as hub, Scene(tmp_path) as scene:
        login = await scene.log_in(ROSTER)
        await answered(login, "help", "h1")
        chat = Chat(login)
        login.types("meet bob and carol", "t0")
        await login.client_sees("Q1")
        with monkeypatch.context() as broken, caplog.at_level(logging.ERROR):
            broken.setattr(where, what, raising)
            await everything(chat, invited=part == "replies")
            async with asyncio.timeout(RAISED_S):
                while not raising.times:
                    await chat.message()
        assert chat.arrived()
        assert hub.streams()[0].reason in (None, Reason.INTERNAL_ERROR)
        await answered(login, "help meet", "h2")
        await chat.message()


async def answered(login: Login, typed: str, id: str) -> None:
    """The server is at work: it answers."""
    login.types(typed, id)
    await login.client_sees("What I understand" if id == "h1" else "WHO: names, @groups")
