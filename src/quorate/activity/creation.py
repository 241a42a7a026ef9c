"""A new activity, before its first step (Created)."""

from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from quorate.model.activity import Activity, ActivityState, Fallback
from quorate.model.address import Address
from quorate.model.command import Kind, When, Window
from quorate.model.person import Person
from quorate.model.requirement import Requirement

PATIENCE = timedelta(hours=1)
"""What was to begin at a time and has no deadline is given up so long after it."""


class Wishes(TypedDict, total=False):
    """What may be left to the defaults of an activity."""

    kind: Kind
    target: str | None
    about: str | None
    when: When
    window: Window | None
    fallbacks: tuple[Fallback, ...]
    urgent: bool
    with_organiser: bool
    ring_s: float


def new_activity(
    number: int,
    *,
    requirement: Requirement,
    who: str,
    organiser: Person,
    organiser_via: Address,
    people: tuple[Person, ...],
    now: datetime,
    starts: datetime | None = None,
    deadline: datetime | None = None,
    **wishes: Unpack[Wishes],
) -> Activity:
    """``requirement`` is resolved (keys); ``people`` are all it names, without the organiser."""
    if starts is not None and deadline is None:
        deadline = starts + PATIENCE
    return Activity(
        id=f"Q{number}",
        state=ActivityState.WAITING,
        requirement=requirement,
        who=who,
        organiser=organiser,
        organiser_via=organiser_via,
        people=people,
        created=now,
        starts=starts,
        deadline=deadline,
        **wishes,
    )
