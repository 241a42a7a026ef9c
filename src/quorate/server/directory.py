"""Who is who: persons with stable keys, from stored activities, the config and every roster.

A person's key is what one types: the local part of the address, or the whole address if another person
has that key already. Keys are given once and stay for the life of the directory; what the store knows
comes first, so they survive restarts as long as an activity needs them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from quorate.model.address import Address, BadAddress, parse_address, parse_jid
from quorate.model.person import Contact, Person
from quorate.rules.groups import opened
from quorate.server.config import ConfiguredPerson


@dataclass(slots=True)
class _Known:
    key: str
    name: str
    """From the config or a stored activity; empty if only rosters name the person."""
    addresses: tuple[Address, ...]
    configured: bool = False


@dataclass(slots=True)
class _Roster:
    contacts: dict[Address, Contact] = field(default_factory=dict)


class Directory:
    def __init__(
        self,
        people: Mapping[str, ConfiguredPerson] | None = None,
        groups: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self._known: dict[str, _Known] = {}
        self._by_address: dict[Address, str] = {}
        self._rosters: dict[Address, _Roster] = {}
        self._groups_of: dict[Address | None, dict[str, list[str]]] = {}
        """Vantage to person key to group names, until something changes."""
        self._groups = {name: tuple(members) for name, members in (groups or {}).items()}
        self._by_name = {name.casefold(): members for name, members in self._groups.items()}
        for key, person in (people or {}).items():
            self._configure(key, person)

    # what is learnt

    def remember(self, person: Person) -> None:
        """A person of a stored activity keeps key and addresses."""
        for address in person.addresses:
            if address not in self._by_address:
                self._add(person.key, address, name=person.name)

    def own(self, account: Address) -> str:
        """The key of an own account: its owner is a person too."""
        self._rosters.setdefault(account, _Roster())
        return self.key_of(account)

    def roster(
        self, vantage: Address, contacts: Iterable[Contact], removed: Iterable[str], full: bool
    ) -> None:
        """Contacts as one own account's server sent them; ``full``: there are no others."""
        book = self._rosters.setdefault(vantage, _Roster())
        if full:
            book.contacts.clear()
        for contact in contacts:
            book.contacts[contact.address] = contact
            self.key_of(contact.address)
        for text in removed:
            book.contacts.pop(parse_address(text), None)
        self._groups_of.clear()

    def key_of(self, address: Address) -> str:
        """The key of whoever has this address; made if nobody had it."""
        known = self._by_address.get(address)
        return known if known is not None else self._add(self._free_key(address), address)

    # what is asked

    def accounts(self) -> list[Address]:
        """Own accounts seen since the start."""
        return list(self._rosters)

    def owns(self, address: Address) -> bool:
        return address in self._rosters

    def contact(self, vantage: Address, address: Address) -> Contact | None:
        book = self._rosters.get(vantage)
        return book.contacts.get(address) if book else None

    def contacts(self, vantage: Address) -> list[Contact]:
        book = self._rosters.get(vantage)
        return list(book.contacts.values()) if book else []

    def person(self, key: str, vantage: Address | None = None) -> Person | None:
        """The person under this key, called as the vantage's roster does."""
        known = self._known.get(key)
        if known is None:
            return None
        return Person(key=key, name=self._name(known, vantage), addresses=known.addresses)

    def addresses(self, key: str) -> tuple[Address, ...]:
        """Of the person under this key; none if there is nobody."""
        known = self._known.get(key)
        return () if known is None else known.addresses

    def people(self, vantage: Address | None = None) -> list[Person]:
        """Everybody this vantage (None: any) knows: its roster, the config, its own account; by name."""
        keys = self._keys(vantage)
        found = (self.person(key, vantage) for key in keys)
        return sorted((p for p in found if p is not None), key=lambda p: (p.name.casefold(), p.key))

    def groups(self, vantage: Address | None = None) -> dict[str, tuple[str, ...]]:
        """Group name to person keys, of the config and of the vantage's roster (None: all rosters).

        The config's members stand as written; servers send rosters in any order, so their members by key.
        """
        found: dict[str, dict[str, None]] = {}
        rosters = self._roster_groups(vantage)
        for name in self._groups:
            found[name] = {}
            for member in opened(name, self._by_name):
                if member.startswith("@"):
                    found[name].update(dict.fromkeys(rosters.get(member[1:].casefold(), ("", {}))[1]))
                else:
                    found[name][self._resolve_member(member)] = None
        for group, keys in rosters.values():
            name = next((g for g in found if g.casefold() == group.casefold()), group)
            found.setdefault(name, {}).update(keys)
        return {name: tuple(members) for name, members in found.items()}

    def _roster_groups(self, vantage: Address | None) -> dict[str, tuple[str, dict[str, None]]]:
        """By casefolded name: how it is written first, and the keys of its contacts in their order."""
        found: dict[str, tuple[str, dict[str, None]]] = {}
        keyed = ((self.key_of(contact.address), contact) for contact in self._contacts_of(vantage))
        for key, contact in sorted(keyed, key=lambda entry: entry[0]):
            for group in contact.groups:
                found.setdefault(group.casefold(), (group, {}))[1][key] = None
        return found

    def groups_of(self, key: str, vantage: Address | None = None) -> list[str]:
        if vantage not in self._groups_of:
            of: dict[str, list[str]] = {}
            for name, members in sorted(self.groups(vantage).items()):
                for member in members:
                    of.setdefault(member, []).append(name)
            self._groups_of[vantage] = of
        return list(self._groups_of[vantage].get(key, ()))

    def is_configured(self, key: str) -> bool:
        """True if the config defines this person: then the key means nobody else."""
        known = self._known.get(key)
        return known is not None and known.configured

    def book(self, vantage: Address | None) -> "Book":
        return Book(self, vantage)

    # how

    def _configure(self, key: str, person: ConfiguredPerson) -> None:
        key = key.casefold()
        for address in person.parsed:
            self._add(key, address, name=person.name or key)
        self._known[key].configured = True

    def _add(self, key: str, address: Address, name: str = "") -> str:
        known = self._known.get(key)
        if known is None:
            self._known[key] = _Known(key, name, (address,))
        else:
            known.name = known.name or name
            if address not in known.addresses:
                known.addresses += (address,)
        self._by_address.setdefault(address, key)
        return key

    def _free_key(self, address: Address) -> str:
        jid = parse_jid(address.account)
        short = jid.local.casefold() or address.account
        return short if short not in self._known else address.account

    def _resolve_member(self, member: str) -> str:
        if "@" in member:
            return self.key_of(parse_address(member))
        return member.casefold()

    def _keys(self, vantage: Address | None) -> set[str]:
        keys = {known.key for known in self._known.values() if known.configured}
        keys |= {self.key_of(contact.address) for contact in self._contacts_of(vantage)}
        own = self.accounts() if vantage is None else [vantage]
        return keys | {self.key_of(account) for account in own}

    def _contacts_of(self, vantage: Address | None) -> Iterable[Contact]:
        books = self._rosters.values() if vantage is None else [self._rosters.get(vantage, _Roster())]
        return [contact for book in books for contact in book.contacts.values()]

    def _name(self, known: _Known, vantage: Address | None) -> str:
        if known.configured and known.name:
            return known.name
        books = self._rosters.values() if vantage is None else [self._rosters.get(vantage, _Roster())]
        found = (book.contacts.get(address) for book in books for address in known.addresses)
        named = (contact.name for contact in found if contact is not None and contact.name)
        return next(named, "") or known.name or known.key


