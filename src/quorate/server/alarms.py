"""Many alarms on one timer: the loop is woken for the next one only."""

import heapq
import itertools
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Generic, TypeVar

from quorate.clock import Clock
from quorate.server.mailbox import Alarm

N = TypeVar("N", bound=Hashable)

SLACK = 64
"""Entries that count no more are swept out when they are more than those that do, and this many."""


class Alarms(Generic[N]):
    """At most one for each name; ``ring`` is told whose time has come, all at once."""

    def __init__(self, clock: Clock, ring: Callable[[list[N]], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._at: dict[N, tuple[datetime, int]] = {}
        self._heap: list[tuple[datetime, int, N]] = []
        """Also those that were moved meanwhile: what ``_at`` says counts."""
        self._serial = itertools.count()
        self._next = Alarm(clock, self.check)

    def set(self, name: N, at: datetime | None) -> None:
        """Move it; None: no alarm."""
        if at is None:
            self._at.pop(name, None)
            return
        known = self._at.get(name)
        if known is not None and known[0] == at:
            return
        serial = next(self._serial)
        self._at[name] = at, serial
        heapq.heappush(self._heap, (at, serial, name))
        if len(self._heap) > 2 * len(self._at) + SLACK:
            self._heap = [(when, number, of) for of, (when, number) in self._at.items()]
            heapq.heapify(self._heap)
        if self._heap[0][1] == serial:
            self._next.set(at)

    def check(self) -> None:
        """Ring what is due, and wait for the next."""
        now, due = self._clock.now(), []
        while self._heap and (self._moved() or self._heap[0][0] <= now):
            _, serial, name = heapq.heappop(self._heap)
            if self._counts(name, serial):
                del self._at[name]
                due.append(name)
        if due:
            self._ring(due)
        self._next.set(self._heap[0][0] if self._heap else None)

    def stop(self) -> None:
        self._next.set(None)

    def _moved(self) -> bool:
        _, serial, name = self._heap[0]
        return not self._counts(name, serial)

    def _counts(self, name: N, serial: int) -> bool:
        known = self._at.get(name)
        return known is not None and known[1] == serial
