"""Edits of single bytes inside one element, found by position instead of by writing it anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.parsers import expat

from quorate.wire.xmpp.element import MAX_DEPTH, MAX_SIZE, wrapper
from quorate.wire.xmpp.header import StreamHeader
from quorate.wire.xmpp.tag import NotWellFormed, TooDeep, start_tag_end

_SEPARATOR: Final = "}"


class Span(NamedTuple):
    """Where one element stands in the bytes."""

    path: tuple[str, ...]
    """``{namespace}local`` from the outermost element to this one."""
    start: int
    content: int
    """Just past the start tag."""
    end: int
    attributes: Mapping[str, str]
    text: str
    """Directly inside it, not in its children."""

    @property
    def name(self) -> str:
        return self.path[-1]


@dataclass(slots=True)
class _Open:
    name: str
    start: int
    place: int
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)


class _Walk:
    """Collects spans from expat's events; offsets are those of the data without its wrapper."""

    def __init__(self, data: bytes, before: int) -> None:
        self._data = data
        self._before = before
        self._open: list[_Open] = []
        self._found: list[Span | None] = []
        self.parser = expat.ParserCreate("utf-8", _SEPARATOR)
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    @property
    def spans(self) -> list[Span]:
        return [span for span in self._found if span is not None]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise TooDeep("nested too deeply")
        start = self.parser.CurrentByteIndex - self._before
        clark = {_clark(key): value for key, value in attributes.items()}
        self._open.append(_Open(_clark(name), start, len(self._found), clark))
        self._found.append(None)

    def _end(self, _name: str) -> None:
        done = self._open.pop()
        if not self._open:
            return
        content = start_tag_end(self._data, done.start)
        end = content
        if self._data[content - 2 : content] != b"/>":
            # for <a/> expat names the offset past it, for </a> that of the end tag itself
            end = self._data.find(b">", self.parser.CurrentByteIndex - self._before) + 1
            if not end:
                raise NotWellFormed("ended by what follows it")
        path = (*(element.name for element in self._open[1:]), done.name)
        self._found[done.place] = Span(
            path=path,
            start=done.start,
            content=content,
            end=end,
            attributes=done.attributes,
            text="".join(done.text),
        )

    def _characters(self, text: str) -> None:
        self._open[-1].text.append(text)


def spans(data: bytes, header: StreamHeader | None) -> list[Span]:
    """Every element in ``data`` (one whole top-level element), in document order. Raises NotWellFormed."""
    if len(data) > MAX_SIZE:
        raise NotWellFormed("too big to be parsed")
    before, after = wrapper(header)
    walk = _Walk(data, len(before))
    try:
        walk.parser.Parse(before + data + after, True)
    except expat.ExpatError as error:
        raise NotWellFormed(str(error)) from error
    finally:
        del walk.parser  # it holds the walk: both and all they found would stay until a collection
    found = walk.spans
    if sum(len(span.path) == 1 for span in found) != 1:
        raise NotWellFormed("not exactly one element")
    return found


def cut(data: bytes, ranges: Iterable[tuple[int, int]]) -> bytes:
    """``data`` without these byte ranges, which may nest."""
    kept, at = [], 0
    for start, end in sorted(ranges):
        kept.append(data[at : max(at, start)])
        at = max(at, end)
    return b"".join((*kept, data[at:]))


def append_child(data: bytes, parent: Span, child: bytes) -> bytes:
    """Put ``child`` before the end tag of ``parent``; an empty-element tag is opened up."""
    if parent.content == parent.end:
        name = data[parent.start + 1 : parent.content].split(None, 1)[0].rstrip(b"/>")
        opened = data[: parent.end - 2].rstrip() + b">"
        return opened + child + b"</" + name + b">" + data[parent.end :]
    at = data.rindex(b"</", parent.content, parent.end)
    return data[:at] + child + data[at:]


def _clark(name: str) -> str:
    namespace, separator, local = name.rpartition(_SEPARATOR)
    return f"{{{namespace}}}{local}" if separator else local
