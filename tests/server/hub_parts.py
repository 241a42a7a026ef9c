"""A hub on a real store and socket, fake agents, and waiting for what is to happen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from quorate.clock import Clock, SystemClock
from quorate.model.activity import Activity, ActivityState, InvitationState
from quorate.model.evidence import Presence
from quorate.server.app import create_app
from quorate.server.config import Settings
from quorate.server.hub import Hub
from quorate.store.open import open_store
from tests.server.fake_agent import FakeAgent

WAIT_S = 60.0
ALICE, BOB, CAROL, DAVE = (f"{name}@example.org" for name in ("alice", "bob", "carol", "dave"))


@asynccontextmanager
async def running(data: Path, clock: Clock | None = None, **given: Any) -> AsyncIterator[Hub]:
    """A started hub; changes settle at once and unanswered requests end soon, unless told otherwise."""
    settings = Settings(**{"data": data, "settle_s": 0, "ask_timeout_s": 0.1, **given})
    store = open_store(settings.store, clock)
    hub = Hub(settings, store, clock)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()
        store.close()


@asynccontextmanager
async def api_of(hub: Hub, static: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Its API, without a socket."""
    transport = httpx.ASGITransport(create_app(hub, token="t", static_dir=static))
    headers = {"Authorization": "Bearer t"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8765/api/v1", headers=headers
    ) as api:
        yield api


@asynccontextmanager
async def connected(
    data: Path, name: str = "agent-1", clock: Clock | None = None
) -> AsyncIterator[FakeAgent]:
    agent = FakeAgent(data, clock or SystemClock(), name)
    await agent.connect()
    try:
        yield agent
    finally:
        await agent.close()


def at_the_desk(agent: FakeAgent, **present: Presence) -> str:
    """Alice's client is online; her roster is bob, carol and dave, of whom these are as given."""
    desk = agent.login(ALICE, BOB, CAROL, DAVE)
    for name, presence in present.items():
        agent.sees(desk, f"{name}@example.org", presence)
    agent.snapshot_done()
    return desk


async def until(hub: Hub, id: str, condition: Callable[[Activity], bool]) -> Activity:
    """Wait until an activity is as it should be."""

    async def wait() -> Activity:
        events = hub.bus.subscribe(hub.bus.last)
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


def sent(*people: str) -> Callable[[Activity], bool]:
    """These, and nobody else, have a ring that left."""
    return lambda a: {i.person for i in a.invitations if i.state is InvitationState.SENT} == set(people)
