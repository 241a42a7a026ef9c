"""A new activity, before its first step (Created)."""

from datetime import datetime, timedelta

from quorate.model.activity import Activity, ActivityState, Fallback
from quorate.model.address import Address
from quorate.model.command import Kind, When, Window
from quorate.model.person import Person
from quorate.model.requirement import Requirement

RING_S = 30.0
PATIENCE = timedelta(hours=1)
"""What was to begin at a time and has no deadline is given up so long after it."""


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
    starts: datetime | None = None,
    window: Window | None = None,
    deadline: datetime | None = None,
    fallbacks: tuple[Fallback, ...] = (),
    urgent: bool = False,
    with_organiser: bool = True,
    ring_s: float = RING_S,
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
        kind=kind,
        target=target,
        about=about,
        when=when,
        starts=starts,
        window=window,
        deadline=deadline,
        fallbacks=fallbacks,
        urgent=urgent,
        with_organiser=with_organiser,
        ring_s=ring_s,
    )
