"""Where, in a stream whose beginning was missed, an element begins: one direction of it.

A read that begins with an element known at the top and ends between two elements is taken for what it looks
like; one that only begins so is followed to its end. Until then everything passes.
"""

import re

from quorate.wire.xmpp.framer import Framer, Lost
from quorate.wire.xmpp.header import CLIENT_NS, STREAM_NS

HEADER = f"<stream:stream xmlns='{CLIENT_NS}' xmlns:stream='{STREAM_NS}' version='1.0'>".encode()
"""As all of them are; that of a stream joined midway is gone."""
MAX_FOLLOWED = 1024 * 1024
"""Bytes after which what began like an element is given up."""
_TOP = re.compile(rb"\s*<(?:(?:message|presence|iq|r|a|active|inactive)[ />]|stream:(?:error|features)[ />])")


class Boundary:
    def __init__(self) -> None:
        self._framer: Framer | None = None
        self._followed = 0
        self.found = False
        """What comes next begins between two elements."""

    def sought(self, data: bytes) -> bool:
        """One read; True if it is whole elements, and so has to be read from its first byte on."""
        whole = self._framer is None
        if self._framer is None:
            if not like_xmpp(data):
                return False
            self._framer, self._followed = opened(), 0
        self._followed += len(data)
        pieces = self._framer.feed(data)
        if self._framer.rests:
            self.found = True
            return whole
        if self._followed > MAX_FOLLOWED or any(isinstance(piece, Lost) for piece in pieces):
            self._framer = None
        return False


def opened() -> Framer:
    """A framer in the middle of a stream."""
    framer = Framer(lambda _tag: 0)
    framer.feed(HEADER)
    return framer


def like_xmpp(data: bytes) -> bool:
    """These bytes may be the beginning of a top-level element in the middle of a stream."""
    return _TOP.match(data) is not None
