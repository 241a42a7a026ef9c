"""A real `quorate up` in a directory of its own, and its command line."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.interop.prosody import free_port

START_S = 150.0


@dataclass
class Finished:
    """What one command printed and returned."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Quorate:
    """``async with Quorate(data, routes, trust) as quorate``: agent and server are up when entered."""

    data: Path
    routes: Sequence[str]
    trust: Path
    config: str = "settle_s = 0\n"
    start_s: float = START_S
    im_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    prefix: Sequence[str] = ()
    """A program that runs it, as another user for instance."""
    process: asyncio.subprocess.Process | None = None
    log: list[str] = field(default_factory=list)

    @property
    def ca(self) -> Path:
        return self.data / "ca.pem"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def token(self) -> str:
        return str(json.loads((self.data / "run.json").read_text())["token"])

    async def __aenter__(self) -> "Quorate":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def arguments(self) -> list[str]:
        routes = [word for route in self.routes for word in ("--route", route)]
        config = self.data / "quorate.toml"
        return [
            *("up", "--data", str(self.data), "--config", str(config), "--trust", str(self.trust)),
            *("--web", f"127.0.0.1:{self.web_port}", "--im", f"127.0.0.1:{self.im_port}"),
            *routes,
        ]

    async def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / "quorate.toml").write_text(self.config)
        self.process = await asyncio.create_subprocess_exec(
            *self.prefix,
            *quorate_command(),
            *self.arguments(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.environment(),
        )
        ready = asyncio.Event()
        self._reader = asyncio.create_task(self._read(ready))
        try:
            await asyncio.wait_for(ready.wait(), self.start_s)
        except TimeoutError:
            await self.stop()
            raise RuntimeError("quorate did not start:\n" + "\n".join(self.log)) from None
        if self.process.returncode is not None:
            raise RuntimeError("quorate ended at once:\n" + "\n".join(self.log))

    async def _read(self, ready: asyncio.Event) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        async for raw in self.process.stdout:
            line = raw.decode(errors="replace").rstrip()
            self.log.append(line)
            if "/enter?key=" in line:
                ready.set()
        await self.process.wait()
        ready.set()

    async def stop(self) -> None:
        """As Ctrl-C would."""
        if self.process is None:
            return
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(self.process.wait(), 60)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self._reader
        self.end_agent()
        self.process = None

    async def kill(self) -> None:
        """The server dies at once (-9); the agent is left alone."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()
        await self._reader
        self.process = None

    def agent_pid(self) -> int | None:
        try:
            return int(json.loads((self.data / "agent.json").read_text())["pid"])
        except (OSError, ValueError, KeyError):
            return None

    def end_agent(self) -> None:
        """A test that failed half-way must not leave an agent behind."""
        pid = self.agent_pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("QUORATE_")}
        return {
            **clean,
            "QUORATE_DATA": str(self.data),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """One call of the API; its JSON."""
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {self.token}"}, timeout=60) as client:
            answer = await client.post(f"{self.url}/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str, **query: str) -> Any:
        """One question to the API; its JSON."""
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {self.token}"}, timeout=60) as client:
            answer = await client.get(f"{self.url}/api/v1{path}", params=query)
        assert answer.is_success, answer.text
        return answer.json()

    async def way_in(self) -> str:
        """An address that lets one browser into the page, once."""
        return str((await self.post("/enter-keys", {}))["url"])

    async def run(self, *words: str, timeout_s: float = START_S) -> Finished:
        """One `quorate` command against this server."""
        process = await asyncio.create_subprocess_exec(
            *quorate_command(),
            *words,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment(),
        )
        out, err = await asyncio.wait_for(process.communicate(), timeout_s)
        assert process.returncode is not None
        return Finished(process.returncode, out.decode(), err.decode())


def quorate_command() -> list[str]:
    return [sys.executable, "-m", "quorate"]
