"""Cuts one direction of an XMPP stream into pieces without changing a byte. RFC 6120 section 4.

A scanner, not a parser: it reads the start tag of each top-level element and then only looks for tags of the
same name until they balance, which is exact for well-formed XML and faster than expat (bench/).
Comments, processing instructions and CDATA are skipped over. Ill-formed input is left to the two endpoints.

Every delimiter is ASCII, so bytes may arrive cut anywhere. Each byte is searched a fixed number of times:
what was searched once is held or delivered, never searched again.
"""

import re
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from quorate.model.reasons import Reason
from quorate.wire.xmpp.markup import SKIPPED, SLASH, START_TAG, delimiters, element_end

MAX_START_TAG: Final = 64 * 1024
MAX_HEADER: Final = 16 * 1024
MAX_NAME: Final = 1024
CHUNK: Final = 1024
"""What is held of small reads is joined up to this size: an object for each takes 33 bytes of its own."""

_IN_TAG = re.compile(rb"[\"'<>]")
_IN_QUOTES = {b'"': re.compile(rb'["<]'), b"'": re.compile(rb"['<]")}
_SPACE = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LONGEST_SKIP = max(map(len, SKIPPED))
_LESS = 0x3C
_STREAM = b":stream"
"""Under any prefix, after a restart under another one, it is the root (RFC 6120 sections 4.3.3, 4.8.5)."""


class PieceKind(Enum):
    OPEN = "open"
    """A stream header: the first, or the one after SASL (RFC 6120 section 6.4.6)."""
    CLOSE = "close"
    ELEMENT = "element"
    TEXT = "text"
    """Whatever else stands at depth 0 or 1: whitespace, XML declaration, comments, text."""


class Piece(NamedTuple):
    """Consecutive bytes of one thing at depth 0 or 1."""

    kind: PieceKind
    data: bytes
    tag: bytes = b""
    """The start tag, on every piece of an ELEMENT and on OPEN."""
    first: bool = True
    last: bool = True

    @property
    def whole(self) -> bool:
        return self.first and self.last


class Lost(NamedTuple):
    """The stream cannot be followed; ``data`` is everything not delivered so far."""

    reason: Reason
    data: bytes


