"""The server process killed, hung, replaced, without disk or database: chats go on, and it all continues.

Real Prosody, real clients, a real `quorate up`; the agent is the process that must not notice.
"""

import asyncio
import contextlib
import os
import resource
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.interop.conftest import House, house_factory
from tests.interop.im_client import ImClient, Received
from tests.interop.prosody import free_port
from tests.interop.quorate_process import Quorate

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

COMPANION = "quorate@quorate.invalid"
ALICE = "alice@example.org"
SOON_S = 10.0
"""How long a message may take on a loaded machine; whoever waited for the server, would for fifteen."""


@dataclass
class Scene:
    """alice through Quorate, bob and carol, who see each other; the tests leave the server running."""

    house: House
    alice: ImClient
    bob: ImClient
    carol: ImClient

    @property
    def quorate(self) -> Quorate:
        return self.house.quorate

    async def ring(self) -> str:
        """An activity that waits for bob's and carol's answer; returns its id."""
        for client in (self.bob, self.carol):
            client.received.messages.clear()
        made = await self.quorate.post("/activities", {"who": "bob and carol"})
        for client in (self.bob, self.carol):
            await client.message_with("Reply yes")
        await self.people(made["id"], "sent")
        return str(made["id"])

    async def people(self, id: str, state: str) -> None:
        """Wait until all who were asked are in this state."""
        async with asyncio.timeout(60):
            while {p["state"] for p in (await self.activity(id))["people"]} != {state}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def activity(self, id: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.quorate.token}"}
        async with httpx.AsyncClient(headers=headers, timeout=60) as client:
            found: dict[str, Any] = (await client.get(f"{self.quorate.url}/api/v1/activities/{id}")).json()
        return found

    async def opens(self, id: str) -> None:
        """Both say yes, and are let in; nobody was rung more than once."""
        for client in (self.bob, self.carol):
            client.say(ALICE, "yes")
            await client.message_with("/r/")
        assert (rings(self.bob), rings(self.carol)) == (1, 1)
        await self.quorate.post(f"/activities/{id}/cancel", {})
        assert not self.alice.closed.is_set()

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The server process does nothing (SIGSTOP)."""
        process = self.quorate.process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with house_factory(tmp_path_factory.mktemp("trouble")) as make:
        house = await make(config="settle_s = 0\nrings_per_hour = 100\n")
        alice = await house.login("alice", through=True)
        scene = Scene(house, alice, await house.login("bob"), await house.login("carol"))
        await alice.until(lambda got: {"bob", "carol"} <= {w.split("@")[0] for w, _ in got.presences}, "all")
        yield scene


async def they_chat(alice: ImClient, bob: ImClient, lines: int = 10) -> float:
    """Every line arrives in order and at once; returns the longest time one took."""
    longest = 0.0
    for n in range(lines):
        for sender, receiver, to in ((alice, bob, "bob@example.org"), (bob, alice, ALICE)):
            line = f"line {n} of {time.monotonic()}"
            begun = time.monotonic()
            sender.say(to, line)
            await receiver.message_with(line, within_s=SOON_S)
            longest = max(longest, time.monotonic() - begun)
    for client in (alice, bob):
        said = [body for _, body in client.received.messages if body.startswith("line ")]
        assert said == sorted(said, key=lambda body: float(body.rpartition(" ")[2]))
        assert len(said) == len(set(said))
    return longest


def rings(client: ImClient) -> int:
    return len([body for _, body in client.received.messages if "Reply yes" in body])


async def shows(client: ImClient, show: str, alice: ImClient) -> None:
    """Bob's state changes, and alice's client is told so."""
    alice.received.presences.clear()
    client.send_presence(pshow=show)
    told = show or "available"
    await alice.until(lambda got: ("bob", told) in [(w[:3], s) for w, s in got.presences], f"bob {told}")


async def known(quorate: Quorate, name: str, availability: str) -> None:
    (verdict,) = (await quorate.run("who", name, "--json")).json()
    assert verdict["availability"] == availability


async def test_hung_for_a_while(scene: Scene) -> None:
    alice, bob = scene.alice, scene.bob
    async with scene.stopped():
        await shows(bob, "dnd", alice)
        await they_chat(alice, bob, 20)
    await known(scene.quorate, "bob", "busy")
    await shows(bob, "", alice)
    await scene.opens(await scene.ring())


@contextlib.contextmanager
def locked_database(quorate: Quorate) -> Iterator[None]:
    lock = sqlite3.connect(quorate.data / "quorate.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        lock.execute("ROLLBACK")
        lock.close()


@contextlib.contextmanager
def full_disk(quorate: Quorate) -> Iterator[None]:
    """No file of the server can grow."""
    assert quorate.process is not None
    pid = quorate.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("trouble", [locked_database, full_disk])
async def test_nothing_can_be_stored(
    scene: Scene, trouble: Callable[[Quorate], contextlib.AbstractContextManager[None]]
) -> None:
    alice, bob = scene.alice, scene.bob
    for client in (alice, bob):
        client.received.messages.clear()
    with trouble(scene.quorate):
        alice.say(COMPANION, "meet bob")
        await they_chat(alice, bob)
        await shows(bob, "dnd", alice)
        await alice.message_with("Quorate made a mistake with this; your chat is not affected.", COMPANION)
        assert rings(bob) == 0
    await known(scene.quorate, "bob", "busy")
    await shows(bob, "", alice)
    await scene.opens(await scene.ring())


async def test_an_answer_while_nothing_can_be_stored_counts_later(scene: Scene) -> None:
    alice, bob, carol = scene.alice, scene.bob, scene.carol
    id = await scene.ring()
    with full_disk(scene.quorate):
        bob.say(ALICE, "yes")
        await alice.message_with("yes")
        carol.say(ALICE, "yes")
        await they_chat(alice, bob)
    live = (await scene.quorate.run("wait", id, "--state", "live", "--json")).json()
    said = {person["person"]: person["state"] for person in live["people"]}
    assert (said["bob"], said["carol"]) == ("accepted", "accepted")
    assert rings(bob) == rings(carol) == 1
    await scene.quorate.run("cancel", id)


async def test_a_command_typed_at_the_moment_the_server_dies_is_answered(scene: Scene) -> None:
    """By the next server, which does it once; or, if that one takes its time, that there is none."""
    alice = scene.alice
    async with scene.stopped():
        alice.say(COMPANION, 'meet bob and carol about "the crash"')
        await they_chat(alice, scene.bob)
        alice.received.messages.clear()
        await scene.quorate.kill()
    await scene.quorate.start()

    def answers(received: Received) -> list[bool]:
        said = [body for sender, body in received.messages if sender == COMPANION]
        return ["not running" not in body for body in said if "the crash" in body or "not running" in body]

    await alice.until(lambda received: bool(answers(received)), "an answer")
    found = [a["id"] for a in (await scene.quorate.run("list", "--json")).json() if a["about"] == "the crash"]
    assert len(found) == answers(alice.received)[0]
    for id in found:
        await scene.quorate.run("cancel", id)


async def test_killed_while_it_rings(scene: Scene) -> None:
    alice, bob = scene.alice, scene.bob
    usual = await they_chat(alice, bob)
    id = await scene.ring()
    await scene.quorate.kill()
    assert await they_chat(alice, bob) < max(3 * usual, SOON_S)
    await shows(bob, "dnd", alice)
    await shows(bob, "away", alice)
    await scene.quorate.start()
    await known(scene.quorate, "bob", "away")
    await they_chat(alice, bob, 3)
    await scene.opens(id)
    await shows(bob, "", alice)


async def test_replaced_while_the_one_that_hangs_still_exists(scene: Scene) -> None:
    alice, bob = scene.alice, scene.bob
    id = await scene.ring()
    async with scene.stopped() as old:
        await they_chat(alice, bob)
        await shows(bob, "away", alice)
        agent = scene.quorate.agent_pid()
        fresh = replace(scene.quorate, web_port=free_port(), process=None, log=[])
        scene.house.quorate = await scene.house.stack.enter_async_context(fresh)
        assert fresh.agent_pid() == agent
        await known(fresh, "bob", "away")
        await they_chat(alice, bob)
        os.kill(old.pid, signal.SIGCONT)
        assert await asyncio.wait_for(old.wait(), 60) == 0
        await scene.opens(id)
        await they_chat(alice, bob)
