"""Names to people: a requirement as typed becomes one of person keys, or is refused; nobody is asked yet."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Protocol

from quorate.errors import AmbiguousName, ImpossibleCount, Refused, UnknownName
from quorate.model.address import Address
from quorate.model.person import Person
from quorate.model.requirement import (
    AllOf,
    Count,
    CountOf,
    CountWord,
    Group,
    Name,
    OneOf,
    Optional,
    Part,
    Requirement,
    Unit,
)
from quorate.rules.choose import met
from quorate.rules.count import count_text, needed
from quorate.rules.forms import MAX_ALTERNATIVES, alternatives, required
from quorate.rules.text import clause_text, group_text, name_text, set_text

_WHERE_GROUPS = "Groups come from your contact list or quorate.toml; `quorate check` also takes --group."
_MYSELF = "me"


class MeetingOneself(Refused):
    """The organiser is named as somebody to ask."""

    code = "meeting-oneself"


class TooManyAlternatives(Refused):
    """More ways to meet the requirement than are looked at."""

    code = "too-many-alternatives"


class AddressBook(Protocol):
    """The people one vantage knows."""

    def find(self, name: str) -> Sequence[Person]:
        """Everybody whom a typed name or address may mean; one entry for each person."""
        ...

    def group(self, name: str) -> tuple[str, ...] | None:
        """Person keys of the members, or None if there is no such group."""
        ...

    def names(self) -> Iterable[str]:
        """What can be typed for a person, for suggestions."""
        ...

    def group_names(self) -> Iterable[str]: ...


def resolve(requirement: Requirement, book: AddressBook, *, organiser_key: str | None) -> Requirement:
    """Replace names by person keys and fill groups; the organiser is left out of groups.

    ``all of @group`` becomes ``@group``, which means the same: its members are named, not counted.

    Raises UnknownName, AmbiguousName, MeetingOneself, ImpossibleCount, TooManyAlternatives, each with the
    column of the word at fault. ``organiser_key`` None: nobody is the organiser (``who``, ``check``).
    """
    resolved = _Resolver(book, organiser_key).whole(requirement)
    count = alternatives(resolved)
    if count > MAX_ALTERNATIVES:
        raise TooManyAlternatives(
            f"This can be met in {count:,} ways; at most {MAX_ALTERNATIVES:,} are looked at.",
            remedy="Put the people of the longest list into a group: 3 of @group.",
        )
    if not met(resolved, lambda _key: True):
        raise _needed_twice(resolved)
    return resolved


def find_person(name: str, book: AddressBook, *, column: int = 1) -> Person:
    """The one person a name means; raises UnknownName or AmbiguousName."""
    found = book.find(name)
    if len(found) == 1:
        return found[0]
    raise _ambiguous(name, column, found) if found else _unknown(name, column, book)


class _Resolver:
    def __init__(self, book: AddressBook, organiser: str | None) -> None:
        self._book = book
        self._organiser = organiser

    def whole(self, listed: AllOf) -> AllOf:
        parts = tuple(self._part(p) for p in listed.parts)
        if not any(not isinstance(p, Optional) for p in parts):
            column = first_column(listed)
            raise ImpossibleCount(
                f"Column {column}: everybody here is optional, so nobody would be needed.",
                remedy="Take “optional” away from somebody.",
                column=column,
            )
        return AllOf(parts)

    def _part(self, part: Part) -> Part:
        match part:
            case Optional(inner):
                return Optional(self._choice(inner))
        return self._choice(part)

    def _choice(self, part: Unit | OneOf) -> Unit | OneOf:
        if isinstance(part, OneOf):
            return OneOf(tuple(self._unit(c) for c in part.choices))
        return self._unit(part)

    def _unit(self, unit: Unit) -> Unit:
        match unit:
            case Name():
                return self._name(unit)
            case Group():
                return self._group(unit)
            case AllOf():
                return self.whole(unit)
            case CountOf(Count(word=CountWord.ALL), Group() as group):
                return self._group(group)
        of = self._group(unit.of) if isinstance(unit.of, Group) else self.whole(unit.of)
        size = len(of.members) if isinstance(of, Group) else len(required(of))
        _check_count(unit.count, size, of)
        return CountOf(unit.count, of)

    def _name(self, leaf: Name) -> Name:
        key = self._key(leaf)
        if key == self._organiser:
            raise MeetingOneself(
                f"Column {leaf.column}: “{leaf.text}” is you.",
                remedy="Leave yourself out, you take part anyway.",
                column=leaf.column,
            )
        return Name(key, leaf.column)

    def _key(self, leaf: Name) -> str:
        """``me`` is the organiser, unless somebody is called that."""
        if self._organiser and leaf.text.casefold() == _MYSELF and not self._book.find(leaf.text):
            return self._organiser
        return find_person(leaf.text, self._book, column=leaf.column).key

    def _group(self, leaf: Group) -> Group:
        members = self._book.group(leaf.name)
        if members is None:
            raise _unknown_group(leaf, self._book)
        others = tuple(dict.fromkeys(m for m in members if m != self._organiser))
        if not others:
            who = "nobody but you" if members else "nobody"
            raise ImpossibleCount(
                f"Column {leaf.column}: there is {who} in {group_text(leaf.name)}.",
                remedy="Add people to the group, or name somebody else.",
                column=leaf.column,
            )
        return Group(leaf.name, leaf.column, others)


def first_column(part: Part) -> int:
    """Where a part begins, as far as its leaves tell."""
    match part:
        case Name() | Group():
            return part.column
        case CountOf(count):
            return count.column
        case Optional(inner):
            return first_column(inner)
        case OneOf(parts):
            return first_column(parts[0])
    return first_column(part.parts[0])


def _check_count(count: Count, size: int, of: Group | AllOf) -> None:
    text, column = count_text(count), count.column
    what = set_text(of)
    if count.number == 0 or count.percent == 0:
        raise ImpossibleCount(
            f"Column {column}: {text} of {what} is nobody.",
            remedy="Ask for at least 1, or write “optional” for somebody who need not come.",
            column=column,
            suggestion=f"any of {what}",
        )
    if needed(count, size) > size:
        people = "one" if size == 1 else str(size)
        raise ImpossibleCount(
            f"Column {column}: {text} of {what} is not possible, there {'is' if size == 1 else 'are'} "
            f"only {people} to choose from.",
            remedy=f"Ask for at most {size}, or add people.",
            column=column,
            suggestion=f"{size} of {what}",
        )


def _needed_twice(resolved: Requirement) -> ImpossibleCount:
    counted = next((p for p in resolved.parts if isinstance(p, CountOf)), resolved)
    column = first_column(counted)
    return ImpossibleCount(
        f"Column {column}: “{clause_text(counted)}” is not possible besides the others: each place needs "
        "a different person, and somebody named counts for no other place.",
        remedy="Ask for fewer, or add people to the group.",
        column=column,
    )


def _ambiguous(name: str, column: int, found: Sequence[Person]) -> AmbiguousName:
    shown = "; ".join(f"{_plain(p.addresses)} ({p.name})" for p in found)
    return AmbiguousName(
        f"Column {column}: “{name}” may be {shown}.",
        remedy=f"Write the address, for example: {_plain(found[0].addresses)}.",
        column=column,
        suggestion=_plain(found[0].addresses),
    )


def _plain(addresses: Sequence[Address]) -> str:
    return addresses[0].account if addresses else "no address"


def _unknown(name: str, column: int, book: AddressBook) -> UnknownName:
    groups = {g.casefold(): g for g in book.group_names()}
    if name.casefold() in groups:
        suggestion: str | None = group_text(groups[name.casefold()])
    else:
        near = _nearest(name, book.names())
        suggestion = name_text(near) if near else None
    remedy = (
        f"Did you mean {suggestion}?" if suggestion else "Use a name from your contact list, or an address."
    )
    known = f"{name} is not among your contacts." if "@" in name else f"there is nobody called “{name}”."
    return UnknownName(f"Column {column}: {known}", remedy=remedy, column=column, suggestion=suggestion)


def _unknown_group(leaf: Group, book: AddressBook) -> UnknownName:
    near = _nearest(leaf.name, book.group_names())
    if near:
        suggestion: str | None = group_text(near)
    else:
        people = {known.casefold() for known in book.names()}
        suggestion = name_text(leaf.name) if leaf.name.casefold() in people else None
    groups = ", ".join(group_text(g) for g in sorted(book.group_names())[:5])
    otherwise = f"There is {groups}." if groups else _WHERE_GROUPS
    return UnknownName(
        f"Column {leaf.column}: there is no group “{group_text(leaf.name)}”.",
        remedy=f"Did you mean {suggestion}?" if suggestion else otherwise,
        column=leaf.column,
        suggestion=suggestion,
    )


def _nearest(word: str, known: Iterable[str]) -> str | None:
    folded = {k.casefold(): k for k in known}
    near = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None
