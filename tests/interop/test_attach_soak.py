"""Quorate killed, stopped, detached and attached again at any moment, while attached clients talk.

Nothing is lost or doubled and no client loses its connection, with XEP-0198 counts that differ (questions are
asked all the time). The seed is in a failure's log; SOAK_SEED takes it again, SOAK_ROUNDS makes it longer.
"""

import asyncio
import logging
import os
import random
import signal
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from quorate.errors import QuorateError
from quorate.link import attaching
from tests.interop.attached import Slix, sit_down, slix
from tests.interop.conftest import House, MakeHouse
from tests.interop.im_client import ImClient
from tests.interop.terminal import WAIT_S, Profanity, Terminal

pytestmark = pytest.mark.real("prosody", "profanity", "tmux", "gcc")

log = logging.getLogger(__name__)
ALICE, BOB, CAROL = "alice@example.org", "bob@example.org", "carol@example.org"
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "6"))
TALK_S = 0.03
"""Between two messages each way."""


@dataclass
class Talk:
    """alice (slixmpp) and carol (profanity) are attached; both exchange numbered messages with bob."""

    house: House
    alice: Slix
    bob: ImClient
    carol: Terminal
    chance: random.Random
    pids: list[int] = field(default_factory=list)
    sent: int = 0
    typed: int = 0
    over: bool = False

    async def talk(self) -> None:
        while not self.over:
            self.sent += 1
            self.alice.say(BOB, f"alice {self.sent}")
            self.bob.say(ALICE, f"bob {self.sent}")
            if self.sent % 10 == 0:
                self.typed += 1
                self.bob.say(CAROL, f"bob {self.typed}")
                await self.carol.type(f"/msg {BOB} carol {self.typed}")
            await asyncio.sleep(TALK_S)

    async def pause(self, most_s: float) -> None:
        await asyncio.sleep(self.chance.uniform(0, most_s))

    async def kill_agent(self) -> None:
        self._signal(self.house.quorate.agent_pid(), signal.SIGKILL)

    async def kill_server(self) -> None:
        await self.house.quorate.kill()
        await self.house.quorate.start()

    async def kill_both(self) -> None:
        self._signal(self.house.quorate.agent_pid(), signal.SIGKILL)
        await self.kill_server()

    async def stop_agent(self) -> None:
        await self._stop(self.house.quorate.agent_pid())

    async def stop_server(self) -> None:
        assert self.house.quorate.process is not None
        await self._stop(self.house.quorate.process.pid)

    async def attach_again(self) -> None:
        data, pid = self.house.quorate.data, str(self.chance.choice(self.pids))
        with suppress(QuorateError):  # the agent may be on its way back
            await attaching.detach(data, pid)
            await self.pause(0.1)
            await attaching.attach(data, pid)

    def _signal(self, pid: int | None, number: signal.Signals) -> None:
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    async def _stop(self, pid: int | None) -> None:
        self._signal(pid, signal.SIGSTOP)
        await self.pause(0.5)
        self._signal(pid, signal.SIGCONT)

    async def ask(self) -> None:
        """What makes the counts differ."""
        with suppress(Exception):
            await self.house.quorate.get("/presence", who="bob and dave")

    async def attached(self) -> None:
        """Both are joined again, by themselves or by us."""
        async with asyncio.timeout(WAIT_S):
            while True:
                with suppress(QuorateError):
                    there = {c["pid"] for c in (await attaching.attached(self.house.quorate.data))["clients"]}
                    for pid in set(self.pids) - there:
                        await attaching.attach(self.house.quorate.data, str(pid))
                    if set(self.pids) <= there:
                        return
                await asyncio.sleep(0.05)


def seen_by(profanity: Terminal) -> list[str]:
    """What its own record of the chat says it received. No lock is taken: it drops what it cannot write."""
    (kept,) = (profanity.home / ".local/share/profanity/database").glob("*/chatlog.db")
    with sqlite3.connect(f"file:{kept}?mode=ro&immutable=1", uri=True) as db:
        rows = db.execute("SELECT message FROM ChatLogs WHERE from_jid = ? ORDER BY id", (BOB,))
        return [str(row[0]) for row in rows]


async def test_whatever_happens_to_quorate_the_clients_talk_on(make_house: MakeHouse, tmp_path: Path) -> None:
    seed = os.environ.get("SOAK_SEED") or str(random.randrange(10**6))
    log.warning("SOAK_SEED=%s", seed)
    house = await make_house()
    bob = await house.login("bob")
    carol = await sit_down(house, tmp_path, Profanity, "carol", by_run=True)
    await carol.shows("logged in successfully")
    async with slix(house, "alice", by_run=True) as alice:
        talk = Talk(house, alice, bob, carol, random.Random(seed))
        talk.pids = [alice.pid, await carol.pid()]
        talking = asyncio.create_task(talk.talk())
        acts = [
            talk.kill_agent,
            talk.kill_server,
            talk.kill_both,
            talk.stop_agent,
            talk.stop_server,
            talk.attach_again,
        ]
        for number in range(ROUNDS):
            await talk.attached()
            asking = asyncio.create_task(talk.ask())
            await talk.pause(0.3)
            act = acts[number % len(acts)] if number < len(acts) else talk.chance.choice(acts)
            log.warning("round %d: %s", number, act.__name__)
            await act()
            await asking
        await talk.attached()
        talk.over = True
        await talking
        await told_all(talk)
    assert not [line for line in house.server.log if "handled" in line]


async def told_all(talk: Talk) -> None:
    last = talk.sent + 1
    talk.alice.say(BOB, f"alice {last}")
    talk.bob.say(ALICE, f"bob {last}")
    await talk.carol.type(f"/msg {BOB} carol {talk.typed + 1}")
    talk.bob.say(CAROL, f"bob {talk.typed + 1}")
    with suppress(TimeoutError):
        await talk.alice.until(f'"bob {last}"')
    assert not talk.alice.closed
    with suppress(AssertionError):
        await talk.bob.until(
            lambda got: {(ALICE, f"alice {last}"), (CAROL, f"carol {talk.typed + 1}")} <= set(got.messages),
            "the last words of both",
        )
    same(talk.alice.texts, "bob", last)
    for who, name, count in ((ALICE, "alice", last), (CAROL, "carol", talk.typed + 1)):
        log.warning("%s's screen:\n%s", CAROL, await talk.carol.screen())
        same([text for sender, text in talk.bob.received.messages if sender == who], name, count)
    with suppress(AssertionError):
        await talk.carol.shows(f"bob {talk.typed + 1}")
    same(seen_by(talk.carol), "bob", talk.typed + 1)
    assert "Lost connection" not in await talk.carol.screen()


def same(got: list[str], name: str, count: int) -> None:
    """Each once, in order; else what is wrong, in few words."""
    wanted = [f"{name} {i}" for i in range(1, count + 1)]
    lost = [text for text in wanted if text not in set(got)]
    doubled = [text for text in wanted if got.count(text) > 1]
    wrong = f"lost {lost[:5]} ({len(lost)}), doubled {doubled[:5]} ({len(doubled)}) of {count}"
    assert len(lost) + len(doubled) == 0, wrong
    assert got == wanted
