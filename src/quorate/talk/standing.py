"""What talk needs to know of each person of an activity; the activity engine's answer has this shape."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Protocol

from quorate.model.activity import Activity, InvitationState
from quorate.model.availability import Availability
from quorate.model.reasons import Reason
from quorate.rules.forms import people_in
from quorate.rules.places import Lack, missing
from quorate.talk.reasons import beside
from quorate.talk.wording import joined, short_name

OPEN = (InvitationState.QUEUED, InvitationState.SENT)
IN_OR_ASKED = (*OPEN, InvitationState.ACCEPTED)


class Standing(Protocol):
    """Read-only; ``quorate.activity.why.PersonWhy`` is one."""

    @property
    def person(self) -> str: ...
    @property
    def state(self) -> InvitationState | None: ...
    @property
    def availability(self) -> Availability: ...
    @property
    def reason(self) -> Reason | None: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def held_by(self) -> str | None: ...
    @property
    def spare(self) -> bool: ...


class Standings:
    """The people of one activity at one moment, for the organiser's eyes."""

    def __init__(
        self, activity: Activity, people: Sequence[Standing], *, now: datetime, zone: tzinfo
    ) -> None:
        self.activity = activity
        self.now = now
        self.zone = zone
        self._people = {p.person: p for p in people}

    def can(self, key: str) -> bool:
        """Said yes, is being asked, or could be."""
        found = self._people.get(key)
        return found is not None and (found.state in IN_OR_ASKED or found.reason is None)

    def could(self, key: str) -> bool:
        """Could be asked now, and is not."""
        found = self._people.get(key)
        return found is not None and found.state not in IN_OR_ASKED and found.reason is None

    def away(self, key: str) -> bool:
        """Not seen available now."""
        found = self._people.get(key)
        return found is not None and found.availability is not Availability.AVAILABLE

    def in_state(self, *states: InvitationState) -> list[str]:
        return [key for key in people_in(self.activity.requirement) if self.state(key) in states]

    def spares(self) -> list[str]:
        """Who is being asked besides those needed."""
        return [key for key, found in self._people.items() if found.spare]

    def in_question(self) -> list[str]:
        """Who said yes and is asked whether they are still there."""
        latest = (self.activity.latest(key) for key in people_in(self.activity.requirement))
        return [invitation.person for invitation in latest if invitation and invitation.in_question]

    def conflicts(self) -> list[str]:
        """Who said no because of a conflict of interest."""
        latest = (self.activity.latest(key) for key in people_in(self.activity.requirement))
        return [i.person for i in latest if i and i.reason is Reason.CONFLICT]

    def undelivered(self) -> list[str]:
        latest = (self.activity.latest(key) for key in people_in(self.activity.requirement))
        return [invitation.person for invitation in latest if invitation and invitation.undelivered]

    def never_asked(self) -> list[str]:
        return [key for key in people_in(self.activity.requirement) if self.state(key) is None]

    def state(self, key: str) -> InvitationState | None:
        found = self._people.get(key)
        return found.state if found else None

    def why_not(self, key: str) -> str:
        """``offline``, ``said no`` … or nothing."""
        found = self._people.get(key)
        if found is None or found.reason is None:
            return ""
        return beside(found.reason, found.until, self.now, self.zone, held_by=found.held_by)

    def named(self, key: str) -> str:
        """``bob (offline)``."""
        why = self.why_not(key)
        return f"{short_name(key)} ({why})" if why else short_name(key)

    def lacks(self) -> tuple[Lack, ...]:
        return missing(self.activity.requirement, self.can)

    def lacking(self) -> str:
        """What it waits for: ``bob (offline) and 1 more of @dba (kofi away, vera busy)``."""
        return joined([self._lack(lack) for lack in self.lacks()])

    def _lack(self, lack: Lack) -> str:
        if len(lack.cannot) == 1 and lack.need == 1 and not lack.could:
            return self.named(lack.cannot[0])
        others = ", ".join(f"{short_name(key)} {self.why_not(key)}".rstrip() for key in lack.cannot[:6])
        head = lack.clause
        if " of " in lack.clause:
            head = f"{lack.missing or 1} more of {lack.clause.partition(' of ')[2]}"
        return f"{head} ({others})" if others else head
