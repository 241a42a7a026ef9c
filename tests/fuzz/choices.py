"""A fuzzer's bytes as decisions: what to do next, how much, with what."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def more(self) -> bool:
        return self._at < len(self._data)

    def number(self, below: int) -> int:
        """0 once the bytes are used up."""
        if not self.more:
            return 0
        self._at += 1
        return self._data[self._at - 1] % below

    def one(self, of: Sequence[T]) -> T:
        return of[self.number(len(of))]

    def some(self, count: int) -> bytes:
        part = self._data[self._at : self._at + count]
        self._at += count
        return part

    def rest(self) -> bytes:
        return self.some(len(self._data))


def pieces(data: bytes, sizes: Sequence[int]) -> list[bytes]:
    """``data`` in reads of these sizes, again and again."""
    found, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        found.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return found
