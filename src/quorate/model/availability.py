"""The verdict about one person at one time, with the trace that led to it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import overload


class Availability(StrEnum):
    AVAILABLE = "available"
    AWAY = "away"
    BUSY = "busy"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLine:
    """One piece of evidence as the verdict saw it."""

    source: str
    """In words: ``alice@example.org's stream``, ``said so``, ``page open`` …"""

    says: str
    """In words: ``available``, ``busy until 14:00``, ``no answer in 3 s`` …"""

    at: datetime
    age_s: float
    used: bool
    asked: bool
    why_not: str | None = None
    """Why it was not used: ``older``, ``stale``, ``lower priority`` …"""


class Trace(Sequence[TraceLine]):
    """The lines of a verdict, written when first read: most verdicts are asked for their answer only."""

    __slots__ = ("_lines", "_write")

    def __init__(self, write: Callable[[], tuple[TraceLine, ...]]) -> None:
        self._write = write
        self._lines: tuple[TraceLine, ...] | None = None

    @property
    def lines(self) -> tuple[TraceLine, ...]:
        if self._lines is None:
            self._lines = self._write()
        return self._lines

    @overload
    def __getitem__(self, index: int) -> TraceLine: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[TraceLine, ...]: ...

    def __getitem__(self, index: int | slice) -> TraceLine | tuple[TraceLine, ...]:
        return self.lines[index]

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[TraceLine]:
        return iter(self.lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self.lines == tuple(other)

    def __hash__(self) -> int:
        return hash(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    availability: Availability
    since: datetime | None
    trace: Sequence[TraceLine]
    until: datetime | None = None
    reason: str | None = None
    """Reason name if unknown; ``dnd`` style detail stays with the asker's own stream."""
    reachable: bool = True
    """False if present, but no resource takes chat (all priorities negative)."""
    do_not_disturb: bool = False
    """Busy because a client of theirs says so on the network."""
