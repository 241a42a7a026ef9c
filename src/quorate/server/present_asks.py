"""What the owner sees when somebody asks them: one person's view, without names of others asked."""

from datetime import datetime
from typing import Final

from quorate.model.activity import Activity, Invitation, InvitationState
from quorate.model.reasons import Reason
from quorate.model.requirement import CountOf, Group, Part
from quorate.rooms.tokens import Links
from quorate.rules.forms import people_in
from quorate.server.api import schemas
from quorate.server.hub import Hub
from quorate.server.meetings import Asked

_SAID: Final = (InvitationState.ACCEPTED, InvitationState.DECLINED, InvitationState.LATER)


class AnsweredHere:
    """Which asks were answered on the page since this server began; of older ones nothing is said."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._invitations: set[str] = set()

    def note(self, invitation: str) -> None:
        self._invitations.add(invitation)

    def elsewhere(self, invitation: Invitation) -> bool:
        """True if it was answered in a client or on the room page."""
        answered = invitation.answered_at
        told = answered is not None and answered >= self._since and invitation.state in _SAID
        return told and invitation.id not in self._invitations


def present_ask(hub: Hub, asked: Asked, here: AnsweredHere) -> schemas.AskForYou:
    activity, invitation = asked.activity, asked.invitation
    state = _state(invitation)
    links: Links = hub.links
    may_come = state in ("accepted", "covered") and not activity.state.over
    return schemas.AskForYou(
        id=invitation.id,
        activity=activity.id,
        organiser_name=activity.organiser.name,
        about=activity.about,
        kind=activity.kind.value,
        state=state,
        at=invitation.sent_at or invitation.queued_at,
        until=invitation.until,
        needed=needed_words(activity, invitation.person),
        conflict=invitation.reason is Reason.CONFLICT,
        answered_elsewhere=here.elsewhere(invitation),
        room=schemas.Room(url=links.url(activity.id, invitation.person)) if may_come else None,
    )


def _state(invitation: Invitation) -> schemas.AskState:
    match invitation.state:
        case InvitationState.ACCEPTED:
            return "accepted"
        case InvitationState.DECLINED:
            return "declined"
        case InvitationState.LATER:
            return "later"
        case InvitationState.SILENT:
            return "silent"
        case InvitationState.WITHDRAWN:
            return "covered" if invitation.reason is Reason.COVERED else "withdrawn"
        case _:
            return "asked"


def needed_words(activity: Activity, person: str) -> str:
    """What this person is needed for: "any one of @presales is enough", "2 of @dba are needed"."""
    part = next((p for p in activity.requirement.parts if person in people_in(p)), None)
    if part is None:
        return "instead of somebody else"
    if isinstance(part, CountOf) and isinstance(part.of, Group):
        return _of_group(part, part.of)
    others = len(people_in(part)) > 1
    return "one of several would do" if others and not isinstance(part, Group) else "you are needed"


def _of_group(part: CountOf, group: Group) -> str:
    number = part.count.number
    if number == 1 or part.count.word == "any":
        return f"any one of @{group.name} is enough"
    wanted = number if number is not None else (part.count.word or f"{part.count.percent}%")
    return f"{wanted} of @{group.name} are needed"


def is_named_by_group(part: Part, person: str) -> str | None:
    """The group through which a part of the requirement takes in this person."""
    group = part.of if isinstance(part, CountOf) and isinstance(part.of, Group) else part
    return group.name if isinstance(group, Group) and person in group.members else None
