"""The whole server with many waiting activities: how soon it is ready, and how much evidence it takes in."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.rate import rate
from bench.waiting import ORGANISER, World, made
from quorate.clock import SystemClock
from quorate.model.address import xmpp
from quorate.model.evidence import Evidence, Presence, Source
from quorate.server.config import Settings
from quorate.server.hub import Hub
from quorate.store.database import Database, engine_for, put
from quorate.store.open import open_store
from quorate.store.repositories import _columns
from quorate.store.schema import ActivityRow
from tests.interop.certificates import TestAuthority
from tests.interop.quorate_process import Quorate
from tests.postgres import Postgres
from tests.sim.story import Door

START_S = 300.0
"""A machine that others use may need longer than the target."""


def start(size: int) -> None:
    """From `quorate up` on a store full of waiting activities to the page answering, agent included."""
    world = made(size)
    print(f"\n| `quorate up` with {size:,} waiting in | s until it is ready |\n|---|---|")
    with tempfile.TemporaryDirectory(prefix="quorate-bench-") as home:
        for name in ("empty", "full"):
            data = Path(home) / name
            fill(data, world if name == "full" else None)
            took = asyncio.run(_until_ready(data, ""))
            print(f"| SQLite{', nothing waiting' if name == 'empty' else ''} | {took:.1f} |", flush=True)
        with Postgres() as server:
            database, data = server.database(), Path(home) / "postgres"
            data.mkdir()
            fill(database, world)
            took = asyncio.run(_until_ready(data, f'database = "{database}"\n'))
            print(f"| PostgreSQL | {took:.1f} |", flush=True)


def fill(where: Path | str, world: World | None) -> None:
    open_store(where).close()
    database = Database(engine_for(where))
    with database.transaction() as connection:
        for activity in world.activities if world is not None else ():
            put(connection, ActivityRow, {"id": activity.id}, _columns(activity))
    database.engine.dispose()


async def _until_ready(data: Path, config: str) -> float:
    quorate = Quorate(data, [], TestAuthority(data).path, config=config, start_s=START_S)
    began = time.perf_counter()
    async with quorate:
        return time.perf_counter() - began


def whole_server(size: int, seconds: float) -> None:
    asyncio.run(_whole_server(made(size), seconds))


async def _whole_server(world: World, seconds: float) -> None:
    """Evidence in, verdict, settling, events, matcher: everything but link and decisions."""
    with tempfile.TemporaryDirectory() as name:
        store = open_store(Path(name))
        hub = Hub(Settings(data=Path(name), settle_s=0), store, SystemClock(), listen=Door)
        await hub.start()
        hub.directory.own(ORGANISER.addresses[0])
        hub.owned.load(world.activities)
        change = _changes(hub, world)
        print(f"\n| {len(world.activities):,} waiting, the whole server | a second |\n|---|---|")
        print(f"| evidence to verdict | {rate(lambda i: hub.book.saw('s1', [change(i)]), seconds):,.0f} |")
        done = rate(lambda i: hub.changed(hub.book.saw("s1", [change(i)])), seconds)
        print(f"| evidence to matcher | {done:,.0f} |", flush=True)
        await hub.stop()
        store.close()


def _changes(hub: Hub, world: World) -> Callable[[int], Evidence]:
    somebody = [xmpp(f"{world.somebody()}@example.org") for _ in range(5_000)]

    def change(i: int) -> Evidence:
        now = hub.clock.now()
        return Evidence(
            subject=somebody[i % len(somebody)],
            source=Source.STREAM,
            presence=Presence.AWAY if i // len(somebody) % 2 else Presence.ONLINE,
            at=now,
            heard=now,
            vantage=ORGANISER.addresses[0],
            resource="phone",
        )

    return change
