"""Who can be asked now, and for each other person why not; whether the requirement is met, or ever can be.

`explain` (why.py) answers from these same functions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from quorate.activity.opening import rings_from, why_closed
from quorate.activity.view import View
from quorate.model.activity import Activity, Happened, Invitation, InvitationState
from quorate.model.availability import Availability
from quorate.model.reasons import Reason
from quorate.rules.choose import Choice, choose, choose_optional
from quorate.rules.choose import met as rules_met
from quorate.rules.forms import people_in

COOL_DOWN: Final = timedelta(minutes=10)
"""How long somebody who did not answer is left alone at least."""
RETRY: Final = timedelta(seconds=10)
"""How long nobody is rung after an invitation could not leave on the organiser's stream; doubled each time"""
RETRY_AT_MOST: Final = timedelta(seconds=60)
"""The doubling stops here."""

STREAM_REASONS: Final = frozenset(
    {
        Reason.NO_STREAM,
        Reason.STREAM_ENDED,
        Reason.BLIND,
        Reason.FROZEN,
        Reason.TOO_EARLY,
        Reason.RATE_LIMITED,
    }
)
"""An invitation that failed for one of these says nothing about the person."""

NOT_AVAILABLE: Final[Mapping[Availability, Reason]] = {
    Availability.AWAY: Reason.AWAY,
    Availability.BUSY: Reason.BUSY,
    Availability.OFFLINE: Reason.OFFLINE,
    Availability.UNKNOWN: Reason.UNKNOWN,
}
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why somebody is not asked now."""

    reason: Reason
    until: datetime | None = None
    """When it will not be the reason any more, if that is known."""
    held_by: str | None = None


def why_not(activity: Activity, person: str, view: View, now: datetime) -> WhyNot | None:
    """None if the person can be asked now.

    Who said ``stop`` reads like anybody present whom no message reaches: that they stopped is theirs to tell.
    """
    latest = activity.latest(person)
    if latest is not None and (said := _already(activity, latest, view, now)) is not None:
        return said
    verdict = view.availability(person)
    passes = _may_disturb(activity, person, view)
    if verdict.availability is not Availability.AVAILABLE and not (verdict.do_not_disturb and passes):
        return WhyNot(NOT_AVAILABLE[verdict.availability], verdict.until)
    if not verdict.reachable or view.blocked(person):
        return WhyNot(Reason.UNREACHABLE)
    if (until := view.quiet_until(person)) is not None and not passes:
        return WhyNot(Reason.QUIET, until)
    if (again := view.again_at(person)) is not None:
        return WhyNot(Reason.RUNG_ENOUGH, again)
    holder = view.held(person)
    return None if holder is None else WhyNot(Reason.HELD, held_by=holder)


def despite(person: str, view: View) -> Reason | None:
    """What somebody who can be asked is asked in spite of."""
    if view.availability(person).do_not_disturb:
        return Reason.DND
    return None if view.quiet_until(person) is None else Reason.QUIET


def _may_disturb(activity: Activity, person: str, view: View) -> bool:
    """Once for each activity."""
    earlier = (i for i in activity.invitations if i.person == person and i.despite is not None)
    return view.may_disturb(person) and all(unsent(i) for i in earlier)


def _already(activity: Activity, latest: Invitation, view: View, now: datetime) -> WhyNot | None:
    match latest.state:
        case InvitationState.DECLINED:
            return WhyNot(latest.reason or Reason.DECLINED)
        case InvitationState.LATER if latest.until is not None and now < latest.until:
            return WhyNot(Reason.LATER, latest.until)
        case InvitationState.SILENT:
            return _still_silent(latest, view, now)
        case InvitationState.WITHDRAWN if activity.live_at is not None:
            return WhyNot(latest.reason or Reason.COVERED)
    return None


def _still_silent(latest: Invitation, view: View, now: datetime) -> WhyNot | None:
    if unsent(latest) or latest.answered_at is None:
        return None
    again, reason = latest.answered_at + COOL_DOWN, latest.reason or Reason.SILENT
    if now < again:
        return WhyNot(reason, again)
    since = view.availability(latest.person).since
    anew = since is not None and since > latest.answered_at
    return None if anew else WhyNot(reason)


def unsent(invitation: Invitation) -> bool:
    """It never left, and that was not about the person."""
    return (
        invitation.state is InvitationState.SILENT
        and invitation.sent_at is None
        and invitation.reason in STREAM_REASONS
    )


def not_ready(activity: Activity, view: View, now: datetime) -> WhyNot | None:
    """Why nobody at all can be rung now, if so."""
    if (then := rings_from(activity, view, now)) > now:
        return WhyNot(why_closed(activity, now), then)
    if not view.organiser_ready:
        return WhyNot(Reason.ORGANISER_AWAY if activity.with_organiser else Reason.NO_STREAM)
    for invitation in reversed(activity.invitations):
        if unsent(invitation) and now < (until := retry_at(activity, invitation)):
            return WhyNot(invitation.reason or Reason.NO_STREAM, until)
    return None


def retry_at(activity: Activity, failed: Invitation) -> datetime:
    """When to try again after an invitation that never left."""
    times = sum(1 for i in activity.invitations if i.person == failed.person and unsent(i))
    wait = min(RETRY * (1 << min(times - 1, 10)), RETRY_AT_MOST)
    return (failed.answered_at or failed.queued_at) + wait


def named(activity: Activity, person: str) -> bool:
    """Whether the requirement, as it is now, knows them."""
    return activity.fell_back_at is None or person in people_in(activity.requirement)


def counted(activity: Activity) -> frozenset[str]:
    """Who is in or being asked: nobody else is asked in their place."""
    return frozenset(activity.accepted) | {
        i.person for i in activity.invitations if i.open and not i.optional
    }


def best(activity: Activity, view: View, now: datetime, *, but_for: Reason | None = None) -> Choice | None:
    """Whom to have, those counted included; ``but_for``: as if that reason kept nobody out."""
    taken = counted(activity)

    def can(person: str) -> bool:
        why = None if person in taken else why_not(activity, person, view, now)
        return why is None or why.reason is but_for

    return choose(activity.requirement, can, taken=taken, rank=ranking(activity, view))


def best_optional(activity: Activity, view: View, now: datetime) -> tuple[str, ...]:
    """Whom to ask besides, now that it is live."""
    taken = frozenset(activity.accepted) | {i.person for i in activity.invitations if i.open}

    def can(person: str) -> bool:
        return person not in taken and why_not(activity, person, view, now) is None

    return choose_optional(activity.requirement, can, taken=taken, rank=ranking(activity, view))


def ranking(activity: Activity, view: View) -> Callable[[str], tuple[bool, datetime]]:
    """Suggested substitutes first, then who was asked least recently."""
    suggested = {line.by for line in activity.log if line.what is Happened.SUBSTITUTE}
    return lambda person: (person not in suggested, view.last_asked(person) or _LONG_AGO)


def met(activity: Activity) -> bool:
    """By acceptances alone."""
    return rules_met(activity.requirement, frozenset(activity.accepted).__contains__)


def possible(activity: Activity) -> bool:
    """Whether it could be met if everybody who did not say no were there."""
    remaining = {person.key for person in activity.people if _may_come(activity, person.key)}
    return rules_met(activity.requirement, remaining.__contains__)


def _may_come(activity: Activity, person: str) -> bool:
    latest = activity.latest(person)
    return latest is None or latest.state is not InvitationState.DECLINED
