"""A connection of an attached client, as the library tells it: one ``key=value`` a line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from quorate.capture.attach.protocol import Malformed
from quorate.splice.boundary import like_xmpp
from quorate.splice.effects import Side
from quorate.wire.xmpp.stream_management import Table

MAX_UNLIKE = 16
"""Reads and writes of a connection met midway that look like nothing known: then it is left alone."""
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|[A-Za-z_]+:?stream[\s>])")
_DEPTH = re.compile(r"[0-9]{1,9}")
_ROW = re.compile(r"([0-9]{1,10}):(-?[0-9]{1,10})")
_CUT = (b"<?xml", b"<stream:stream")
_FOREIGN = re.compile(rb"[A-Z]+ \S+ HTTP/|HTTP/\d|PRI \*|[^<]*[\x00-\x08\x0e-\x1f]")


class Looks(Enum):
    """What the bytes of a connection are."""

    XMPP = "xmpp"
    MIDWAY = "midway"  # XMPP whose beginning was missed
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Opened:
    lib: str
    peer: str
    """``HOST:PORT`` of the server's end; empty if not known."""
    wakes: bool = True
    """The client can be woken to take what is added; else the server has to say something."""
    fresh: bool = False
    """It was seen from its first byte on."""
    depths: tuple[int, int] | None = None
    """Up and down, where the library has followed the stream."""
    tables: Mapping[Side, Table] = field(default_factory=dict)
    """By whose stanzas are counted."""

    @classmethod
    def read(cls, payload: bytes) -> Self:
        """Raises Malformed."""
        lines = (line.partition("=") for line in payload.decode("utf-8", "replace").splitlines())
        told = {key: value for key, _, value in lines}
        depths = (_number(told.get("up_depth")), _number(told.get("down_depth")))
        # a table is named after the direction its <a/> travels in
        tables = {Side.SERVER: _rows(told.get("up_table")), Side.CLIENT: _rows(told.get("down_table"))}
        return cls(
            lib=told.get("lib", ""),
            peer=_place(told.get("peer", "")),
            wakes=told.get("wake") != "0",
            fresh=told.get("fresh") == "1",
            depths=None if None in depths else (depths[0] or 0, depths[1] or 0),
            tables={side: rows for side, rows in tables.items() if rows},
        )


class Sight:
    """Makes out of its first bytes what a connection is."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self._unlike = 0

    def look(self, data: bytes) -> Looks:
        if not data.strip():
            return Looks.UNKNOWN
        if _BEGINS.match(data) or any(cut.startswith(data[: len(cut)]) for cut in _CUT):
            return Looks.XMPP
        if _FOREIGN.match(data):
            return Looks.OTHER
        if self.opened.fresh:
            return Looks.XMPP if data.lstrip().startswith(b"<") else Looks.OTHER
        if like_xmpp(data):
            return Looks.MIDWAY
        self._unlike += 1
        return Looks.OTHER if self._unlike >= MAX_UNLIKE else Looks.UNKNOWN


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not _DEPTH.fullmatch(text):
        raise Malformed
    return int(text)


def _rows(text: str | None) -> Table:
    """``from:shift,from:shift``"""
    rows = [_ROW.fullmatch(row) for row in (text or "").split(",") if row]
    found = tuple((int(row[1]), int(row[2])) for row in rows if row is not None)
    if len(found) < len(rows) or any(begins >= 2**32 or abs(shift) >= 2**31 for begins, shift in found):
        raise Malformed
    return found


def _place(text: str) -> str:
    """``address port`` to ``HOST:PORT``."""
    host, _, port = text.rpartition(" ")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}" if host else ""
