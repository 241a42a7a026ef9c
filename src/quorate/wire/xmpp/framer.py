"""Cuts one direction of an XMPP stream into pieces without changing a byte. RFC 6120 section 4."""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from quorate.model.reasons import Reason


class PieceKind(Enum):
    OPEN = "open"
    CLOSE = "close"
    ELEMENT = "element"
    TEXT = "text"


class Piece(NamedTuple):
    """Consecutive bytes of one thing at depth 0 or 1."""

    kind: PieceKind
    data: bytes
    tag: bytes = b""
    first: bool = True
    last: bool = True

    @property
    def whole(self) -> bool:
        return self.first and self.last


class Lost(NamedTuple):
    """The stream cannot be followed any further."""

    reason: Reason
    data: bytes


class Framer:
    """One direction of a stream."""

    def __init__(self, hold: Callable[[bytes], int]) -> None:
        self._hold = hold

    @property
    def pending(self) -> int:
        raise NotImplementedError

    @property
    def at_boundary(self) -> bool:
        raise NotImplementedError

    def feed(self, data: bytes) -> list[Piece | Lost]:
        raise NotImplementedError

    def release(self) -> list[Piece]:
        raise NotImplementedError

    def reset(self) -> bytes:
        raise NotImplementedError
