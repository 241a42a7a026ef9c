"""The part of the world one activity looks at when it decides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from quorate.model.address import Address
from quorate.model.availability import Availability, Verdict


def _not_known(_person: str) -> Address | None:
    return None


def _always(_person: str) -> datetime | None:
    return None


def _nobody(_person: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Answers are about this moment and from the organiser's vantage."""

    availability: Callable[[str], Verdict]
    """By person key; the organiser included."""

    held: Callable[[str], str | None]
    """Id of *another* activity that holds this person now (see reservations.py)."""

    blocked: Callable[[str], bool]
    """The person said ``stop`` to this organiser."""

    last_asked: Callable[[str], datetime | None]
    """When the person was last asked by anybody, for fairness."""

    asking: Callable[[str], bool]
    """This person's presence is still to be told (``now`` waits for it)."""

    reachable_at: Callable[[str], Address | None] = _not_known
    """Of several addresses the one where the person is now, if that is known."""

    again_at: Callable[[str], datetime | None] = _always
    """When the person, rung as often as may be, may be rung again; None: now."""

    quiet_until: Callable[[str], datetime | None] = _always
    """When the person's quiet hours end; None: it is not quiet."""

    may_disturb: Callable[[str], bool] = _nobody
    """It is urgent, and the person lets this organiser pass quiet hours and do-not-disturb then."""

    zone: tzinfo = UTC
    """In which the activity's window is meant."""

    organiser_ready: bool = True
    """The organiser's stream can carry invitations and, if they take part, they are available."""

    def present(self, person: str) -> bool:
        """Available, and a message reaches them: what stands between them and a ring is not about them."""
        verdict = self.availability(person)
        there = verdict.availability is Availability.AVAILABLE
        there = there or (verdict.do_not_disturb and self.may_disturb(person))
        return there and verdict.reachable and not self.blocked(person)
