"""What cannot work because of the machine, the files or the servers around: one sentence with what to do."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from quorate.store.open import open_store
from tests.interop.certificates import TestAuthority
from tests.interop.im_client import ImClient
from tests.interop.prosody import Prosody, free_port
from tests.interop.quorate_process import Finished, Quorate

pytestmark = pytest.mark.real

ANYWHERE = ("--web", "127.0.0.1:0", "--im", "127.0.0.1:0")

NOTHING_MADE = {
    # name: (options, words of the sentence)
    "the page's port is taken": (["--web", "127.0.0.1:{taken}"], ["127.0.0.1:{taken}", "--web HOST:PORT"]),
    "no address for the page": (["--web", "localhost"], ["--web", "“localhost” is not HOST:PORT"]),
    "no address for clients": (["--im", "5221"], ["--im", "“5221” is not HOST:PORT"]),
    "clients from anywhere": (["--im", "0.0.0.0:0"], ["0.0.0.0", "--im 127.0.0.1", "--allow CIDR"]),
    "allowed is no network": (["--allow", "everybody"], ["“everybody”", "--allow 192.168.1.0/24"]),
    "route without a port": (["--route", "example.org"], ["“example.org”", "--route example.org="]),
    "authority that is none": (["--trust", "{here}/file"], ["{here}/file", "PEM"]),
    "a file in place of the directory": (["--data", "{here}/file"], ["{here}/file", "--data"]),
    "directory that cannot be made": (["--data", "{here}/file/data"], ["{here}/file/data", "--data"]),
    "directory that cannot be written": (["--data", "/sys/kernel"], ["/sys/kernel", "owner", "--data"]),
    "no such file of settings": (["--config", "{here}/none.toml"], ["{here}/none.toml", "--config"]),
}


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refused(done: Finished) -> str:
    """The sentences of a command that failed as it should, as one line."""
    assert done.code == 1
    assert done.out == ""
    problem, remedy = done.err.splitlines()
    assert problem.startswith("quorate: ")
    assert problem.endswith(".")
    assert remedy.startswith("  ")
    return f"{problem} {remedy.strip()}"


def processes_of(data: Path) -> list[str]:
    """Command lines that name this directory."""
    lines = []
    for found in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = found.read_bytes()
        except OSError:
            continue
        if os.fsencode(data) in line:
            lines.append(line.replace(b"\0", b" ").decode())
    return lines


def files_in(data: Path) -> set[str]:
    return {path.name for path in data.iterdir()} if data.exists() else set()


@pytest.mark.parametrize(("options", "words"), NOTHING_MADE.values(), ids=NOTHING_MADE)
async def test_a_start_that_cannot_work_makes_nothing(
    tmp_path: Path, taken: int, options: list[str], words: list[str]
) -> None:
    (tmp_path / "file").write_text("not a certificate")
    given = [word.format(taken=taken, here=tmp_path) for word in options]
    quorate = Quorate(tmp_path / "data", [], tmp_path / "none.pem")
    said = refused(await quorate.run("up", *ANYWHERE, *given))
    for word in words:
        assert word.format(taken=taken, here=tmp_path) in said
    assert files_in(tmp_path) == {"file"}
    assert processes_of(tmp_path) == []


async def test_the_port_for_clients_is_taken(tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    quorate = Quorate(tmp_path / "data", [], authority.path)
    with socket.create_server(("127.0.0.1", quorate.im_port)):
        quorate.data.mkdir()
        (quorate.data / "quorate.toml").touch()
        said = refused(await quorate.run(*quorate.arguments()))
    assert f"127.0.0.1:{quorate.im_port}, is taken" in said
    assert "quorate down" in said
    assert "--im HOST:PORT" in said
    assert files_in(quorate.data) & {"run.json", "agent.json", "link.sock"} == set()
    assert processes_of(tmp_path) == []
    async with quorate:
        assert (await quorate.run("streams", "--json")).json() == []


async def test_the_directory_is_of_a_newer_version(tmp_path: Path) -> None:
    data = tmp_path / "data"
    open_store(data).close()
    with sqlite3.connect(data / "quorate.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = 'v9999'")
    database.close()
    said = refused(await Quorate(data, [], tmp_path / "none.pem").run("up", *ANYWHERE))
    assert "newer Quorate" in said
    assert "Upgrade Quorate" in said
    assert files_in(data) <= {"quorate.sqlite3", "quorate.sqlite3-wal", "quorate.sqlite3-shm"}
    assert processes_of(tmp_path) == []


UPSTREAMS = {
    # domain: (what its streams say, whether the client can be told too)
    "closed.example": ("cannot be reached (127.0.0.1:{closed}: connection refused). Check the domain", True),
    "nowhere.invalid": ("cannot be reached (nowhere.invalid:5222: no such host). Check the domain", True),
    "wrong.example": ("its certificate is for another name (is the route right?)", False),
    "expired.example": ("its certificate has expired (whoever runs it has to renew it)", False),
    "private.example": ("signed by an authority this machine does not trust", False),
}


async def log_in(quorate: Quorate, domain: str, ca: Path) -> str | None:
    """What the client says went wrong; None if it is in."""
    client = ImClient(f"alice@{domain}", "secret", "127.0.0.1", quorate.im_port, ca)
    try:
        async with client:
            return None
    except ConnectionError as error:
        client.abort()
        return str(error)


async def reasons(quorate: Quorate) -> list[str | None]:
    """Why the streams ended, newest first."""
    return [s["reason_text"] for s in (await quorate.run("streams", "--json")).json()]


async def test_servers_that_cannot_be_used_and_clients_that_do_not_trust(tmp_path: Path) -> None:
    authority, other = TestAuthority(tmp_path), TestAuthority(directory(tmp_path / "other"))
    async with AsyncExitStack() as stack:

        async def serve(domain: str, issuer: TestAuthority = authority, **wrong: bool | str) -> Prosody:
            accounts = {"alice": "secret"}
            server = Prosody(tmp_path / domain, issuer, domain, accounts, **wrong)  # type: ignore[arg-type]
            return await stack.enter_async_context(server)

        servers = [
            await serve("good.example"),
            await serve("wrong.example", certificate_for="evil.example"),
            await serve("expired.example", expired=True),
            await serve("private.example", other),
        ]
        closed = free_port()
        routes = [f"{server.domain}=127.0.0.1:{server.port}" for server in servers]
        quorate = Quorate(tmp_path / "data", [*routes, f"closed.example=127.0.0.1:{closed}"], authority.path)
        await stack.enter_async_context(quorate)
        for domain, (words, told) in UPSTREAMS.items():
            wanted = words.format(closed=closed)
            seen = await log_in(quorate, domain, quorate.ca)
            assert seen is not None
            assert (wanted in seen) == told
            assert f"The server of {domain}" in str((await reasons(quorate))[0])
            assert wanted in str((await reasons(quorate))[0])
        looked = (await quorate.run("doctor", "--json")).json()
        (clients,) = [line["says"] for line in looked if line["name"] == "streams"]
        assert f"The last one failed: The server of {domain}" in clients
        assert await log_in(quorate, "good.example", authority.path) is not None
        assert "import ca.pem (quorate ca --print)" in str((await reasons(quorate))[0])
        assert await log_in(quorate, "good.example", quorate.ca) is None
        assert "Traceback" not in (quorate.data / "agent.log").read_text()


def directory(path: Path) -> Path:
    path.mkdir()
    return path
