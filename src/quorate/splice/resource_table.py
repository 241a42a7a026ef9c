"""The last presence of each resource, by contact: what has lain for a while takes little room.

A contact with one resource takes some 700 bytes in dicts, as a line of text about 100, and nearly all of the
initial burst is never looked at again. What changes is taken out of the text, until ``fold``.
"""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from quorate.model.address import Jid
from quorate.model.evidence import Presence

MAX_FOLDED: Final = 50
"""Contacts at once: it takes some 50 µs for each, and other streams wait."""
MAX_TEXT: Final = 32 * 1024
"""Bytes; the text is searched from its beginning, so what is more stays in dicts."""
_MARK_SIZE: Final = 8
_encode: Final = json.JSONEncoder(separators=(",", ":")).encode


class Resource(NamedTuple):
    """The last presence of one resource, as the client has it."""

    presence: Presence
    priority: int
    since: datetime | None
    idle_since: datetime | None
    stanza: bytes
    """As the server sent it; empty if the client may not have got it, or if nobody will ask for it, or if
    only its ``looks`` are kept."""
    asked: bool
    place: int
    """Its number among the stanzas the client was given (XEP-0198); 0 if they are not counted."""
    mark: int | None
    """Recognises the same stanza sent again; None if that would be news."""
    began: float
    """When the stream said so first."""
    idle_from: float | None
    looks: bytes = b""
    """Fingerprint of the stanza."""


class ResourceTable:
    """Of each contact in it at least one resource is known."""

    __slots__ = ("_live", "_marks", "_text", "_text_marks")

    def __init__(self) -> None:
        self._live: dict[Jid, dict[str, Resource]] = {}
        self._marks: set[int] = set()
        """Of those in ``_live``: one lookup tells a repetition."""
        self._text = b"\n"
        """Lines of a full address, a tab and a JSON array; neither can be in an address (RFC 7622)."""
        self._text_marks = b""
        """Of those in ``_text``, 8 bytes each; two that overlap are as unlikely as two that are the same."""

    def __contains__(self, contact: Jid) -> bool:
        return contact in self._live or self._begins(contact) >= 0

    def of(self, contact: Jid) -> Mapping[str, Resource]:
        """By their names; empty if none is known."""
        live = self._live.get(contact)
        if live is not None:
            return live
        start, end = self._lines(contact)
        return _read(self._text[start:end])

    def items(self) -> list[tuple[Jid, Mapping[str, Resource]]]:
        found: dict[Jid, dict[str, Resource]] = {}
        for line in self._text.split(b"\n")[1:-1]:
            local, _, domain = line.partition(b"/")[0].decode().rpartition("@")
            found.setdefault(Jid(local, domain), {}).update(_read(line))
        return [*found.items(), *self._live.items()]

    def marked(self, mark: int) -> bool:
        """A resource has this mark."""
        return mark in self._marks or (self._text_marks != b"" and _as_bytes(mark) in self._text_marks)

    def note(self, contact: Jid, name: str, resource: Resource) -> None:
        known = self._opened(contact)
        self._unmark(known.get(name))
        known[name] = resource
        if resource.mark is not None:
            self._marks.add(resource.mark)

    def remove(self, contact: Jid, name: str) -> None:
        """Forget this resource, if it is here."""
        known = self._opened(contact)
        self._unmark(known.pop(name, None))
        if not known:
            del self._live[contact]

    def pop(self, contact: Jid) -> Mapping[str, Resource]:
        """Forget the contact; returns what was known."""
        known = self._opened(contact)
        del self._live[contact]
        for resource in known.values():
            self._unmark(resource)
        return known

    def fold(self, looks: Callable[[bytes], bytes]) -> bool:
        """Make it small; of a stanza only what ``looks`` says is kept. False if another call does more."""
        lines, marks, size, full = [self._text], [self._text_marks], len(self._text), False
        for contact, known in list(islice(self._live.items(), MAX_FOLDED)):
            for name, resource in known.items():
                if resource.stanza:
                    known[name] = resource._replace(stanza=b"", looks=looks(resource.stanza))
            text = b"".join(_line(contact, name, resource) for name, resource in known.items())
            if full := (size := size + len(text)) > MAX_TEXT:
                break
            lines.append(text)
            marks += (_as_bytes(r.mark) for r in self._live.pop(contact).values() if r.mark is not None)
        self._text, self._text_marks = b"".join(lines), b"".join(marks)
        # what shrinks in place keeps the room of the most it ever held
        self._live = dict(self._live)
        self._marks = {r.mark for known in self._live.values() for r in known.values() if r.mark is not None}

        return full or not self._live

    def clear(self) -> None:
        self._live, self._marks, self._text, self._text_marks = {}, set(), b"\n", b""

    def _opened(self, contact: Jid) -> dict[str, Resource]:
        """What is known of a contact, out of the text, to be changed."""
        live = self._live.get(contact)
        if live is None:
            start, end = self._lines(contact)
            live = self._live[contact] = _read(self._text[start:end])
            if live:
                self._text = self._text[:start] + self._text[end:]
            for resource in live.values():
                if resource.mark is not None:
                    self._text_marks = self._text_marks.replace(_as_bytes(resource.mark), b"", 1)
                    self._marks.add(resource.mark)
        return live

    def _begins(self, contact: Jid) -> int:
        """Where its lines begin, with the end of the line before; negative if there is none."""
        return self._text.find(b"\n%b" % _beginning(contact)) if len(self._text) > 1 else -1

    def _lines(self, contact: Jid) -> tuple[int, int]:
        """Where those of one contact are, which stand together."""
        start = end = self._begins(contact) + 1
        if start > 0:
            beginning = _beginning(contact)
            while self._text.startswith(beginning, end):
                end = self._text.index(b"\n", end) + 1
        return start, end

    def _unmark(self, resource: Resource | None) -> None:
        if resource is not None and resource.mark is not None:
            self._marks.discard(resource.mark)


def _beginning(contact: Jid) -> bytes:
    return f"{contact.local}@{contact.domain}/".encode()


def _as_bytes(mark: int) -> bytes:
    return mark.to_bytes(_MARK_SIZE, "little", signed=True)


def _line(contact: Jid, name: str, resource: Resource) -> bytes:
    told = [
        resource.presence.value,
        resource.priority,
        resource.since and resource.since.isoformat(),
        resource.idle_since and resource.idle_since.isoformat(),
        resource.asked,
        resource.place,
        resource.mark,
        resource.began,
        resource.idle_from,
        resource.looks.hex(),
    ]
    return b"%b%b\t%b\n" % (_beginning(contact), name.encode(), _encode(told).encode())


def _read(lines: bytes) -> dict[str, Resource]:
    return dict(map(_resource, filter(None, lines.split(b"\n"))))


def _resource(line: bytes) -> tuple[str, Resource]:
    key, _, told = line.partition(b"\t")
    presence, priority, since, idle_since, asked, place, mark, began, idle_from, looks = json.loads(told)
    name = sys.intern(key.partition(b"/")[2].decode())
    return name, Resource(
        Presence(presence),
        priority,
        since and datetime.fromisoformat(since),
        idle_since and datetime.fromisoformat(idle_since),
        b"",
        asked,
        place,
        mark,
        began,
        idle_from,
        bytes.fromhex(looks),
    )
