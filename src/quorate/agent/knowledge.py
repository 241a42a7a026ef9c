"""What one stream has told so far, to tell it again to a server that comes later.

That is rare, and the memory of a stream is dear: only what is new lies about, the rest is kept packed.
"""

import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from pydantic import TypeAdapter

from quorate.model.address import Address
from quorate.model.evidence import Evidence, Presence
from quorate.model.person import Contact

MAX_GONE = 16
"""Devices of one contact that are offline and still remembered."""
MANY = 64
"""New statements at which they are packed at once, if they are a quarter of what is packed already."""
FEW = 8
"""So many may stay unpacked for good: packing costs time, too."""

T = TypeVar("T")
_CONTACTS: TypeAdapter[tuple[Contact, ...]] = TypeAdapter(tuple[Contact, ...])
_EVIDENCE: TypeAdapter[tuple[Evidence, ...]] = TypeAdapter(tuple[Evidence, ...])


class Knowledge:
    __slots__ = ("_contacts", "_evidence", "_known", "_new", "_packed_contacts", "count", "roster_seen")

    def __init__(self) -> None:
        self._packed_contacts = b""
        self._contacts: dict[Address, Contact] | None = None
        """Instead of the packed ones, while the roster changes."""
        self._evidence = b""
        """Packed: of each device the latest, in the order it was heard; ``_new`` came after it."""
        self._new: dict[tuple[str, str], Evidence] = {}
        """By account and resource."""
        self._known = 0
        """How many are packed."""
        self.count = 0
        """How many contacts."""
        self.roster_seen = False

    @property
    def contacts(self) -> tuple[Contact, ...]:
        if self._contacts is None:
            return _unpacked(_CONTACTS, self._packed_contacts)
        return tuple(self._contacts.values())

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        devices: dict[Address, dict[str, Evidence]] = {}
        for evidence in (*_unpacked(_EVIDENCE, self._evidence), *self._new.values()):
            _note(devices.setdefault(evidence.subject, {}), evidence)
        return tuple(e for of_one in devices.values() for e in of_one.values())

    def roster(self, contacts: Iterable[Contact], removed: Iterable[Address], *, full: bool) -> None:
        self.roster_seen = True
        known = {} if full else self._contacts
        if known is None:
            known = {contact.address: contact for contact in self.contacts}
        known |= {contact.address: contact for contact in contacts}
        for address in (gone := set(removed)):
            known.pop(address, None)
        self._contacts, self.count = known, len(known)
        if full:
            self._pack_contacts()
        if gone:
            self._keep(e for e in self.evidence if e.subject not in gone)

    def saw(self, evidence: Evidence) -> None:
        key = (evidence.subject.account, evidence.resource)
        self._new.pop(key, None)
        self._new[key] = evidence

    def stale(self) -> None:
        """The stream is forwarded only: nothing of this counts any more."""
        self._keep(replace(e, stale=True) for e in self.evidence)

    def settled(self, *, at_rest: bool = False) -> None:
        """Pack what is new if that is much; ``at_rest``: nothing has come for a while."""
        if len(self._new) > (FEW if at_rest else max(MANY, self._known // 4)):
            self._keep(self.evidence)
        if at_rest:
            self._pack_contacts()

    def _pack_contacts(self) -> None:
        if self._contacts is not None:
            self._packed_contacts, self._contacts = _packed(_CONTACTS, self.contacts), None

    def _keep(self, evidence: Iterable[Evidence]) -> None:
        known = tuple(evidence)
        self._evidence, self._known, self._new = _packed(_EVIDENCE, known), len(known), {}


def _note(devices: dict[str, Evidence], evidence: Evidence) -> None:
    devices.pop(evidence.resource, None)
    devices[evidence.resource] = evidence
    if evidence.presence is Presence.OFFLINE:
        gone = [name for name, e in devices.items() if e.presence is Presence.OFFLINE]
        for name in gone[: max(len(gone) - MAX_GONE, 0)]:
            del devices[name]


def _packed(adapter: TypeAdapter[tuple[T, ...]], values: tuple[T, ...]) -> bytes:
    return zlib.compress(adapter.dump_json(values), 1)


def _unpacked(adapter: TypeAdapter[tuple[T, ...]], packed: bytes) -> tuple[T, ...]:
    return adapter.validate_json(zlib.decompress(packed)) if packed else ()
