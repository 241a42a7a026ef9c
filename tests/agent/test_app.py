import asyncio
import json
import resource
import socket
import stat
import sys
from pathlib import Path

import pytest

from quorate.agent.app import _log_fault, main
from quorate.agent.options import parse_options
from quorate.capture.listener import Bind
from quorate.capture.routes import Route
from quorate.errors import Misconfigured
from tests.agent.conversation import Server
from tests.capture.stand_in import WAIT_S


async def start(home: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "quorate.agent", "--data", str(home), "--im", "127.0.0.1:0"),
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_process_that_ends_cleanly_when_told(tmp_path: Path) -> None:
    async with Server(tmp_path) as server:
        process = await start(tmp_path)
        await server.complete()
        file = tmp_path / "agent.json"
        told = json.loads(file.read_text())
        if sys.platform == "linux":
            assert resource.prlimit(process.pid, resource.RLIMIT_CORE) == (0, 0)
        assert told["pid"] == process.pid
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        host, _, port = told["im"].rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        process.terminate()
        _, logged = await asyncio.wait_for(process.communicate(), WAIT_S)
        writer.transport.abort()
        assert process.returncode == 0, logged
        assert not file.exists()


async def test_a_fault_is_logged_by_its_place_and_not_by_its_words(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("bob@example.org wrote: hello")
    except ValueError as error:
        _log_fault(asyncio.get_running_loop(), {"message": "in <bob@example.org>", "exception": error})
    assert "fault error=ValueError at=" in caplog.text
    assert "bob" not in caplog.text


def test_a_taken_port_ends_it_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["--data", str(tmp_path), "--im", f"127.0.0.1:{taken.getsockname()[1]}"]) == 1
    assert "is taken.\n  If Quorate runs already" in capsys.readouterr().err
    assert not (tmp_path / "agent.json").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--im", "127.0.0.1"], "is not HOST:PORT"),
        (["--im", "0.0.0.0:5221"], "--allow CIDR"),
        (["--route", "example.org"], "is not DOMAIN=HOST:PORT"),
        (["--trust", "/nowhere/ca.pem"], "no certificate that can be read"),
        (["--allow", "all"], "is not a network"),
    ],
)
def test_bad_options_end_it_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["--data", str(tmp_path / "d"), *arguments]) == 1
    assert sentence in capsys.readouterr().err


def test_a_directory_in_the_way_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["--data", str(tmp_path / "file" / "d")]) == 1
    assert "--data DIR" in capsys.readouterr().err


def test_options_are_read(tmp_path: Path) -> None:
    options = parse_options(
        [
            *("--data", str(tmp_path), "--im", "[::]:5221", "--allow", "10.0.0.0/8"),
            *(
                "--route",
                "a.example=h:1",
                "--route",
                "b.example=h:2",
                "--trust",
                "x.pem",
                "--ask-timeout",
                "1.5",
            ),
        ]
    )
    assert options.bind.host == "::"
    assert [str(network) for network in options.bind.allow] == ["10.0.0.0/8"]
    assert options.routes == (Route("a.example", "h", 1), Route("b.example", "h", 2))
    assert options.trust == (Path("x.pem"),)
    assert options.ask_timeout_s == 1.5


def test_it_listens_on_loopback_by_itself(tmp_path: Path) -> None:
    assert parse_options(["--data", str(tmp_path)]).bind == Bind("127.0.0.1", 5221)
    with pytest.raises(Misconfigured):
        parse_options(["--data", str(tmp_path), "--im", "192.0.2.1:5221"])
