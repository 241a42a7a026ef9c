"""Dino, a client of the desktop (GTK, GLib's own network code, GnuTLS), on a display nobody sees.

It has no setting for host, port or certificate: it gets a mount namespace in which the server's name is an
address of the loopback, and the test's authority is the only one that is trusted.
"""

import asyncio
import os
import shlex
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.interop.attached import run_by
from tests.interop.cable import Cable
from tests.interop.conftest import House
from tests.interop.rights import needs_namespaces
from tests.interop.terminal import WAIT_S

ADDRESS, PORT = "127.0.52.22", 5222
"""Where it looks for the server: it asks for no other port."""
_ACCOUNT = """
CREATE TABLE account (id INTEGER PRIMARY KEY AUTOINCREMENT, bare_jid TEXT NOT NULL UNIQUE, resourcepart TEXT,
    password TEXT, alias TEXT, enabled INTEGER, roster_version TEXT, mam_earliest_synced INTEGER)
"""
_PLACES = {
    "hosts": "/etc/hosts",
    "resolv.conf": "/etc/resolv.conf",
    "ca.pem": "/etc/ssl/certs/ca-certificates.crt",
}


@dataclass
class Dino:
    home: Path
    process: asyncio.subprocess.Process
    display: str

    @property
    def pid(self) -> int:
        return self.process.pid

    def select(self, query: str) -> list[tuple[str, ...]]:
        """What it has stored: its roster and its messages are tables of SQLite."""
        with closing(sqlite3.connect(self.home / "data" / "dino" / "dino.db", timeout=WAIT_S)) as database:
            return database.execute(query).fetchall()

    @property
    def texts(self) -> list[str]:
        """All bodies it has received and sent, in its order."""
        return [body for (body,) in self.select("SELECT body FROM message ORDER BY id")]

    @property
    def contacts(self) -> set[str]:
        return {jid for (jid,) in self.select("SELECT jid FROM roster")}

    async def until_logged_in(self) -> None:
        async with asyncio.timeout(WAIT_S):
            while True:
                with suppress(sqlite3.OperationalError):  # it has made no tables yet
                    if self.contacts:
                        return
                await asyncio.sleep(0.05)

    async def type(self, line: str) -> None:
        """Into the conversation that is open: of whoever wrote first."""
        words = (
            *("search", "--sync", "--onlyvisible", "--class", "dino", "windowfocus", "--sync"),
            *("type", "--", line),
        )
        for command in (words, ("key", "Return")):
            process = await asyncio.create_subprocess_exec(
                "xdotool", *command, env={**os.environ, "DISPLAY": self.display}
            )
            assert await asyncio.wait_for(process.wait(), WAIT_S) == 0

    async def until(self, text: str) -> str:
        """Wait for a message with this text; returns its body."""
        async with asyncio.timeout(WAIT_S):
            while True:
                found = [body for body in self.texts if text in body]
                if found:
                    return found[0]
                await asyncio.sleep(0.05)


@asynccontextmanager
async def dino(house: House, home: Path, name: str, *, by_run: bool = False) -> AsyncIterator[Dino]:
    """Connected straight to the house's server; it is logged in when entered."""
    needs_namespaces("unshare", "--mount")
    _furnish(house, home, name)
    async with _display() as display, Cable(house.server.port, PORT, ADDRESS):
        started = shlex.join(run_by(house, "dino")) if by_run else "dino-im"
        binds = [f"mount --bind {home / file} {place}" for file, place in _PLACES.items()]
        process = await asyncio.create_subprocess_exec(
            *("unshare", "--mount", "sh", "-ec", "\n".join([*binds, f"exec {started}"])),
            env=_environment(home, display),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            client = Dino(home, process, display)
            await client.until_logged_in()
            yield client
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _furnish(house: House, home: Path, name: str) -> None:
    data = home / "data" / "dino"
    data.mkdir(parents=True)
    server = house.server
    with closing(sqlite3.connect(data / "dino.db")) as database, database:
        database.execute(_ACCOUNT)
        database.execute(
            "INSERT INTO account (bare_jid, resourcepart, password, enabled) VALUES (?, 'dino', ?, 1)",
            (server.jid(name), server.accounts[name]),
        )
    (home / "hosts").write_text(f"127.0.0.1 localhost\n{ADDRESS} {server.domain}\n")
    (home / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    (home / "ca.pem").write_bytes(server.authority.path.read_bytes())


def _environment(home: Path, display: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "DBUS_", "WAYLAND_"))}
    folders = {f"XDG_{kind.upper()}_HOME": str(home / kind) for kind in ("data", "config", "cache")}
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    return {
        **clean,
        **folders,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/none",
        "DISPLAY": display,
        "GSETTINGS_BACKEND": "memory",
        "GSK_RENDERER": "cairo",
        "GTK_A11Y": "none",
        "LANG": "C.UTF-8",
    }


@asynccontextmanager
async def _display() -> AsyncIterator[str]:
    """An X server of its own; it chooses its number."""
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *("Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-nolisten", "tcp"),
        pass_fds=(writing,),
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = await asyncio.wait_for(asyncio.to_thread(pipe.readline), WAIT_S)
        yield f":{number.strip()}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
