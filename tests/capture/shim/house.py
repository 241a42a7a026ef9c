"""A client with the library in it, the server it talks to, and what compiles both."""

import os
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from quorate.capture.shim.build import compiler
from tests.capture.shim.controller import DEADLINE_S

HERE = Path(__file__).parent / "clients"
LIBRARIES = {
    "openssl": ["-l:libssl.so.3"],
    "gnutls": ["-l:libgnutls.so.30"],
    "gio": ["-l:libgnutls.so.30"],
    "nss": ["-l:libssl3.so", "-l:libnss3.so", "-l:libnspr4.so"],
    "plain": [],
}


def compile_chat(library: str, home: Path) -> Path:
    target = home / f"chat-{library}"
    cc = compiler()
    assert cc, "the tests need a C compiler: apt-get install gcc libc6-dev"
    flags = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", f"-D{library.upper()}"]
    subprocess.run(
        [cc, *flags, str(HERE / "chat.c"), "-o", str(target), *LIBRARIES[library], "-lpthread"], check=True
    )
    return target


@dataclass
class Collected:
    """Bytes a thread collects."""

    data: bytes = b""
    ended: bool = False

    def __post_init__(self) -> None:
        self.changed = threading.Condition()

    def take(self, read: Callable[[], bytes]) -> None:
        while True:
            try:
                more = read()
            except OSError:
                more = b""
            with self.changed:
                self.data += more
                self.ended = not more
                self.changed.notify_all()
            if not more:
                return

    def until(self, what: Callable[[bytes], object], within_s: float = DEADLINE_S) -> bytes:
        with self.changed:
            assert self.changed.wait_for(lambda: what(self.data), within_s), (self.data[-300:], self.ended)
            return self.data

    def until_has(self, *parts: bytes, within_s: float = DEADLINE_S) -> bytes:
        return self.until(lambda data: all(part in data for part in parts), within_s)


@dataclass
class Server:
    """Takes one client; a TLS server if it has a context. Its threads read and write one at a time."""

    context: ssl.SSLContext | None = None
    got: Collected = field(default_factory=Collected)
    slow: bool = False
    """Reads nothing before ``go``."""

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.client: socket.socket | None = None
        self.there = threading.Event()
        self.go = threading.Event()
        self.lock = threading.Lock()
        if not self.slow:
            self.go.set()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            client, _ = self.listener.accept()
        except OSError:
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context is not None:
            client = self.context.wrap_socket(client, server_side=True)
        self.client = client
        self.there.set()
        self.go.wait()
        self.got.take(self._read)
        with self.lock:
            client.close()

    def _read(self) -> bytes:
        assert self.client is not None
        while True:
            select.select([self.client], [], [])
            with self.lock, suppress(BlockingIOError, ssl.SSLWantReadError):
                self.client.setblocking(False)
                return self.client.recv(65536)

    def has_waiting(self, size: int) -> None:
        """Wait until so much has come and is not read; for one that is ``slow``."""
        assert self.client is not None
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)
        assert select.select([self.client], [], [], DEADLINE_S)[0]
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)

    def send(self, data: bytes) -> None:
        assert self.there.wait(DEADLINE_S)
        assert self.client is not None
        with self.lock:
            self.client.settimeout(DEADLINE_S)
            self.client.sendall(data)

    def close(self) -> None:
        """Its thread closes the client."""
        self.listener.close()
        if self.client is not None:
            with self.lock, suppress(OSError):
                self.client.shutdown(socket.SHUT_RDWR)
        self.go.set()


@dataclass
class Client:
    command: list[str]
    preload: Path | None
    """The library; None if somebody puts it in later."""
    path: Path
    """Of the controller's socket."""
    env: dict[str, str] = field(default_factory=dict)
    out: Collected = field(default_factory=Collected)

    def __enter__(self) -> Self:
        preload = [self.env.get("LD_PRELOAD", ""), str(self.preload or "")]
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                **self.env,
                "LD_PRELOAD": ":".join(filter(None, preload)),
                "QUORATE_SHIM_SOCKET": str(self.path),
            },
        )
        assert self.process.stdout is not None
        out = self.process.stdout.fileno()
        self.reader = threading.Thread(target=self.out.take, args=(lambda: os.read(out, 65536),), daemon=True)
        self.reader.start()
        return self

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def leave(self) -> int:
        """Ends its input; returns its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(DEADLINE_S)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.reader.join(DEADLINE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None and not pipe.closed:
                with suppress(OSError):  # what was not written to a client that died
                    pipe.close()


def python_client(name: str, port: int) -> list[str]:
    if name == "gio.py":
        return ["/usr/bin/python3", str(HERE / name), str(port)]
    return [shutil.which(sys.executable) or sys.executable, "-X", "dev", str(HERE / name), str(port)]
