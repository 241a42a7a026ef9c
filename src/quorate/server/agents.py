"""Which agents are connected, and whether they have told all they know since."""

import asyncio
from dataclasses import dataclass

from quorate.link.messages import Hello
from quorate.link.server import LinkPeer
from quorate.server.meetings import Agent


@dataclass(slots=True)
class _Seat:
    hello: Hello
    told_all: bool = False


class Agents:
    def __init__(self) -> None:
        self._seats: dict[LinkPeer, _Seat] = {}
        self._moved = asyncio.Event()
        """Set, and replaced, whenever an agent comes or goes."""

    def greeted(self, peer: LinkPeer, hello: Hello) -> None:
        self._seats[peer] = _Seat(hello)
        self._tell()

    def told_all(self, peer: LinkPeer) -> None:
        if (seat := self._seats.get(peer)) is not None:
            seat.told_all = True

    def gone(self, peer: LinkPeer) -> None:
        self._seats.pop(peer, None)
        self._tell()

    def id_of(self, peer: LinkPeer) -> str | None:
        seat = self._seats.get(peer)
        return seat.hello.agent if seat else None

    def ready(self, peer: LinkPeer) -> bool:
        """Its snapshot is complete: what it did not mention does not exist."""
        seat = self._seats.get(peer)
        return seat is not None and seat.told_all

    @property
    def any_ready(self) -> bool:
        """At least one has told all it knows; before that nothing is known of anybody."""
        return any(seat.told_all for seat in self._seats.values())

    @property
    def peers(self) -> list[LinkPeer]:
        return list(self._seats)

    @property
    def connected(self) -> list[Agent]:
        return [Agent(id=s.hello.agent, pid=s.hello.pid, im=s.hello.im) for s in self._seats.values()]

    async def until(self, connected: bool, seconds: float | None) -> bool:
        """Wait until at least one agent (``connected``) or none is there; returns whether it is so."""
        loop = asyncio.get_running_loop()
        end = None if seconds is None else loop.time() + seconds
        while bool(self._seats) is not connected:
            try:
                await asyncio.wait_for(self._moved.wait(), None if end is None else end - loop.time())
            except TimeoutError:
                return False
        return True

    def _tell(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
