"""The clients that are attached to: their libraries' door, and who wants to attach or detach one."""

import logging
from pathlib import Path

from quorate.agent.stream import AgentStream
from quorate.agent.streams import Streams
from quorate.agent.waiting_client import WaitingClient
from quorate.capture.attach.client import AttachedClient
from quorate.capture.attach.door import Door
from quorate.clock import Clock
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import StateChanged
from quorate.splice.splice import Splice

log = logging.getLogger(__name__)


class Attachments:
    def __init__(self, data: Path, streams: Streams, clock: Clock) -> None:
        self._streams = streams
        self.door: Door[Splice] = Door(data, streams, clock)
        self.door.came = self._came
        self.door.went = self._went
        self._waiting: dict[int, AgentStream] = {}
        """By process id: shown until a stream is."""

    def start(self) -> None:
        try:
            self.door.start()
        except OSError as error:
            log.error("no attaching: %s cannot be used error=%s", self.door.path.name, type(error).__name__)

    async def stop(self) -> None:
        await self.door.stop()

    def __len__(self) -> int:
        return len(self.door.clients)

    def _came(self, client: AttachedClient[Splice]) -> None:
        client.changed = lambda: self._changed(client)
        self._changed(client)

    def _went(self, client: AttachedClient[Splice]) -> None:
        self._show(client, waiting=False)

    def _changed(self, client: AttachedClient[Splice]) -> None:
        self._show(client, waiting=not client.streams)

    def _show(self, client: AttachedClient[Splice], *, waiting: bool) -> None:
        pid = client.told.pid
        if waiting and pid not in self._waiting:
            carrier = WaitingClient(client.told.name)
            stream = self._waiting[pid] = self._streams.observer(carrier)
            reason = Reason.WAITING_FOR_TRAFFIC
            stream.noticed(StateChanged(state=StreamState.NEGOTIATING, reason=reason, companion=False))
        elif not waiting and (shown := self._waiting.pop(pid, None)) is not None:
            shown.ended()
