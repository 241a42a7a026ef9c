"""Quorate's agent as a proxy beside HAProxy and mitmproxy: the same logged-in streams through each in turn.

TLS on both sides, XEP-0198 on, ordinary messages and presences. Read the ratios; the rest depends on the
machine.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import asks
from bench.load import Load, account, busy, contact, keepalives, news, nothing_new, paced
from bench.peers import (
    DOMAIN,
    Absent,
    Ground,
    Maker,
    agent,
    agent_and_server,
    allow_many_files,
    direct,
    haproxy,
    mitmproxy,
)
from quorate.link.messages import AskFor
from quorate.link.wire import encode
from tests.capture.stand_in import server_context
from tests.interop.certificates import TestAuthority

BUSY_STREAMS = 50
BUSY_CONTACTS = 20
STANZAS_PER_S = 1000
MEMORY_CONTACTS = 200
ONLINE = 40
"""Of these, how many the initial burst names."""
WARM_STREAMS = 15
"""They fill what a process keeps once for all its streams."""
WARM_S = 1.0
"""Every contact has said by then what it says again."""
KEEPALIVE_S = 60.0
ASKERS = ("no proxy", "HAProxy", "Quorate")


@dataclass
class Busy:
    """What one peer cost, round by round."""

    cpu_us: list[float] = field(default_factory=list)
    same_cpu_us: list[float] = field(default_factory=list)
    """While no presence says anything new."""
    server_us: list[float] = field(default_factory=list)
    """Of the server behind the agent, beside ``cpu_us``."""
    trips_per_s: list[float] = field(default_factory=list)
    paced_cpu_us: list[float] = field(default_factory=list)
    p50_us: list[float] = field(default_factory=list)
    p99_us: list[float] = field(default_factory=list)

    def figures(self, none: "Busy") -> list[list[float]]:
        """Those that are compared; latency is what it adds to ``none``."""
        added = (_added(self.p50_us, none.p50_us), _added(self.p99_us, none.p99_us))
        return [self.cpu_us, self.same_cpu_us, self.paced_cpu_us, *added]


class Field:
    """Loads over peers, closed together."""

    def __init__(self, ground: Ground, listening: socket.socket, certificate: tuple[Path, Path]) -> None:
        self.ground = ground
        self._listening = listening
        self._context = server_context(*certificate)

    @contextlib.contextmanager
    def load(self, make: Maker) -> Iterator[Load]:
        peer = make(self.ground)
        load = Load(peer, self._listening, self._context)
        try:
            yield load
        finally:
            load.close()
            peer.stop()


def measure_busy(load: Load, found: Busy, seconds: float) -> None:
    load.down = nothing_new
    busy(load, WARM_S)
    spent, trips = load.peer.cpu_s(), busy(load, seconds)
    found.same_cpu_us.append((load.peer.cpu_s() - spent) / trips * 1e6)
    load.down = news
    spent, by_server, trips = load.peer.cpu_s(), load.peer.server_cpu_s(), busy(load, seconds)
    found.cpu_us.append((load.peer.cpu_s() - spent) / trips * 1e6)
    found.server_us.append((load.peer.server_cpu_s() - by_server) / trips * 1e6)
    found.trips_per_s.append(trips / seconds)
    spent = load.peer.cpu_s()
    times = paced(load, STANZAS_PER_S, seconds)
    found.paced_cpu_us.append((load.peer.cpu_s() - spent) / len(times) * 1e6)
    found.p50_us.append(statistics.median(times) * 1e6)
    found.p99_us.append(statistics.quantiles(times, n=100)[98] * 1e6)


def measure_asks(load: Load, count: int) -> tuple[list[float], list[float]]:
    """Seconds until the verdict has come, from the server's request and from the question on the wire."""
    whole, from_wire = [], []
    link = load.peer.link
    assert link is not None
    for number in range(count):
        stream, who = _asked_about(load, number)
        line = encode(
            AskFor(request=f"ask{number}", stream=link.streams[account(stream)], contact=f"xmpp:{who}")
        )
        start = time.perf_counter()
        link.send(line)
        while f"ask{number}" not in link.answered:
            load.turn(5.0)
        whole.append(time.perf_counter() - start)
        from_wire.append(time.perf_counter() - load.asked_at)
    assert not any(link.answered.values()), set(link.answered.values())
    return whole, from_wire


