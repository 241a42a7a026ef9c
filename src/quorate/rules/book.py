"""Address books for questions about people who need not exist."""

from collections.abc import Iterable, Mapping, Sequence

from quorate.model.person import Person
from quorate.rules.resolve import AddressBook


class SupposedBook:
    """Names and groups as given, then those of ``base``; without a base every name is somebody."""

    def __init__(
        self, names: Iterable[str], groups: Mapping[str, Sequence[str]], base: AddressBook | None = None
    ) -> None:
        self._groups = {name.removeprefix("@"): tuple(members) for name, members in groups.items()}
        members = (m for group in self._groups.values() for m in group)
        self._names = {name.casefold(): name for name in (*names, *members)}
        self._base = base

    def find(self, name: str) -> Sequence[Person]:
        known = self._names.get(name.casefold())
        if known is None and self._base is not None:
            return self._base.find(name)
        key = known or name
        return [Person(key=key, name=key, addresses=())]

    def group(self, name: str) -> tuple[str, ...] | None:
        for known, members in self._groups.items():
            if known.casefold() == name.casefold():
                return tuple(self._names[m.casefold()] for m in members)
        return None if self._base is None else self._base.group(name)

    def names(self) -> Iterable[str]:
        return [*self._names.values(), *(self._base.names() if self._base else ())]

    def group_names(self) -> Iterable[str]:
        return [*self._groups, *(self._base.group_names() if self._base else ())]
