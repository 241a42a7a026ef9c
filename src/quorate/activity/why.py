"""Why an activity is where it is, as data: the server and `talk` make sentences of it.

Everything comes from the functions that decide (candidates.py, timing.py); nothing is judged a second time.
"""

from dataclasses import dataclass
from datetime import datetime

from quorate.activity import candidates, spares
from quorate.activity.timing import Timer, next_timer
from quorate.activity.view import View
from quorate.model.activity import Activity, ActivityState, InvitationState
from quorate.model.availability import Availability
from quorate.model.reasons import Reason
from quorate.rules.choose import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWhy:
    person: str
    state: InvitationState | None
    """Of the latest invitation; None if never asked."""
    availability: Availability
    reason: Reason | None
    """Why the person is not asked now; None if they can be, or are, or said yes."""
    until: datetime | None = None
    """When the reason ends, or when the ring falls silent, as far as that is known."""
    held_by: str | None = None
    """Id of the other activity, for HELD."""
    spare: bool = False
    """Is being asked besides those needed."""

    @property
    def could(self) -> bool:
        """Could be asked now."""
        open_or_in = (InvitationState.QUEUED, InvitationState.SENT, InvitationState.ACCEPTED)
        return self.reason is None and self.state not in open_or_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    people: tuple[PersonWhy, ...]
    """In the order of the requirement."""
    met: bool
    """Enough said yes."""
    possible: bool
    """Enough have not said no."""
    now: bool
    """It could work with those who can be asked now."""
    then: tuple[str, ...]
    """Who would be rung next, if anybody were."""
    held_up: Reason | None
    """Why nobody at all is rung now although it could work: ``organiser-away``, ``no-stream`` …"""
    held_until: datetime | None
    """When that ends by itself, if it is known."""
    next: Timer | None
    """What happens next by itself."""


def why(activity: Activity, view: View, now: datetime) -> Why:
    going_on = activity.state in (ActivityState.WAITING, ActivityState.RINGING)
    choice = candidates.best(activity, view, now) if going_on else None
    held_up = candidates.not_ready(activity, view, now) if going_on else None
    return Why(
        people=tuple(person_why(activity, person.key, view, now) for person in activity.people),
        met=candidates.met(activity),
        possible=candidates.possible(activity),
        now=choice is not None,
        then=() if choice is None else _then(activity, choice, view, now),
        held_up=None if held_up is None else held_up.reason,
        held_until=None if held_up is None else held_up.until,
        next=next_timer(activity, now, view),
    )


def _then(activity: Activity, choice: Choice, view: View, now: datetime) -> tuple[str, ...]:
    besides = spares.wanted_besides(activity, choice, view, now)
    asked = candidates.counted(activity)
    return (*choice.new, *(key for key in besides if key not in asked))


def person_why(activity: Activity, person: str, view: View, now: datetime) -> PersonWhy:
    latest = activity.latest(person)
    state = None if latest is None else latest.state
    in_or_open = latest is not None and (latest.open or state is InvitationState.ACCEPTED)
    because = None if in_or_open else candidates.why_not(activity, person, view, now)
    until = because.until if because is not None else latest.until if latest is not None else None
    return PersonWhy(
        person=person,
        state=state,
        availability=view.availability(person).availability,
        reason=None if because is None else because.reason,
        until=until,
        held_by=None if because is None else because.held_by,
        spare=latest is not None and latest.open and person in spares.spare_now(activity),
    )
