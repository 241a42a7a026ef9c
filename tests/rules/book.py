"""An address book for tests: people by key, groups by name."""

from collections.abc import Iterable, Mapping, Sequence

from quorate.model.address import xmpp
from quorate.model.person import Person


def person(key: str, name: str = "", domain: str = "example.org") -> Person:
    local = key.partition("@")[0]
    return Person(key=key, name=name or key, addresses=(xmpp(f"{local}@{domain}"),))


class Book:
    def __init__(self, people: Iterable[Person], groups: Mapping[str, Sequence[str]] | None = None) -> None:
        self.people = list(people)
        self.groups = {name: tuple(members) for name, members in (groups or {}).items()}

    def find(self, name: str) -> Sequence[Person]:
        wanted = name.casefold()
        return [
            p for p in self.people if wanted in (p.key, p.name.casefold(), *(a.account for a in p.addresses))
        ]

    def group(self, name: str) -> tuple[str, ...] | None:
        return self.groups.get(name)

    def names(self) -> Iterable[str]:
        return [p.key for p in self.people]

    def group_names(self) -> Iterable[str]:
        return self.groups
