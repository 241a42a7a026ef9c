"""Which process a file in the data directory names: ids are used again, an id with its start is not."""

import json
import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STATE, _START = 0, 19
"""Of what follows the name in /proc/PID/stat (proc_pid_stat(5), fields 3 and 22)."""


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    started: str

    @property
    def runs(self) -> bool:
        """It lives; one that only waits to be put away by its parent does not."""
        return _started(self.pid) == self.started


def this_process() -> dict[str, Any]:
    """What a file says of the process that writes it, for ``named_in``."""
    return {"pid": os.getpid(), "started": _started(os.getpid())}


def process_of(pid: int) -> Process | None:
    """The process that has this id now; None if there is none."""
    started = _started(pid)
    return None if started is None else Process(pid, started)


def named_in(path: Path) -> Process | None:
    """The process that wrote this file, if it still lives."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        said = json.loads(path.read_text())
        process = Process(int(said["pid"]), str(said["started"]))
        return process if process.runs else None
    return None


def _started(pid: int) -> str | None:
    """When a living process began, comparable only with itself; None: there is none, or nobody can tell."""
    try:
        boot = _BOOT.read_text().strip()
    except OSError:  # no Linux
        return _asked_of_ps(pid)
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return None if fields[_STATE] in "ZX" else f"{boot} {fields[_START]}"
    return None


def _asked_of_ps(pid: int) -> str | None:
    with suppress(OSError, subprocess.SubprocessError):
        words = ["ps", "-o", "lstart=", "-p", str(pid)]
        return (
            subprocess.run(words, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
            or None
        )
    return None