class _Unfollowable(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


class _Scan(Enum):
    """What the next byte is part of."""

    BETWEEN = "between"  # depth 0 or 1, inside nothing
    START = "start"  # a top-level start tag
    CLOSE = "close"  # the root's end tag
    BODY = "body"  # the content of a top-level element
    SAME_START = "same-start"  # in it, a start tag of the same name
    SAME_END = "same-end"
    SKIP = "skip"  # a comment, processing instruction or CDATA, anywhere


class Framer:
    """One direction of a stream.

    ``hold(start_tag)`` says how many bytes of an element to hold back at most so that it comes as one whole
    piece; 0 lets it through as it arrives. It is asked only about elements that arrive in several reads.
    """

    def __init__(self, hold: Callable[[bytes], int]) -> None:
        self._hold = hold
        self._forget()

    def _forget(self) -> None:
        self._scan = _Scan.BETWEEN
        self._root = b""
        self._closed = self.ended = False  # ended: by its end tag; what still comes is no stream
        self._lost: Reason | None = None
        self.rests = False
        """Between the elements of an open stream, with nothing pending."""
        self._tail = b""  # too few bytes to tell what they begin
        self._held: list[bytes] = []
        self._held_size, self._torn = 0, False  # torn: something was delivered in part
        self._quote, self._slash, self._until = b"", False, b""
        self._kind, self._tag, self._name = PieceKind.TEXT, b"", b""
        self._limit, self._depth, self._first = 0, 0, True

    @property
    def pending(self) -> int:
        """Bytes taken in and not delivered."""
        return self._held_size + len(self._tail)

    @property
    def held(self) -> bytes:
        """What of the element that is being read was not delivered yet."""
        return b"".join(self._held)

    @property
    def unfinished(self) -> bytes:
        """Start tag of the element that is being read; empty if there is none."""
        return self._tag if self._depth else b""

    @property
    def at_boundary(self) -> bool:
        """True if an element of our own may follow what was delivered so far."""
        return not self._torn

    def feed(self, data: bytes) -> list[Piece | Lost]:
        """Take bytes in, return what they completed; the pieces joined are the bytes, in order."""
        out: list[Piece | Lost] = []
        window, at = self.window(data), 0
        while at < len(window):
            at = self.advance(window, at, out)
        return out

    def window(self, data: bytes) -> bytes:
        """What is to be scanned now: ``data``, behind the few bytes that could not be told without it."""
        tail, self._tail = self._tail, b""
        return tail + data if tail else data

    def advance(self, window: bytes, at: int, out: list[Piece | Lost]) -> int:
        """Go on at ``at`` as far as the end of one element; appends pieces, returns where the next begins.

        At the end of ``window`` whatever was not delivered is kept.
        """
        start, size = at, len(window)
        held, kept, given = self._held, len(self._held), len(out)
        while at < size and (at == start or self._scan is not _Scan.BETWEEN):
            try:
                after = self._step(window, at, out)
            except _Unfollowable as stop:
                self._lost, self._closed = stop.reason, True
                out.append(Lost(stop.reason, self._take() + window[at:]))
                after = size
            except Exception:  # a fault of ours: as if nothing of this had been delivered yet
                self._forget()
                self._lost, self._closed, out[given:] = Reason.INTERNAL_ERROR, True, []
                out.append(Lost(self._lost, b"".join(held[:kept]) + window[start:]))
                return size
            if after == at:
                self._tail = window[at:]
                after = size
            at = after
        if self._depth and self._held_size > self._limit:
            self._limit = 0
            out.append(self._part())
        while len(self._held) > 1 and len(self._held[-2]) + len(self._held[-1]) <= CHUNK:
            self._held[-2:] = [self._held[-2] + self._held[-1]]
        self.rests = self._in_stream and self._scan is _Scan.BETWEEN and not (self._tail or self._torn)
        return at

    def release(self) -> list[Piece]:
        """Give out what is held of an unfinished element; the rest of it comes as it arrives.

        An element whose start tag is not complete stays pending.
        """
        if not self._depth:
            return []
        self._limit = 0
        return [self._part()] if self._held else []

    def reset(self) -> bytes:
        """Start over, as after STARTTLS; returns what was not delivered."""
        rest = self._take() + self._tail
        self._forget()
        return rest

    def _step(self, window: bytes, at: int, out: list[Piece | Lost]) -> int:
        """Deal with what begins or goes on at ``at``; the same offset back means: more bytes are needed.

        A step that raises has neither delivered nor kept anything of ``window``.
        """
        if self._lost is not None:
            out.append(Lost(self._lost, window[at:]))
            return len(window)
        if self._scan is _Scan.BETWEEN:
            after = self._element(window, at, out) if self._root and not self._closed else at
            return after if after != at else self._between(window, at, out)
        if self._scan is _Scan.START:
            return self._start_tag(window, at, out)
        if self._scan is _Scan.CLOSE:
            return self._close_tag(window, at, out)
        return self._inside(window, at, out)

    def _element(self, window: bytes, at: int, out: list[Piece | Lost]) -> int:
        """The common case, done fast: an element whose start tag, and mostly the rest, lies in ``window``."""
        start = START_TAG.match(window, at)
        if start is None:
            return at
        name, content = start[1], start.end()
        opens = name == self._root or name.endswith(_STREAM)
        if opens or content - at > MAX_START_TAG or len(name) > MAX_NAME:
            return at
        self._torn = False
        end = content if window[content - 2] == SLASH else element_end(window, content, name)
        if not end:
            self._begin_body(name, start[0])
            return content
        out.append(Piece(PieceKind.ELEMENT, window[at:end], start[0]))
        return end

    def _between(self, window: bytes, at: int, out: list[Piece | Lost]) -> int:
        if window[at] != _LESS:
            return self._text(window, at, out)
        begin = window[at : at + _LONGEST_SKIP]
        if any(opener.startswith(begin) and opener != begin for opener in SKIPPED):
            return at
        self._refuse_unless(not window.startswith(b"<![CDATA[", at) or self._in_stream)
        for opener, until in SKIPPED.items():
            if window.startswith(opener, at):
                return self._begin_skip(opener, until, at)
        self._refuse_unless(not window.startswith(b"<!", at) and not self._closed)
        if window.startswith(b"</", at):
            self._refuse_unless(self._in_stream)
            self._scan = _Scan.CLOSE
            return self._close_tag(window, at, out)
        self._scan, self._quote = _Scan.START, b""
        self._keep(window[at : at + 1])
        return at + 1

    @property
    def _in_stream(self) -> bool:
        return bool(self._root) and not self._closed

    @staticmethod
    def _refuse_unless(followable: bool, reason: Reason = Reason.NOT_WELL_FORMED) -> None:
        if not followable:
            raise _Unfollowable(reason)

    def _text(self, window: bytes, at: int, out: list[Piece | Lost]) -> int:
        mark = window.find(b"<", at)
        data = window[at:mark] if mark >= 0 else window[at:]
        if not self._in_stream:
            self._refuse_unless(not data.strip(_SPACE + _BYTE_ORDER_MARK))
        # text may end inside a character or a reference; white space cannot
        self._torn = data[-1] not in _SPACE
        out.append(Piece(PieceKind.TEXT, data))
        return at + len(data)

    def _begin_skip(self, opener: bytes, until: bytes, at: int) -> int:
        self._scan, self._until = _Scan.SKIP, until
        self._kind, self._tag, self._limit, self._depth, self._first = PieceKind.TEXT, b"", 0, 1, True
        self._keep(opener)
        return at + len(opener)

    def _close_tag(self, window: bytes, at: int, out: list[Piece | Lost]) -> int:
        end = window.find(b">", at) + 1
        size = self._held_size + (end or len(window)) - at
        self._refuse_unless(size <= MAX_HEADER, Reason.STANZA_TOO_BIG)
        if not end:
            self._keep(window[at:])
            return len(window)
        data = b"".join((*self._held, window[at:end]))
        self._refuse_unless(data[2:-1].rstrip(_SPACE) == self._root)
        self._take()
        self._scan, self._closed, self.ended, self._torn = _Scan.BETWEEN, True, True, False
        out.append(Piece(PieceKind.CLOSE, data))
        return end

    def _start_tag(self, window: bytes, at: int, out: list[Piece | Lost]) -> int:
        end = self._tag_end(window, at)
        size = self._held_size + (end or len(window)) - at
        limit = MAX_START_TAG if self._root else MAX_HEADER
        self._refuse_unless(size <= limit, Reason.STANZA_TOO_BIG)
        if not end:
            self._keep(window[at:])
            return len(window)
        tag = b"".join((*self._held, window[at:end]))
        start = START_TAG.fullmatch(tag)
        if start is None:
            raise _Unfollowable(Reason.NOT_WELL_FORMED)
        name = start[1]
        self._refuse_unless(len(name) <= MAX_NAME, Reason.STANZA_TOO_BIG)
        empty = tag.endswith(b"/>")
        opens = name == (self._root or name) or name.endswith(_STREAM)
        self._refuse_unless(not (opens and (empty or size > MAX_HEADER)))
        self._take()
        self._scan, self._torn = _Scan.BETWEEN, False
        if opens or empty:
            self._root = name if opens else self._root
            out.append(Piece(PieceKind.OPEN if opens else PieceKind.ELEMENT, tag, tag))
        else:
            self._begin_body(name, tag)
        return end

    def _begin_body(self, name: bytes, tag: bytes) -> None:
        self._scan, self._name, self._depth = _Scan.BODY, name, 1
        self._kind, self._tag, self._limit, self._first = PieceKind.ELEMENT, tag, self._hold(tag), True
        self._keep(tag)

    def _inside(self, window: bytes, at: int, out: list[Piece | Lost]) -> int:
        """Go on with the unfinished element or comment as far as ``window`` goes."""
        plain = self._scan is _Scan.BODY and self._depth == 1
        end = element_end(window, at, self._name) if plain else 0
        if end:
            self._depth = 0
        else:
            end = self._as_far_as(window, at)
        self._keep(window[at:end])
        if not self._depth:
            self._scan = _Scan.BETWEEN
            out.append(self._part(last=True))
        return end

    def _as_far_as(self, window: bytes, at: int) -> int:
        while self._depth and at < len(window):
            after = self._scan_inside(window, at)
            if after == at:
                break
            at = after
        return at

    def _scan_inside(self, window: bytes, at: int) -> int:
        if self._scan is _Scan.BODY:
            return self._body(window, at)
        if self._scan is _Scan.SKIP:
            return self._skip(window, at)
        if self._scan is _Scan.SAME_END:
            end = window.find(b">", at) + 1
            if end:
                self._scan, self._depth = _Scan.BODY, self._depth - 1
            return end or len(window)
        end = self._tag_end(window, at)
        if not end:
            self._slash = window.endswith(b"/")
            return len(window)
        empty = window[end - 2] == SLASH if end - 2 >= at else self._slash
        self._scan, self._depth = _Scan.BODY, self._depth + (not empty)
        return end

    def _body(self, window: bytes, at: int) -> int:
        known = delimiters(self._name)
        found = known.openers.search(window, at)
        if found is None:
            mark = window.rfind(b"<", max(at, len(window) - known.longest))
            return mark if mark >= 0 and window[mark:] in known.prefixes else len(window)
        if found[0] in SKIPPED:
            self._scan, self._until = _Scan.SKIP, SKIPPED[found[0]]
        elif found[0].startswith(b"</"):
            self._scan = _Scan.SAME_END
        else:
            self._scan, self._quote, self._slash = _Scan.SAME_START, b"", False
        return found.end()

    def _skip(self, window: bytes, at: int) -> int:
        mark = window.find(self._until, at)
        if mark < 0:
            partial = (n for n in (2, 1) if n < len(self._until) and window.endswith(self._until[:n], at))
            return len(window) - next(partial, 0)
        if self._kind is PieceKind.TEXT:
            self._depth = 0
        self._scan = _Scan.BODY
        return mark + len(self._until)

    def _tag_end(self, window: bytes, at: int) -> int:
        """Just past the ``>`` of a start tag, 0 if it is not there yet; quotes may hide one."""
        while True:
            found = (_IN_QUOTES[self._quote] if self._quote else _IN_TAG).search(window, at)
            if found is None:
                return 0
            mark, at = found[0], found.end()
            self._refuse_unless(mark != b"<")
            if mark == b">":
                return at
            self._quote = b"" if self._quote else mark

    def _part(self, *, last: bool = False) -> Piece:
        piece = Piece(self._kind, self._take(), self._tag, self._first, last)
        self._first, self._torn = False, not last
        return piece

    def _keep(self, data: bytes) -> None:
        self._held.append(data)
        self._held_size += len(data)

    def _take(self) -> bytes:
        data = b"".join(self._held)
        self._held = []  # ``advance`` may still need the old one
        self._held_size = 0
        return data
