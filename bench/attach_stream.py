"""Added latency of each read and write in a client that Quorate is attached to, chatting on a real stream.

    python bench/attach_stream.py [--rounds 3000] [--repeat 3]

The client is Python's `ssl`, nonblocking; a message up is answered by a message or a presence down,
as in data_plane.py, XEP-0198 on. The two ways take turns.
"""

import argparse
import os
import select
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.load import Load, up
from bench.peers import DOMAIN, Ground, Peer, agent
from quorate.capture.shim.build import shim
from tests.interop.certificates import TestAuthority

WARM = 500
CONTACTS = 200


class Timed:
    """A socket that notes how long each call took that moved bytes, in µs."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.sock = sock
        self.reads: list[float] = []
        self.writes: list[float] = []

    def send(self, data: bytes) -> int:
        begun = time.perf_counter_ns()
        sent = self.sock.send(data)
        self.writes.append((time.perf_counter_ns() - begun) / 1e3)
        return sent

    def recv(self, size: int) -> bytes:
        begun = time.perf_counter_ns()
        data = self.sock.recv(size)
        self.reads.append((time.perf_counter_ns() - begun) / 1e3)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)


def client(port: str, rounds: str) -> None:
    peer: Any = SimpleNamespace(port=int(port), link=None)
    nothing: Any = None
    load = Load(peer, nothing, nothing)
    end = load._log_in(0)
    end.sock.setblocking(False)
    timed = Timed(end.sock)
    end.sock = timed  # type: ignore[assignment]
    waiting = select.poll()
    waiting.register(timed.fileno(), select.POLLIN)
    answered = 0
    begun = time.process_time()

    def seen(_end: object, text: bytes) -> None:
        nonlocal answered
        answered += text.count(b" id='d")

    end.seen = seen
    for number in range(1, WARM + int(rounds) + 1):
        if number == WARM:
            timed.reads.clear()
            timed.writes.clear()
            begun = time.process_time()
        end.send(up(0, number))
        while answered < number:
            waiting.poll()
            end.read()
    cpu = (time.process_time() - begun) / int(rounds) * 1e6
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    numbers = [f(v) for v in (timed.writes, timed.reads) for f in (statistics.median, p99)]
    print(*numbers, cpu, pages * 4096 / 1024, flush=True)


def p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


def serve(load: Load) -> None:
    """One client's server, until it goes."""
    end = load._served(0, CONTACTS, 40)
    end.sock.setblocking(False)
    try:
        while True:
            select.select([end.sock], [], [])
            end.read()
    except OSError:
        pass


def measure(ground: Ground, load: Load, rounds: int, peer: Peer | None) -> list[float]:
    env = dict(os.environ)
    if peer is not None:
        assert peer.link is not None
        data = Path(peer.link.listening.getsockname()).parent
        env |= {"LD_PRELOAD": str(shim()), "QUORATE_SHIM_SOCKET": str(data / "attach.sock")}
    threading.Thread(target=serve, args=(load,), daemon=True).start()
    command = [sys.executable, __file__, "client", str(ground.upstream), str(rounds)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    if peer is not None:
        assert peer.link is not None
        peer.link.read()
        assert peer.link.streams, "the agent saw no stream"
    return [float(number) for number in done.stdout.split()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as listening:
        home = Path(name)
        authority = TestAuthority(home)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate, key = authority.issue(DOMAIN, home)
        context.load_cert_chain(certificate, key)
        ground = Ground(home, listening.getsockname()[1], certificate, key, authority.path)
        load = Load(Peer("server", ground.upstream), listening, context)
        peer = agent(ground)
        try:
            taken = [
                [measure(ground, load, options.rounds, None), measure(ground, load, options.rounds, peer)]
                for _ in range(options.repeat)
            ]
        finally:
            peer.stop()
    print("| way | write p50 µs | p99 | read p50 µs | p99 | CPU µs/round trip | RSS KiB |")
    print("|---|---|---|---|---|---|---|")
    medians = [
        [statistics.median(values) for values in zip(*way, strict=True)] for way in zip(*taken, strict=True)
    ]
    medians.append([after - before for before, after in zip(*medians, strict=True)])
    for way, numbers in zip(("none", "attached", "added"), medians, strict=True):
        print("|", way, "|", " | ".join(f"{number:.0f}" for number in numbers), "|")


if __name__ == "__main__":
    if sys.argv[1:2] == ["client"]:
        client(*sys.argv[2:])
    else:
        main()
