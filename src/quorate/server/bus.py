"""Changes as events with growing ids, for everybody who watches: the page, ``--watch``, tests.

An event names what changed (kind and id), not how: whoever is told reads the present state.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

KEPT = 1000
"""Events remembered for a reader that comes back with the last id it saw."""

Kind: TypeAlias = Literal["activity", "person", "stream", "ask", "me"]


@dataclass(frozen=True, slots=True)
class Event:
    serial: int
    """Grows by one with each event; starts at 1 with each server."""
    kind: Kind
    id: str


class Bus:
    def __init__(self) -> None:
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._last = 0
        self._waiting: set[asyncio.Event] = set()
        self._closed = False

    @property
    def last(self) -> int:
        """Id of the latest event; 0 if there was none."""
        return self._last

    def publish(self, kind: Kind, id: str) -> None:
        self._last += 1
        self._kept.append(Event(self._last, kind, id))
        self._wake()

    def close(self) -> None:
        """End every subscription."""
        self._closed = True
        self._wake()

    def missed(self, after: int) -> bool:
        """True if events after this id are no longer kept (or the id is of another server's life)."""
        return after > self._last or after < self._last - len(self._kept)

    def since(self, after: int) -> list[Event]:
        """Kept events with a greater id, oldest first."""
        return [event for event in self._kept if event.serial > after]

    async def subscribe(self, after: int | None = None) -> AsyncIterator[Event]:
        """Yield events after this id (None: from now on) until the bus is closed.

        A reader slower than KEPT events skips to what is still kept.
        """
        seen = self._last if after is None else after
        woken = asyncio.Event()
        self._waiting.add(woken)
        try:
            while True:
                woken.clear()
                for event in self.since(seen):
                    seen = event.serial
                    yield event
                if self._closed:
                    return
                if seen >= self._last:
                    await woken.wait()
        finally:
            self._waiting.discard(woken)

    def _wake(self) -> None:
        for woken in self._waiting:
            woken.set()
