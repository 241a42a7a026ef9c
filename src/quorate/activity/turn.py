"""One step in the making: the activity as it stands so far, and what was decided so far."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from quorate import machine
from quorate.activity.effects import (
    ActivityEffect,
    Block,
    CloseRoom,
    Notice,
    OpenRoom,
    Ring,
    Tell,
    TellOrganiser,
)
from quorate.activity.lifecycle import INVITATION_TRANSITIONS, TRANSITIONS, Move, Turned
from quorate.activity.view import View
from quorate.model.activity import Activity, Happened, Invitation, InvitationState, LogLine
from quorate.model.address import Address
from quorate.model.person import Person
from quorate.model.reasons import Reason


@dataclass(frozen=True, slots=True)
class Stepped:
    activity: Activity
    effects: tuple[ActivityEffect, ...]
    """In the order they are to be executed."""


class Turn:
    """Owned by one call of `quorate.activity.step.step`; nothing of it outlives the call."""

    def __init__(self, activity: Activity, view: View, now: datetime) -> None:
        self.activity = activity
        self.view = view
        self.now = now
        self._effects: list[ActivityEffect] = []

    def done(self) -> Stepped:
        return Stepped(self.activity, tuple(self._effects))

    def move(self, move: Move, *, reason: Reason | None = None) -> None:
        """Step the activity's state; an end gets its time and reason."""
        state = machine.step(TRANSITIONS, self.activity.state, move)
        self.activity = replace(self.activity, state=state)
        if state.over:
            self.activity = replace(self.activity, ended_at=self.now, reason=reason)

    def turn(
        self,
        invitation: Invitation,
        turned: Turned,
        *,
        until: datetime | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Step an invitation's state."""
        state = machine.step(INVITATION_TRANSITIONS, invitation.state, turned)
        sent_at = self.now if state is InvitationState.SENT else invitation.sent_at
        answered_at = None if state is InvitationState.SENT else self.now
        changed = replace(
            invitation, state=state, until=until, reason=reason, sent_at=sent_at, answered_at=answered_at
        )
        self.put(changed)

    def put(self, changed: Invitation) -> None:
        invitations = tuple(changed if i.id == changed.id else i for i in self.activity.invitations)
        self.activity = replace(self.activity, invitations=invitations)

    def log(self, what: Happened, *people: str, reason: Reason | None = None, by: str | None = None) -> None:
        line = LogLine(at=self.now, what=what, people=people, reason=reason, by=by)
        self.activity = replace(self.activity, log=(*self.activity.log, line))

    def not_done(self, reason: Reason, *people: str) -> None:
        """Log what could not be done, unless nothing else happened since it was logged."""
        for line in reversed(self.activity.log):
            if line.what is not Happened.NOT_DONE:
                break
            if line.reason is reason and line.people == people:
                return
        self.log(Happened.NOT_DONE, *people, reason=reason)

    def ring(self, person: Person, *, optional: bool, despite: Reason | None) -> None:
        """Make a new invitation and have it sent."""
        serial = self.activity.serial + 1
        invitation = Invitation(
            id=f"{self.activity.id}-{serial}",
            person=person.key,
            via=self.view.reachable_at(person.key) or usual_address(person, self.activity),
            state=InvitationState.QUEUED,
            queued_at=self.now,
            optional=optional,
            despite=despite,
        )
        self.activity = replace(
            self.activity, serial=serial, invitations=(*self.activity.invitations, invitation)
        )
        self._effects.append(
            Ring(id=invitation.id, invitation=invitation.id, person=person.key, via=invitation.via)
        )

    def tell(self, invitation: Invitation, notice: Notice) -> None:
        self._effects.append(Tell(id=self._id(), person=invitation.person, via=invitation.via, notice=notice))

    def tell_organiser(self, notice: Notice, *, person: str | None = None, text: str | None = None) -> None:
        effect = TellOrganiser(id=self._id(), notice=notice, person=person, text=text)
        # The chat shows a line for each ring: what they are about has to stand above them.
        first = notice is Notice.STARTED
        self._effects.insert(0 if first else len(self._effects), effect)

    def open_room(self) -> None:
        self._effects.append(OpenRoom(id=self._id()))

    def close_room(self) -> None:
        self._effects.append(CloseRoom(id=self._id()))

    def block(self, invitation: Invitation) -> None:
        self._effects.append(Block(id=self._id(), person=invitation.person, via=invitation.via))

    def silence_at(self) -> datetime:
        return self.now + timedelta(seconds=self.activity.ring_s)

    def _id(self) -> str:
        self.activity = replace(self.activity, notices=self.activity.notices + 1)
        return f"{self.activity.id}-n{self.activity.notices}"


def usual_address(person: Person, activity: Activity) -> Address:
    """An address on the organiser's network if there is one."""
    network = activity.organiser_via.network
    return next((a for a in person.addresses if a.network == network), person.addresses[0])
