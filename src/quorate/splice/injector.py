"""The queue of what Quorate adds to a stream: it leaves only where it harms nobody (INJ-1, INJ-2)."""

from collections.abc import Callable
from dataclasses import dataclass

from quorate.model.reasons import Reason
from quorate.splice.context import Context
from quorate.splice.effects import Side

MINUTE_S = 60.0

Settled = Callable[[Reason | None], None]
"""Called once: None when the addition has left, else why it never will."""


@dataclass(frozen=True, slots=True, eq=False)
class Addition:
    make: Callable[[], bytes]
    """Writes the stanza when it leaves: not before is it certain to whom."""
    settled: Settled | None = None
    expires: float | None = None
    paced: bool = False
    """Counts against additions_per_minute."""
    after: Callable[[], bool] | None = None
    """Must hold before it may leave."""
    refused: Callable[[], Reason | None] | None = None
    """Why it must not leave any more."""


class Injector:
    def __init__(self, context: Context, count: Callable[[Side, bytes], None]) -> None:
        """``count`` is told of each added stanza and the side that receives it (XEP-0198)."""
        self._context = context
        self._count = count
        self._queues: dict[Side, list[Addition]] = {Side.SERVER: [], Side.CLIENT: []}
        self._left: list[float] = []

    def add(self, side: Side, addition: Addition) -> None:
        """Queue one stanza for ``side``; ``pump`` sends it."""
        self._queues[side].append(addition)

    def now(self, side: Side, *stanzas: bytes) -> None:
        """Send these in one write at once; the caller has seen that the gate is open and the place safe."""
        self._context.out.send(side, b"".join(stanzas))
        for stanza in stanzas:
            self._count(side, stanza)

    @property
    def waiting(self) -> bool:
        return bool(self._queues[Side.SERVER] or self._queues[Side.CLIENT])

    def pump(self) -> None:
        """Send whatever may go now; give up what waited too long."""
        for side, queue in self._queues.items():
            if not queue:
                continue
            for addition in tuple(queue):
                if addition.refused and (reason := addition.refused()) is not None:
                    queue.remove(addition)
                    if addition.settled:
                        addition.settled(reason)
                elif self._may_send(side, addition):
                    queue.remove(addition)
                    self._send(side, addition)
            self._expire(side)

    def give_up(self, reason: Reason) -> None:
        """Nothing can be added any more: settle everything that waits."""
        for queue in self._queues.values():
            waiting = list(queue)
            queue.clear()
            for addition in waiting:
                if addition.settled:
                    addition.settled(reason)

    def next_deadline(self) -> float | None:
        if not self.waiting:
            return None
        times = [a.expires for queue in self._queues.values() for a in queue if a.expires is not None]
        gate = self._context.gate_at()
        times += [gate] if gate is not None and gate > self._context.now else []
        times += [self._left[0] + MINUTE_S] if self._exhausted() else []
        return min(times, default=None)

    def _send(self, side: Side, addition: Addition) -> None:
        try:
            self.now(side, addition.make())
        except Exception:
            if addition.settled:
                addition.settled(Reason.INTERNAL_ERROR)
            raise
        if addition.paced:
            self._left.append(self._context.now)
        if addition.settled:
            addition.settled(None)

    def _may_send(self, side: Side, addition: Addition) -> bool:
        if not (self._context.gate_open() and self._context.safe(side)):
            return False
        if addition.after is not None and not addition.after():
            return False
        return not (addition.paced and self._exhausted())

    def _exhausted(self) -> bool:
        while self._left and self._left[0] <= self._context.now - MINUTE_S:
            del self._left[0]
        return len(self._left) >= self._context.config.additions_per_minute

    def _expire(self, side: Side) -> None:
        queue = self._queues[side]
        late = [a for a in queue if a.expires is not None and a.expires <= self._context.now]
        if not late:
            return
        self._queues[side] = [a for a in queue if a not in late]
        reason = Reason.RATE_LIMITED if self._context.gate_open() else Reason.TOO_EARLY
        for addition in late:
            if addition.settled:
                addition.settled(reason)
