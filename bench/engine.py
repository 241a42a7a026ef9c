"""What a change of presence costs when many activities wait, and what waiting costs.

Activities of 2 to 8 people wait; people are skewed: a few are in a thousand activities, most in none. Changes
are drawn so that one touches about five activities. In the same run: stepping everything that exists, looking
at everything that names the person, and, at a size they finish, the same conditions as rules in
durable-rules and experta (installed into a directory that is thrown away, if ``--peers`` is given).
"""

import argparse
import asyncio
import gc
import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quorate.activity.creation import new_activity
from quorate.activity.matcher import Matcher
from quorate.clock import ManualClock, SystemClock
from quorate.model.activity import Activity
from quorate.model.address import xmpp
from quorate.model.evidence import Evidence, Presence, Source
from quorate.model.person import Person
from quorate.model.requirement import AllOf, Count, CountOf, Group, Name, OneOf, Part
from quorate.rules.choose import met
from quorate.server.alarms import Alarms
from quorate.server.config import Settings
from quorate.server.garbage import loading
from quorate.server.hub import Hub
from quorate.store.database import put
from quorate.store.open import open_store
from quorate.store.repositories import _columns
from quorate.store.schema import ActivityRow
from tests.sim.story import Door

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PEOPLE_EACH = 10
"""People for each activity."""
SKEW = 2.4
"""Exponent of who is named: of 100,000 activities the most popular person is in more than a thousand."""
CHANGE_SKEW = 2.1
"""Exponent of whose presence changes."""
PRESENT = 0.3
SECONDS = 2.0
"""How long each figure is measured."""
ORGANISER = Person(key="alice", name="alice", addresses=(xmpp("alice@example.org"),))


@dataclass
class World:
    activities: list[Activity]
    naming: dict[str, list[Activity]]
    people: int
    present: set[str]
    random: Random

    def somebody(self) -> str:
        return f"p{int(self.people * self.random.random() ** CHANGE_SKEW)}"

    def flip(self, person: str) -> None:
        (self.present.discard if person in self.present else self.present.add)(person)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--peers", action="store_true", help="install and measure durable-rules and experta")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    print(
        "| waiting | people | named by a change, mean / most | changes/s, nothing touched"
        " | changes/s, skewed mix | stepped each"
        " | changes/s, looking at all it names | changes/s, looking at everything | bytes each |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for size in options.sizes:
        row(size, options.seconds)
    start(max(options.sizes))
    whole_server(min(10_000, max(options.sizes)), options.seconds)
    if options.peers:
        peers(options.seconds)


def row(size: int, seconds: float) -> None:
    world = made(size)
    changes = [world.somebody() for _ in range(20_000)]
    named = [len(world.naming.get(person, ())) for person in changes]
    bytes_each = memory(world)
    matcher = filled(world)
    steps = [0]
    nobody = rate(lambda i: matcher.changed(f"nobody{i}", _there(world)), seconds)
    mix = rate(lambda i: change(world, matcher, changes[i % len(changes)], steps), seconds)
    by_name = rate(lambda i: look(world, changes[i % len(changes)]), seconds)
    everything = rate(lambda i: look_at_all(world, changes[i % len(changes)]), seconds)
    per_change = steps[0] / (mix * seconds)
    touched = f"{sum(named) / len(named):.1f} / {max(named)}"
    print(
        f"| {size:,} | {world.people:,} | {touched} | {nobody:,.0f} | {mix:,.0f} |"
        f" {per_change:.2f} | {by_name:,.0f} | {everything:,.2f} | {bytes_each:,.0f} |",
        flush=True,
    )


def change(world: World, matcher: Matcher, person: str, steps: list[int]) -> None:
    """Somebody comes or goes; what has to be stepped is looked at anew, as after a step that found nobody."""
    world.flip(person)
    for id in matcher.changed(person, _there(world)):
        steps[0] += 1
        matcher.put(world.activities[int(id[1:]) - 1], world.present.__contains__)


def look(world: World, person: str) -> None:
    world.flip(person)
    for activity in world.naming.get(person, ()):
        met(activity.requirement, world.present.__contains__)


def look_at_all(world: World, person: str) -> None:
    world.flip(person)
    for activity in world.activities:
        met(activity.requirement, world.present.__contains__)


def _there(world: World) -> Callable[[str, str], bool]:
    present = world.present
    return lambda _, key: key in present


def rate(do: Callable[[int], object], seconds: float) -> float:
    """How often in a second of one core's time, whoever else uses the machine."""
    gc.collect()
    began, i, spent, batch = time.process_time(), 0, 0.0, 1
    while spent < seconds:
        for _ in range(batch):
            do(i)
            i += 1
        before, spent = spent, time.process_time() - began
        batch += (
            batch if spent - before < 0.001 else 0
        )  # to look at the clock costs as much as a small change
    return i / spent


def memory(world: World) -> float:
    """Bytes for each waiting activity in matcher and alarms, beside the activity itself."""

    async def measure() -> float:
        gc.collect()
        tracemalloc.start()
        matcher = filled(world)
        alarms: Alarms[str] = Alarms(ManualClock(NOON), lambda _: None)
        for activity in world.activities:
            alarms.set(activity.id, activity.deadline)
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        alarms.stop()
        del matcher
        return used / len(world.activities)

    return asyncio.run(measure())


def filled(world: World) -> Matcher:
    matcher = Matcher()
    for activity in world.activities:
        matcher.put(activity, world.present.__contains__)
    return matcher


