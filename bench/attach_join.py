"""From `attach` to the first correct `who`: python bench/attach_join.py [--rounds 5] [--contacts 200]

A slixmpp client with that many contacts is logged in at a real Prosody, without Quorate; one is online.
A message of theirs passes right after the attach: before traffic there is no stream to see.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from quorate.link import attaching  # noqa: E402
from tests.interop.attached import slix, until_attached  # noqa: E402
from tests.interop.conftest import House, house_factory  # noqa: E402
from tests.interop.prosody import RosterItem  # noqa: E402


async def once(house: House, contacts: int) -> tuple[float, float]:
    """Seconds from the attach to a live stream, and to the answer."""
    async with slix(house, "alice") as alice, httpx.AsyncClient(timeout=30) as web:
        web.headers["Authorization"] = f"Bearer {house.quorate.token}"
        url = f"{house.quorate.url}/api/v1"
        begin = time.perf_counter()
        attaching_now = asyncio.create_task(attaching.attach(house.quorate.data, str(alice.pid)))
        await until_attached(house)
        house.clients["bob"].say("alice@example.org", "hello")
        while True:
            streams = (await web.get(f"{url}/streams")).json()
            if any(s["state"] == "live" for s in streams):
                break
            await asyncio.sleep(0.005)
        live = time.perf_counter() - begin
        (bob,) = (await web.get(f"{url}/presence", params={"who": "bob"})).json()
        answered = time.perf_counter() - begin
        assert bob["availability"] == "available", bob
        (stream,) = [s for s in streams if s["state"] == "live"]
        assert stream["contacts"] == contacts, stream
        await attaching_now
        await attaching.detach(house.quorate.data, str(alice.pid))
        return live, answered


async def measure(rounds: int, contacts: int) -> None:
    people = ("alice", "bob")
    others = [RosterItem(f"contact{n}@example.org") for n in range(contacts - 1)]
    rosters = {
        "alice": [RosterItem("bob@example.org", name="bob"), *others],
        "bob": [RosterItem("alice@example.org")],
    }
    async with AsyncExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="quorate-join-"))
        make = await stack.enter_async_context(house_factory(Path(home)))
        house = await make(people=people, rosters=rosters)
        await house.login("bob")
        results = [await once(house, contacts) for _ in range(rounds)]
    for name, values in zip(("live", "who"), zip(*results, strict=True), strict=True):
        print(f"{name}: median {statistics.median(values):.2f} s, most {max(values):.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--contacts", type=int, default=200)
    given = parser.parse_args()
    asyncio.run(measure(given.rounds, given.contacts))
