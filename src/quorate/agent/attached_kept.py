"""Which clients an agent is attached to, for the one after it: killed, it leaves them as they are."""

import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from quorate.agent.private_file import write_private
from quorate.link.process import Process, process_of

FILE_NAME = "attached.json"

log = logging.getLogger(__name__)


class AttachedKept:
    def __init__(self, data: Path) -> None:
        self._path = data / FILE_NAME
        self._kept: dict[int, Process] = {}

    def living(self) -> list[int]:
        """Those of an earlier agent that still run, by process id."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            said = json.loads(self._path.read_text())
            found = [Process(int(one["pid"]), str(one["started"])) for one in said]
            self._kept = {process.pid: process for process in found if process.runs}
        return list(self._kept)

    def keeps(self, pid: int) -> bool:
        """It still runs, and nobody wanted it let go."""
        return pid in self._kept and self._kept[pid].runs

    def keep(self, pid: int) -> None:
        process = process_of(pid)
        if process is not None:
            self._kept[pid] = process
            self._write(self._kept.values())

    def forget(self, pid: int) -> None:
        """The user wants it let go, or it has ended."""
        if self._kept.pop(pid, None) is not None:
            self._write(self._kept.values())

    def _write(self, processes: Iterable[Process]) -> None:
        try:
            write_private(self._path, [{"pid": one.pid, "started": one.started} for one in processes])
        except OSError as error:
            log.warning("not noted which clients are attached to error=%s", type(error).__name__)
