"""Who hears that an activity changed: counters, page, rooms, the companion's presence, watchers."""

from typing import TYPE_CHECKING

from quorate.model.activity import Activity, Happened

if TYPE_CHECKING:
    from quorate.server.hub import Hub


def tell_change(hub: "Hub", after: Activity, before: Activity) -> None:
    """Called once for every decision, after it is stored and carried out."""
    hub.tallies.note(after, before)
    hub.dispatcher.taken_in(after)
    hub.bus.publish("activity", after.id)
    _tell_room(hub, after, before)
    if after.fell_back_at != before.fell_back_at:
        hub.begin_asking(after.people, after.organiser_via)
    hub.presence.activity_changed(after, before)
    hub.watching.activity_changed(after, before)
    if after.state is not before.state:
        hub.notices.show_status(after.organiser_via)
    for person in sorted(_concerned(after, before)):
        hub.bus.publish("person", person)
    if after.state.over and not before.state.over:
        hub.watching.activity_over(after)


def _concerned(after: Activity, before: Activity) -> set[str]:
    """Keys of those whose being asked or in may have changed."""
    if after.state is not before.state:
        return {after.organiser.key, *(person.key for person in after.people)}
    changed = set(after.invitations) - set(before.invitations)
    return {invitation.person for invitation in changed} | (after.joined ^ before.joined)


def _tell_room(hub: "Hub", after: Activity, before: Activity) -> None:
    """Who answers late is known to the organiser alone: guests do not learn who was asked."""
    hub.rooms.touch(after.id)
    for line in after.log[len(before.log) :]:
        if line.what is Happened.LATE_YES:
            for person in (after.person(key) for key in line.people):
                if person is not None:
                    text = f"{person.name} answered late and was asked: join anyway?"
                    hub.rooms.announce(after.id, text, only=after.organiser.key)
