"""kill -9 at any moment: every acknowledged write is there, and state and outbox agree."""

import os
import subprocess
import sys
from pathlib import Path

from quorate.store.open import open_store

ROOT = Path(__file__).parents[2]
ROUNDS = 4


def kill_in_the_middle(where: Path | str, after: int) -> int:
    """Let the writer store until it has said ``after`` times so, kill it, return the last number it said."""
    command = [sys.executable, "-m", "tests.store.writer", str(where)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(after)]
        writer.kill()
        said += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    return said[-1]


def test_a_killed_process_loses_nothing_it_had_acknowledged(where: Path | str) -> None:
    for after in (1, *range(7, 7 * ROUNDS, 7)):
        acknowledged = kill_in_the_middle(where, after)
        store = open_store(where)
        stored = store.activities.find("Q7")
        assert stored is not None
        assert stored.serial in (acknowledged, acknowledged + 1)
        ids = [row.effect.id for row in store.outbox.pending()]
        assert ids == [f"Q7-{name}{n}" for n in range(1, stored.serial + 1) for name in ("", "n")]
        given = {row.effect.id for row in store.outbox.pending() if row.dispatched_to}
        assert {f"Q7-{n}" for n in range(1, acknowledged + 1)} <= given
        store.close()
