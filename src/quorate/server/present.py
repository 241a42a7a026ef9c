"""Model values as the JSON of the API, with their sentences. The reader is the owner of the server."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from quorate.activity import candidates
from quorate.activity.why import PersonWhy, person_why
from quorate.model import activity as model
from quorate.model.activity import ActivityState, Invitation
from quorate.model.address import Address
from quorate.model.availability import Availability, TraceLine
from quorate.model.person import Person
from quorate.model.reasons import Reason
from quorate.model.stream import Stream
from quorate.rules.places import ClausePlaces
from quorate.rules.windows import window_text
from quorate.server.api import schemas
from quorate.server.api.schemas_check import CheckAnswer
from quorate.server.checking import LineAnswer
from quorate.server.hub import Hub
from quorate.server.meetings import Explained, MeNow, NextStep, WhyNode
from quorate.server.places import places_of
from quorate.talk.reasons import reason_text


class _Engagement(NamedTuple):
    """The activity a person is asked for, or said yes to or is in the room of."""

    activity: str
    state: Literal["asked", "in"]


def present_trace(lines: Sequence[TraceLine]) -> list[schemas.TraceLine]:
    return [
        schemas.TraceLine(
            source=line.source,
            says=line.says,
            at=line.at,
            age_s=round(line.age_s, 1),
            used=line.used,
            asked=line.asked,
            why_not=line.why_not,
        )
        for line in lines
    ]


def present_people(
    hub: Hub, people: Iterable[Person], vantage: Address | None
) -> list[schemas.PersonVerdict]:
    """Several at once; groups and engagements are looked up once for all."""
    groups: dict[str, list[str]] = {}
    for name, members in sorted(hub.directory.groups(vantage).items()):
        for key in members:
            groups.setdefault(key, []).append(name)
    engaged = _engagements(hub.activities())
    return [
        _person(hub, person, vantage, groups.get(person.key, []), engaged.get(person.key))
        for person in people
    ]


def present_person(hub: Hub, key: str, vantage: Address | None) -> schemas.PersonVerdict | None:
    """None if nobody has this key."""
    person = hub.directory.person(key, vantage)
    if person is None:
        return None
    engaged = _engagements(hub.activities()).get(key)
    return _person(hub, person, vantage, hub.groups_of(key, vantage), engaged)


def _person(
    hub: Hub, person: Person, vantage: Address | None, groups: list[str], engaged: _Engagement | None
) -> schemas.PersonVerdict:
    verdict = hub.verdict(person.key, vantage)
    return schemas.PersonVerdict(
        person=person.key,
        name=person.name,
        availability=verdict.availability.value,
        since=verdict.since,
        trace=present_trace(verdict.trace),
        until=verdict.until,
        reason=verdict.reason,
        groups=groups,
        addresses=[str(address) for address in person.addresses],
        activity=engaged.activity if engaged else None,
        activity_state=engaged.state if engaged else None,
    )


def _engagements(activities: Iterable[model.Activity]) -> dict[str, _Engagement]:
    """By person key; being in one activity is told rather than being asked for another."""
    inside: dict[str, _Engagement] = {}
    asked: dict[str, _Engagement] = {}
    for activity in activities:
        if not activity.state.over:
            for key in (*activity.accepted, *activity.joined):
                inside.setdefault(key, _Engagement(activity.id, "in"))
            for invitation in activity.invitations:
                if invitation.open:
                    asked.setdefault(invitation.person, _Engagement(activity.id, "asked"))
    return asked | inside


def present_activity(hub: Hub, activity: model.Activity) -> schemas.Activity:
    organiser = activity.organiser
    live = activity.state is ActivityState.LIVE
    reason = activity.reason or _held_up(hub, activity)
    return schemas.Activity(
        id=activity.id,
        state=activity.state.value,
        kind=activity.kind.value,
        about=activity.about,
        who=activity.who,
        organiser=str(activity.organiser_via),
        created=activity.created,
        deadline=activity.deadline,
        people=_people_in(hub, activity),
        room=schemas.Room(url=hub.links.url(activity.id, organiser.key)) if live else None,
        reason=reason,
        reason_text=reason_text(reason) if reason else None,
        places=[_clause(place) for place in places_of(hub, activity)],
        next=None if activity.state.over else present_next(hub.next_step(activity.id)),
        urgent=activity.urgent,
        when=activity.when.value,
        at=activity.starts,
        window=_window(activity),
        else_=[
            schemas.Instead(who=then.who, within_s=then.within.total_seconds(), before=then.deadline)
            for then in activity.fallbacks
        ],
        fell_back=_fell_back(activity),
        organiser_name=organiser.name,
        organiser_person=organiser.key,
        organiser_state=_organiser_state(hub, activity),
        live_at=activity.live_at,
        ended_at=activity.ended_at,
        ring_s=activity.ring_s,
    )


def _window(activity: model.Activity) -> schemas.Window | None:
    window = activity.window
    if window is None:
        return None
    return schemas.Window(
        start=f"{window.start:%H:%M}",
        end=f"{window.end:%H:%M}",
        days=list(window.days),
        zone=window.zone,
        text=window_text(window),
    )


def _fell_back(activity: model.Activity) -> schemas.FellBack | None:
    if activity.fell_back_at is None:
        return None
    return schemas.FellBack(at=activity.fell_back_at, who=activity.first_who)


def _held_up(hub: Hub, activity: model.Activity) -> Reason | None:
    """Why nobody at all is rung, while it waits: ``organiser-away``, ``no-stream`` …"""
    if activity.state is not ActivityState.WAITING:
        return None
    because = candidates.not_ready(activity, hub.view(activity), hub.clock.now())
    return because.reason if because else None


def _clause(place: ClausePlaces) -> schemas.Clause:
    return schemas.Clause(
        clause=place.clause,
        need=place.need,
        taken=place.taken,
        people=list(place.people),
        optional=place.optional,
    )


def _people_in(hub: Hub, activity: model.Activity) -> list[schemas.ActivityPerson]:
    if activity.state.over:
        return [_person_in(activity, person, None) for person in activity.people]
    view, now = hub.view(activity), hub.clock.now()
    return [
        _person_in(activity, person, person_why(activity, person.key, view, now))
        for person in activity.people
    ]


def _person_in(activity: model.Activity, person: Person, why: PersonWhy | None) -> schemas.ActivityPerson:
    """``why``: why the person is not asked now; None once it is over."""
    invitation = activity.latest(person.key)
    return schemas.ActivityPerson(
        person=person.key,
        name=person.name,
        state=person_state(activity, person.key),
        via=str(invitation.via) if invitation else None,
        at=_since(invitation) if invitation else None,
        until=(invitation.until if invitation else None) or (why.until if why else None),
        spare=(invitation.optional if invitation else False) or (why.spare if why else False),
        availability=why.availability.value if why else None,
        reason=(invitation.reason if invitation else None) or (why.reason if why else None),
    )


def person_state(activity: model.Activity, key: str) -> Any:
    """``candidate`` until asked, then the invitation's state; ``here`` or ``left`` once in the room.

    Nobody is in a room that is closed: who stayed to the end has ``left`` with it.
    """
    if key in activity.joined and not activity.state.over:
        return "here"
    if key in activity.ever_joined:
        return "left"
    invitation = activity.latest(key)
    return invitation.state.value if invitation else "candidate"


def _since(invitation: Invitation) -> Any:
    return invitation.answered_at or invitation.sent_at or invitation.queued_at


def _organiser_state(hub: Hub, activity: model.Activity) -> Any:
    key = activity.organiser.key
    if not activity.with_organiser:
        return "not-taking-part"
    if key in activity.joined and not activity.state.over:
        return "here"
    if key in activity.ever_joined:
        return "left"
    available = hub.verdict(key, activity.organiser_via).availability is Availability.AVAILABLE
    return "ready" if available else "away"


def present_next(step: NextStep | None) -> schemas.Next | None:
    return schemas.Next(at=step.at, reason=step.reason) if step else None


def present_stream(stream: Stream) -> schemas.Stream:
    return schemas.Stream(
        id=stream.id,
        account=str(stream.account) if stream.account else None,
        network=stream.network,
        mode=stream.mode,
        client=stream.client,
        server=stream.server,
        state=stream.state.value,
        since=stream.since,
        contacts=stream.contacts,
        companion=stream.companion,
        reason=stream.reason,
        reason_text=stream.detail or (reason_text(stream.reason) if stream.reason else None),
    )


def present_me(me: MeNow) -> schemas.Me:
    return schemas.Me(
        accounts=[str(account) for account in me.accounts],
        name=me.name,
        availability=me.availability.value,
        until=me.until,
    )


def present_why(node: WhyNode) -> schemas.WhyNode:
    return schemas.WhyNode(
        text=node.text,
        mark=node.mark.value,
        says=node.says,
        children=[present_why(child) for child in node.children],
        trace=present_trace(node.trace),
    )


def present_explanation(explained: Explained) -> schemas.Explanation:
    return schemas.Explanation(
        id=explained.activity.id,
        lines=list(explained.lines),
        why=present_why(explained.why),
        log=[
            schemas.LogLine(
                at=line.at, what=line.what, text=text, people=list(line.people), reason=line.reason
            )
            for line, text in explained.log
        ],
        next=present_next(explained.next),
    )


def present_check(answer: LineAnswer) -> CheckAnswer:
    return CheckAnswer.model_validate(answer.as_json())
