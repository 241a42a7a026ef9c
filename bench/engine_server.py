"""The whole server with many waiting activities: how soon it is ready, and how much evidence it takes in."""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert

from bench.rate import rate
from bench.waiting import ORGANISER, World, made
from quorate.clock import SystemClock
from quorate.model.address import xmpp
from quorate.model.evidence import Evidence, Presence, Source
from quorate.server.config import Settings
from quorate.server.hub import Hub
from quorate.store.database import Database, engine_for
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
    print(
        f"\n| `quorate up` with {size:,} waiting in | s until it is ready | CPU s, server | CPU s, agent |"
        " memory MiB, server |\n|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory(prefix="quorate-bench-") as home, Postgres() as server:
        for name, there in (("nothing waiting", None), ("", world)):
            sqlite = Path(home) / f"sqlite-{bool(there)}"
            postgres = server.database()
            for kind, where in (("SQLite", sqlite), ("PostgreSQL", postgres)):
                fill(where, there)
                data = sqlite if where is sqlite else Path(home) / f"postgres-{bool(there)}"
                data.mkdir(exist_ok=True)
                config = "" if where is sqlite else f'database = "{postgres}"\n'
                took = asyncio.run(_until_ready(data, config))
                print(f"| {', '.join(filter(None, (kind, name)))} | {took} |", flush=True)


def fill(where: Path | str, world: World | None) -> None:
    open_store(where).close()
    database = Database(engine_for(where))
    rows = [{"id": a.id, **_columns(a)} for a in (world.activities if world is not None else ())]
    with database.transaction() as connection:
        if rows:
            connection.execute(insert(ActivityRow), rows)
    database.engine.dispose()


async def _until_ready(data: Path, config: str) -> str:
    quorate = Quorate(data, [], TestAuthority(data).path, config=config, start_s=START_S)
    began = time.perf_counter()
    async with quorate:
        took = time.perf_counter() - began
        assert quorate.process is not None
        server, agent = quorate.process.pid, quorate.agent_pid()
        return f"{took:.1f} | {_spent(server):.1f} | {_spent(agent):.1f} | {_resident(server):.0f}"


def _resident(process: int) -> float:
    """MiB; proc(5), statm."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _spent(process: int | None) -> float:
    """Seconds of processor time, with those of children that have ended; proc(5), fields 14 to 17."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


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
