"""The demo behind script/demo: everything private, on free loopback ports, in a temporary directory."""

import asyncio
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.interop.certificates import TestAuthority
from tests.interop.prosody import Prosody, everybody_knows_everybody
from tests.interop.quorate_process import Quorate
from tests.interop.terminal import profanity_home, terminal_environment, trust_directory

PEOPLE = {name: f"demo-{name}" for name in ("alice", "bob", "carol", "dave")}
PANES = ("alice", "bob", "carol")

HINT = """\
Three profanity clients, left to right: alice (through Quorate), bob, carol.

  bob    type  /disconnect           so that somebody is missing
  alice  type  /msg Quorate          and, in that window:
               meet bob and (carol or dave) about "release 2.4"
               who
  bob    type  /connect {bob}
         and, when the invitation is there:   /msg alice    then    yes
  carol  the same:   yes
  alice  has the link; open it, and the page as well:

  {page}

Move between panes: Ctrl-b and an arrow. Stop everything: Ctrl-b, then :kill-session
"""


def pane_command(home: Path, jid: str) -> str:
    settings = terminal_environment(home)
    words = [f"{name}={settings[name]}" for name in ("HOME", "TERM", "LANG")]
    return shlex.join(["env", *words, "profanity", "-a", jid])


def open_panes(socket: str, commands: list[str], hint: Path) -> None:
    tmux = ["tmux", "-f", "/dev/null", "-S", socket]
    subprocess.run([*tmux, "new-session", "-d", "-x", "200", "-y", "50", commands[0]], check=True)
    for command in commands[1:]:
        subprocess.run([*tmux, "split-window", "-h", command], check=True)
    subprocess.run([*tmux, "select-layout", "even-horizontal"], check=True)
    subprocess.run(
        [*tmux, "split-window", "-f", "-l", "18", f"cat {shlex.quote(str(hint))}; cat"], check=True
    )
    subprocess.run([*tmux, "select-pane", "-t", "0"], check=True)


async def wait_for_the_end(socket: str) -> None:
    """Until the panes are closed, or Ctrl-C; attached if this is a terminal."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        client = await asyncio.create_subprocess_exec("tmux", "-S", socket, "attach")
        await client.wait()
        return
    print(f"Look at it with: tmux -S {socket} attach\nStop with Ctrl-C.", flush=True)
    stopped = asyncio.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wanted, stopped.set)
    await stopped.wait()


async def demo(home: Path) -> None:
    authority = TestAuthority(home)
    groups = {"team": list(PEOPLE)}
    server = Prosody(
        home / "prosody", authority, accounts=PEOPLE, rosters=everybody_knows_everybody(PEOPLE, groups=groups)
    )
    async with server:
        route = f"{server.domain}=127.0.0.1:{server.port}"
        async with Quorate(home / "data", [route], authority.path) as quorate:
            trust = trust_directory(home / "trust", authority.path, quorate.ca)
            commands = []
            for name in PANES:
                port = quorate.im_port if name == "alice" else server.port
                profanity_home(home / name, server.jid(name), PEOPLE[name], port, trust)
                commands.append(pane_command(home / name, server.jid(name)))
            page = next(word for line in quorate.log for word in line.split() if "/enter?key=" in word)
            hint = home / "hint.txt"
            hint.write_text(HINT.format(page=page, bob=server.jid("bob")))
            socket = str(home / "tmux")
            open_panes(socket, commands, hint)
            print(hint.read_text(), flush=True)
            try:
                await wait_for_the_end(socket)
            finally:
                closing = await asyncio.create_subprocess_exec("tmux", "-S", socket, "kill-server")
                await closing.wait()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="quorate-demo-") as folder:
        os.chmod(folder, 0o700)
        asyncio.run(demo(Path(folder)))
    print("Stopped; nothing is left.")


main()
