"""Profanity as it comes, set up for its account only: `quorate capture profanity` leads it through us."""

import asyncio
import contextlib
import shlex
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.certificates import TestAuthority
from tests.interop.im_client import ImClient
from tests.interop.prosody import Prosody, everybody_knows_everybody
from tests.interop.quorate_process import Quorate, quorate_command
from tests.interop.rights import needs_namespaces, needs_redirect, network
from tests.interop.terminal import WAIT_S, Terminal

pytestmark = pytest.mark.real("prosody", "profanity", "tmux", "ip", "nsenter")
MACHINE = """
mount --make-rprivate /
for where in /etc/ssl/certs /usr/local/share/ca-certificates; do
  copy={home}$where; mkdir -p "$copy"; cp -a $where/. "$copy"; mount --bind "$copy" $where
done
echo '127.0.0.1 localhost example.org' >{home}/hosts; mount --bind {home}/hosts /etc/hosts
echo ready; exec cat
"""
"""A machine of its own as far as its trust store and the names of hosts go."""
PINNER = """#!{python}
import socket, ssl, sys
HEADER = b"<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client'"
HEADER += b" xmlns:stream='http://etherx.jabber.org/streams'>"
def expect(s, words):
    seen = b""
    while words not in seen:
        seen += s.recv(4096)
while True:
    with socket.create_connection(("127.0.0.1", 5222), 20) as s:
        s.sendall(HEADER)
        expect(s, b"</stream:features>")
        s.sendall(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        expect(s, b"<proceed")
        try:
            ssl.create_default_context(cafile={ca!r}).wrap_socket(s, server_hostname="example.org")
            print("accepted", flush=True)
        except ssl.SSLError:
            print("refused", flush=True)
    sys.stdin.readline()
"""
"""A client that trusts its server's authority and nobody else."""
ACCOUNT = "[{jid}]\nenabled=true\nresource=profanity\npassword={password}\n"
PREFERENCES = "[ui]\nsplash=false\nvercheck=false\n[notifications]\nmessage=off\n"


@pytest.fixture(autouse=True)
def own_network(tmp_path: Path) -> Iterator[None]:
    needs_redirect(tmp_path)
    with network():
        yield


@dataclass
class UnconfiguredProfanity(Terminal):
    machine: tuple[str, ...] = ()

    def prepare(self) -> str:
        data, preferences = self.home / ".local/share/profanity", self.home / ".config/profanity"
        data.mkdir(parents=True)
        preferences.mkdir(parents=True)
        (data / "accounts").write_text(ACCOUNT.format(jid=self.jid, password=self.password))
        (preferences / "profrc").write_text(PREFERENCES)
        return shlex.join([*self.machine, "profanity", "-a", self.jid])


@dataclass
class Running:
    """A `quorate capture` and what it has said."""

    process: asyncio.subprocess.Process

    async def says(self, text: str) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(WAIT_S):
            async for raw in self.process.stdout:
                if text in (line := raw.decode()):
                    return line
        raise AssertionError(f"it ended without saying {text!r}")


@asynccontextmanager
async def machine(home: Path) -> AsyncIterator[tuple[str, ...]]:
    """Words that run a program there."""
    needs_namespaces("unshare", "--mount")
    holder = await asyncio.create_subprocess_exec(
        *("unshare", "--mount", "sh", "-ec", MACHINE.format(home=home)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert await asyncio.wait_for(holder.stdout.readline(), WAIT_S) == b"ready\n"
        yield ("nsenter", "--mount", "--target", str(holder.pid), "--")
    finally:
        with contextlib.suppress(ProcessLookupError):
            holder.kill()
        await holder.wait()


@asynccontextmanager
async def capture(there: tuple[str, ...], quorate: Quorate, *names: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *(*there, *quorate_command(), "capture", *names),
        env=quorate.environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()


async def refuses_and_is_left_alone(folder: Path, ca: Path, running: Running) -> None:
    program = folder / "pinner"
    program.write_text(PINNER.format(python=sys.executable, ca=str(ca)))
    program.chmod(0o755)
    process = await asyncio.create_subprocess_exec(
        str(program), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), WAIT_S) == b"refused\n"
        said = await running.says("does not accept Quorate's certificate")
        assert f"quorate attach {process.pid}" in said
        process.stdin.write(b"again\n")
        assert await asyncio.wait_for(process.stdout.readline(), WAIT_S) == b"accepted\n"
    finally:
        process.kill()
        await process.communicate()


async def trust(there: tuple[str, ...], quorate: Quorate) -> None:
    """The machine accepts Quorate's certificate from now on."""
    trusting = await asyncio.create_subprocess_exec(
        *(*there, *quorate_command(), "ca", "--install"),
        env=quorate.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert await trusting.wait() == 0


async def lives_through_its_end(alice: Terminal, bob: ImClient, running: Running) -> None:
    running.process.kill()
    await running.process.wait()
    await alice.type("/msg Quorate who bob")
    await alice.shows("Quorate/q: bob")
    await alice.type("/win 1")
    bob.say("alice@example.org", "still there?")
    await alice.shows("chat message: bob")
    # the next connection goes straight to the server, whose certificate it does not know
    await alice.type("/disconnect")
    await alice.shows("alice@example.org logged out successfully")
    await alice.type("/connect alice@example.org")
    await alice.shows("TLS certificate verification failed")


async def test_profanity_is_captured_by_its_name_and_lives_through_the_end_of_the_capture(
    tmp_path: Path,
) -> None:
    accounts = {name: f"secret-{name}" for name in ("alice", "bob")}
    authority = TestAuthority(tmp_path)
    known = everybody_knows_everybody(accounts)
    server = Prosody(
        tmp_path / "prosody", authority, accounts=accounts, rosters=known, port=5222, tls_port=5223
    )
    quorate = Quorate(tmp_path / "data", [], authority.path)
    async with server, quorate, machine(tmp_path) as there:
        async with capture(there, quorate, "profanity") as early:
            assert "does not trust Quorate's certificate" in await early.says("Nothing was captured.")
            assert await early.process.wait() == 1
        await trust(there, quorate)
        alice = UnconfiguredProfanity(
            tmp_path / "alice", "alice@example.org", accounts["alice"], 5222, tmp_path, machine=there
        )
        alice.home.mkdir()
        async with (
            ImClient("bob@example.org", accounts["bob"], "127.0.0.1", 5222, authority.path) as bob,
            capture(there, quorate, "profanity", "pinner") as running,
        ):
            await running.says("Capturing profanity")
            async with alice:
                await alice.shows("alice@example.org/profanity logged in successfully")
                assert "127.0.0.1:5222" in await running.says("through Quorate")
                await running.says("has come through")
                await alice.shows("Quorate (q) is online")
                (stream,) = (await quorate.run("streams", "--json")).json()
                assert (stream["mode"], stream["state"]) == ("redirect", "live")
                (seen,) = (await quorate.run("who", "bob", "--json")).json()
                assert seen["availability"] == "available"
                await refuses_and_is_left_alone(tmp_path, authority.path, running)
                await lives_through_its_end(alice, bob, running)
