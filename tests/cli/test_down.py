"""`quorate down` when the server does not answer: what is ours is ended, what is not is left alone."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.cli.client import ServerGone
from quorate.cli.up import down
from tests.server.test_main import agent_pid, alive, run_file, up, wait_for


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quorate.cli.up.DOWN_S", 0.3)
    monkeypatch.setattr("quorate.cli.ending.PATIENCE_S", 0.5)
    for name in ("QUORATE_URL", "QUORATE_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_a_server_that_hangs_is_ended_with_its_agent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quorate.cli.ending.PATIENCE_S", 3.0)
    data = tmp_path / "data"
    with up(data) as server:
        web = str(run_file(data)["url"]).removeprefix("http://")
        agent = agent_pid(data)
        server.send_signal(signal.SIGSTOP)
        down(data)
        assert server.wait(60) == -signal.SIGKILL
        wait_for(lambda: not alive(agent))
        said = capsys.readouterr().out.splitlines()
        assert f"The server (process {server.pid}) did not answer and did not end" in said[0]
        assert f"The agent (process {agent}) was ended" in said[1]
        assert not {"run.json", "agent.json"} & {path.name for path in data.iterdir()}
        with up(data, web=web):
            assert run_file(data)["url"] == f"http://{web}"


def test_an_agent_without_a_server_is_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    with up(data) as server:
        run_file(data)
        agent = agent_pid(data)
        server.kill()
        server.wait(60)
        down(data)
        wait_for(lambda: not alive(agent))
        assert f"The agent (process {agent})" in capsys.readouterr().out


def test_another_process_with_that_id_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        said = {"url": "http://127.0.0.1:9", "token": "x", "pid": other.pid, "started": "long ago"}
        (tmp_path / "run.json").write_text(json.dumps(said))
        with pytest.raises(ServerGone):
            down(tmp_path)
        os.kill(other.pid, 0)
        assert other.poll() is None
        other.communicate(b"\n", timeout=60)


def test_a_server_elsewhere_is_not_looked_for_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUORATE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("QUORATE_TOKEN", "x")
    monkeypatch.setattr("quorate.cli.up.end_processes", lambda data: [f"ended {data}"])
    with pytest.raises(ServerGone):
        down(tmp_path)
