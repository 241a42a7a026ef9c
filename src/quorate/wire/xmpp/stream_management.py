"""Which `h` to hand on when Quorate added or took out stanzas. XEP-0198 sections 4 to 6.

One log per direction. It remembers, in order, what became of every stanza the receiver has not acknowledged;
an `h` counted by the receiver is translated into the `h` the origin expects. Counts are modulo 2^32.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, Self

MODULUS: Final = 2**32


class Mark(Enum):
    F = "F"  # forwarded: counts on both sides
    I = "I"  # noqa: E741  injected: counts only at the receiver
    W = "W"  # swallowed: counts only at the origin


@dataclass(frozen=True, slots=True)
class Translation:
    h: int
    """What to hand to the origin."""
    desync: Literal["high", "low"] | None = None
    """Set if the receiver's count cannot be right; ``h`` is then clamped."""


class AckLog:
    """One direction of one stream management session; it outlives connections.

    ``a0`` counts the origin's stanzas acknowledged to it, ``z0`` those the receiver acknowledged.
    """

    def __init__(self, a0: int = 0, z0: int = 0) -> None:
        self.a0 = a0
        self.z0 = z0
        self.dup = 0
        """How many of the origin's next stanzas repeat what was seen before a resume."""
        self.lost = 0
        """How many of the last injected stanzas the latest resume lost."""
        self._log: deque[Mark] = deque()

    @property
    def touched(self) -> bool:
        """True if the counts of the two ends differ now or may after the next ack: not to be cut loose."""
        return self.a0 != self.z0 or any(mark is not Mark.F for mark in self._log)

    @property
    def unacked(self) -> tuple[Mark, ...]:
        return tuple(self._log)

    def forwarded(self) -> bool:
        """A stanza passed. True if it repeats one seen before a resume."""
        self._log.append(Mark.F)
        return self._repeats()

    def injected(self) -> None:
        """A stanza of our own was written to the receiver."""
        self._log.append(Mark.I)

    def swallowed(self) -> bool:
        """A stanza was taken out. True if it repeats one seen before a resume: do not execute it again."""
        self._log.append(Mark.W)
        return self._repeats()

    def translate(self, h: int) -> Translation:
        """The receiver says it handled ``h``. Everything before the first unacknowledged F is handled for
        the origin too: what was swallowed rides along, what was injected does not count."""
        acked, desync = self._acked(h)
        kept: list[Mark] = []
        handled = seen = 0
        while self._log:
            mark = self._log[0]
            if mark is Mark.F and seen == acked:
                break
            self._log.popleft()
            if mark is Mark.I and seen == acked:
                kept.append(mark)
                continue
            seen += mark is not Mark.W
            handled += mark is not Mark.I
        self._log.extendleft(reversed(kept))
        self.a0 = (self.a0 + handled) % MODULUS
        self.z0 = (self.z0 + acked) % MODULUS
        return Translation(self.a0, desync)

    def resumed(self, h: int) -> Translation:
        """Translate the ``h`` of <resume/> or <resumed/>. The origin sends again what it does not cover, and
        each of those is marked anew; injected stanzas the receiver did not get are lost."""
        translation = self.translate(h)
        self.lost = self._log.count(Mark.I)
        self.dup += len(self._log) - self.lost
        self._log.clear()
        return translation

    def dump(self) -> dict[str, Any]:
        """Plain data for ``load``."""
        marks = "".join(mark.value for mark in self._log)
        return {"a0": self.a0, "z0": self.z0, "dup": self.dup, "log": marks}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        """Raises KeyError or ValueError if the data is not from ``dump``."""
        log = cls(int(data["a0"]), int(data["z0"]))
        log.dup = int(data["dup"])
        log._log.extend(Mark(mark) for mark in data["log"])
        return log

    def _repeats(self) -> bool:
        repeats = self.dup > 0
        self.dup -= repeats
        return repeats

    def _acked(self, h: int) -> tuple[int, Literal["high", "low"] | None]:
        """How many of the log's F and I the receiver handled now."""
        acked = (h - self.z0) % MODULUS
        possible = sum(mark is not Mark.W for mark in self._log)
        if acked <= possible:
            return acked, None
        return (possible, "high") if acked < MODULUS // 2 else (0, "low")
