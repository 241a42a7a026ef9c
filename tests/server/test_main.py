"""`quorate up` as processes: ready when it says so, adopts an agent, ends cleanly, explains failures."""

import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from quorate.server.main import bind

WAIT_S = 60.0
UP = """
import sys
from pathlib import Path
from quorate.errors import QuorateError
from quorate.server.config import load_settings
from quorate.server.main import run_server
try:
    run_server(load_settings(None, {"data": Path(sys.argv[1]), "web": sys.argv[2], "im": sys.argv[3]}))
except QuorateError as error:
    sys.exit(str(error))
"""


@contextmanager
def up(data: Path, web: str = "127.0.0.1:0", im: str = "127.0.0.1:0") -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", UP, str(data), web, im],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=WAIT_S)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def run_file(data: Path) -> dict[str, str | int]:
    """Wait until the server is ready."""
    wait_for((data / "run.json").exists)
    found: dict[str, str | int] = json.loads((data / "run.json").read_text())
    return found


def call(data: Path, method: str, path: str) -> httpx.Response:
    found = run_file(data)
    headers = {"Authorization": f"Bearer {found['token']}"}
    return httpx.request(method, f"{found['url']}{path}", headers=headers, timeout=WAIT_S)


def agent_pid(data: Path) -> int:
    return int(json.loads((data / "agent.json").read_text())["pid"])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_second_one_says_that_it_runs_already(tmp_path: Path) -> None:
    with up(tmp_path):
        web = str(run_file(tmp_path)["url"]).removeprefix("http://")
        with up(tmp_path, web) as second:
            _, err = second.communicate(timeout=WAIT_S)
        assert f"running already for the data directory {tmp_path}" in err
        assert web in err
        assert "`quorate down`" in err


def test_up_is_ready_when_it_says_so_and_down_ends_both(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data) as server:
        run_file(data)
        assert (data / "run.json").stat().st_mode & 0o777 == 0o600
        assert (data / "link.sock").stat().st_mode & 0o777 == 0o600
        assert call(data, "GET", "/readyz").json()["parts"]["agent"] is True
        agent = agent_pid(data)
        for pid in (server.pid, agent):
            assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
        assert call(data, "POST", "/api/v1/down").status_code == 202
        output, errors = server.communicate(timeout=WAIT_S)
        assert server.returncode == 0, errors
        assert "Page:" in output
        wait_for(lambda: not alive(agent))
        assert not (data / "run.json").exists()
        assert not (data / "link.sock").exists()


def test_a_new_server_adopts_the_running_agent(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data) as first:
        run_file(data)
        agent = agent_pid(data)
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=WAIT_S)
        assert first.returncode == 0
    assert alive(agent)
    with up(data):
        assert call(data, "GET", "/readyz").json()["ready"] is True
        assert agent_pid(data) == agent
        assert call(data, "POST", "/api/v1/down").status_code == 202
    wait_for(lambda: not alive(agent))


def test_an_agent_that_dies_is_started_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data):
        run_file(data)
        first = agent_pid(data)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: agent_pid(data) != first)
        wait_for(lambda: call(data, "GET", "/readyz").json()["ready"] is True)


def test_a_taken_page_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        web = f"127.0.0.1:{taken.getsockname()[1]}"
        with up(tmp_path / "data", web=web) as server:
            _, errors = server.communicate(timeout=WAIT_S)
    assert server.returncode == 1
    assert web in errors
    assert "--web" in errors
    assert "Traceback" not in errors


def test_a_taken_im_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        im = f"127.0.0.1:{taken.getsockname()[1]}"
        with up(tmp_path / "data", im=im) as server:
            _, errors = server.communicate(timeout=WAIT_S)
    assert server.returncode == 1
    assert im in errors
    assert "Traceback" not in errors
    assert not (tmp_path / "data" / "run.json").exists()


def test_two_servers_cannot_share_a_directory(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data):
        run_file(data)
        with up(data) as second:
            _, errors = second.communicate(timeout=WAIT_S)
        assert second.returncode == 1
        assert "already uses" in errors
        assert (data / "run.json").exists(), "the first one's"
        assert call(data, "GET", "/healthz").status_code == 200


def test_a_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with up(tmp_path / "file" / "data") as server:
        _, errors = server.communicate(timeout=WAIT_S)
    assert server.returncode == 1
    assert "--data" in errors


async def test_an_answer_is_not_held_back_until_its_head_is_acknowledged() -> None:
    """Head and body are two writes: the second would wait some 40 ms for the peer's delayed ACK."""
    found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def came(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock: socket.socket = writer.get_extra_info("socket")
        found.set_result(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        await writer.wait_closed()

    listening = bind("127.0.0.1:0")
    async with await asyncio.start_server(came, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        assert await asyncio.wait_for(found, WAIT_S)
        writer.close()
        await writer.wait_closed()