class Book:
    """What one own account can name; the address book that requirements are resolved against."""

    def __init__(self, directory: Directory, vantage: Address | None) -> None:
        self._directory = directory
        self._vantage = vantage

    def find(self, name: str) -> list[Person]:
        """Everybody who may be meant by what was typed."""
        if (person := self._by_address(name)) is not None:
            return [person]
        wanted = name.casefold()
        known = self._directory.people(self._vantage)
        if any(p.key == wanted and self._directory.is_configured(p.key) for p in known):
            known = [p for p in known if p.key == wanted]
        return [p for p in known if wanted in _typed_forms(p)]

    def find_known(self, name: str) -> list[Person]:
        """As ``find`` for what others typed: only people in this account's own book, nobody new."""
        if "@" not in name.strip("@"):
            return self.find(name)
        try:
            address = parse_address(name)
        except BadAddress:
            return []
        return [p for p in self._directory.people(self._vantage) if address in p.addresses]

    def group(self, name: str) -> tuple[str, ...] | None:
        groups = self._directory.groups(self._vantage)
        wanted = name.removeprefix("@").casefold()
        return next((members for group, members in groups.items() if group.casefold() == wanted), None)

    def names(self) -> list[str]:
        return [
            form for p in self._directory.people(self._vantage) for form in dict.fromkeys((p.key, p.name))
        ]

    def group_names(self) -> list[str]:
        return sorted(self._directory.groups(self._vantage))

    def _by_address(self, text: str) -> Person | None:
        """Whole addresses may be used without being in the roster: their presence can be asked for."""
        if "@" not in text.strip("@"):
            return None
        try:
            key = self._directory.key_of(parse_address(text))
        except BadAddress:
            return None
        return self._directory.person(key, self._vantage)


def _typed_forms(person: Person) -> set[str]:
    forms = {person.key, person.name.casefold()}
    return forms | {parse_jid(a.account).local for a in person.addresses if a.network == "xmpp"} - {""}
