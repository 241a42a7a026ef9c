"""What the library in a client's process costs the client: latency of each read and write, CPU, memory.

    python bench/attach.py [--rounds 5000] [--repeat 3]

A C client on OpenSSL plays ping-pong with 300 bytes over TLS (`attach_client.c`). The ways take turns; the
controller that is asked about every read and write is a Python process that lets all pass.
"""

import argparse
import contextlib
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quorate.capture.shim.build import compiler, shim
from tests.capture.shim.controller import DATA, HEAD, HELLO, PASS, WELCOME, exactly, message
from tests.interop.certificates import TestAuthority

WAYS = ("none", "library, nobody there", "library, Quorate passes")


@dataclass(frozen=True)
class Result:
    """Microseconds and KiB."""

    write_p50: float
    write_p99: float
    read_p50: float
    read_p99: float
    cpu: float
    rss: float


def echo(crt: str, key: str) -> None:
    """A TLS server that sends back what it gets; prints its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        plain, _ = listener.accept()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(plain, server_side=True) as client:
            while data := client.recv(4096):
                client.sendall(data)


def controller(path: str) -> None:
    """Lets everything pass, with as little of Python as it takes."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("there", flush=True)
        s, a = listener.accept()[0], listener.accept()[0]
        for sock in (s, a):
            size, kind, *_ = HEAD.unpack(exactly(sock, HEAD.size))
            assert kind == HELLO
            exactly(sock, size)
        s.sendall(message(WELCOME, 0, 0, 0, (1000).to_bytes(4, "little")))
        data = b""
        while more := s.recv(65536):
            data += more
            while len(data) >= HEAD.size and len(data) >= HEAD.size + HEAD.unpack_from(data)[0]:
                size, kind, direction, _, conn, _ = HEAD.unpack_from(data)
                data = data[HEAD.size + size :]
                if kind == DATA:
                    s.sendall(message(PASS, direction, conn, 0))


@contextlib.contextmanager
def child(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """One of the parts as a process, with the first line it printed."""
    with subprocess.Popen([sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def measure(way: str, client: Path, home: Path, certificate: tuple[Path, Path], rounds: int) -> Result:
    path = home / f"socket-{len(list(home.iterdir()))}"
    env = dict(os.environ)
    if way != "none":
        env |= {"LD_PRELOAD": str(shim()), "QUORATE_SHIM_SOCKET": str(path)}
    with contextlib.ExitStack() as stack:
        _, port = stack.enter_context(child("echo", *map(str, certificate)))
        if way != "none":
            quorate, _ = stack.enter_context(child("controller", str(path)))
        process = stack.enter_context(
            subprocess.Popen(
                [str(client), port, str(rounds)],
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "warm\n"
        if way == WAYS[1]:
            quorate.kill()
        process.stdin.write("\n")
        process.stdin.flush()
        return Result(*map(float, process.stdout.readline().split()))


def compile_client(home: Path) -> Path:
    target = home / "client"
    source = str(Path(__file__).with_name("attach_client.c"))
    cc = compiler()
    assert cc, "needs a C compiler"
    subprocess.run([cc, "-O2", source, "-o", str(target), "-l:libssl.so.3"], check=True)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    results: dict[str, list[Result]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        certificate = TestAuthority(home).issue("localhost", home)
        client = compile_client(home)
        for _ in range(options.repeat):
            for way in WAYS:
                results[way].append(measure(way, client, home, certificate, options.rounds))
    columns = ("write p50 µs", "p99", "added p50", "p99", "read p50 µs", "p99", "added p50", "p99")
    print("| way |", " | ".join(columns), "| CPU µs/round trip | RSS KiB |")
    print("|---" * (len(columns) + 3) + "|")
    medians = {
        way: [statistics.median(getattr(one, name) for one in results[way]) for name in Result.__match_args__]
        for way in WAYS
    }
    base = medians["none"]
    for way, (w50, w99, r50, r99, cpu, rss) in medians.items():
        added = [
            f"{x - y:.0f}" if way != "none" else "" for x, y in zip((w50, w99, r50, r99), base, strict=False)
        ]
        print(
            f"| {way} | {w50:.0f} | {w99:.0f} | {added[0]} | {added[1]} | {r50:.0f} | {r99:.0f}"
            f" | {added[2]} | {added[3]} | {cpu:.0f} | {rss:.0f} |"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["echo"]:
        echo(*sys.argv[2:])
    elif sys.argv[1:2] == ["controller"]:
        controller(*sys.argv[2:])
    else:
        main()
