"""What /proc tells, of real processes."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quorate.capture.client_search import ability_here, look
from quorate.capture.processes import (
    capabilities_of,
    is_named,
    is_shell,
    name_of,
    named,
    names_of,
    owners_of,
    parent_of,
    peers_of,
    pids,
    text_of,
)

HOLD = "import sys, socket\n{}\nprint('up', flush=True)\nsys.stdin.readline()\n"
Start = Callable[..., int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a script; it is up when its process id is returned."""
    running = []

    def start(*words: str) -> int:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path)
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        return process.pid

    yield start
    for process in running:
        process.kill()
        process.communicate()


def script(folder: Path, name: str, does: str = "") -> Path:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{HOLD.format(does)}")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    "way", ["by its own name", "as an interpreter's script", "as an interpreter's module"]
)
def test_a_script_is_known_by_its_own_name(tmp_path: Path, start: Start, way: str) -> None:
    path = script(tmp_path, "imclient" if way != "as an interpreter's module" else "imclient.py")
    words = {
        "by its own name": (str(path),),
        "as an interpreter's script": (sys.executable, str(path)),
        "as an interpreter's module": (sys.executable, "-m", "imclient"),
    }[way]
    pid = start(*words)
    assert "imclient" in names_of(pid)
    assert is_named(pid, "imclient")
    assert is_named(pid, str(pid))
    assert not is_named(pid, "client")
    assert parent_of(pid) == os.getpid()
    assert pid in pids()
    assert pid in named("imclient")
    assert not is_shell(pid)


def test_a_shell_is_known_by_its_script_and_still_a_shell(tmp_path: Path, start: Start) -> None:
    path = tmp_path / "imclient"
    path.write_text("#!/bin/sh\necho up\nread line\n")
    path.chmod(0o755)
    pid = start(str(path))
    assert is_named(pid, "imclient")
    assert is_shell(pid)


def test_of_a_long_name_the_kernel_keeps_a_part(tmp_path: Path, start: Start) -> None:
    pid = start(str(script(tmp_path, "a-client-with-a-long-name")))
    assert is_named(pid, "a-client-with-a-long-name")


def test_a_process_that_is_gone_has_no_names() -> None:
    gone = 2**22 + 1
    assert names_of(gone) == frozenset()
    assert parent_of(gone) is None
    assert text_of(gone, "comm") == ""
    assert name_of(gone) == f"process {gone}"
    assert capabilities_of(gone) == 0
    assert peers_of(gone) == []
    assert list(named("no-such-program")) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_whose_connection_it_is(tmp_path: Path, start: Start, host: str) -> None:
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as door:
        port = door.getsockname()[1]
        pid = start(str(script(tmp_path, "imclient", f"s = socket.create_connection(({host!r}, {port}))")))
        taken, peer = door.accept()
        with taken:
            place = (str(peer[0]), int(peer[1]))
            assert owners_of({place, ("127.0.0.1", 1)}) == {place: pid}
            assert peers_of(pid) == [(host, port)]
            # the end that is ours
            assert owners_of({(host, port)}) == {}


def test_a_client_that_runs_is_listed_and_said_to_be_captured(tmp_path: Path, start: Start) -> None:
    pid = start(str(script(tmp_path, "kaidan")))
    ability = ability_here("127.0.0.1:5221")
    (free,) = (c for c in look({}, ability) if c.pid == pid)
    assert (free.name, free.title, free.mode) == ("kaidan", "Kaidan", None)
    (captured,) = (c for c in look({pid: "redirect"}, ability) if c.pid == pid)
    assert (captured.mode, captured.way, captured.command) == ("redirect", "none", None)
    assert not captured.one_click
