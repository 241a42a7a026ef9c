"""Which `h` to hand on when Quorate added or took out stanzas. XEP-0198."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Self


class Mark(Enum):
    F = "F"  # forwarded: counts on both sides
    I = "I"  # noqa: E741  injected: counts only at the receiver
    W = "W"  # swallowed: counts only at the sender


@dataclass(frozen=True, slots=True)
class Translation:
    h: int
    """What to hand to the origin."""
    desync: Literal["high", "low"] | None = None
    """Set if the receiver's count cannot be right; ``h`` is then clamped."""


class AckLog:
    """One direction of one stream management session; it outlives connections."""

    def __init__(self, a0: int = 0, z0: int = 0) -> None:
        self.dup = 0

    def forwarded(self) -> bool:
        """A stanza passed. True if it repeats one seen before a resume."""
        raise NotImplementedError

    def injected(self) -> None:
        raise NotImplementedError

    def swallowed(self) -> bool:
        """A stanza was taken out. True if it repeats one seen before a resume: do not execute it again."""
        raise NotImplementedError

    def translate(self, h: int) -> Translation:
        """The receiver of this direction says it handled ``h``."""
        raise NotImplementedError

    def resumed(self, h: int) -> Translation:
        """Translate the ``h`` of <resume/> or <resumed/>; what is unacked will be sent again."""
        raise NotImplementedError

    def dump(self) -> dict[str, Any]:
        raise NotImplementedError

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        raise NotImplementedError
