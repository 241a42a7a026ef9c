"""Roster results and pushes. RFC 6121 section 2."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from quorate.model.address import Address
from quorate.model.person import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterQuery:
    contacts: tuple[Contact, ...]
    removed: tuple[Address, ...]
    ver: str | None


def parse_roster(element: Element) -> RosterQuery | None:
    """Read the roster <query/> of an <iq/> (or the query itself); None if there is none."""
    raise NotImplementedError
