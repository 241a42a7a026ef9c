"""Clients that were told nothing about Quorate: started by `quorate run`, or attached to later."""

import shlex
import sys
from dataclasses import dataclass

from tests.interop.conftest import House
from tests.interop.terminal import Terminal


@dataclass
class Seat:
    """Where somebody sits at a client."""

    screen: Terminal
    pid: int


def run_by(house: House, command: str) -> str:
    """The same command, started by `quorate run`."""
    data = shlex.quote(str(house.quorate.data))
    return f"{shlex.quote(sys.executable)} -m quorate run --data {data} -- {command}"


async def pid_of(screen: Terminal) -> int:
    return int((await screen._tmux("list-panes", "-F", "#{pane_pid}")).strip())
