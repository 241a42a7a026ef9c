"""Stands for Quorate before the library in a client: does what the test says, and notes all it was asked."""

import os
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

DOWN, UP = 0, 1
HELLO, OPEN, DATA, CLOSED, OTHER = 1, 2, 3, 4, 7
PASS, REPL, INJECT, TABLE, IGNORE, DETACH, WELCOME = 16, 17, 21, 22, 23, 24, 25
HEAD = struct.Struct("<IBBHIQ")
DEADLINE_S = 60.0

Verdict = tuple[int, bytes]


def passed() -> Verdict:
    return PASS, b""


def replaced(consumed: int, data: bytes = b"") -> Verdict:
    return REPL, struct.pack("<I", consumed) + data


def rows(*pairs: tuple[int, int]) -> bytes:
    return struct.pack("<I", len(pairs)) + b"".join(struct.pack("<Ii", *pair) for pair in pairs)


def message(kind: int, direction: int, conn: int, offset: int, data: bytes = b"", flags: int = 0) -> bytes:
    return HEAD.pack(len(data), kind, direction, flags, conn, offset) + data


def exactly(sock: socket.socket, size: int) -> bytes:
    """``b""`` at the end of the stream."""
    data = b""
    while len(data) < size:
        try:
            more = sock.recv(size - len(data))
        except OSError:
            return b""
        if not more:
            return b""
        data += more
    return data


@dataclass(frozen=True)
class Ask:
    conn: int
    direction: int
    data: bytes


def always_pass(_ask: Ask) -> Verdict:
    return passed()


@dataclass(repr=False)
class Controller:
    """``judge`` decides every ask; it may call ``inject`` and the like before it returns."""

    judge: Callable[[Ask], Verdict | None] = always_pass
    """None: leave the client waiting."""
    deadline_ms: int = 5000
    opens: dict[int, dict[str, str]] = field(default_factory=dict)
    opened: list[int] = field(default_factory=list)
    """Each OPEN as it came."""
    closed: list[int] = field(default_factory=list)
    others: int = 0
    """Connections that were said to be none of ours."""
    asks: list[Ask] = field(default_factory=list)
    pid: int = 0
    slots: int = 0
    instance: bytes = b""
    number: int = 0
    ended: bool = False
    s: socket.socket | None = None
    a: socket.socket | None = None

    def __post_init__(self) -> None:
        self.changed = threading.Condition()

    def listen(self, path: Path) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(8)

        def accept() -> None:
            with listener:
                s, _ = listener.accept()
                a, _ = listener.accept()
            self.begin(s, a)

        threading.Thread(target=accept, daemon=True).start()

    def connect(self, pid: int) -> None:
        """To a library that is in a process already; raises OSError if it does not listen.

        It asks when this returns: it turns others away only then.
        """
        address = f"\0quorate-{pid}-{os.geteuid()}"
        s, a, other = (socket.socket(socket.AF_UNIX) for _ in range(3))
        self.s, self.a = s, a
        other.settimeout(DEADLINE_S)
        with other:
            s.connect(address)
            a.connect(address)
            self.begin(s, a)
            if self.pid:
                other.connect(address)
                exactly(other, HEAD.size)

    def begin(self, s: socket.socket, a: socket.socket) -> None:
        self.s, self.a = s, a
        for sock in (s, a):
            head = exactly(sock, HEAD.size)
            if not head or HEAD.unpack(head)[1] != HELLO:
                with self.changed:
                    self.ended = True
                    self.changed.notify_all()
                self.hang_up()
                return
            payload = exactly(sock, HEAD.unpack(head)[0])
            version, self.slots = struct.unpack("<II", payload[:8])
            assert version == 1
            assert self.instance in (b"", payload[8:])
            self.instance = payload[8:]
        s.sendall(message(WELCOME, 0, 0, 0, struct.pack("<I", self.deadline_ms)))
        with self.changed:
            self.pid = HEAD.unpack(head)[5]
            self.changed.notify_all()
        threading.Thread(target=self._serve, args=(s,), daemon=True).start()

    def _serve(self, s: socket.socket) -> None:
        while head := exactly(s, HEAD.size):
            size, kind, direction, _, conn, _ = HEAD.unpack(head)
            data = exactly(s, size) if size else b""
            verdict = None
            with self.changed:
                if kind == OPEN:
                    self.opens[conn] = dict(line.split("=", 1) for line in data.decode().splitlines())
                    self.opened.append(conn)
                elif kind == CLOSED:
                    self.closed.append(conn)
                elif kind == OTHER:
                    self.others += 1
                elif kind == DATA:
                    ask = Ask(conn, direction, data)
                    verdict = self.judge(ask)
                    self.asks.append(ask)
                self.changed.notify_all()
            if verdict is not None:
                try:
                    s.sendall(message(verdict[0], direction, conn, self.number, verdict[1]))
                except OSError:
                    break
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def command(self, kind: int, direction: int, conn: int, data: bytes = b"", flags: int = 0) -> None:
        self.commands((kind, direction, conn, data, flags))

    def commands(self, *several: tuple[int, int, int, bytes, int]) -> None:
        """In one `send`, so all or none."""
        wire = b""
        for kind, direction, conn, data, flags in several:
            self.number += 1
            wire += message(kind, direction, conn, self.number, data, flags)
        assert self.a is not None
        self.a.sendall(wire)

    def inject(self, direction: int, data: bytes, conn: int | None = None) -> None:
        self.command(INJECT, direction, self.only if conn is None else conn, data)

    def table(self, direction: int, *pairs: tuple[int, int], flags: int = 0) -> None:
        self.command(TABLE, direction, self.only, rows(*pairs), flags)

    @property
    def only(self) -> int:
        """The one connection that is open."""
        (conn,) = set(self.opens) - set(self.closed)
        return conn

    def state(self) -> str:
        last = [(ask.conn, ask.direction, ask.data[-60:]) for ask in self.asks[-3:]]
        return f"opens={self.opens} closed={self.closed} last asks={last} ended={self.ended}"

    def until(self, what: Callable[["Controller"], object], within_s: float = DEADLINE_S) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: what(self), within_s), self.state()

    def asked(self, direction: int) -> bytes:
        return b"".join(ask.data for ask in self.asks if ask.direction == direction)

    def until_asked(self, direction: int, data: bytes) -> None:
        self.until(lambda it: data in it.asked(direction))

    def hang_up(self) -> None:
        """As a kill -9 would."""
        for sock in (self.s, self.a):
            if sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()
