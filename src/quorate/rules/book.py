"""An address book for questions about people who need not exist."""

from collections.abc import Iterable, Mapping, Sequence

from quorate.model.person import Person


class SupposedBook:
    """Names and groups as given; every other name is somebody, every other group is unknown."""

    def __init__(self, names: Iterable[str], groups: Mapping[str, Sequence[str]]) -> None:
        self._groups = {
            name.removeprefix("@").casefold(): (name, *members) for name, members in groups.items()
        }
        members = (member for _, *group in self._groups.values() for member in group)
        self._names: dict[str, str] = {}
        for name in (*names, *members):
            self._names.setdefault(name.casefold(), name)

    def find(self, name: str) -> Sequence[Person]:
        key = self._names.get(name.casefold(), name)
        return [Person(key=key, name=key, addresses=())]

    def group(self, name: str) -> tuple[str, ...] | None:
        found = self._groups.get(name.casefold())
        return None if found is None else tuple(self._names[m.casefold()] for m in found[1:])

    def names(self) -> Iterable[str]:
        return self._names.values()

    def group_names(self) -> Iterable[str]:
        return [name.removeprefix("@") for name, *_ in self._groups.values()]
