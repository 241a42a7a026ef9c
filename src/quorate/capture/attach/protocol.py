"""What the library in a client and the agent say to each other, as bytes: docs/attach.md, "Protocol"."""

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple

from quorate.splice.effects import Side
from quorate.wire.xmpp.stream_management import Table

VERSION: Final = 1
MAX_PAYLOAD: Final = 16 * 1024 * 1024
AT_BOUNDARY, WITH_VERDICT = 1, 2
"""Flags of a TABLE: what was delivered ends between stanzas; it waits for the verdict that names it."""
_HEADER = struct.Struct("<IBBHIQ")
_HELLO = struct.Struct("<II16s")
_U32 = struct.Struct("<I")
_ROW = struct.Struct("<Ii")
DOWN, UP = 0, 1


class Kind(IntEnum):
    HELLO = 1
    OPEN = 2
    DATA = 3
    CLOSED = 4
    BUSY = 6
    OTHER = 7
    PASS = 16
    REPL = 17
    INJECT = 21
    TABLE = 22
    IGNORE = 23
    DETACH = 24
    WELCOME = 25


class Malformed(Exception):
    """The other end does not speak this protocol."""


class Frame(NamedTuple):
    kind: int
    dir: int
    flags: int
    conn: int
    offset: int
    payload: bytes

    @property
    def origin(self) -> Side:
        """Who sent the bytes that travel in this direction."""
        return Side.CLIENT if self.dir == UP else Side.SERVER


class Frames:
    """Cuts what one socket brings into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._wanted = 0
        """Bytes until there is a frame again."""

    def feed(self, data: bytes) -> list[Frame]:
        """Raises Malformed."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._wanted:
                return []
            data, self._rest = bytes(self._rest), bytearray()
        at, size, self._wanted, found = 0, len(data), _HEADER.size, list[Frame]()
        while size - at >= _HEADER.size:
            length, kind, dir, flags, conn, offset = _HEADER.unpack_from(data, at)
            if length > MAX_PAYLOAD or dir > UP:
                raise Malformed
            end = at + _HEADER.size + length
            if end > size:
                self._wanted = end - at
                break
            found.append(Frame(kind, dir, flags, conn, offset, data[at + _HEADER.size : end]))
            at = end
        self._rest += data[at:]
        return found


def towards(receiver: Side) -> int:
    """The direction of what this side receives."""
    return DOWN if receiver is Side.CLIENT else UP


def frame(
    kind: Kind, conn: int = 0, offset: int = 0, payload: bytes = b"", *, dir: int = DOWN, flags: int = 0
) -> bytes:
    return _HEADER.pack(len(payload), kind, dir, flags, conn, offset) + payload


def read_hello(payload: bytes) -> tuple[int, int, bytes]:
    """(version, patched slots, instance); raises Malformed."""
    if len(payload) < _HELLO.size:
        raise Malformed
    version, slots, instance = _HELLO.unpack_from(payload)
    return version, slots, instance


def hello(pid: int, slots: int, instance: bytes) -> bytes:
    return frame(Kind.HELLO, offset=pid, payload=_HELLO.pack(VERSION, slots, instance))


def welcome(deadline_s: float) -> bytes:
    return frame(Kind.WELCOME, payload=_U32.pack(round(deadline_s * 1000)))


def replace(conn: int, offset: int, dir: int, consumed: int, data: bytes) -> bytes:
    """REPL: the first ``consumed`` bytes of held + new become ``data``."""
    return frame(Kind.REPL, conn, offset, _U32.pack(consumed) + data, dir=dir)


def table(conn: int, offset: int, dir: int, rows: Table, flags: int) -> bytes:
    packed = b"".join(_ROW.pack(*row) for row in rows)
    return frame(Kind.TABLE, conn, offset, _U32.pack(len(rows)) + packed, dir=dir, flags=flags)


def read_replacement(payload: bytes) -> tuple[int, bytes]:
    return _U32.unpack_from(payload)[0], payload[_U32.size :]


def read_table(payload: bytes) -> Table:
    (count,) = _U32.unpack_from(payload)
    rows: Iterable[tuple[int, int]] = _ROW.iter_unpack(payload[_U32.size : _U32.size + count * _ROW.size])
    return tuple(rows)
