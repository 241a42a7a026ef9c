"""Why an activity is where it is: the tree of the requirement, sentences, the next step."""

from datetime import datetime, tzinfo

from quorate.activity.timing import TimerKind
from quorate.activity.view import View
from quorate.activity.why import Why, why
from quorate.model.activity import Activity, ActivityState, InvitationState
from quorate.model.availability import Availability
from quorate.model.requirement import AllOf, CountOf, Group, Name, OneOf, Optional, Part
from quorate.rules.evaluate import Ternary, value_of
from quorate.rules.text import clause_text
from quorate.server.meetings import Explained, Mark, NextStep, WhyNode
from quorate.talk.explain import explain_lines, log_text, next_reason, waiting_reason
from quorate.talk.reasons import beside

_STATE_WORDS: dict[InvitationState | None, str] = {
    InvitationState.QUEUED: "being asked",
    InvitationState.SENT: "being asked",
    InvitationState.ACCEPTED: "said yes",
}
MARKS = {Ternary.YES: Mark.MET, Ternary.NO: Mark.NOT, Ternary.UNKNOWN: Mark.UNKNOWN}


def explain(activity: Activity, view: View, now: datetime, zone: tzinfo) -> Explained:
    reasons = why(activity, view, now)
    timer = reasons.next
    return Explained(
        activity=activity,
        lines=explain_lines(
            activity,
            reasons.people,
            now=now,
            held_up=reasons.held_up,
            held_until=reasons.held_until,
            next_kind=timer.kind.value if timer else None,
            next_at=timer.at if timer else None,
            next_person=timer.person if timer else "",
            zone=zone,
        ),
        why=_Tree(activity, view, reasons, now, zone).whole(),
        log=tuple((line, log_text(line, activity)) for line in activity.log),
        next=_next(activity, reasons, now, zone),
    )


def next_step(activity: Activity, view: View, now: datetime, zone: tzinfo) -> NextStep | None:
    return _next(activity, why(activity, view, now), now, zone)


def _next(activity: Activity, reasons: Why, now: datetime, zone: tzinfo) -> NextStep | None:
    """The next timer; while only the deadline is left to wait for, what is missing says more."""
    timer = reasons.next
    if activity.state is ActivityState.WAITING and (timer is None or timer.kind is TimerKind.DEADLINE):
        waits = waiting_reason(activity, reasons.people, now=now, held_up=reasons.held_up, zone=zone)
        return NextStep(at=None, reason=waits)
    if timer is None:
        return None
    away = any(
        p.person == timer.person and p.availability is not Availability.AVAILABLE for p in reasons.people
    )
    instead = activity.fallbacks[0].who if activity.fallbacks else ""
    told = next_reason(timer.kind.value, timer.person, away=away, instead=instead)
    return NextStep(at=timer.at, reason=told)


class _Tree:
    """Marks: met by those who said yes, unknown while it could become so now, else not."""

    def __init__(self, activity: Activity, view: View, reasons: Why, now: datetime, zone: tzinfo) -> None:
        self._activity = activity
        self._view = view
        self._now = now
        self._zone = zone
        self._people = {person.person: person for person in reasons.people}

    def whole(self) -> WhyNode:
        requirement = self._activity.requirement
        return self._node(requirement, clause_text(requirement), needed=True)

    def _node(self, part: Part, text: str, *, needed: bool) -> WhyNode:
        inside = part.part if isinstance(part, Optional) else part
        mark = MARKS[value_of(AllOf((inside,)), self._standing)]
        if isinstance(inside, Name):
            return self._person(inside.text, needed=needed)
        return WhyNode(
            text=text,
            mark=mark if needed else Mark.NOT_NEEDED,
            says=_says(mark) if needed else "not needed",
            children=tuple(self._children(inside, mark, needed=needed)),
        )

    def _children(self, part: Part, mark: Mark, *, needed: bool) -> list[WhyNode]:
        match part:
            case AllOf(parts):
                return [self._node(p, clause_text(p), needed=needed) for p in parts]
            case OneOf(choices):
                return [self._node(p, clause_text(p), needed=self._needed(p, mark, needed)) for p in choices]
            case Group(members=members):
                return [self._person(member, needed=needed) for member in members]
            case CountOf(of=Group(members=members)):
                return [self._person(m, needed=self._needed(Name(m), mark, needed)) for m in members]
            case CountOf(of=AllOf(parts)):
                return [self._node(p, clause_text(p), needed=self._needed(p, mark, needed)) for p in parts]
        return []

    def _needed(self, part: Part, above: Mark, needed: bool) -> bool:
        """Once a choice is made, its other branches are not needed any more."""
        return needed and (above is not Mark.MET or value_of(AllOf((part,)), self._standing) is Ternary.YES)

    def _person(self, key: str, *, needed: bool) -> WhyNode:
        person = self._activity.person(key)
        standing = self._standing(key)
        return WhyNode(
            text=person.name if person is not None else key,
            mark=MARKS[standing] if needed or standing is Ternary.YES else Mark.NOT_NEEDED,
            says=self._says_person(key),
            trace=self._view.availability(key).trace,
        )

    def _standing(self, key: str) -> Ternary:
        reasons = self._people.get(key)
        if reasons is not None and reasons.state is InvitationState.ACCEPTED:
            return Ternary.YES
        return Ternary.UNKNOWN if reasons is not None and reasons.reason is None else Ternary.NO

    def _says_person(self, key: str) -> str:
        reasons = self._people.get(key)
        if reasons is None:
            return "not in this activity"
        if reasons.reason is not None:
            until, held_by = reasons.until, reasons.held_by
            return beside(reasons.reason, until, self._now, self._zone, held_by=held_by)
        return _STATE_WORDS.get(reasons.state, reasons.availability.value)


def _says(mark: Mark) -> str:
    return {Mark.MET: "met", Mark.NOT: "not met", Mark.UNKNOWN: "open", Mark.NOT_NEEDED: "not needed"}[mark]
