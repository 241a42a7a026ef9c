"""The clients that are attached to: their library's door, and who wants to attach or detach one."""

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from quorate.agent.attached_kept import AttachedKept
from quorate.agent.stream import AgentStream
from quorate.agent.streams import Streams
from quorate.agent.waiting_client import WaitingClient
from quorate.capture.attach.attached import Attached
from quorate.capture.attach.client import AttachedClient
from quorate.capture.attach.door import Door, private_socket
from quorate.capture.attach.facts import elf_of, facts_of
from quorate.capture.attach.inject import inject
from quorate.capture.attach.preflight import refusal, start_refusal
from quorate.capture.clients import also_called
from quorate.capture.processes import is_shell, named
from quorate.capture.shim.build import NoShim, entry_of, shim
from quorate.clock import Clock
from quorate.errors import Misconfigured, NotPossible, QuorateError, Refused, place_of
from quorate.link.attaching import MAX_LINE, SOCKET_NAME
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.arrival import Arrival
from quorate.splice.effects import StateChanged
from quorate.splice.splice import Splice
from quorate.talk.reasons import reason_text

COME_S = 15.0
"""How long the library, once it is in, may take to come to the door."""
RETURN_S = 1.0
"""A client that went on without us because we did not answer in time is joined again after this."""
MAX_DIGITS = 10
"""Of a process id."""
SHOW_S = 1.0
"""How long it is waited for to say what the client speaks; it goes on afterwards."""

log = logging.getLogger(__name__)


