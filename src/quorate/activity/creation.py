"""A new activity, before its first step (Created)."""

from datetime import datetime

from quorate.model.activity import Activity, ActivityState
from quorate.model.address import Address
from quorate.model.command import Kind, When
from quorate.model.person import Person
from quorate.model.requirement import Requirement

RING_S = 30.0


def new_activity(
    number: int,
    *,
    requirement: Requirement,
    who: str,
    organiser: Person,
    organiser_via: Address,
    people: tuple[Person, ...],
    now: datetime,
    kind: Kind = Kind.CHAT,
    target: str | None = None,
    about: str | None = None,
    when: When = When.ASAP,
    deadline: datetime | None = None,
    urgent: bool = False,
    with_organiser: bool = True,
    ring_s: float = RING_S,
) -> Activity:
    """``requirement`` is resolved (keys); ``people`` are all it names, without the organiser."""
    return Activity(
        id=f"Q{number}",
        state=ActivityState.WAITING,
        requirement=requirement,
        who=who,
        organiser=organiser,
        organiser_via=organiser_via,
        people=people,
        created=now,
        kind=kind,
        target=target,
        about=about,
        when=when,
        deadline=deadline,
        urgent=urgent,
        with_organiser=with_organiser,
        ring_s=ring_s,
    )
