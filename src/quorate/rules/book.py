"""An address book for questions about people who need not exist."""

from collections.abc import Iterable, Mapping, Sequence

from quorate.errors import UnknownName
from quorate.model.person import Person
from quorate.rules.groups import opened
from quorate.rules.text import group_text


class SupposedBook:
    """Names and groups as given; every other name is somebody, every other group is unknown."""

    def __init__(self, names: Iterable[str], groups: Mapping[str, Sequence[str]]) -> None:
        self._written = {name.removeprefix("@").casefold(): name.removeprefix("@") for name in groups}
        self._groups = {name.removeprefix("@").casefold(): tuple(of) for name, of in groups.items()}
        members = (member for group in self._groups.values() for member in group)
        self._names: dict[str, str] = {}
        for name in (*names, *(member for member in members if not member.startswith("@"))):
            self._names.setdefault(name.casefold(), name)

    def find(self, name: str) -> Sequence[Person]:
        key = self._names.get(name.casefold(), name)
        return [Person(key=key, name=key, addresses=())]

    def group(self, name: str) -> tuple[str, ...] | None:
        """Raises GroupInItself, and UnknownName for a group in it that is not given."""
        if name.casefold() not in self._groups:
            return None
        members = opened(name, self._groups)
        if unknown := next((member for member in members if member.startswith("@")), None):
            raise UnknownName(
                f"{group_text(name)} names {unknown}, and there is no such group.",
                remedy="Say who is in it, or leave it out.",
            )
        return tuple(self._names.get(member.casefold(), member) for member in members)

    def names(self) -> Iterable[str]:
        return self._names.values()

    def group_names(self) -> Iterable[str]:
        return self._written.values()
