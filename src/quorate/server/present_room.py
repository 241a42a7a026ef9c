"""What a personal link shows. The reader is a guest: who is in, never who was asked, declined or is silent.

Names of others appear only once they said yes or are in the room; everything else is numbers.
"""

from datetime import datetime, timedelta
from typing import Final

from quorate.model.activity import Activity, ActivityState, Happened, Invitation, InvitationState
from quorate.model.requirement import Optional, Part
from quorate.rooms.own import Line, Rooms
from quorate.rooms.tokens import Holder
from quorate.rules.forms import people_in
from quorate.rules.places import ClausePlaces
from quorate.server.api import schemas_rooms as schemas
from quorate.server.hub import Hub
from quorate.server.places import places_of
from quorate.server.present_asks import is_named_by_group
from quorate.server.requirement_words import guest_words

LINK_OUTLIVES_ACTIVITY: Final = timedelta(hours=24)
"""So long a link still says that it ended; later it is expired."""

_YOU_SAID: Final[dict[InvitationState, schemas.YouSaid]] = {
    InvitationState.ACCEPTED: "yes",
    InvitationState.DECLINED: "no",
    InvitationState.LATER: "later",
}


def room_state(activity: Activity, holder: Holder, now: datetime) -> schemas.RoomState:
    if holder.revoked and not activity.state.over:
        return "revoked"
    if activity.state.over:
        return _state_after(activity, now)
    invitation = activity.latest(holder.person)
    is_in = invitation is not None and invitation.state is InvitationState.ACCEPTED
    if activity.state is ActivityState.LIVE:
        return "open" if is_in or holder.person == activity.organiser.key else "late"
    return "waiting"


def _state_after(activity: Activity, now: datetime) -> schemas.RoomState:
    ended = activity.ended_at
    if ended is not None and now >= ended + LINK_OUTLIVES_ACTIVITY:
        return "expired"
    if activity.state is ActivityState.ENDED:
        return "ended"
    return "expired" if activity.state is ActivityState.EXPIRED else "withdrawn"


def present_room(hub: Hub, activity: Activity, holder: Holder) -> schemas.RoomView:
    now = hub.clock.now()
    state = room_state(activity, holder, now)
    if state == "revoked":
        return _bare(activity, holder, state, now)
    person = activity.person(holder.person)
    invitation = activity.latest(holder.person)
    is_organiser = holder.person == activity.organiser.key
    view = _bare(activity, holder, state, now).model_copy(
        update={
            "about": activity.about,
            "you": person.name if person else "",
            "you_said": _YOU_SAID.get(invitation.state) if invitation else None,
            "activity": activity.id if is_organiser else None,
            "asked_at": (invitation.sent_at or invitation.queued_at) if invitation else None,
        }
    )
    if state in ("waiting", "open", "late"):
        view = view.model_copy(update=_inside(hub, activity, holder))
    if state == "late":
        view = view.model_copy(update=_cover(activity, holder))
    if is_organiser:
        view = view.model_copy(update={"not_coming": not_coming(activity)})
    return view


def _bare(activity: Activity, holder: Holder, state: schemas.RoomState, now: datetime) -> schemas.RoomView:
    return schemas.RoomView(
        state=state,
        about=None,
        kind=activity.kind.value,
        organiser=activity.organiser.name,
        you="",
        is_organiser=holder.person == activity.organiser.key,
        asked_at=None,
        created=activity.created,
        opened_at=activity.live_at,
        ended_at=activity.ended_at,
        deadline=activity.deadline,
        here=[],
        clauses=[],
        in_count=0,
        need=0,
        ring_s=activity.ring_s,
        server_time=now,
    )