def measure_own_questions(load: Load, count: int) -> list[float]:
    """Seconds from a client's own question to its answer."""
    answers: list[float] = []
    for number in range(count):
        stream, who = _asked_about(load, number)
        load.last_answered = None
        question = f"<iq type='get' id='last{number}' to='{who}'><query xmlns='jabber:iq:last'/></iq>"
        start = time.perf_counter()
        load.streams[stream].client.send(question.encode())
        while load.last_answered is None:
            load.turn(5.0)
        answers.append(time.perf_counter() - start)
    return answers


def _asked_about(load: Load, number: int) -> tuple[int, str]:
    stream = number % len(load.streams)
    return stream, contact(stream, number // len(load.streams) % BUSY_CONTACTS)


def ask_part(loads: Sequence[Load], count: int) -> list[str]:
    rows = [
        (f"own jabber:iq:last, {load.peer.name}", measure_own_questions(load, count))
        for load in loads
        if load.peer.name in ASKERS
    ]
    for load in loads:
        if load.peer.link is not None:
            whole, from_wire = measure_asks(load, count)
            rows += [
                ("the server's request to verdict", whole),
                ("question on the wire to verdict", from_wire),
            ]
    base = statistics.median(rows[0][1])
    lines = ["", "| ask | p50 µs | × own question, no proxy |", "|---|---|---|"]
    for name, times in rows:
        lines.append(
            f"| {name} | {statistics.median(times) * 1e6:.0f} | {statistics.median(times) / base:.1f} |"
        )
    return lines


def busy_part(field_: Field, makers: Sequence[Maker], rounds: int, seconds: float, asks: int) -> list[str]:
    found: dict[str, Busy] = {}
    notes = []
    with contextlib.ExitStack() as stack:
        loads = []
        for make in makers:
            try:
                load = stack.enter_context(field_.load(make))
                load.login(BUSY_STREAMS, BUSY_CONTACTS)
                loads.append(load)
            except (Absent, OSError) as absent:
                notes.append(f"**NOT MEASURED: {made(make)}: {absent}**")
        for _ in range(rounds):
            for load in loads:
                measure_busy(load, found.setdefault(load.peer.name, Busy()), seconds)
        asked = ask_part(loads, asks) if asks else []
    return [*busy_table(found), *notes, *asked]


def made(make: Maker) -> str:
    return str(getattr(make, "__name__", "agent"))


def busy_table(found: dict[str, Busy]) -> list[str]:
    none, base = found["no proxy"], found.get("HAProxy")
    head: tuple[str, ...] = ("peer", "CPU µs/trip", "×", "nothing new", "×", "trips/s", "CPU µs paced", "×")
    head = (*head, "added p50 µs", "×", "added p99 µs", "×", "its server's CPU µs/trip")
    p50, p99 = statistics.median(none.p50_us), statistics.median(none.p99_us)
    trips = f"{statistics.median(none.trips_per_s):.0f}"
    own = ("no proxy: its round trip", "", "", "", "", trips, "", "", f"{p50:.0f}", "", f"{p99:.0f}", "", "")
    rows = [head, ("---",) * len(head), own]
    for name, busy_ in found.items():
        if busy_ is not none:
            compared = base.figures(none) if base else [None] * 5
            cells = [_cells(*pair) for pair in zip(busy_.figures(none), compared, strict=True)]
            rate = f"{statistics.median(busy_.trips_per_s):.0f}"
            beside = statistics.median(busy_.server_us)
            last = f"{beside:.0f}" if beside else ""
            rows.append((name, *cells[0], *cells[1], rate, *cells[2], *cells[3], *cells[4], last))
    title = (
        f"{BUSY_STREAMS} busy streams; every second stanza down is a presence, which is news except in the"
        f" column “nothing new”; paced and latency: {STANZAS_PER_S} stanzas/s; × is to HAProxy"
    )
    return [title, "", *("| " + " | ".join(row) + " |" for row in rows)]


def _cells(values: list[float], base: list[float] | None) -> tuple[str, str]:
    value = statistics.median(values)
    return f"{value:.0f}", f"{value / statistics.median(base):.2f}" if base else "?"


def _added(with_peer: list[float], without: list[float]) -> list[float]:
    return [a - b for a, b in zip(with_peer, without, strict=True)]


def idle_part(field_: Field, makers: Sequence[Maker], memory: int, streams: int, seconds: float) -> list[str]:
    lines = [
        "",
        f"Idle: KiB (PSS) per logged-in stream with {MEMORY_CONTACTS} contacts, {ONLINE} of them online, from"
        f" {memory} of them; then CPU of {streams} streams with white space each {KEEPALIVE_S:.0f} s",
        "",
        "| peer | KiB per stream | streams | % of a core |",
        "|---|---|---|---|",
    ]
    for make in makers:
        try:
            with field_.load(make) as load:
                lines.append(measure_idle(load, memory, streams, seconds))
        except (Absent, OSError) as absent:
            lines.append(f"| **NOT MEASURED: {made(make)}: {absent}** | | | |")
    return lines


def measure_idle(load: Load, memory: int, streams: int, seconds: float) -> str:
    load.login(WARM_STREAMS, MEMORY_CONTACTS, ONLINE)
    load.run(load.peer.rest_s)
    before = load.peer.pss_kib()
    load.login(memory, MEMORY_CONTACTS, ONLINE)
    load.run(load.peer.rest_s)
    kib = (load.peer.pss_kib() - before) / memory
    load.login(streams - len(load.streams), 10)
    load.run(load.peer.rest_s)
    spent = load.peer.cpu_s()
    keepalives(load, KEEPALIVE_S, seconds)
    percent = (load.peer.cpu_s() - spent) / seconds * 100
    return f"| {load.peer.name} | {kib:.0f} | {len(load.streams)} | {percent:.2f} |"


def forwarder(loop: str) -> Maker:
    """The capture alone. -O: uvloop has transports that are no asyncio.Transport, which it asserts."""
    words = ("-O", str(Path(__file__).with_name("forwarder.py")), loop)
    return partial(agent, words=words, name=f"Quorate's capture alone, {loop} loop", linked=False)


def on_loops() -> list[Maker]:
    """On each event loop it could use; uvloop only if it is installed."""
    installed = importlib.util.find_spec("uvloop") is not None
    return [forwarder(loop) for loop in ("asyncio", "own", *(["uvloop"] if installed else []))]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each busy measurement")
    parser.add_argument("--asks", type=int, default=200)
    parser.add_argument("--memory-streams", type=int, default=250)
    parser.add_argument("--idle-streams", type=int, default=2000)
    parser.add_argument("--idle-seconds", type=float, default=10.0)
    parser.add_argument(
        "--part", choices=("busy", "idle", "loops", "ask"), action="append", help="default: busy, idle"
    )
    parser.add_argument(
        "--server", choices=("prosody", "ejabberd"), action="append", help="of --part ask; default: both"
    )
    return parser.parse_args()


def main() -> None:
    given = arguments()
    allow_many_files()
    with tempfile.TemporaryDirectory(prefix="quorate-bench-") as home, socket.socket() as listening:
        authority = TestAuthority(Path(home))
        certificate = authority.issue(DOMAIN, Path(home))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        ground = Ground(Path(home), listening.getsockname()[1], *certificate, authority.path)
        field_ = Field(ground, listening, certificate)
        parts = given.part or ["busy", "idle"]
        if "ask" in parts:
            for name in given.server or ("prosody", "ejabberd"):
                print("\n".join(asks.table(name, asyncio.run(asks.on_server(name)))), flush=True)
        if "loops" in parts:
            print(
                "\n".join(busy_part(field_, (direct, haproxy, *on_loops()), given.rounds, given.seconds, 0))
            )
        if "busy" in parts:
            makers = (direct, haproxy, agent, agent_and_server, forwarder("own"), mitmproxy)
            print("\n".join(busy_part(field_, makers, given.rounds, given.seconds, given.asks)), flush=True)
        if "idle" in parts:
            print(
                "\n".join(
                    idle_part(
                        field_, (haproxy, agent), given.memory_streams, given.idle_streams, given.idle_seconds
                    )
                )
            )


if __name__ == "__main__":
    main()
