"""The server's core as an agent sees it: over a real socket, with a real store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from quorate.clock import SystemClock
from quorate.link.messages import Tell
from quorate.model.activity import Activity, ActivityState, InvitationState
from quorate.model.evidence import Presence
from quorate.server.config import Settings
from quorate.server.hub import Hub
from quorate.store.open import open_store
from tests.server.fake_agent import FakeAgent

WAIT_S = 5.0
ALICE, BOB, CAROL, DAVE = (f"{name}@example.org" for name in ("alice", "bob", "carol", "dave"))


@asynccontextmanager
async def running(data: Path, **settings: object) -> AsyncIterator[Hub]:
    store = open_store(data)
    hub = Hub(Settings(data=data, settle_s=0, ask_timeout_s=0.3, **settings), store)  # type: ignore[arg-type]
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()
        store.close()


@asynccontextmanager
async def connected(data: Path, name: str = "agent-1") -> AsyncIterator[FakeAgent]:
    agent = FakeAgent(data, SystemClock(), name)
    await agent.connect()
    try:
        yield agent
    finally:
        await agent.close()


async def until(hub: Hub, id: str, condition: Callable[[Activity], bool]) -> Activity:
    """Wait until an activity is as it should be."""

    async def wait() -> Activity:
        events = hub.bus.subscribe()
        while True:
            found = hub.owned.find(id)
            if found is not None and condition(found):
                return found
            await anext(events)

    try:
        return await asyncio.wait_for(wait(), WAIT_S)
    except TimeoutError:
        raise AssertionError(f"it is {hub.owned.find(id)}") from None


def in_state(state: ActivityState) -> Callable[[Activity], bool]:
    return lambda activity: activity.state is state


async def test_the_story(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = agent.login(ALICE, BOB, CAROL, DAVE)
        agent.sees(desk, BOB, Presence.OFFLINE, resource="")
        agent.sees(desk, CAROL, Presence.ONLINE)
        agent.sees(desk, DAVE, Presence.ONLINE)
        agent.snapshot_done()

        agent.types(desk, 'meet bob and (carol or dave) about "release 2.4"')
        await agent.said("Q1")
        assert agent.of(Tell) == []

        agent.sees(desk, BOB, Presence.ONLINE)
        await agent.told(BOB)
        await agent.told(CAROL)
        await until(hub, "Q1", lambda a: all(i.state is InvitationState.SENT for i in a.invitations))
        assert all(tell.watch for tell in agent.of(Tell))

        agent.writes(desk, BOB, "yes")
        agent.writes(desk, CAROL, "no")
        await agent.told(DAVE)
        agent.writes(desk, DAVE, "Yes!")
        live = await until(hub, "Q1", in_state(ActivityState.LIVE))
        assert set(live.accepted) == {"bob", "dave"}
        for person in ("bob", "dave"):
            await agent.told(f"{person}@example.org", hub.links.url("Q1", person))
        assert len(agent.of(Tell, lambda m: m.to == CAROL)) == 1
