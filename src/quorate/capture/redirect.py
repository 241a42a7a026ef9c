"""Process redirect: what named processes connect to at IM servers is led to the agent.

Runs as root beside the agent, for as long as it is wanted. What it has handed over does not depend on it.
"""

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from quorate.capture.handover import Giver, Handed
from quorate.capture.processes import is_named, names_of, pids, user_of
from quorate.capture.redirect_program import Diversion, Doors, Flight
from quorate.errors import Misconfigured
from quorate.model.reasons import Reason

LOOK_S: Final = 0.3
"""How often it is looked for new processes whose threads do not have the name that is wanted."""
FAILURES: Final = 3
"""So many connections in a row that did not log in: the client is better off without us."""
NOBODYS_FAULT: Final = (Reason.UPSTREAM_UNREACHABLE, Reason.UPSTREAM_SILENT)
"""It would not have got through without us either."""
BACKLOG: Final = 64


@dataclass(frozen=True, slots=True)
class Event:
    """What a person is told while it runs."""

    kind: str
    """``found`` (runs already), ``taken``, ``live``, ``distrust``, ``failing``."""
    pid: int
    name: str
    destination: str = ""


@dataclass
class _Client:
    name: str
    failures: int = 0
    left_alone: bool = False


@dataclass
class Redirect:
    """``await run()`` until it is cancelled or the agent is gone; raises Misconfigured if it cannot begin."""

    data: Path
    group: Path
    """Where the root of cgroup2 is mounted."""
    names: tuple[str, ...]
    """Of processes, or their numbers."""
    ports: tuple[int, ...]
    say: Callable[[Event], None]
    started: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once connections are led to us."""
    _clients: dict[int, _Client] = field(default_factory=dict)
    _flights: dict[int, Flight] = field(default_factory=dict)
    _count: int = 0

    async def run(self) -> None:
        doors = [_door(socket.AF_INET, "127.0.0.1"), _door(socket.AF_INET6, "::1")]
        giver = Giver(self.data, self._told)
        try:
            self._start(doors, giver)
            tasks: list[asyncio.Task[object]] = [
                asyncio.create_task(self._serve(door, giver)) for door in doors if door is not None
            ]
            tasks.append(asyncio.create_task(self._watch()))
            tasks.append(asyncio.create_task(giver.gone.wait()))
            self.started.set()
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                self._diversion.stop()
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        finally:
            for door in doors:
                if door is not None:
                    door.close()
            giver.close()

    def _start(self, doors: Iterable[socket.socket | None], giver: Giver) -> None:
        four, six = (0 if door is None else door.getsockname()[1] for door in doors)
        try:
            giver.connect()
        except OSError as error:
            raise Misconfigured(
                f"Quorate does not run with {self.data}.", remedy="Start it first: quorate up"
            ) from error
        named = (name for name in self.names if not name.isdecimal())
        group = os.open(self.group, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._diversion = Diversion(Doors(four, six), self.ports, named, self._owner())
            self._look()
            self._diversion.start(group)
            for pid, client in self._clients.items():
                self.say(Event("found", pid, client.name))
        except OSError as error:
            raise _refused(error) from error
        finally:
            os.close(group)

    def _owner(self) -> int | None:
        """Nobody's clients are read by another user's Quorate, unless that is root."""
        return self.data.stat().st_uid or None

    def _look(self) -> None:
        running = set(pids())
        for pid in self._clients.keys() - running:
            self._diversion.forget(pid)
            del self._clients[pid]
        for pid in running - self._clients.keys():
            name = next((name for name in self.names if is_named(pid, name)), None)
            if name is not None and pid != os.getpid() and self._owner() in (None, user_of(pid)):
                self._clients[pid] = _Client(_name(pid) if name.isdecimal() else name)
                self._diversion.take(pid)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._look()

    async def _serve(self, door: socket.socket, giver: Giver) -> None:
        version = 4 if door.family == socket.AF_INET else 6
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, peer = await loop.sock_accept(door)
            except OSError:  # gone already, or no descriptor is left
                await asyncio.sleep(LOOK_S)
                continue
            flight = self._diversion.arrived(version, peer[1])
            if flight is None:
                sock.close()
                continue
            self._count += 1
            self._flights[self._count] = flight
            self._client(flight.pid)
            giver.give(sock, Handed(number=self._count, destination=flight.destination))
            self._tell("taken", flight)

    def _told(self, number: int, reason: str | None) -> None:
        """The agent says what became of a login."""
        flight = self._flights.pop(number, None)
        if flight is None:
            return
        client = self._client(flight.pid)
        if reason not in NOBODYS_FAULT:
            client.failures = 0 if reason is None else client.failures + 1
        if reason is None:
            self._tell("live", flight)
        elif not client.left_alone and (reason == Reason.CLIENT_DISTRUST or client.failures >= FAILURES):
            client.left_alone = True
            self._diversion.leave_alone(flight.pid)
            self._tell("distrust" if reason == Reason.CLIENT_DISTRUST else "failing", flight)

    def _client(self, pid: int) -> _Client:
        return self._clients.setdefault(pid, _Client(_name(pid)))

    def _tell(self, kind: str, flight: Flight) -> None:
        self.say(Event(kind, flight.pid, self._client(flight.pid).name, str(flight.destination)))


def _name(pid: int) -> str:
    return min(names_of(pid), default=str(pid))


def _door(family: socket.AddressFamily, host: str) -> socket.socket | None:
    with contextlib.suppress(OSError):
        door = socket.create_server((host, 0), family=family, backlog=BACKLOG)
        door.setblocking(False)
        return door
    return None


def _refused(error: OSError) -> Misconfigured:
    if error.errno == errno.EPERM:
        return Misconfigured(
            "The kernel does not let Quorate redirect connections: this takes root, and no other program that"
            " has the root of cgroup2 for itself (mitmproxy in local mode, for instance).",
            remedy="Run it with sudo, and end such a program.",
        )
    return Misconfigured(
        f"The kernel refused to redirect connections ({error.strerror}).",
        remedy="It takes Linux 5.14 or newer with CONFIG_CGROUP_BPF. `quorate run` does without.",
    )
