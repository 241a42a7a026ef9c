"""From the presence stanza arriving on the stream to the invitation leaving on it, both processes included.

A scripted IM server holds alice's stream behind a real `quorate up` (settle time 0). For each contact an
activity waits; the server sends the contact's presence and takes the time until alice's invitation to them
arrives. In the same run, on the same stream, the round trip of a stanza through Quorate alone is timed: what
forwarding costs without any decision. A new login every 50 invitations keeps below the stream's own limit.
With ``--background N`` the contacts of twenty other accounts change N times a second meanwhile.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.background import Background, fill
from tests.agent.conversation import Login, log_in
from tests.capture.stand_in import DOMAIN, Upstream
from tests.interop.certificates import TestAuthority
from tests.interop.quorate_process import Quorate

WAIT_S = 10.0
PER_LOGIN = 50


class Stream:
    """The server's end of alice's connection: what came, and when a text first stood in it."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._seen = b""

    async def gets(self, text: str) -> float:
        """Wait until ``text`` has come; returns the moment it was read."""
        wanted = text.encode()
        async with asyncio.timeout(WAIT_S):
            while wanted not in self._seen:
                self._seen = self._seen[-4096:] + await self._login.far.reader.read(65536)
        return time.perf_counter()

    def sends(self, stanza: str) -> float:
        self._login.far.say(stanza.encode())
        return time.perf_counter()


def contact(number: int) -> str:
    return f"person{number:04}@{DOMAIN}"


async def forwarding(stream: Stream, login: Login, rounds: int) -> list[float]:
    """Seconds from a ping leaving the server to the client's answer arriving at it."""
    client = asyncio.create_task(answer_pings(login, rounds))
    times = []
    for number in range(rounds):
        start = stream.sends(f"<iq type='get' id='p{number}'><ping xmlns='urn:xmpp:ping'/></iq>")
        times.append(await stream.gets(f"id='p{number}-done'") - start)
    await client
    return times


async def answer_pings(login: Login, rounds: int) -> None:
    seen = b""
    for number in range(rounds):
        wanted = f"id='p{number}'".encode()
        while wanted not in seen:
            seen = seen[-4096:] + await login.client.reader.read(65536)
        login.client.say(f"<iq type='result' id='p{number}-done'/>".encode())


async def invitations(quorate: Quorate, stream: Stream, numbers: range) -> list[float]:
    times = []
    for number in numbers:
        await quorate.post("/activities", {"who": f"person{number:04}", "from": "alice"})
        start = stream.sends(f"<presence from='{contact(number)}/phone' to='alice@{DOMAIN}/phone'/>")
        times.append(await stream.gets(f"to='{contact(number)}'><body>") - start)
    return times


async def one_login(
    quorate: Quorate, upstream: Upstream, numbers: range, found: dict[str, list[float]]
) -> None:
    roster = "".join(f"<item jid='{contact(n)}' subscription='both'/>" for n in numbers)
    login = await log_in(f"127.0.0.1:{quorate.im_port}", upstream, roster)
    stream = Stream(login)
    for number in numbers:
        stream.sends(f"<presence type='unavailable' from='{contact(number)}' to='alice@{DOMAIN}/phone'/>")
    found["stanza round trip, forwarded only"] += await forwarding(stream, login, len(numbers))
    found["presence to invitation"] += await invitations(quorate, stream, numbers)
    login.client.close()
    login.far.close()


async def measure(rounds: int, background: int, home: Path) -> dict[str, list[float]]:
    authority = TestAuthority(home)
    found: dict[str, list[float]] = {"stanza round trip, forwarded only": [], "presence to invitation": []}
    async with Upstream() as upstream:
        route = f"{DOMAIN}=127.0.0.1:{upstream.port}"
        if background:
            fill(home / "data")
        async with AsyncExitStack() as running:
            quorate = Quorate(home / "data", [route], authority.path, config="settle_s = 0\n")
            await running.enter_async_context(quorate)
            others = None
            if background:
                others = Background(f"127.0.0.1:{quorate.im_port}", upstream, background)
                await running.enter_async_context(others)
            for start in range(0, rounds, PER_LOGIN):
                await one_login(quorate, upstream, range(start, min(start + PER_LOGIN, rounds)), found)
            if others is not None:
                print(f"{others.rate:,.0f} changes a second in the background")
    return found


def table(found: dict[str, list[float]]) -> None:
    base = statistics.median(found["stanza round trip, forwarded only"])
    print("| what | n | p50 ms | p99 ms | p50 as a multiple of forwarding |")
    print("|---|---|---|---|---|")
    for name, times in found.items():
        p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
        print(f"| {name} | {len(times)} | {p50 * 1e3:.2f} | {p99 * 1e3:.2f} | {p50 / base:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="invitations (at most 2000)")
    parser.add_argument(
        "--background", type=int, default=0, help="changes a second of other accounts' contacts"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quorate-bench-") as home:
        table(asyncio.run(measure(min(options.rounds, 2000), options.background, Path(home))))


if __name__ == "__main__":
    main()
