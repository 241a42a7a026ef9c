"""Starting the agent beside the server, unless one of an earlier server is still there to adopt."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from quorate.errors import Misconfigured
from quorate.server.config import Settings

AGENT_FILE = "agent.json"
AGENT_LOG = "agent.log"
START_S = 15.0
"""How long an agent may take until it has connected."""
ADOPT_S = 3.0
"""How long a running agent may take to notice the new server."""
POLL_S = 0.02
TAIL = 2000
"""Bytes of the agent's last words that are looked at."""


async def ensure_agent(settings: Settings, connected: Callable[[], bool]) -> None:
    """Return once an agent is connected; raises Misconfigured with the agent's own words if it cannot start."""
    if running_agent(settings.data) is not None and await _wait(connected, ADOPT_S):
        return
    log = settings.data / AGENT_LOG
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as said:
        process = await asyncio.create_subprocess_exec(
            *command(settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
    if not await _wait(lambda: connected() or process.returncode is not None, START_S) or not connected():
        raise _did_not_start(log, settings)


def command(settings: Settings) -> list[str]:
    """How the agent is started."""
    words = [sys.executable, "-m", "quorate.agent", "--data", str(settings.data), "--im", settings.im]
    for domain, target in sorted(settings.routes.items()):
        words += ["--route", f"{domain}={target}"]
    for path in settings.trust:
        words += ["--trust", str(path)]
    for network in settings.allow:
        words += ["--allow", network]
    return [*words, "--ask-timeout", str(settings.ask_timeout_s)]


def running_agent(data: Path) -> int | None:
    """The process id in ``agent.json``, if that process lives."""
    try:
        pid = int(json.loads((data / AGENT_FILE).read_text())["pid"])
        os.kill(pid, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid


async def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while not condition() and loop.time() < until:
        await asyncio.sleep(POLL_S)
    return condition()


def _did_not_start(log: Path, settings: Settings) -> Misconfigured:
    said = log.read_bytes()[-TAIL:].decode(errors="replace").strip().splitlines()
    last = said[-1] if said else "it said nothing"
    return Misconfigured(
        f"The agent that IM clients connect to ({settings.im}) did not start: {last}",
        remedy=f"All it said is in {log}.",
    )
