"""What a change of presence costs when many activities wait, and what waiting costs.

Activities of 2 to 8 people wait; people are skewed: a few are in a thousand activities, most in none. Changes
are drawn so that one touches about five activities. In the same run: stepping everything that exists, looking
at everything that names the person, and, at sizes they finish, the same conditions as rules in durable-rules
and experta (installed into a directory that is thrown away, if ``--peers`` is given).
"""

import argparse
import asyncio
import gc
import json
import signal
import subprocess
import sys
import tempfile
import tracemalloc
from itertools import combinations, product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.engine_server import start, whole_server
from bench.rate import rate
from bench.waiting import NOON, World, made
from quorate.activity.matcher import Matcher, PresentFor
from quorate.clock import ManualClock
from quorate.model.activity import Activity
from quorate.model.requirement import AllOf, CountOf, Group, Name, OneOf, Part
from quorate.rules.choose import met
from quorate.rules.count import needed
from quorate.server.alarms import Alarms
from quorate.server.garbage import not_collecting

SIZES = (1_000, 10_000, 100_000, 1_000_000)
STARTS_WITH = 100_000
LOOKED_AT_ALL = 100_000
"""To look at more than these takes ten seconds for one change."""
WEIGHED = 100_000
"""Of more, only these are weighed: it takes a minute for a million."""
SECONDS = 2.0
"""How long each figure is measured."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=SIZES, help="waiting activities, table by table"
    )
    parser.add_argument(
        "--start",
        type=int,
        default=STARTS_WITH,
        help="waiting activities `quorate up` starts with; 0: not at all",
    )
    parser.add_argument("--peers", action="store_true", help="install and measure durable-rules and experta")
    parser.add_argument(
        "--peer-sizes", type=int, nargs="*", default=PEER_SIZES, help="conditions given to those"
    )
    parser.add_argument(
        "--peer-limit", type=int, default=PEER_LIMIT_S, help="seconds of processor time each may take"
    )
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    if options.sizes:
        tables(options.sizes, options.seconds)
    if options.start:
        start(options.start)
    if options.peers:
        peers(options.peer_sizes, options.peer_limit, options.seconds)


def tables(sizes: list[int], seconds: float) -> None:
    print(
        "| waiting | people | named by a change, mean / most | changes/s, nothing touched"
        " | changes/s, skewed mix | of them named by nobody | µs for each activity touched | stepped each"
        " | changes/s, looking at all it names | changes/s, looking at everything | bytes each |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for size in sizes:
        row(size, seconds)
    whole_server(min(10_000, max(sizes)), seconds)


def row(size: int, seconds: float) -> None:
    world = made(size)
    changes = [world.somebody() for _ in range(20_000)]
    named = [len(world.naming.get(person, ())) for person in changes]
    bytes_each = memory(world)
    matcher = filled(world)
    gc.freeze()
    steps = [0, 0]
    there = _there(world)
    nobody = rate(lambda i: matcher.changed(f"nobody{i}", there), seconds)
    mix = rate(lambda i: change(world, matcher, changes[i % len(changes)], steps), seconds)
    by_name = rate(lambda i: look(world, changes[i % len(changes)]), seconds)
    everything = 0.0
    if size <= LOOKED_AT_ALL:
        everything = rate(lambda i: look_at_all(world, changes[i % len(changes)]), seconds)
    gc.unfreeze()
    mean = sum(named) / len(named)
    each_us = (1 / mix - 1 / nobody) / mean * 1e6
    print(
        f"| {size:,} | {world.people:,} | {mean:.1f} / {max(named)} | {nobody:,.0f} | {mix:,.0f} |"
        f" {named.count(0) / len(named):.0%} | {each_us:.1f} | {steps[0] / steps[1]:.2f} |"
        f" {by_name:,.0f} | {f'{everything:,.2f}' if everything else '–'} | {bytes_each:,.0f} |",
        flush=True,
    )


def change(world: World, matcher: Matcher, person: str, steps: list[int]) -> None:
    """Somebody comes or goes; what has to be stepped is looked at anew, as after a step that found nobody."""
    world.flip(person)
    steps[1] += 1
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


def _there(world: World) -> PresentFor:
    there = world.present.__contains__
    return lambda _: there


def memory(world: World) -> float:
    """Bytes for each waiting activity in matcher and alarms, beside the activity itself."""
    some = world.activities[:WEIGHED]

    async def measure() -> float:
        gc.collect()
        tracemalloc.start()
        matcher = filled(world, some)
        alarms: Alarms[str] = Alarms(ManualClock(NOON), lambda _: None)
        for activity in some:
            alarms.set(activity.id, activity.deadline)
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        alarms.stop()
        del matcher
        return used / len(some)

    return asyncio.run(measure())


def filled(world: World, activities: list[Activity] | None = None) -> Matcher:
    matcher = Matcher()
    with not_collecting():
        for activity in world.activities if activities is None else activities:
            matcher.put(activity, world.present.__contains__)
    return matcher


# others

PEERS = ("durable_rules", "experta==1.9.4")
PEER_SIZES = (50, 200, 1_000, 10_000)
PEER_LIMIT_S = 60
"""Of processor time; who has no figure by then does not finish."""


def peers(sizes: list[int], limit_s: int, seconds: float) -> None:
    """The same conditions and the same changes in rule engines, in a process of their own."""
    print("\n| conditions | rules | engine | changes/s | ours / theirs |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as where:
        for peer in PEERS:
            subprocess.run(
                [sys.executable, "-m", "pip", "install", "-q", "--target", where, peer], check=True
            )
        for size in sizes:
            world = made(size)
            changes = [world.somebody() for _ in range(20_000)]
            conditions = [
                [sorted(way) for way in ways(activity.requirement)] for activity in world.activities
            ]
            rules = sum(map(len, conditions))
            given = json.dumps(
                {"conditions": conditions, "changes": changes, "seconds": seconds, "limit_s": limit_s}
            )
            world.present.clear()
            matcher = filled(world)
            ours = rate(lambda i: change(world, matcher, changes[i % len(changes)], [0, 0]), seconds)  # noqa: B023
            print(f"| {size} | {rules} | matcher | {ours:,.0f} | 1 |", flush=True)
            for peer in PEERS:
                name = peer.partition("==")[0]
                print(f"| {size} | {rules} | {name} | {_compared(name, where, given, ours)} |", flush=True)


def ways(part: Part) -> list[frozenset[str]]:
    """Every smallest set of people that meets it: each is one rule."""
    match part:
        case Name(text=key):
            return [frozenset([key])]
        case OneOf(choices=choices):
            return [way for choice in choices for way in ways(choice)]
        case CountOf(count=count, of=Group(members=members)):
            return [frozenset(some) for some in combinations(members, needed(count, len(members)))]
        case AllOf(parts=parts):
            return [frozenset().union(*some) for some in product(*map(ways, parts))]
        case _:
            raise ValueError(part)


def _compared(name: str, where: str, given: str, ours: float) -> str:
    script = Path(__file__).with_name("engine_peers.py")
    done = subprocess.run(
        [sys.executable, str(script), name],
        check=False,
        input=given,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": where},
    )
    if done.returncode == -signal.SIGXCPU:
        return "does not finish |"
    if done.returncode != 0:
        return f"fails ({done.returncode}): {done.stderr[-200:]!r} |"
    return f"{float(done.stdout):,.0f} | {ours / float(done.stdout):,.0f}"


if __name__ == "__main__":
    main()
