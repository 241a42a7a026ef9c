"""Alice at one more library: @xmpp/client, what bots and web clients in JavaScript are made of."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from tests.interop.conftest import MakeHouse

pytestmark = pytest.mark.real("prosody")

TOP = Path(__file__).resolve().parents[2]
CLIENT = Path(__file__).parent / "clients" / "xmppjs" / "client.js"
COMPANION = "quorate@quorate.invalid"
WAIT_S = 60.0

Event = dict[str, Any]


class XmppJs:
    """``async with XmppJs(port, jid, password, ca) as alice``; ``events`` is all that it told so far."""

    def __init__(self, port: int, jid: str, password: str, ca: Path) -> None:
        self._words = [str(port), jid, password]
        self._environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(ca)}
        self.events: list[Event] = []

    async def __aenter__(self) -> Self:
        run = [sys.executable, str(TOP / "script" / "build_page.py"), "node", str(CLIENT)]
        self._process = await asyncio.create_subprocess_exec(
            *run,
            *self._words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._environment,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.kill()
        await self._process.wait()

    async def say(self, to: str, body: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"to": to, "body": body}).encode() + b"\n")
        await self._process.stdin.drain()

    async def next(self, event: str, holds: Callable[[Event], bool] = lambda _: True) -> Event:
        """Read on until it tells this; errors of the client fail the test."""
        assert self._process.stdout is not None
        async with asyncio.timeout(WAIT_S):
            while line := await self._process.stdout.readline():
                told = json.loads(line)
                self.events.append(told)
                assert told["event"] not in ("error", "fail"), told
                if told["event"] == event and holds(told):
                    return dict(told)
        raise AssertionError(f"it ended without {event}: {self.events}")

    async def message(self, sender: str, text: str) -> Event:
        return await self.next("message", lambda m: m["from"].startswith(sender) and text in m["body"])


async def test_roster_companion_chat_and_resume(make_house: MakeHouse) -> None:
    house = await make_house(people=("alice", "bob"))
    bob, quorate = await house.login("bob"), house.quorate
    address = house.server.jid("alice")
    async with XmppJs(quorate.im_port, address, "secret-alice", quorate.ca) as alice:
        online = await alice.next("online")
        assert {item["jid"] for item in online["items"]} == {"bob@example.org", COMPANION}
        await alice.next("presence", lambda p: p["from"].startswith(COMPANION) and "type" not in p)
        await alice.say(COMPANION, "who bob")
        await alice.message(COMPANION, "bob: available")
        await alice.say("bob@example.org", "hello from xmpp.js")
        await bob.message_with("hello from xmpp.js", address)
        bob.say(address, "hello back")
        await alice.message("bob@example.org", "hello back")
        await alice.next("ack", lambda ack: ack.get("body") == "hello from xmpp.js")

        house.cable.cut()
        await alice.next("resumed")
        await alice.say("bob@example.org", "still here")
        await bob.message_with("still here", address)
        await alice.next("ack", lambda ack: ack.get("body") == "still here")
        await alice.say(COMPANION, "who bob")
        await alice.message(COMPANION, "bob: available")
        said = [event["body"] for event in alice.events if event["event"] == "message"]
        assert said.count("hello back") == 1
        streams = (await quorate.run("streams", "--json")).json()
        (stream,) = (each for each in streams if each["state"] == "live")
        assert (stream["reason"], stream["companion"]) == (None, True)
    assert "quorate.invalid" not in house.server.stored_text()
