"""A mapping of bare addresses that takes little room: rosters are long, and thousands of streams have one.

A dict of 200 contacts takes some 35 KiB, nearly all of it for the addresses; as one text they take 3.
"""

from collections import Counter
from collections.abc import Hashable, ItemsView, Iterator, MutableMapping
from typing import TypeVar

from quorate.model.address import Jid

FEW = 16
"""So many changes are kept beside the text, and a quarter of its size more."""
MANY = 500
"""More addresses stay a dict: the text is searched from its beginning."""

V = TypeVar("V", bound=Hashable)


class AddressTable(MutableMapping[Jid, V]):
    """Good for values of which there are few different ones; what is changed anew comes last."""

    __slots__ = ("_domain", "_new", "_packed", "_size", "_values")

    def __init__(self) -> None:
        self._packed = b"\n"
        """Lines of an address, a tab and the place of its value; neither can be in an address (RFC 7622)."""
        self._domain = ""
        """That of most addresses: it is left out."""
        self._size = 0
        """How many lines."""
        self._values: tuple[V, ...] = ()
        self._new: dict[Jid, V | None] | None = None
        """What came after it; None for what was removed."""

    def __getitem__(self, jid: Jid) -> V:
        value = self.find(jid)
        if value is None:
            raise KeyError(jid)
        return value

    def __contains__(self, jid: object) -> bool:
        return isinstance(jid, Jid) and self.find(jid) is not None

    def __setitem__(self, jid: Jid, value: V) -> None:
        self._change(jid, value)

    def __delitem__(self, jid: Jid) -> None:
        if self.find(jid) is None:
            raise KeyError(jid)
        self._change(jid, None)

    def __iter__(self) -> Iterator[Jid]:
        return iter(self._unpacked())

    def __len__(self) -> int:
        new = self._new or {}
        known = sum(self._line(jid) >= 0 for jid in new)
        return self._size - known + sum(value is not None for value in new.values())

    def items(self) -> ItemsView[Jid, V]:
        return self._unpacked().items()

    def find(self, jid: Jid) -> V | None:
        """What is known of this address; None if it is not here."""
        if self._new is not None and jid in self._new:
            return self._new[jid]
        packed, line = self._packed, self._beginning(jid)
        at = packed.find(line) if self._size else -1
        if at < 0:
            return None
        start = at + len(line)
        return self._values[int(packed[start : packed.index(b"\n", start)])]

    def fold(self) -> None:
        """Make it small: many changes are done."""
        if self._new is None:
            return
        table = self._unpacked()
        places: dict[V, int] = {}
        if len(table) > MANY:
            self.clear()
            self._new = {**table}
            return
        domains = Counter(jid.domain for jid in table).most_common(1)
        self._domain = domains[0][0] if domains else ""
        lines = [b"%b%d" % (self._beginning(j), places.setdefault(v, len(places))) for j, v in table.items()]
        self._packed = b"".join(lines) + b"\n"
        self._size, self._values, self._new = len(lines), tuple(places), None

    def clear(self) -> None:
        self._packed, self._size, self._values, self._new = b"\n", 0, (), None

    def _change(self, jid: Jid, value: V | None) -> None:
        if self._new is None:
            self._new = {}
        if value is None and self._line(jid) < 0:
            del self._new[jid]
        else:
            self._new[jid] = value
        if FEW + self._size // 4 < len(self._new) <= MANY:
            self.fold()

    def _line(self, jid: Jid) -> int:
        return -1 if not self._size else self._packed.find(self._beginning(jid))

    def _unpacked(self) -> dict[Jid, V]:
        new = self._new or {}
        table: dict[Jid, V] = {}
        for line in self._packed.decode().split("\n")[1:-1]:
            name, _, place = line.partition("\t")
            local, _, domain = name.rpartition("@")
            if (jid := Jid(local, domain or self._domain)) not in new:
                table[jid] = self._values[int(place)]
        return table | {jid: value for jid, value in new.items() if value is not None}

    def _beginning(self, jid: Jid) -> bytes:
        """Of its line, with the end of the line before."""
        return f"\n{jid.local}@{'' if jid.domain == self._domain else jid.domain}\t".encode()
