import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.link.process import named_in, this_process


def test_the_writer_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(this_process()))
    found = named_in(path)
    assert found is not None
    assert found.pid == os.getpid()


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        "{}",
        '{"pid": "x", "started": ""}',
        json.dumps({"pid": os.getpid()}),
        json.dumps({"pid": os.getpid(), "started": "another"}),
        json.dumps({"pid": os.getpid(), "started": None}),
    ],
    ids=["nothing", "a list", "no id", "no number", "no start", "another start", "an unknown start"],
)
def test_whoever_has_the_id_now_is_not_taken_for_the_writer(tmp_path: Path, said: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(said)
    assert named_in(path) is None
    assert named_in(tmp_path / "missing.json") is None


def test_a_process_that_has_ended_does_not_run(tmp_path: Path) -> None:
    """Also while its parent has not asked how it ended."""
    words = (
        "import json; from quorate.link.process import this_process as t; print(json.dumps(t()), flush=True)"
    )
    path = tmp_path / "run.json"
    with subprocess.Popen(
        [sys.executable, "-c", f"{words}; input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        path.write_text(child.stdout.readline())
        found = named_in(path)
        assert found is not None
        child.stdin.write("\n")
        child.stdin.flush()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not found.runs
