"""A client of another network: irssi, on a plain socket and on TLS at once. It is left alone."""

import asyncio
import os
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from quorate.link import attaching
from tests.interop.attached import run_by
from tests.interop.certificates import TestAuthority
from tests.interop.conftest import House, MakeHouse
from tests.interop.prosody import free_port
from tests.interop.terminal import WAIT_S, Terminal

pytestmark = pytest.mark.real("prosody", "ngircd", "irssi", "tmux", "gcc")

SAID = "What the client said is not XMPP. Nothing of that is read"
_SERVER = """
[Global]
Name = irc.example.org
Info = test
Listen = 127.0.0.1
Ports = {plain}
ServerUID = {uid}
ServerGID = {gid}
[Options]
DNS = no
Ident = no
PAM = no
[SSL]
CertFile = {certificate}
KeyFile = {key}
Ports = {tls}
"""


@asynccontextmanager
async def ngircd(home: Path) -> AsyncIterator[tuple[int, int]]:
    """Its plain port and its TLS port."""
    certificate, key = TestAuthority(home).issue("irc.example.org", home)
    plain, tls = free_port(), free_port()
    settings = home / "ngircd.conf"
    settings.write_text(
        _SERVER.format(
            plain=plain, tls=tls, certificate=certificate, key=key, uid=os.getuid(), gid=os.getgid()
        )
    )
    process = await asyncio.create_subprocess_exec(
        "ngircd", "--nodaemon", "--config", str(settings), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(WAIT_S):
            for port in (plain, tls):
                while f":{port}".encode() not in await process.stdout.readline():
                    pass
        yield plain, tls
    finally:
        process.terminate()
        await process.communicate()


async def test_irc_is_left_alone(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house(people=("alice",))
    async with ngircd(tmp_path) as (plain, tls):
        for connect, by_run in ((f"127.0.0.1 {plain}", True), (f"-tls 127.0.0.1 {tls}", False)):
            home = tmp_path / f"by_run_{by_run}"
            home.mkdir()
            async with Irssi(home, "alice", "", plain, home, house, by_run) as alice:
                await alice.type("/set cmd_queue_speed 10msec")
                await alice.type(f"/connect {connect}")
                await alice.shows("Your host is irc.example.org")
                await alice.type("/join #quorate")
                await alice.shows("@alice")
                if not by_run:
                    await attaching.attach(house.quorate.data, "irssi")
                await talks_of(alice, "this")
                await is_said_to_be_no_im(house, alice)
                await attaching.detach(house.quorate.data, "irssi")
                await talks_of(alice, "that")


@dataclass
class Irssi(Terminal):
    house: House
    by_run: bool

    def prepare(self) -> str:
        command = shlex.join(("irssi", "--home", str(self.home / "irssi"), "-n", "alice"))
        return "exec " + (shlex.join(run_by(self.house, command)) if self.by_run else command)


async def talks_of(alice: Terminal, what: str) -> None:
    """The server says the new topic to all who are there."""
    await alice.type(f"/topic {what}")
    await alice.shows(f"changed the topic of #quorate to: {what}")


async def is_said_to_be_no_im(house: House, alice: Terminal) -> None:
    again = await house.quorate.run("attach", str(await alice.pid()))
    assert SAID in again.out, again.err
    (stream,) = (s for s in await house.quorate.get("/streams") if s["state"] != "ended")
    assert (stream["client"], stream["account"], stream["reason"]) == ("irssi", None, "not-xmpp")
