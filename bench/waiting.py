"""Many activities that wait, and people who come and go: a few are in a thousand of them, most in none."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from quorate.activity.creation import new_activity
from quorate.model.activity import Activity
from quorate.model.address import Address, xmpp
from quorate.model.person import Person
from quorate.model.requirement import AllOf, Count, CountOf, Group, Name, OneOf, Part
from quorate.server.garbage import not_collecting

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PEOPLE_EACH = 10
"""People for each activity."""
SKEW = 2.4
"""Exponent of who is named: of 100,000 activities the most popular person is in more than a thousand."""
CHANGE_SKEW = 2.1
"""Exponent of whose presence changes."""
PRESENT = 0.3
ORGANISER = Person(key="alice", name="alice", addresses=(xmpp("alice@example.org"),))


@dataclass
class World:
    activities: list[Activity]
    naming: dict[str, list[Activity]]
    people: int
    present: set[str]
    random: Random

    def somebody(self) -> str:
        return f"p{int(self.people * self.random.random() ** CHANGE_SKEW)}"

    def flip(self, person: str) -> None:
        (self.present.discard if person in self.present else self.present.add)(person)


def made(size: int, seed: int = 1) -> World:
    random, people = Random(seed), size * PEOPLE_EACH
    known: dict[str, Person] = {}
    with not_collecting():
        activities = [waiting(number, random, people, known) for number in range(1, size + 1)]
    naming: dict[str, list[Activity]] = {}
    for activity in activities:
        for person in activity.people:
            naming.setdefault(person.key, []).append(activity)
    present = {key for key in naming if random.random() < PRESENT}
    return World(activities, naming, people, present, random)


def waiting(number: int, random: Random, people: int, known: dict[str, Person]) -> Activity:
    count = random.randint(2, 8)
    keys = list(dict.fromkeys(f"p{int(people * random.random() ** SKEW)}" for _ in range(count)))
    return new_activity(
        number,
        requirement=AllOf(tuple(parts(keys, random))),
        who=", ".join(keys),
        organiser=ORGANISER,
        organiser_via=ORGANISER.addresses[0],
        people=tuple(known.get(key) or known.setdefault(key, somebody_called(key)) for key in keys),
        now=NOON,
        deadline=NOON + timedelta(days=3650, seconds=number),
    )


def somebody_called(key: str) -> Person:
    return Person(key=key, name=key, addresses=(Address("xmpp", f"{key}@example.org"),))


def parts(keys: list[str], random: Random) -> Iterator[Part]:
    """Names, substitutes and counted groups, as they come."""
    while keys:
        some, keys = keys[:3], keys[3:]
        kind = random.random()
        if kind < 0.5 or len(some) < 2:
            yield from (Name(key) for key in some)
        elif kind < 0.75:
            yield OneOf(tuple(Name(key) for key in some))
        else:
            yield CountOf(Count(number=len(some) - 1), Group("g", members=tuple(some)))
