"""The library in a client, scripted: it asks, holds and delivers as docs/attach.md says."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path

from quorate.capture.attach.protocol import (
    DOWN,
    UP,
    WITH_VERDICT,
    Frame,
    Frames,
    Kind,
    frame,
    hello,
    read_replacement,
    read_table,
)
from quorate.wire.xmpp.stream_management import Table

WAIT_S = 60.0


@dataclass
class Way:
    """One direction of one connection."""

    held: bytes = b""
    delivered: bytes = b""
    asked: int = 0


@dataclass
class Connection:
    number: int
    ways: tuple[Way, Way] = field(default_factory=lambda: (Way(), Way()))
    tables: dict[int, Table] = field(default_factory=dict)
    flags: dict[int, int] = field(default_factory=dict)
    ignored: bool = False


class ScriptedShim:
    """``async with ScriptedShim(path) as shim``: connected and welcome when entered."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._instance = os.urandom(16)
        self.connections: dict[int, Connection] = {}
        self.enabled = ""
        """What the client was told when counting began."""
        self._applied = 0
        self._commands: list[Frame] = []
        self._news = asyncio.Condition()
        self.detached = asyncio.Event()

    async def __aenter__(self) -> "ScriptedShim":
        self._s = await asyncio.open_unix_connection(self._path)
        self._s[1].write(hello(os.getpid(), 3, self._instance))
        self._a = await asyncio.open_unix_connection(self._path)
        self._a[1].write(hello(os.getpid(), 3, self._instance))
        self._frames = Frames()
        self._pending: list[Frame] = []
        assert (await self._verdict()).kind == Kind.WELCOME
        self._reading = asyncio.create_task(self._read_commands())
        return self

    async def __aexit__(self, *exit: object) -> None:
        self._reading.cancel()
        self._s[1].close()
        self._a[1].close()

    def open(self, conn: int = 1, **told: str) -> Connection:
        lines = "\n".join(f"{k}={v}" for k, v in {"lib": "openssl", "peer": "127.0.0.1 5222", **told}.items())
        self.connections[conn] = Connection(conn)
        self._s[1].write(frame(Kind.OPEN, conn, payload=lines.encode()))
        return self.connections[conn]

    def close(self, conn: int = 1) -> None:
        self._s[1].write(frame(Kind.CLOSED, conn))

    def pass_over(self, conn: int = 9) -> None:
        self._s[1].write(frame(Kind.OTHER, conn))

    async def up(self, text: str, conn: int = 1) -> str:
        """The client writes; what the server gets since it was last looked at."""
        await self._ask(conn, UP, text.encode())
        return self.got(UP, conn)

    async def down(self, text: str, conn: int = 1) -> str:
        await self._ask(conn, DOWN, text.encode())
        return self.got(DOWN, conn)

    def got(self, dir: int, conn: int = 1) -> str:
        way = self.connections[conn].ways[dir]
        got, way.delivered = way.delivered, b""
        return got.decode()

    async def until(self, dir: int, text: str, conn: int = 1) -> str:
        """Wait for something that nobody asked about."""
        way = self.connections[conn].ways[dir]
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(lambda: text.encode() in self._applied_all(way))
        return self.got(dir, conn)

    async def _ask(self, conn: int, dir: int, data: bytes) -> None:
        connection = self.connections[conn]
        way = connection.ways[dir]
        if connection.ignored:
            way.delivered += data
            return
        self._s[1].write(frame(Kind.DATA, conn, way.asked, data, dir=dir))
        way.asked += len(data)
        way.held += data
        verdict = await self._verdict()
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(lambda: self._numbered() >= verdict.offset)
        self._apply(verdict.offset)
        self._decide(connection, dir, verdict)

    def _decide(self, connection: Connection, dir: int, verdict: Frame) -> None:
        way = connection.ways[dir]
        if verdict.kind == Kind.REPL:
            consumed, data = read_replacement(verdict.payload)
            assert consumed <= len(way.held)
            way.held, way.delivered = way.held[consumed:], way.delivered + data
            return
        if verdict.kind == Kind.IGNORE:
            connection.ignored = True
            dirs: tuple[int, ...] = (DOWN, UP)
        else:
            assert verdict.kind == Kind.PASS
            dirs = (dir,)
        for one in dirs:
            way = connection.ways[one]
            way.held, way.delivered = b"", way.delivered + way.held

    async def _verdict(self) -> Frame:
        while not self._pending:
            async with asyncio.timeout(WAIT_S):
                data = await self._s[0].read(65536)
            assert data, "the agent has hung up"
            self._pending += self._frames.feed(data)
        return self._pending.pop(0)

    def _applied_all(self, way: Way) -> bytes:
        self._apply(None)
        return way.delivered

    def _numbered(self) -> int:
        return max((c.offset for c in self._commands), default=self._applied)

    def _apply(self, up_to: int | None) -> None:
        for command in list(self._commands):
            if up_to is not None and command.offset > up_to:
                break
            self._commands.remove(command)
            self._applied = command.offset
            connection = self.connections[command.conn]
            if command.kind == Kind.INJECT:
                connection.ways[command.dir].delivered += command.payload
            elif command.kind == Kind.TABLE:
                if command.flags & WITH_VERDICT:
                    assert up_to is not None, "it waits for a verdict"
                connection.tables[command.dir] = read_table(command.payload)
                connection.flags[command.dir] = command.flags
            else:
                self._decide(connection, command.dir, command)

    async def _read_commands(self) -> None:
        frames = Frames()
        while data := await self._a[0].read(65536):
            found = frames.feed(data)
            async with self._news:
                for one in found:
                    if one.kind == Kind.DETACH:
                        self.detached.set()
                    else:
                        self._commands.append(one)
                self._news.notify_all()
