"""Groups as somebody wrote them down, opened: ``ops = ["@dba", "vera"]`` names the members of dba too."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from quorate.errors import Refused
from quorate.rules.text import group_text

MAX_DEPTH: Final = 100


class GroupInItself(Refused):
    """Groups that name each other, or too many of them one inside the other."""

    code = "group-in-itself"


def opened(name: str, groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The members of ``groups[name]`` in order, each once; a group of which nothing is known stays ``@name``.

    Names of ``groups`` are casefolded. Raises GroupInItself.
    """
    return tuple(dict.fromkeys(_members(name.casefold(), groups, (), set())))


def _members(
    name: str, groups: Mapping[str, Sequence[str]], above: tuple[str, ...], seen: set[str]
) -> Iterator[str]:
    if name in above:
        way = " → ".join(group_text(each) for each in (*above[above.index(name) :], name))
        raise GroupInItself(f"A group cannot be in itself: {way}.", remedy="Take one of them out of another.")
    if len(above) >= MAX_DEPTH:
        raise GroupInItself(
            f"More than {MAX_DEPTH} groups are one inside the other, the last is {group_text(name)}.",
            remedy="Name the people in fewer groups.",
        )
    if name in seen:
        return
    for member in groups[name]:
        inner = member[1:].casefold() if member.startswith("@") else None
        if inner is None or inner not in groups:
            yield member
        else:
            yield from _members(inner, groups, (*above, name), seen)
    seen.add(name)