def _inside(hub: Hub, activity: Activity, holder: Holder) -> dict[str, object]:
    """Who is in, clause by clause, and the chat for whoever is in the room."""
    rooms: Rooms = hub.rooms
    here = rooms.here(activity.id)
    filled = places_of(hub, activity)
    with_organiser = int(activity.with_organiser)
    lines = rooms.lines(activity.id, holder.person) if holder.person in here else []
    return {
        "opened_with": _opened_with(activity),
        "here": [_guest(activity, key, holder.person, here) for key in here],
        "clauses": _clauses(activity, filled, holder.person, here),
        "in_count": len(activity.accepted) + with_organiser,
        "need": sum(place.need for place in filled if not place.optional) + with_organiser,
        "chat": [present_line(activity, line, holder.person) for line in lines],
    }


def _opened_with(activity: Activity) -> list[str]:
    """Who has taken back their yes since is not named."""
    opened = next((line for line in activity.log if line.what is Happened.LIVE), None)
    if opened is None:
        return []
    said_yes = [
        person.name for key in opened.people if key in activity.accepted and (person := activity.person(key))
    ]
    return [activity.organiser.name, *said_yes] if activity.with_organiser else said_yes


def _clauses(
    activity: Activity, filled: tuple[ClausePlaces, ...], reader: str, here: tuple[str, ...]
) -> list[schemas.GuestClause]:
    inside = {*activity.accepted, *here, reader}

    def visible(key: str) -> str | None:
        person = activity.person(key)
        return person.name if person and key in inside else None

    shown = []
    for place in filled:
        part = activity.requirement.parts[place.index]
        rings = _open_rings(activity, set(people_in(part)))
        taking = [key for key in place.people[: place.taken] if key in activity.accepted]
        shown.append(
            schemas.GuestClause(
                clause=guest_words(part, visible),
                need=place.need,
                taken=place.taken,
                people=[_guest(activity, key, reader, here) for key in taking],
                asking=len(rings),
                until=min((ring.until for ring in rings if ring.until), default=None),
            )
        )
    return shown


def _open_rings(activity: Activity, members: set[str]) -> list[Invitation]:
    return [i for i in activity.invitations if i.open and i.person in members]


def _guest(activity: Activity, key: str, reader: str, here: tuple[str, ...]) -> schemas.GuestPerson:
    person = activity.person(key)
    return schemas.GuestPerson(
        name=person.name if person else key, you=key == reader, role=_role(activity, key), here=key in here
    )


def _role(activity: Activity, key: str) -> str:
    if key == activity.organiser.key:
        return "asked for this"
    parts: list[Part] = [p.part if isinstance(p, Optional) else p for p in activity.requirement.parts]
    groups = (is_named_by_group(part, key) for part in parts)
    return next((f"@{group}" for group in groups if group), "")


def _cover(activity: Activity, holder: Holder) -> dict[str, object]:
    """Who came instead: those who are in for the clause that names the reader."""
    part = next((p for p in activity.requirement.parts if holder.person in people_in(p)), None)
    keys = [key for key in (people_in(part) if part else ()) if key in activity.accepted]
    names = [person.name for key in keys if (person := activity.person(key))]
    return {"covered_by": ", ".join(names) or None, "covered_at": activity.live_at}


def not_coming(activity: Activity) -> list[str]:
    """For the organiser: who is not coming and why."""
    words = {
        InvitationState.DECLINED: "{} said no.",
        InvitationState.SILENT: f"{{}}: no answer in {activity.ring_s:.0f} s.",
        InvitationState.WITHDRAWN: "{} was told “covered”.",
    }
    shown = []
    for person in activity.people:
        invitation = activity.latest(person.key)
        if invitation and person.key not in activity.joined and invitation.state in words:
            text = "{} could not be asked." if invitation.undelivered else words[invitation.state]
            shown.append(text.format(person.name))
    return shown


def present_line(activity: Activity, line: Line, reader: str) -> schemas.ChatLine:
    person = activity.person(line.person) if line.person else None
    return schemas.ChatLine(
        id=line.id,
        at=line.at,
        name=person.name if person else line.person,
        you=line.person == reader,
        text=line.text,
        only_you=line.only is not None,
    )
