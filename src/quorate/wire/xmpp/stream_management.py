"""Which `h` to hand on when Quorate added or took out stanzas. XEP-0198 sections 4 to 6.

One log per direction. It remembers, in order, what became of every stanza the receiver has not acknowledged;
an `h` counted by the receiver is translated into the `h` the origin expects. Counts are modulo 2^32.
"""

from enum import Enum
from typing import Final, Literal, NamedTuple, Self, TypeAlias

MODULUS: Final = 2**32


Table: TypeAlias = tuple[tuple[int, int], ...]
"""How to translate an ``h`` without the log: (from which h on, what to add), in the order of the counts."""


def translated(table: Table, h: int) -> int:
    """``h`` plus the shift of the last row that begins at or before it; unchanged by an empty table."""
    shift = 0
    for begins, value in table:
        if (h - begins) % MODULUS >= MODULUS // 2:
            break
        shift = value
    return (h + shift) % MODULUS


class Mark(Enum):
    F = "F"  # forwarded: counts on both sides
    I = "I"  # noqa: E741  injected: counts only at the receiver
    W = "W"  # swallowed: counts only at the origin


class Translation(NamedTuple):
    h: int
    """What to hand to the origin."""
    desync: Literal["high", "low"] | None = None
    """Set if the receiver's count cannot be right; ``h`` is then clamped."""


class AckLog:
    """One direction of one stream management session; it outlives connections.

    ``a0`` counts the origin's stanzas acknowledged to it, ``z0`` those the receiver acknowledged.
    The log is kept as runs of one kind, so that forwarding is counting and an end that never acknowledges
    takes no room.
    """

    def __init__(self, a0: int = 0, z0: int = 0) -> None:
        self.a0 = a0
        self.z0 = z0
        self.dup = 0
        """How many of the origin's next stanzas repeat what was seen before a resume."""
        self.lost = 0
        """How many of the last injected stanzas the latest resume lost."""
        self._runs: list[tuple[Mark, int]] = []
        """Oldest first; neighbours are of different kinds."""
        self._newest = 0
        """Forwarded since the last of the runs."""

    @property
    def touched(self) -> bool:
        """True if the counts of the two ends differ now or may after the next ack: not to be cut loose."""
        return self.a0 != self.z0 or any(mark is not Mark.F for mark, _ in self._runs)

    @property
    def unacked(self) -> tuple[Mark, ...]:
        marks = [mark for mark, count in self._runs for _ in range(count)]
        return (*marks, *[Mark.F] * self._newest)

    def count(self, *kinds: Mark) -> int:
        """How many of these kinds are not acknowledged."""
        older = sum(count for mark, count in self._runs if mark in kinds)
        return older + self._newest if Mark.F in kinds else older

    def forwarded(self, count: int = 1) -> bool:
        """Stanzas passed. True if the first repeats one seen before a resume."""
        self._newest += count
        return self.dup > 0 and self._repeats(count)

    def injected(self) -> None:
        """A stanza of our own was written to the receiver."""
        self._add(Mark.I)

    def swallowed(self) -> bool:
        """A stanza was taken out. True if it repeats one seen before a resume: do not execute it again."""
        self._add(Mark.W)
        return self._repeats(1)

    def translate(self, h: int) -> Translation:
        """The receiver says it handled ``h``. Everything before the first unacknowledged F is handled for
        the origin too: what was swallowed rides along, what was injected does not count."""
        acked = handled = (h - self.z0) % MODULUS
        desync: Literal["high", "low"] | None = None
        if self._runs or acked > self._newest:
            acked, desync = self._possible(acked)
            handled = self._walk(acked)
        else:
            self._newest -= acked
        self.a0 = (self.a0 + handled) % MODULUS
        self.z0 = (self.z0 + acked) % MODULUS
        return Translation(self.a0, desync)

    def resumed(self, h: int) -> Translation:
        """Translate the ``h`` of <resume/> or <resumed/>. The origin sends again what it does not cover, and
        each of those is marked anew; injected stanzas the receiver did not get are lost."""
        translation = self.translate(h)
        self.lost = self.count(Mark.I)
        self.dup += self.count(Mark.F, Mark.W)
        self._runs.clear()
        self._newest = 0
        return translation

    @classmethod
    def joined(cls, table: Table, z0: int, forwarded: int) -> Self:
        """A log that begins where the receiver had counted ``z0``; ``forwarded`` stanzas passed since."""
        log = cls(translated(table, z0), z0)
        log._newest = forwarded
        return log

    def without(self, skipped: int) -> Self:
        """A log that begins behind the first ``skipped`` of what is in this one."""
        log = type(self)()
        for mark in self.unacked[skipped:]:
            log._add(mark)
        return log

    def table(self) -> Table:
        """What ``translate`` would say from now on, if everything else were only forwarded."""
        runs = [*self._runs, (Mark.F, self._newest)]
        h, shift = self.z0, self.a0 - self.z0 + _swallowed_next(runs)
        rows = [(h, shift)]
        for number, (mark, count) in enumerate(runs):
            if mark is Mark.I:
                rows += [(h + n, shift - n) for n in range(1, count + 1)]
                h, shift = h + count, shift - count
            elif mark is Mark.F and count:
                h += count
                if more := _swallowed_next(runs[number + 1 :]):
                    shift += more
                    rows.append((h, shift))
        return tuple((h % MODULUS, _signed(shift)) for h, shift in rows)

    def _fold(self) -> None:
        """Make a run of what was forwarded last."""
        newest, self._newest = self._newest, 0
        if newest:
            self._add(Mark.F, newest)

    def _add(self, mark: Mark, count: int = 1) -> None:
        self._fold()
        if self._runs and self._runs[-1][0] is mark:
            count += self._runs.pop()[1]
        self._runs.append((mark, count))

    def _repeats(self, count: int) -> bool:
        repeats = self.dup > 0
        self.dup -= min(self.dup, count)
        return repeats

    def _possible(self, acked: int) -> tuple[int, Literal["high", "low"] | None]:
        """How many of the log's F and I the receiver handled now."""
        possible = self.count(Mark.F, Mark.I)
        if acked <= possible:
            return acked, None
        return (possible, "high") if acked < MODULUS // 2 else (0, "low")

    def _walk(self, acked: int) -> int:
        """Drop what is acknowledged; how many of the origin's stanzas that were."""
        self._fold()
        kept = handled = 0
        while self._runs:
            mark, count = self._runs[0]
            now = count if mark is Mark.W else min(count, acked)
            if mark is Mark.F and now < count:
                self._runs[0] = (mark, count - now)
                handled += now
                break
            del self._runs[0]
            acked -= now if mark is not Mark.W else 0
            handled += now if mark is not Mark.I else 0
            kept += count - now
        if kept:
            self._runs.insert(0, (Mark.I, kept))
        if len(self._runs) == 1 and self._runs[0][0] is Mark.F:
            self._newest = self._runs.pop()[1]
        return handled


def _swallowed_next(runs: list[tuple[Mark, int]]) -> int:
    """How many of the swallowed ride along with what is before them: those in front of the next forwarded."""
    swallowed = 0
    for mark, count in runs:
        if mark is Mark.F and count:
            break
        swallowed += count if mark is Mark.W else 0
    return swallowed


def _signed(shift: int) -> int:
    return (shift + MODULUS // 2) % MODULUS - MODULUS // 2
