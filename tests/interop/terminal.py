"""Clients in a tmux pane of their own, profanity and mcabber: typed at and read like a person would."""

import asyncio
import contextlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

WAIT_S = 60.0

_ACCOUNT = """[{jid}]
enabled=true
resource=profanity
server=127.0.0.1
port={port}
password={password}
tls.policy=force
"""

_PREFERENCES = """[ui]
splash=false
vercheck=false
[notifications]
message=off
[connection]
tls.certpath={trust}
"""

_MCABBER = """set jid = {jid}
set password = {password}
set server = 127.0.0.1
set port = {port}
set resource = mcabber
set tls = 1
set ssl_ignore_checks = 1
set logging = 0
set log_win_height = 8
set statefile = {home}/state
"""


_FINCH_ACCOUNT = """<?xml version='1.0' encoding='UTF-8' ?>
<account version='1.0'><account>
<protocol>prpl-jabber</protocol><name>{jid}/finch</name><password>{password}</password>
<settings>
<setting name='connect_server' type='string'>127.0.0.1</setting>
<setting name='port' type='int'>{port}</setting>
<setting name='connection_security' type='string'>require_tls</setting>
</settings>
<settings ui='gnt-purple'><setting name='auto-login' type='bool'>1</setting></settings>
</account></account>
"""

_FINCH_PREFERENCES = """<?xml version='1.0' encoding='UTF-8' ?>
<pref version='1' name='/'><pref name='purple'><pref name='savedstatus'>
<pref name='startup_current_status' type='bool' value='1'/>
</pref></pref></pref>
"""


def profanity_home(home: Path, jid: str, password: str, port: int, trust: Path) -> None:
    """Write a home directory in which `profanity -a JID` logs in by itself."""
    data = home / ".local" / "share" / "profanity"
    preferences = home / ".config" / "profanity"
    data.mkdir(parents=True)
    preferences.mkdir(parents=True)
    (data / "accounts").write_text(_ACCOUNT.format(jid=jid, port=port, password=password))
    (preferences / "profrc").write_text(_PREFERENCES.format(trust=trust))


def terminal_environment(home: Path) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TMUX", "XDG_"))}
    return {**clean, "HOME": str(home), "TERM": "screen-256color", "LANG": "C.UTF-8"}


@dataclass
class Terminal:
    """``async with …(home, jid, password, port, trust) as screen``: started when entered."""

    home: Path
    jid: str
    password: str
    port: int
    trust: Path
    """Directory of trusted certificates, hashed as OpenSSL wants."""

    def prepare(self) -> str:
        """Write the client's settings; returns the command that starts it."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        self._output = asyncio.Event()

    @property
    def socket(self) -> str:
        return str(self.home / "tmux")

    async def __aenter__(self) -> Self:
        command, environment = self.prepare(), terminal_environment(self.home)
        await self._tmux("new-session", "-d", "-x", "140", "-y", "40", command, environment=environment)
        await self._follow()
        return self

    async def _follow(self) -> None:
        """Whatever the client prints also comes down a pipe: the event that the screen changed."""
        pipe = self.home / "output"
        os.mkfifo(pipe)
        self._pipe = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._pipe, self._printed)
        await self._tmux("pipe-pane", f"exec cat >{pipe}")

    def _printed(self) -> None:
        if not os.read(self._pipe, 65536):
            asyncio.get_running_loop().remove_reader(self._pipe)
        self._output.set()

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._pipe)
        os.close(self._pipe)
        with contextlib.suppress(RuntimeError):
            await self._tmux("kill-server")

    async def _tmux(self, *words: str, environment: dict[str, str] | None = None) -> str:
        process = await asyncio.create_subprocess_exec(
            "tmux",
            "-f",
            "/dev/null",
            "-S",
            self.socket,
            *words,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), WAIT_S)
        if process.returncode != 0:
            raise RuntimeError(f"tmux {words[0]}: {err.decode().strip()}")
        return out.decode(errors="replace")

    async def pid(self) -> int:
        """Of the client, if its command was ``exec``."""
        return int(await self._tmux("list-panes", "-F", "#{pane_pid}"))

    async def type(self, line: str) -> None:
        await self._tmux("send-keys", "-l", line)
        await self._tmux("send-keys", "Enter")

    async def screen(self) -> str:
        return await self._tmux("capture-pane", "-p", "-J")

    async def shows(self, text: str, within_s: float = WAIT_S) -> str:
        """Wait until the screen contains ``text`` (white space folded); returns the screen."""
        wanted, seen = " ".join(text.split()), ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while True:
                    self._output.clear()
                    if wanted in " ".join((seen := await self.screen()).split()):
                        return seen
                    await self._output.wait()
        raise AssertionError(f"{self.jid}'s screen never showed {text!r}:\n{seen}")


class Profanity(Terminal):
    def prepare(self) -> str:
        profanity_home(self.home, self.jid, self.password, self.port, self.trust)
        return f"profanity -a {self.jid}"


class Mcabber(Terminal):
    """It takes any certificate: what its library, loudmouth, does is seen here, not whom it trusts."""

    def prepare(self) -> str:
        settings = self.home / "mcabberrc"
        settings.write_text(
            _MCABBER.format(jid=self.jid, password=self.password, port=self.port, home=self.home)
        )
        settings.chmod(0o600)
        return f"mcabber -f {settings}"


class Finch(Terminal):
    """libpurple, whose TLS is NSS. It knows the server's certificate already."""

    def prepare(self) -> str:
        purple = self.home / ".purple"
        known = purple / "certificates" / "x509" / "tls_peers"
        known.mkdir(parents=True)
        (known / "127.0.0.1").write_bytes(self.certificate.read_bytes())
        account = _FINCH_ACCOUNT.format(jid=self.jid, password=self.password, port=self.port)
        (purple / "accounts.xml").write_text(account)
        (purple / "prefs.xml").write_text(_FINCH_PREFERENCES)
        return f"finch -c {purple}"

    @property
    def certificate(self) -> Path:
        """The server's own."""
        return self.trust / f"{self.jid.partition('@')[2]}.crt"


def trust_directory(home: Path, *certificates: Path) -> Path:
    """A directory OpenSSL finds these certificates in."""
    home.mkdir(exist_ok=True)
    for certificate in certificates:
        (home / certificate.name).write_bytes(certificate.read_bytes())
    subprocess.run(["openssl", "rehash", str(home)], check=True, capture_output=True)
    return home
