"""Clients that were told nothing about Quorate: started by `quorate run`, or attached to later."""

import asyncio
import json
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quorate.link import attaching
from tests.interop.conftest import House
from tests.interop.prosody import Prosody
from tests.interop.terminal import WAIT_S, Terminal, trust_directory

ROOT = Path(__file__).resolve().parent.parent.parent


def run_by(house: House, command: str) -> list[str]:
    """The words before a command so that it is started by `quorate run`."""
    return [
        sys.executable,
        "-m",
        "quorate",
        "run",
        "--data",
        str(house.quorate.data),
        "--",
        *shlex.split(command),
    ]


async def sit_down(
    house: House, home: Path, kind: type[Terminal], name: str, *, by_run: bool = False
) -> Terminal:
    """Somebody starts a client that connects straight to the server."""
    folder = home / f"{name}-{kind.__name__}"
    folder.mkdir()
    own = house.server.home / "certs" / f"{house.server.domain}.crt"
    trust = trust_directory(folder / "trust", house.server.authority.path, own)

    class Started(kind):  # type: ignore[valid-type, misc]
        def prepare(self) -> str:
            command: str = super().prepare()
            return "exec " + (shlex.join(run_by(house, command)) if by_run else command)

    client: Terminal = Started(
        folder, house.server.jid(name), house.server.accounts[name], house.server.port, trust
    )
    await house.stack.enter_async_context(client)
    return client


@dataclass
class Slix:
    """A slixmpp client in a process of its own."""

    process: asyncio.subprocess.Process
    said: list[dict[str, Any]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def texts(self) -> list[str]:
        return [line["text"] for line in self.said if "text" in line]

    @property
    def closed(self) -> bool:
        return any("closed" in line for line in self.said)

    async def until(self, text: str) -> dict[str, Any]:
        """Wait for a line that contains this."""

        def found() -> dict[str, Any] | None:
            return next((line for line in self.said if text in json.dumps(line)), None)

        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(found)
        return found() or {}

    def say(self, to: str, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([to, text]).encode() + b"\n")

    def reconnect(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"[]\n")

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._news:
                self.said.append(json.loads(line))
                self._news.notify_all()


@asynccontextmanager
async def slix(
    house: House, name: str, *, by_run: bool = False, server: Prosody | None = None, port: int = 0
) -> AsyncIterator[Slix]:
    """Connected straight to the ``server``, the house's if none is given; by a ``port`` that leads there."""
    at = server or house.server
    words = [sys.executable, "-m", "tests.interop.clients.slix", at.jid(name)]
    words += [at.accounts[name], str(port or at.port), str(at.authority.path)]
    process = await asyncio.create_subprocess_exec(
        *(run_by(house, shlex.join(words)) if by_run else words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**house.quorate.environment(), "PYTHONPATH": str(ROOT)},
    )
    client = Slix(process)
    reading = asyncio.create_task(client.read())
    try:
        await client.until("online")
        yield client
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def stream_of(house: House, name: str, state: str = "live") -> dict[str, Any]:
    """This account's stream, once it is in this state."""
    async with asyncio.timeout(WAIT_S):
        while True:
            for stream in await house.quorate.get("/streams"):
                if stream["account"] == f"xmpp:{house.server.jid(name)}" and stream["state"] == state:
                    return dict(stream)
            await asyncio.sleep(0.05)


async def until_attached(house: House) -> None:
    """To whatever client there is."""
    async with asyncio.timeout(WAIT_S):
        while True:
            if (await attaching.attached(house.quorate.data))["clients"]:
                return
            await asyncio.sleep(0.01)


async def known(house: House, who: str, **query: str) -> dict[str, tuple[str, bool]]:
    """What `who` answers: by name, how available and whether that was asked for."""
    people = await house.quorate.get("/presence", who=who, **query)
    return {p["name"]: (p["availability"], any(t["used"] and t["asked"] for t in p["trace"])) for p in people}
