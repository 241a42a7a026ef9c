"""Chats, requests, questions, commands and rings around connections that break on either side. T14, T16.

Nothing may be lost, doubled or miscounted. The seed is in the log of a failure; SOAK_SEED takes it again.
"""

import asyncio
import logging
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from xml.etree.ElementTree import tostring

import pytest

from tests.interop.conftest import BOTH_SERVERS, House, MakeHouse
from tests.interop.ejabberd import Ejabberd
from tests.interop.steady_client import CLIENT, SteadyClient

pytestmark = [pytest.mark.real("prosody", "ejabberdctl"), BOTH_SERVERS]

log = logging.getLogger(__name__)
COMPANION = "quorate@quorate.invalid"
ALICE, BOB, CAROL = "alice@example.org", "bob@example.org", "carol@example.org"
SOAK_S = 18.0
STEPS = 12
"""At most, between two breaks."""
GIVEN_UP_S = 2.0
"""What has not reached the server by then was lost with its connection."""
MAX_RINGS, MAX_COMMANDS = 20, 40
"""A stream takes 240 additions a minute; a ring makes about five, and what is too much waits."""


@asynccontextmanager
async def client(house: House, name: str, *, through: bool) -> AsyncIterator[SteadyClient]:
    port, ca = house.server.port, house.server.authority.path
    if through:
        port, ca = house.quorate.im_port, house.quorate.ca
    steady = SteadyClient(house.server.jid(name), house.server.accounts[name], port, ca)
    await steady.log_in()
    try:
        yield steady
    finally:
        await steady.stop()


@dataclass
class Soak:
    house: House
    alice: SteadyClient
    bob: SteadyClient
    carol: SteadyClient
    chance: random.Random
    up: int = 0
    down: int = 0
    pings: int = 0
    commands: int = 0
    rings: int = 0
    refused: int = 0
    breaks: int = 0
    asking: set["asyncio.Task[None]"] = field(default_factory=set)

    def step(self) -> None:
        kind = self.chance.choices("udpcar", (30, 30, 20, 6, 3, 3))[0]
        if (kind == "r" and self.rings >= MAX_RINGS) or (kind == "c" and self.commands >= MAX_COMMANDS):
            kind = "u"
        if kind == "u":
            self.up += 1
            self.alice.say(BOB, f"up {self.up}", f"u{self.up}")
        elif kind == "d":
            self.down += 1
            self.bob.say(ALICE, f"down {self.down}", f"d{self.down}")
        elif kind == "p":
            self.pings += 1
            ping = "<ping xmlns='urn:xmpp:ping'/>"
            self.alice.send(f"<iq type='get' id='p{self.pings}' to='example.org'>{ping}</iq>")
        elif kind == "c":
            self.commands += 1
            self.alice.say(COMPANION, "help", f"c{self.commands}")
        elif kind == "r":
            if self.refused < len(self.invitations()):
                self.refused += 1
                self.carol.say(ALICE, "no", f"n{self.refused}")
            self.rings += 1
            self.alice.say(COMPANION, f'meet carol about "ring {self.rings}"', f"r{self.rings}")
        else:
            asked = asyncio.create_task(self.ask())
            self.asking.add(asked)

    async def ask(self) -> None:
        with suppress(AssertionError):  # between two connections there is nobody to ask through
            await self.house.quorate.post("/presence/ask", {"who": "bob and carol and dave"})

    async def break_off(self) -> None:
        """One of the two connections is reset; the client comes back, now and then not at the first try."""
        self.breaks += 1
        if self.chance.random() < 0.5:
            self.alice.cut()
        else:
            self.house.cable.cut()
            await asyncio.wait_for(self.alice.broken.wait(), 60)
        for _ in range(self.chance.randrange(3)):
            self.step()
        await self.server_noticed()
        if self.chance.random() < 0.15:
            await self.give_up()
            await self.server_noticed()
        assert await self.alice.resume(), "the session was not known any more"

    async def give_up(self) -> None:
        """A resumption whose answer nobody waits for; on ejabberd it is to have begun, or never will."""
        server = self.house.server
        before = await server.processes_of("alice") if isinstance(server, Ejabberd) else b""
        await self.alice.resume(give_up=True)
        if isinstance(server, Ejabberd):
            with suppress(TimeoutError):  # the reset may have overtaken it on its way through Quorate
                async with asyncio.timeout(GIVEN_UP_S):
                    while await server.processes_of("alice") == before:
                        pass

    async def server_noticed(self) -> None:
        """ejabberd hands a session over while its old process still works on what that has received.

        A client that is too quick loses and doubles stanzas there without Quorate, too.
        """
        if isinstance(self.house.server, Ejabberd):
            await self.house.server.until_lost("alice")

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + SOAK_S
        while loop.time() < ends:
            for _ in range(self.chance.randrange(STEPS)):
                self.step()
                if self.chance.random() < 0.6:  # else the next is in the same read
                    await asyncio.sleep(self.chance.random() * 0.01)
            await self.break_off()

    async def settle(self) -> None:
        """Everything that was sent has arrived, or never will."""
        alice, bob = self.alice, self.bob
        await asyncio.gather(*self.asking)
        await bob.until(lambda: f"up {self.up}" in bob.bodies(ALICE), "the last word of alice")
        await alice.until(lambda: f"down {self.down}" in alice.bodies(BOB), "the last word of bob")
        alice.say(COMPANION, "me available", "last")
        await alice.until(lambda: any("Noted" in b for b in alice.bodies(COMPANION)), "the last answer")
        alice.send("<iq type='get' id='end' to='example.org'><ping xmlns='urn:xmpp:ping'/></iq>")
        await alice.until(lambda: bool(self.results("end")), "the end")

    def answers(self) -> list[str]:
        """Of the companion to ``help``."""
        return [text for text in self.alice.bodies(COMPANION) if text.startswith("What I understand")]

    def invitations(self) -> list[str]:
        return [text for text in self.carol.bodies(ALICE) if "Reply yes" in text]

    def results(self, start: str) -> list[str]:
        ids = [xml.get("id", "") for xml in self.alice.received if xml.tag == f"{CLIENT}iq"]
        return [id for id in ids if id.startswith(start)]