class Attachments:
    """Implements quorate.capture.attach.client.Host."""

    def __init__(self, data: Path, streams: Streams, clock: Clock) -> None:
        self._streams = streams
        self._path = data / SOCKET_NAME
        self._door: Door[Splice] = Door(data, self, clock)
        self._door.came = self._came
        self._door.went = self._went
        self._door.turned_away = self._turned_away
        self._telling: set[asyncio.Task[None]] = set()
        """The loop itself keeps no task alive."""
        self._busy: set[int] = set()
        """Processes that another Quorate is attached to."""
        self._waiting: dict[int, AgentStream] = {}
        """By process id: what is shown of a client that has no stream yet."""
        self._kept = AttachedKept(data)
        self._control: asyncio.Server | None = None
        self._news = asyncio.Condition()
        self._attaching = asyncio.Lock()
        self.clients: Callable[[], Awaitable[dict[str, Any]]] = self._no_clients
        """Answers which clients there are on this machine."""

    async def start(self) -> None:
        """Without a door there is no attaching, and all else goes on."""
        try:
            self._door.start()
            sock = private_socket(self._path)
            self._control = await asyncio.start_unix_server(self._serve, sock=sock, limit=MAX_LINE)
        except OSError as error:
            log.error("no attaching error=%s", type(error).__name__)
        for pid in self._kept.living():
            if not self._door.visit(pid):
                self._kept.forget(pid)

    async def stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._path.unlink(missing_ok=True)
        for pid in self._door.clients:
            self._kept.forget(pid)
        await self._door.stop()

    def splice(self, arrival: Arrival, now: float) -> Splice:
        return self._streams.splice(arrival, now)

    def observer(self, driver: Attached[Splice]) -> AgentStream:
        """What was shown while the client had no stream becomes its first one."""
        shown = self._waiting.pop(driver.told.pid, None)
        if shown is None:
            return self._streams.observer(driver)
        shown.driver = driver
        shown.noticed(StateChanged(state=StreamState.NEGOTIATING, reason=None, companion=False))
        return shown

    async def attach(self, target: str) -> dict[str, Any]:
        """Attach to the client with this process id or name; raises QuorateError."""
        async with self._attaching:
            pid = self._pid(target)
            client = self._door.clients.get(pid)
            if client is None:
                client = await self._get_in(pid)
        await self._until(lambda: bool(client.streams or client.foreign), SHOW_S)
        return self._outcome(client)

    async def detach(self, target: str) -> dict[str, Any]:
        """Let go of it; raises QuorateError."""
        names = {target, *also_called(target)}
        named = [c for c in self._door.clients.values() if {str(c.told.pid), c.told.name} & names]
        if not named:
            raise NotPossible(
                f"Quorate is not attached to “{target}”.",
                remedy="`quorate clients` lists what it is attached to.",
            )
        for client in named:
            self._kept.forget(client.told.pid)
            await client.detach()
        return {"pid": named[0].told.pid, "name": named[0].told.name}

    async def prepare(self, program: str) -> dict[str, Any]:
        """What a program is to be started with; raises QuorateError."""
        path = Path(program)
        refused = start_refusal(path, elf_of(path), elf_of(Path("/proc/self/exe")))
        if refused is not None:
            raise refused
        return {
            "environment": {"LD_PRELOAD": str(await _library()), "QUORATE_SHIM_SOCKET": str(self._door.path)}
        }

    @property
    def pids(self) -> list[int]:
        return list(self._door.clients)

    async def _no_clients(self) -> dict[str, Any]:
        return {"clients": []}

    async def _listed(self) -> dict[str, Any]:
        return {"clients": [{"pid": c.told.pid, "name": c.told.name} for c in self._door.clients.values()]}

    def _pid(self, target: str) -> int:
        if target.isdecimal() and len(target) <= MAX_DIGITS:
            return int(target)
        if not target.strip():
            raise NotPossible("No client is named.", remedy="`quorate clients` lists those that run.")
        found = next(filter(None, map(_called, (target, *also_called(target)))), [])
        if not found:
            raise NotPossible(
                f"No process is called “{target}”.", remedy="Start the client first, or by `quorate run`."
            )
        if len(found) > 1:
            numbers = ", ".join(map(str, found))
            raise Refused(
                f"There are {len(found)} processes called “{target}”: {numbers}.",
                remedy=f"Say which one: quorate attach {found[0]}",
            )
        return found[0]

    async def _get_in(self, pid: int) -> AttachedClient[Splice]:
        facts = facts_of(pid)
        refused = refusal(facts)
        if refused is not None:
            raise refused
        self._busy.discard(pid)
        if facts.resident:
            if not self._door.visit(pid):
                raise NotPossible(
                    f"{facts.name} (process {pid}) has the library in it, and cannot be reached.",
                    remedy="Start the client anew, by `quorate run`.",
                )
        else:
            await inject(pid, entry_of(await _library()), str(self._door.path))
            # in a file system of its own it may not find the way to us
            if not await self._until(lambda: pid in self._door.clients, COME_S / 2):
                self._door.visit(pid)
        await self._until(lambda: pid in self._door.clients or pid in self._busy, COME_S)
        if pid in self._busy:
            raise NotPossible(
                f"{facts.name} (process {pid}) is attached to by another Quorate.",
                remedy=f"Let it go there: quorate detach {pid}",
            )
        if pid not in self._door.clients:
            raise NotPossible(
                f"{facts.name} (process {pid}) has taken the library in, and it does not answer.",
                remedy="Start the client anew, by `quorate run`.",
            )
        return self._door.clients[pid]

    def _outcome(self, client: AttachedClient[Splice]) -> dict[str, Any]:
        told = {"pid": client.told.pid, "name": client.told.name}
        shown = self._waiting.get(client.told.pid)
        if shown is None:
            live = [s.stream for s in self._streams.of(client.streams.values())]
            state, reason = (live[0].state, live[0].reason) if live else (StreamState.NEGOTIATING, None)
        elif client.foreign:
            state, reason = StreamState.NEGOTIATING, Reason.NOT_XMPP
        else:
            state, reason = StreamState.NEGOTIATING, Reason.WAITING_FOR_TRAFFIC
        text = reason_text(reason) if reason is not None else ""
        if reason is Reason.NOT_XMPP:
            text += " Nothing of that is read; XMPP will be, if it comes."
        return {**told, "state": state, "reason": reason, "text": text}

    async def _until(self, holds: Callable[[], bool], within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s), self._news:
                await self._news.wait_for(holds)
        except TimeoutError:
            return False
        return True

    def _came(self, client: AttachedClient[Splice]) -> None:
        self._kept.keep(client.told.pid)
        client.changed = lambda: self._changed(client)
        self._changed(client)

    def _went(self, client: AttachedClient[Splice]) -> None:
        self._show(client, waiting=False)
        pid = client.told.pid
        if self._kept.keeps(pid):  # we were too slow for it
            asyncio.get_running_loop().call_later(RETURN_S, self._return, pid)
        else:
            self._kept.forget(pid)

    def _return(self, pid: int) -> None:
        back = pid in self._door.clients or not self._kept.keeps(pid)
        if not back and not self._door.visit(pid):
            self._kept.forget(pid)

    def _turned_away(self, pid: int) -> None:
        self._busy.add(pid)
        self._tell_soon()

    def _changed(self, client: AttachedClient[Splice]) -> None:
        self._tell_soon()
        if client.streams:
            return  # the one that logs in takes over what is shown
        if client.told.pid in self._waiting:
            self._show(client, waiting=True)
        else:
            asyncio.get_running_loop().call_later(SHOW_S, self._look_again, client)

    def _look_again(self, client: AttachedClient[Splice]) -> None:
        """A stream comes soon, or is gone only because another one begins."""
        if self._door.clients.get(client.told.pid) is client and not client.streams:
            self._show(client, waiting=True)

    def _tell_soon(self) -> None:
        task = asyncio.create_task(self._tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _show(self, client: AttachedClient[Splice], *, waiting: bool) -> None:
        pid = client.told.pid
        if waiting:
            if pid not in self._waiting:
                self._waiting[pid] = self._streams.observer(WaitingClient(client.told.name))
            reason = Reason.NOT_XMPP if client.foreign else Reason.WAITING_FOR_TRAFFIC
            shown = StateChanged(state=StreamState.NEGOTIATING, reason=reason, companion=False)
            self._waiting[pid].noticed(shown)
        elif (stream := self._waiting.pop(pid, None)) is not None:
            if not client.foreign:  # it waits no more
                stream.noticed(StateChanged(state=StreamState.NEGOTIATING, reason=None, companion=False))
            stream.ended()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(json.loads(await reader.readline()))
        except QuorateError as error:
            answer = {"code": error.code, "problem": error.problem, "remedy": error.remedy}
        except Exception as error:
            log.error("attaching failed error=%s at=%s", type(error).__name__, place_of(error))
            answer = {"problem": "Quorate made a mistake.", "remedy": "Its log says where; tell us."}
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    async def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        target = str(request.get("target", ""))
        acts: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
            "attach": lambda: self.attach(target),
            "detach": lambda: self.detach(target),
            "prepare": lambda: self.prepare(str(request.get("program", ""))),
            "clients": self.clients,
            "list": self._listed,
        }
        act = acts.get(str(request.get("do")))
        if act is None:
            raise NotPossible(
                "Quorate's agent does not know what is asked of it.",
                remedy="It is of another version: `quorate down`, then `quorate up`.",
            )
        return await act()


async def _library() -> Path:
    """In a checkout it is compiled first, which takes seconds."""
    try:
        return await asyncio.get_running_loop().run_in_executor(None, shim)
    except NoShim as error:
        raise Misconfigured(error.problem, remedy=error.remedy) from error


def _called(name: str) -> list[int]:
    return sorted(pid for pid in named(name) if pid != os.getpid() and not is_shell(pid))
