"""Ends a server that does not answer, and its agent: by the process ids in the data directory."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from quorate.cli.client import RUN_FILE
from quorate.link.process import Process, named_in

AGENT_FILE = "agent.json"
PATIENCE_S = 4.0
"""How long a process may take to end when it is asked to; then it is killed."""
LOOK_S = 0.05


def end_processes(data: Path) -> list[str]:
    """What was done, a sentence each; empty if no process certainly belongs to this directory."""
    said = []
    server = named_in(data / RUN_FILE)
    if server is not None:
        how = "was ended" if _end(server) else "did not end when asked to either, and was killed"
        said.append(
            f"The server (process {server.pid}) did not answer and {how}; what it had stored is kept."
        )
        _forget(data / RUN_FILE, server)
    agent = named_in(data / AGENT_FILE)
    if agent is not None:
        how = "was ended" if _end(agent) else "did not end when asked to, and was killed"
        said.append(
            f"The agent (process {agent.pid}) {how}: the contact “Quorate” leaves your clients; "
            "they reconnect once you point them back."
        )
        _forget(data / AGENT_FILE, agent)
    return said


def _end(process: Process) -> bool:
    """False if it had to be killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + PATIENCE_S
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
        while process.runs and time.monotonic() < until:
            time.sleep(LOOK_S)
        if not process.runs:
            return number is signal.SIGTERM
    return False


def _forget(path: Path, process: Process) -> None:
    """A process that was killed could not remove its file."""
    with suppress(OSError):
        if not process.runs:
            path.unlink()