# what waits


def made(size: int, seed: int = 1) -> World:
    random, people = Random(seed), size * PEOPLE_EACH
    activities = [waiting(number, random, people) for number in range(1, size + 1)]
    naming: dict[str, list[Activity]] = {}
    for activity in activities:
        for person in activity.people:
            naming.setdefault(person.key, []).append(activity)
    present = {key for key in naming if random.random() < PRESENT}
    return World(activities, naming, people, present, random)


def waiting(number: int, random: Random, people: int) -> Activity:
    count = random.randint(2, 8)
    keys = list(dict.fromkeys(f"p{int(people * random.random() ** SKEW)}" for _ in range(count)))
    return new_activity(
        number,
        requirement=AllOf(tuple(parts(keys, random))),
        who=", ".join(keys),
        organiser=ORGANISER,
        organiser_via=ORGANISER.addresses[0],
        people=tuple(Person(key=key, name=key, addresses=(xmpp(f"{key}@example.org"),)) for key in keys),
        now=NOON,
        deadline=NOON + timedelta(days=3650, seconds=number),
    )


def parts(keys: list[str], random: Random) -> Iterator[Part]:
    """Names, substitutes and counted groups, as they come."""
    while keys:
        some, keys = keys[:3], keys[3:]
        kind = random.random()
        if kind < 0.5 or len(some) < 2:
            yield from (Name(key) for key in some)
        elif kind < 0.75:
            yield OneOf(tuple(Name(key) for key in some))
        else:
            yield CountOf(Count(number=len(some) - 1), Group("g", members=tuple(some)))


# the store, the whole server


def start(size: int) -> None:
    """From a store full of waiting activities to a server that is ready."""
    world = made(size)
    with tempfile.TemporaryDirectory() as name:
        store = open_store(Path(name))
        with store._database.transaction() as connection:
            for activity in world.activities:
                put(connection, ActivityRow, {"id": activity.id}, _columns(activity))
        store.close()
        del world
        gc.collect()
        asyncio.run(_started(Path(name)))


async def _started(data: Path) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    store = open_store(data)
    hub = Hub(Settings(data=data), store, SystemClock(), listen=Door)
    with loading():
        await hub.start()
    took = time.perf_counter() - began
    worked = time.process_time() - cpu
    waiting = len(hub.owned.open())
    print(
        f"\nstart with {waiting:,} waiting in SQLite: {took:.1f} s, of them {worked:.1f} s at work",
        flush=True,
    )
    await hub.stop()
    store.close()


def whole_server(size: int, seconds: float) -> None:
    """Evidence in, verdict, settling, events, matcher: everything but link and decisions."""
    asyncio.run(_whole_server(made(size), seconds))


async def _whole_server(world: World, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        store = open_store(Path(name))
        hub = Hub(Settings(data=Path(name), settle_s=0), store, SystemClock(), listen=Door)
        await hub.start()
        account = ORGANISER.addresses[0]
        hub.directory.own(account)
        hub.owned.load(world.activities)
        changes = [xmpp(f"{world.somebody()}@example.org") for _ in range(5_000)]

        def one(i: int) -> None:
            now = hub.clock.now()
            seen = Evidence(
                subject=changes[i % len(changes)],
                source=Source.STREAM,
                presence=Presence.AWAY if i // len(changes) % 2 else Presence.ONLINE,
                at=now,
                heard=now,
                vantage=account,
                resource="phone",
            )
            hub.changed(hub.book.saw("s1", [seen]))

        done = rate(one, seconds)
        print(f"evidence to matcher, {len(world.activities):,} waiting: {done:,.0f} changes/s", flush=True)
        await hub.stop()
        store.close()


# others

PEERS = ("durable_rules", "experta==1.9.4")
PEER_ACTIVITIES = 50


def peers(seconds: float) -> None:
    """The same conditions (everybody named is here) in rule engines, in a process of their own."""
    world = made(PEER_ACTIVITIES)
    conditions = [[person.key for person in activity.people] for activity in world.activities]
    changes = [person for person in (world.somebody() for _ in range(100_000)) if person in world.naming]
    matcher = Matcher()
    for activity, keys in zip(world.activities, conditions, strict=True):
        object.__setattr__(activity, "requirement", AllOf(tuple(Name(key) for key in keys)))
        matcher.put(activity, lambda _: False)
    world.present.clear()
    ours = rate(lambda i: change(world, matcher, changes[i % len(changes)], [0]), seconds)
    print(f"\n| {PEER_ACTIVITIES} conditions: everybody named is here | changes/s | ours / theirs |")
    print("|---|---|---|")
    print(f"| matcher | {ours:,.0f} | 1 |")
    script = Path(__file__).with_name("engine_peers.py")
    given = json.dumps({"conditions": conditions, "changes": changes[:5_000], "seconds": seconds})
    with tempfile.TemporaryDirectory() as where:
        for peer in PEERS:
            subprocess.run(
                [sys.executable, "-m", "pip", "install", "-q", "--target", where, peer], check=True
            )
            name = peer.partition("==")[0]
            done = subprocess.run(
                [sys.executable, str(script), name],
                check=False,
                input=given,
                capture_output=True,
                text=True,
                env={"PYTHONPATH": where},
            )
            theirs = float(done.stdout) if done.returncode == 0 else 0.0
            shown = f"{theirs:,.0f} | {ours / theirs:,.0f}" if theirs else f"failed: {done.stderr[-200:]!r} |"
            print(f"| {name} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
