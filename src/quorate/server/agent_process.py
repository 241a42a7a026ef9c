"""Starting the agent beside the server, unless one of an earlier server is still there to adopt."""

import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path

from quorate.errors import Misconfigured
from quorate.server.agents import Agents
from quorate.server.config import Settings

AGENT_FILE = "agent.json"
AGENT_LOG = "agent.log"
START_S = 120.0
"""How long an agent may take until it has connected, much else to do or not; its end is noticed at once."""
ADOPT_S = 10.0
"""How long a running agent may take to notice the new server, on such a machine, too."""
LOOK_S = 0.1
"""How often it is looked whether a starting agent has ended."""
RETRY_S = 5.0
TAIL = 2000
"""Bytes of the agent's last words that are looked at."""
ERROR_MARK = "quorate: "
"""Begins the line with the problem, if it knows what is wrong; its remedy is the next line."""


log = logging.getLogger(__name__)


async def ensure_agent(settings: Settings, agents: Agents) -> None:
    """Return once an agent is connected; raises Misconfigured with the agent's words if it cannot start."""
    if running_agent(settings.data) is not None and await agents.until(True, ADOPT_S):
        return
    said = settings.data / AGENT_LOG
    pid = _spawn(command(settings), said)
    loop = asyncio.get_running_loop()
    until = loop.time() + START_S
    while loop.time() < until and _runs(pid):
        if await agents.until(True, LOOK_S):
            return
    if _runs(pid):
        os.kill(pid, signal.SIGTERM)
    raise _did_not_start(said, settings)


async def keep_agent(settings: Settings, agents: Agents) -> None:
    """Start an agent again whenever there is none any more; runs until it is cancelled."""
    while True:
        await agents.until(False, None)
        try:
            await ensure_agent(settings, agents)
        except Misconfigured as error:
            log.warning("the agent does not start: %s", error.code)
            await asyncio.sleep(RETRY_S)


def _spawn(words: list[str], said: Path) -> int:
    """Start a process that outlives this one, in a session of its own; returns its id."""
    said.unlink(missing_ok=True)
    files = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.fspath(said), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    )
    return os.posix_spawn(words[0], words, os.environ, file_actions=files, setsid=True)


def _runs(pid: int) -> bool:
    """Whether this process lives; one of our own that has ended is put away."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def command(settings: Settings) -> list[str]:
    """How the agent is started."""
    return [sys.executable, "-m", "quorate.agent", *options_for_agent(settings)]


def options_for_agent(settings: Settings) -> list[str]:
    words = ["--data", str(settings.data), "--im", settings.im]
    for domain, targets in sorted(settings.routes.items()):
        for target in targets:
            words += ["--route", f"{domain}={target}"]
    for path in settings.trust:
        words += ["--trust", str(path)]
    for network in settings.allow:
        words += ["--allow", network]
    for port in settings.im_ports:
        words += ["--im-port", str(port)]
    for place in settings.transparent:
        words += ["--transparent", place]
    if settings.im_public:
        words += ["--im-public", settings.im_public]
    return [*words, "--ask-timeout", str(settings.ask_timeout_s)]


def running_agent(data: Path) -> int | None:
    """The process id in ``agent.json``, if that process lives."""
    try:
        pid = int(json.loads((data / AGENT_FILE).read_text())["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if _runs(pid) else None


def _did_not_start(said: Path, settings: Settings) -> Misconfigured:
    lines = said.read_bytes()[-TAIL:].decode(errors="replace").strip().splitlines()
    if len(lines) > 1 and lines[-2].startswith(ERROR_MARK):
        return Misconfigured(lines[-2].removeprefix(ERROR_MARK), remedy=lines[-1].strip())
    last = lines[-1] if lines else "it said nothing"
    return Misconfigured(
        f"The agent that IM clients connect to ({settings.im}) did not start: {last}",
        remedy=f"All it said is in {said}.",
    )
