"""What one stream has told so far, to tell it again to a server that comes later."""

from collections.abc import Iterable
from dataclasses import replace

from quorate.model.address import Address
from quorate.model.evidence import Evidence, Presence
from quorate.model.person import Contact

MAX_GONE = 16
"""Devices of one contact that are offline and still remembered."""


class Knowledge:
    def __init__(self) -> None:
        self._contacts: dict[Address, Contact] = {}
        self._evidence: dict[Address, dict[str, Evidence]] = {}
        """Per contact the latest of each device, in the order it was heard."""
        self.roster_seen = False

    @property
    def contacts(self) -> tuple[Contact, ...]:
        return tuple(self._contacts.values())

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return tuple(e for devices in self._evidence.values() for e in devices.values())

    def roster(self, contacts: Iterable[Contact], removed: Iterable[Address], *, full: bool) -> None:
        self.roster_seen = True
        if full:
            self._contacts.clear()
        for contact in contacts:
            self._contacts[contact.address] = contact
        for address in removed:
            self._contacts.pop(address, None)
            self._evidence.pop(address, None)

    def saw(self, evidence: Evidence) -> None:
        devices = self._evidence.setdefault(evidence.subject, {})
        devices.pop(evidence.resource, None)
        devices[evidence.resource] = evidence
        if evidence.presence is Presence.OFFLINE:
            gone = [name for name, e in devices.items() if e.presence is Presence.OFFLINE]
            for name in gone[: max(len(gone) - MAX_GONE, 0)]:
                del devices[name]

    def stale(self) -> None:
        """The stream is forwarded only: nothing of this counts any more."""
        for devices in self._evidence.values():
            devices.update({name: replace(e, stale=True) for name, e in devices.items()})
