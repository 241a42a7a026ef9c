"""Moving what SQLite's journal holds into its file: that waits for the disk, so it is done aside."""

import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import Final

EVERY: Final = 2_000
"""Transactions, some 30 MiB. Who writes while the journal is synced waits too: it must be seldom."""
LATER_S: Final = 0.2
"""So long after the last of them: decisions come in bursts."""
AT_MOST_PAGES: Final = 20_000
"""So many (80 MiB) and SQLite does it nevertheless, in the middle of a decision: the disk was too slow."""


class Checkpoints:
    """Counts transactions and starts a thread for a moment; what fails is tried with the next."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._since = 0
        self._thread: Thread | None = None

    def committed(self, *_: object) -> None:
        self._since += 1
        if self._since >= EVERY and (self._thread is None or not self._thread.is_alive()):
            self._since = 0
            self._thread = Thread(target=self._move, name="checkpoint", daemon=True)
            self._thread.start()

    def _move(self) -> None:
        """PASSIVE: as far as it goes without anybody waiting for it (sqlite.org/wal.html)."""
        time.sleep(LATER_S)
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=rw", uri=True, timeout=0)) as own,
        ):
            own.execute("PRAGMA wal_checkpoint(PASSIVE)")
