"""From what was typed to people: whom a WHO names, what would happen, a new activity before it steps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import TypedDict, Unpack

from quorate.activity.creation import new_activity
from quorate.errors import Refused
from quorate.model.activity import Activity, Fallback
from quorate.model.address import Address
from quorate.model.availability import Availability
from quorate.model.command import Kind
from quorate.model.person import Person
from quorate.model.requirement import AllOf, CountOf, Group, OneOf, Optional, Part, Requirement
from quorate.rules.book import SupposedBook
from quorate.rules.check import CheckAnswer, check
from quorate.rules.forms import people_in
from quorate.rules.parser import parse_who
from quorate.rules.resolve import AddressBook, resolve
from quorate.rules.text import group_text
from quorate.server.directory import Directory
from quorate.server.meeting_times import times_of
from quorate.server.meetings import NewMeeting


class NobodyKnown(Refused):
    """A group of names without anybody behind them."""

    code = "nobody-known"


NEEDS_TARGET = (Kind.REVIEW, Kind.LINK)


class Asking(TypedDict, total=False):
    """How a WHO is asked about."""

    column: int
    """Where it begins in what was typed, from 1."""
    urgent: bool


def remember(directory: Directory, activity: Activity) -> None:
    """Whom a stored activity names, also after ``else``, keeps key and addresses."""
    later = (person for then in activity.fallbacks for person in then.people)
    for person in (activity.organiser, *activity.people, *later):
        directory.remember(person)


def select(directory: Directory, who: str | None, vantage: Address | None) -> list[Person]:
    """The people a WHO names, in order of naming; None: everybody. Raises Refused."""
    if who is None or not who.strip():
        return directory.people(vantage)
    requirement = resolve(parse_who(who), directory.book(vantage), organiser_key=None)
    found = (directory.person(key, vantage) for key in people_in(requirement))
    return [person for person in found if person is not None]


def would_happen(
    directory: Directory,
    who: str,
    vantage: Address | None,
    states: Callable[[str], Availability],
    given: Mapping[str, Availability],
    groups: Mapping[str, Sequence[str]],
    **asked: Unpack[Asking],
) -> CheckAnswer:
    """What a meeting of these would do now.

    ``given`` and ``groups`` go before what is known; beside them, names nobody knows are people nothing is
    known about, as they are without a server.
    """
    parsed = parse_who(who, column=asked.get("column", 1))
    urgent = asked.get("urgent", False)
    if not given and not groups:
        organiser = None if vantage is None else directory.key_of(vantage)
        requirement = resolve(parsed, directory.book(vantage), organiser_key=organiser)
        return check(
            requirement,
            states,
            lambda key: name_of(directory, key, vantage),
            urgent=urgent,
        )
    book = _Supposing(given, groups, directory.book(vantage))
    fixed = {book.person(name).key: state for name, state in given.items()}
    return check(
        resolve(parsed, book, organiser_key=None),
        lambda key: fixed.get(key) or states(key),
        lambda key: name_of(directory, key, vantage),
        urgent=urgent,
    )


class _Supposing:
    """People and groups as given, then those of an address book, then anybody."""

    def __init__(
        self, given: Mapping[str, Availability], groups: Mapping[str, Sequence[str]], base: AddressBook
    ) -> None:
        members = [m for group in groups.values() for m in group if not m.startswith("@")]
        self._given = {name.casefold() for name in (*given, *members)}
        self._supposed = SupposedBook(given, groups)
        self._base = base

    def person(self, name: str) -> Person:
        """Who is meant by a name that is given: somebody real, if it can only be one."""
        found = self._base.find(name)
        return (found if len(found) == 1 else self._supposed.find(name))[0]

    def find(self, name: str) -> Sequence[Person]:
        if name.casefold() in self._given:
            return [self.person(name)]
        return self._base.find(name) or self._supposed.find(name)

    def group(self, name: str) -> tuple[str, ...] | None:
        supposed = self._supposed.group(name)
        if supposed is None:
            return self._base.group(name)
        return tuple(self.person(member).key for member in supposed)

    def names(self) -> list[str]:
        return [*self._supposed.names(), *self._base.names()]

    def group_names(self) -> list[str]:
        return [*self._supposed.group_names(), *self._base.group_names()]


def name_of(directory: Directory, key: str, vantage: Address | None) -> str:
    person = directory.person(key, vantage)
    return person.name if person is not None else key


def prepare(
    directory: Directory,
    meeting: NewMeeting,
    vantage: Address,
    *,
    number: Callable[[], int],
    ring_s: float,
    now: datetime,
    zone: tzinfo,
) -> Activity:
    """The activity, not stored yet; ``number`` is taken only if nothing is refused. ``zone``: of times."""
    times = times_of(meeting, now, zone)
    if meeting.kind in NEEDS_TARGET and not meeting.target:
        raise Refused(f"A {meeting.kind} needs to know what.", remedy=f"Write: as {meeting.kind} URL")
    requirement, people = _resolved(directory, meeting.who, meeting.who_column, vantage)
    fallbacks = tuple(_fallbacks(directory, meeting, vantage, times.lengths))
    organiser = directory.person(directory.key_of(vantage), vantage)
    assert organiser is not None
    return new_activity(
        number(),
        requirement=requirement,
        who=meeting.who,
        organiser=organiser,
        organiser_via=vantage,
        people=people,
        now=now,
        kind=meeting.kind,
        target=meeting.target,
        about=meeting.about,
        when=meeting.when,
        starts=times.starts,
        window=times.window,
        deadline=times.deadline,
        fallbacks=fallbacks,
        urgent=meeting.urgent,
        with_organiser=not meeting.without_me,
        ring_s=ring_s,
    )


def _fallbacks(
    directory: Directory, meeting: NewMeeting, vantage: Address, lengths: tuple[timedelta, ...]
) -> Iterator[Fallback]:
    """Resolved now, with everybody they name: the requirement does not change under those it is told to."""
    for then, length in zip(meeting.instead, lengths, strict=True):
        requirement, people = _resolved(directory, then.who, then.who_column, vantage)
        yield Fallback(
            requirement=requirement, who=then.who, people=people, within=length, deadline=then.before
        )


def _resolved(
    directory: Directory, who: str, column: int, vantage: Address
) -> tuple[Requirement, tuple[Person, ...]]:
    """The requirement in person keys, and everybody it names."""
    own_key = directory.key_of(vantage)
    requirement = resolve(parse_who(who, column=column), directory.book(vantage), organiser_key=own_key)
    people = (directory.person(key, vantage) for key in people_in(requirement))
    known = tuple(person for person in people if person is not None)
    _refuse_strangers(requirement, frozenset(person.key for person in known))
    return requirement, known


def _refuse_strangers(part: Part, known: frozenset[str]) -> None:
    """Of a group somebody has to be known."""
    match part:
        case Group(name=name, members=members) if known.isdisjoint(members):
            raise NobodyKnown(
                f"Column {part.column}: nobody in {group_text(name)} is known: {', '.join(members[:6])}.",
                remedy="Give them addresses in quorate.toml, or add them to your contacts.",
                column=part.column,
            )
        case Optional(part=inner):
            _refuse_strangers(inner, known)
        case CountOf(of=of):
            _refuse_strangers(of, known)
        case OneOf(choices=parts) | AllOf(parts=parts):
            for each in parts:
                _refuse_strangers(each, known)
