"""Who is rung besides those needed, for an ``urgent`` activity, and who of those rung that is now."""

from datetime import datetime

from quorate.activity import candidates
from quorate.activity.view import View
from quorate.model.activity import Activity, Invitation
from quorate.rules import spare
from quorate.rules.choose import Choice, choose


def wanted(activity: Activity, choice: Choice) -> frozenset[str]:
    """Who is needed; a yes goes before a ring, whatever the order of preference."""
    people = frozenset(choice.people)
    if choice.new:
        return people
    least = enough(activity)
    return people if least is None else least


def wanted_besides(activity: Activity, choice: Choice, view: View, now: datetime) -> tuple[str, ...]:
    """The spare people to have: who is being asked already stays so, nobody else if nobody can be rung."""
    if not activity.urgent:
        return ()
    accepted = frozenset(activity.accepted)
    ringing = frozenset(i.person for i in _asked(activity))
    order = candidates.ranking(activity, view)
    ready = candidates.not_ready(activity, view, now) is None

    def can(person: str) -> bool:
        return person in ringing or (ready and candidates.why_not(activity, person, view, now) is None)

    needed = wanted(activity, choice)
    return spare.spares(
        activity.requirement,
        needed | accepted,
        needed - accepted,
        can,
        lambda person: (person not in ringing, order(person)),
    )


def needless(activity: Activity, choice: Choice, besides: tuple[str, ...]) -> list[Invitation]:
    """Open invitations that help nobody any more, now that these people are to be had."""
    people = wanted(activity, choice).union(besides)
    return [i for i in _asked(activity) if i.person not in people]


def spare_now(activity: Activity) -> frozenset[str]:
    """Who of those being asked is not needed if the others say yes."""
    least = enough(activity) if activity.urgent else None
    if least is None:
        return frozenset()
    return frozenset(i.person for i in _asked(activity)) - least


def enough(activity: Activity) -> frozenset[str] | None:
    """Who is enough of those in and being asked, or None if they are not; who was asked first, first."""
    asked = {i.person: place for place, i in enumerate(_asked(activity))}
    least = choose(
        activity.requirement,
        asked.__contains__,
        taken=frozenset(activity.accepted),
        rank=lambda person: (asked.get(person, -1),),
    )
    return None if least is None else frozenset(least.people)


def _asked(activity: Activity) -> list[Invitation]:
    return [i for i in activity.invitations if i.open and not i.optional]
