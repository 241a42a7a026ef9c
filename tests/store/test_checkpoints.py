"""The journal is emptied beside whoever writes, and a disk that cannot take it harms nobody."""

import sqlite3
import threading
from pathlib import Path

import pytest

from quorate.store import checkpoints
from quorate.store.checkpoints import Checkpoints
from quorate.store.database import FILE_NAME
from quorate.store.open import open_store
from tests.store.samples import activity


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "LATER_S", 0.0)


def _moved(counter: Checkpoints, times: int) -> None:
    for _ in range(times):
        counter.committed()
    assert counter._thread is not None
    counter._thread.join()


def _in_the_file_alone(file: Path) -> int:
    """Activities in the database file, as it would be without its journal."""
    copy = file.with_name("copy")
    copy.write_bytes(file.read_bytes())
    with sqlite3.connect(copy) as own:
        own.execute("PRAGMA journal_mode=DELETE")
        return int(own.execute("SELECT count(*) FROM activities").fetchone()[0])


def test_what_was_stored_is_moved_into_the_file_after_so_many(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.activities.save(activity())
    counter = Checkpoints(tmp_path / FILE_NAME)
    before = (tmp_path / FILE_NAME).stat().st_size
    _moved(counter, checkpoints.EVERY)
    assert (tmp_path / FILE_NAME).stat().st_size > before
    assert _in_the_file_alone(tmp_path / FILE_NAME) == 1
    store.close()


def test_the_journal_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    often, never = (_journal_after(tmp_path / str(every), every, monkeypatch) for every in (5, 10_000))
    assert often < never / 2


def _journal_after(where: Path, every: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Its bytes after a hundred transactions that did not hurry."""
    monkeypatch.setattr(checkpoints, "EVERY", every)
    store = open_store(where)
    for _ in range(100):
        store.activities.save(activity())
        for thread in threading.enumerate():
            if thread.name == "checkpoint":
                thread.join()
    size = (where / f"{FILE_NAME}-wal").stat().st_size
    store.close()
    return size


def test_a_file_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    _moved(Checkpoints(tmp_path / FILE_NAME), checkpoints.EVERY)
    assert not (tmp_path / FILE_NAME).exists()