async def test_nothing_is_lost_doubled_or_miscounted(make_house: MakeHouse) -> None:
    seed = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(10**6))
    log.warning("SOAK_SEED=%d", seed)
    house = await make_house()
    async with (
        client(house, "alice", through=True) as alice,
        client(house, "bob", through=False) as bob,
        client(house, "carol", through=False) as carol,
    ):
        await introduced(alice)
        soak = Soak(house, alice, bob, carol, random.Random(seed))
        await soak.run()
        await soak.settle()

        assert bob.bodies(ALICE) == [f"up {n}" for n in range(1, soak.up + 1)]
        heard, said = alice.bodies(BOB), [f"down {n}" for n in range(1, soak.down + 1)]
        if isinstance(house.server, Ejabberd):  # what comes while it hands a session over, it mixes
            heard.sort(key=said.index)
        assert heard == said
        assert sorted(soak.results("p")) == sorted(f"p{n}" for n in range(1, soak.pings + 1))
        # what is answered when the connection is gone is not said again, but nothing is executed twice
        assert len(soak.answers()) <= soak.commands
        started = (await house.quorate.run("list", "--all", "--json")).json()
        assert sorted(a["about"] for a in started) == sorted(f"ring {n}" for n in range(1, soak.rings + 1))
        assert len(soak.invitations()) == len(set(soak.invitations()))
        assert [*alice.faults, *bob.faults, *carol.faults] == []
        assert alice.resumptions == soak.breaks
        assert soak.breaks > SOAK_S / 4
        (stream,) = [
            s for s in (await house.quorate.run("streams", "--json")).json() if s["state"] != "ended"
        ]
        assert (stream["state"], stream["reason"]) == ("live", None)
        log.warning(
            "%d breaks, %d messages, %d requests, %d commands, %d rings, %d questions",
            *(soak.breaks, soak.up + soak.down, soak.pings),
            *(soak.commands, len(soak.invitations()), len(soak.asking)),
        )
        assert "quorate" not in house.server.stored_text()


async def introduced(alice: SteadyClient) -> None:
    def there() -> bool:
        return any(x.get("from", "").startswith(COMPANION) for x in alice.received)

    await alice.until(there, "the companion's presence")


def text_of(client: SteadyClient) -> str:
    """All it has received."""
    return "".join(tostring(xml, "unicode") for xml in client.received)


async def chat(alice: SteadyClient, bob: SteadyClient, word: str) -> None:
    """One message each way, and what both ends count is compared."""
    alice.say(BOB, word, f"to-bob-{word}")
    await bob.until(lambda: bob.bodies(ALICE)[-1:] == [word], f"{word} from alice")
    bob.say(ALICE, word, f"to-alice-{word}")
    await alice.until(lambda: alice.bodies(BOB)[-1:] == [word], f"{word} from bob")


async def test_quorate_that_was_killed_lets_the_client_in_again(make_house: MakeHouse) -> None:
    house = await make_house(people=("alice", "bob"))
    async with (
        client(house, "alice", through=True) as alice,
        client(house, "bob", through=False) as bob,
    ):
        await introduced(alice)
        await chat(alice, bob, "before")
        house.quorate.end_agent()
        await house.quorate.stop()
        await asyncio.wait_for(alice.broken.wait(), 60)
        await house.quorate.start()
        alice.received.clear()
        if not await alice.resume():
            await alice.bind_anew()
            await alice.until(lambda: "quorate.invalid" in text_of(alice), "the companion in the roster")
        await chat(alice, bob, "after")
        assert bob.bodies(ALICE) == ["before", "after"]
        assert [*alice.faults, *bob.faults] == []


async def test_the_id_of_a_session_is_worth_nothing_without_quorate(make_house: MakeHouse) -> None:
    house = await make_house(people=("alice", "bob"))
    async with client(house, "alice", through=True) as alice:
        await introduced(alice)
        alice.cut()
        alice.port = house.server.port
        alice.context.load_verify_locations(str(house.server.authority.path))
        assert await alice.resume() is False
        alice.received.clear()
        await alice.bind_anew()
        await alice.until(lambda: len(alice.received) > 1, "roster and presence")
        assert alice.faults == []
        assert "quorate" not in text_of(alice)
