"""Edits of single bytes inside one element, found by position instead of by writing it anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quorate.wire.xmpp.header import StreamHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where one element stands in the bytes; in document order, so parents precede children."""

    path: tuple[str, ...]
    """``{namespace}local`` from the outermost element to this one."""
    start: int
    content: int
    """Just past the start tag."""
    end: int
    attributes: Mapping[str, str]
    text: str

    @property
    def name(self) -> str:
        return self.path[-1]


def spans(data: bytes, header: StreamHeader | None) -> list[Span]:
    """Every element in ``data`` (one whole top-level element). Raises NotWellFormed."""
    raise NotImplementedError


def cut(data: bytes, ranges: Iterable[tuple[int, int]]) -> bytes:
    """``data`` without these byte ranges (which may nest)."""
    raise NotImplementedError


def append_child(data: bytes, parent: Span, child: bytes) -> bytes:
    """Put ``child`` before the end tag of ``parent``; an empty-element tag is opened up."""
    raise NotImplementedError
