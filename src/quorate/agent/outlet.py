"""The way to the server: messages at once, evidence of all streams together when much of it comes.

A message, a write and a wake-up of the server for each presence would cost more than all else done for it. So
the more of it comes, the longer it is gathered; what comes alone leaves at once.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel

from quorate.clock import Clock
from quorate.link.messages import Saw
from quorate.model.evidence import Evidence

GATHER_S = 0.005
"""Evidence leaves at once if none has left for so long; else it waits for the rest of that time."""
LONGEST_GATHER_S = 0.02
"""The time doubles up to this while each time brings more than one piece."""
GRACE_S = 0.005
"""When its time is over it leaves with the next that comes; without any, after this: a wake-up of its own
costs as much as a message, and may come while somebody's bytes pass."""
MAX_EVIDENCE = 200
"""Pieces in one message; a line of the link is bounded."""


class Way(Protocol):
    """What carries messages to the server."""

    @property
    def answering(self) -> bool:
        """False if there is no server, or none that does anything."""
        ...

    def send(self, message: BaseModel) -> bool:
        """False if there is no server."""
        ...


class Outlet:
    """Order is kept: whatever is sent goes after all evidence that waits."""

    def __init__(self, way: Way, clock: Clock) -> None:
        self._way = way
        self._now = clock.monotonic
        self._waiting: dict[str, dict[tuple[str, str], Evidence]] = {}
        """By stream: of each device the latest, in the order it was heard."""
        self._gather_s = GATHER_S
        self._left = -GATHER_S
        """When evidence left last."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def answering(self) -> bool:
        return self._way.answering

    def saw(self, stream: str, evidence: Evidence) -> None:
        """Evidence to leave with the next ``settled``, or soon after it."""
        waiting = self._waiting.get(stream)
        if waiting is None:
            waiting = self._waiting[stream] = {}
        key = (evidence.subject.account, evidence.resource)
        waiting.pop(key, None)
        waiting[key] = evidence

    def settled(self) -> None:
        """All that one read brought was noticed."""
        if not self._waiting:
            return
        wait = self._left + self._gather_s - self._now()
        if wait > 0:
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(wait + GRACE_S, self._gathered)
        elif self._timer is not None:
            self._gathered()
        else:
            self._gather_s = GATHER_S
            self.flush()

    def send(self, message: BaseModel) -> bool:
        """False if there is no server."""
        if self._waiting:
            self.flush()
        return self._way.send(message)

    def _gathered(self) -> None:
        many = len(self._waiting) > 1 or any(len(of_one) > 1 for of_one in self._waiting.values())
        self._gather_s = min(2 * self._gather_s, LONGEST_GATHER_S) if many else GATHER_S
        self.flush()

    def flush(self) -> None:
        """Send the evidence that waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        self._left = self._now()
        for stream, evidence in waiting.items():
            for message in saws(stream, tuple(evidence.values())):
                self._way.send(message)

    def forget(self) -> None:
        """Everything is about to be told anew."""
        self._waiting = {}


def saws(stream: str, evidence: Sequence[Evidence]) -> list[Saw]:
    return [
        Saw(stream=stream, evidence=tuple(evidence[start : start + MAX_EVIDENCE]))
        for start in range(0, len(evidence), MAX_EVIDENCE)
    ]
