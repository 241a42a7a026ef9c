"""A private Prosody for one test run: own ports, own directory, accounts and rosters written as files."""

import asyncio
import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.interop.certificates import TestAuthority

START_S = 60.0
PORTS = range(10_000, 32_000)
WORKERS = 16

_CONFIG = """
run_as_root = true
pidfile = "{home}/prosody.pid"
data_path = "{home}/data"
plugin_paths = {{}}
admins = {{}}
modules_enabled = {{
  "roster"; "saslauth"; "tls"; "disco"; "carbons"; "pep"; "private"; "blocklist"; "vcard4"; "vcard_legacy";
  "version"; "uptime"; "time"; "ping"; "lastactivity"; "mam"; "smacks"; "csi"; "csi_simple";
}}
modules_disabled = {{ "s2s" }}
allow_registration = false
c2s_require_encryption = true
authentication = "internal_plain"
storage = "internal"
archive_expires_after = "1w"
smacks_hibernation_time = 60
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ {tls_port} }}
certificates = "{home}/certs"
ssl = {{ key = "{key}"; certificate = "{certificate}"; {ssl_extra} }}
limits = {{ c2s = {{ rate = "10mb/s"; burst = "60s" }} }}
log = {{ {{ levels = {{ min = "{level}" }}, to = "console" }} }}
VirtualHost "{domain}"
{host_extra}
Component "conference.{domain}" "muc"
"""


@dataclass(frozen=True)
class RosterItem:
    jid: str
    name: str = ""
    groups: tuple[str, ...] = ()
    subscription: str = "both"
    ask: bool = False


def _ports_of_this_process() -> Iterator[int]:
    """Below those the kernel gives to whoever connects; no two workers of pytest-xdist share any."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    room = len(PORTS) // WORKERS
    mine = PORTS[worker * room : (worker + 1) * room]
    first = random.randrange(room)  # another run of the tests on this machine begins elsewhere
    return itertools.cycle([*mine[first:], *mine[:first]])


_PORTS = _ports_of_this_process()


def free_port() -> int:
    """A port nobody listens at, and nobody else is given while the test that asked for it runs."""
    for port in itertools.islice(_PORTS, len(PORTS) // WORKERS):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"all of the ports {PORTS} of 127.0.0.1 are taken")


def _lua(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _file_name(text: str) -> str:
    return "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in text)


@dataclass
class Prosody:
    """``async with Prosody(home, authority) as server``: up when entered, gone when left."""

    home: Path
    authority: TestAuthority
    domain: str = "example.org"
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Local part to password."""
    rosters: Mapping[str, Iterable[RosterItem]] = field(default_factory=dict)
    ssl_extra: str = ""
    """More of Prosody's ssl table, e.g. ``protocol = "tlsv1_2";``."""
    host_extra: str = ""
    """More settings of the host."""
    level: str = "info"
    certificate_for: str | None = None
    """Name in the server's certificate, if it is to be wrong."""
    expired: bool = False
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None
    log: list[str] = field(default_factory=list)

    async def __aenter__(self) -> "Prosody":
        self._write()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        program = shutil.which("prosody")
        if program is None:
            raise RuntimeError("prosody is not installed: apt-get install prosody")
        self.process = await asyncio.create_subprocess_exec(
            program,
            "--config",
            str(self.home / "prosody.cfg.lua"),
            "-F",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "LANG": "C.UTF-8"},
        )
        ready = asyncio.Event()
        self._reader = asyncio.create_task(self._read(ready))
        try:
            await asyncio.wait_for(ready.wait(), START_S)
        except TimeoutError:
            await self.stop()
            raise RuntimeError("prosody did not start:\n" + "\n".join(self.log[-40:])) from None

    async def _read(self, ready: asyncio.Event) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        wanted = {str(self.port), str(self.tls_port)}
        async for raw in self.process.stdout:
            line = raw.decode(errors="replace").rstrip()
            self.log.append(line)
            if "Activated service 'c2s" in line:
                wanted -= {port for port in wanted if f":{port}" in line}
                if not wanted:
                    ready.set()

    async def stop(self) -> None:
        if self.process is None:
            return
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), 60)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self._reader
        self.process = None

    def jid(self, local: str) -> str:
        return f"{local}@{self.domain}"

    def _write(self) -> None:
        host = self.home / "data" / _file_name(self.domain)
        (host / "accounts").mkdir(parents=True)
        (host / "roster").mkdir()
        (self.home / "certs").mkdir()
        certificate, key = self.authority.issue(
            self.certificate_for or self.domain, self.home / "certs", expired=self.expired
        )
        text = _CONFIG.format(
            home=self.home,
            port=self.port,
            tls_port=self.tls_port,
            certificate=certificate,
            key=key,
            domain=self.domain,
            ssl_extra=self.ssl_extra,
            host_extra=self.host_extra,
            level=self.level,
        )
        (self.home / "prosody.cfg.lua").write_text(text)
        for local, password in self.accounts.items():
            account = host / "accounts" / f"{_file_name(local)}.dat"
            account.write_text(f'return {{ ["password"] = {_lua(password)}; }};\n')
        for local, items in self.rosters.items():
            (host / "roster" / f"{_file_name(local)}.dat").write_text(_roster(items))

    def stored_roster(self, local: str) -> str:
        """The server's own roster file: what really is stored there."""
        path = self.home / "data" / _file_name(self.domain) / "roster" / f"{_file_name(local)}.dat"
        return path.read_text() if path.exists() else ""

    def stored_text(self) -> str:
        """Everything the server has stored, as one text, to look for traces."""
        files = sorted(p for p in (self.home / "data").rglob("*") if p.is_file())
        return "\n".join(p.read_text(errors="replace") for p in files)


def _roster(items: Iterable[RosterItem]) -> str:
    lines = []
    for item in items:
        groups = " ".join(f"[{_lua(g)}] = true;" for g in item.groups)
        name = f"name = {_lua(item.name)}; " if item.name else ""
        ask = 'ask = "subscribe"; ' if item.ask else ""
        lines.append(
            f"[{_lua(item.jid)}] = {{ {name}{ask}"
            f"subscription = {_lua(item.subscription)}; groups = {{ {groups} }}; }};"
        )
    return "return { [false] = { version = 1; pending = {}; };\n" + "\n".join(lines) + "\n};\n"


def everybody_knows_everybody(
    people: Iterable[str], domain: str = "example.org", groups: Mapping[str, Iterable[str]] | None = None
) -> dict[str, list[RosterItem]]:
    """Mutual rosters for all; ``groups`` maps group name to members."""
    names = list(people)
    member = {n: tuple(g for g, who in (groups or {}).items() if n in who) for n in names}
    return {
        me: [RosterItem(f"{n}@{domain}", name=n, groups=member[n]) for n in names if n != me] for me in names
    }
