"""Activities at one moment, written down, for tests of what people read about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from quorate.model.activity import Activity, ActivityState, Invitation, InvitationState
from quorate.model.address import xmpp
from quorate.model.availability import Availability
from quorate.model.person import Person
from quorate.model.reasons import Reason
from quorate.rules.forms import people_in
from quorate.rules.parser import parse_who
from quorate.rules.resolve import resolve

T0 = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
NAMES = ("bob", "carol", "dave", "raj", "ines", "kofi", "vera", "lena", "omar", "hana")
GROUPS = {"dba": ("raj", "ines", "kofi")}


class Everybody:
    def find(self, name: str) -> list[Person]:
        return [somebody(name)] if name in NAMES else []

    def group(self, name: str) -> tuple[str, ...] | None:
        return GROUPS.get(name)

    def names(self) -> tuple[str, ...]:
        return NAMES

    def group_names(self) -> tuple[str, ...]:
        return tuple(GROUPS)


def somebody(key: str) -> Person:
    return Person(key=key, name=key, addresses=(xmpp(f"{key}@example.org"),))


@dataclass(frozen=True)
class Stands:
    """As quorate.activity.why.PersonWhy."""

    person: str
    state: InvitationState | None = None
    availability: Availability = Availability.AVAILABLE
    reason: Reason | None = None
    until: datetime | None = None
    held_by: str | None = None
    spare: bool = False


def activity(who: str, states: Mapping[str, InvitationState] | None = None, **more: Any) -> Activity:
    """``states`` are those of everybody asked so far, in order."""
    requirement = resolve(parse_who(who), Everybody(), organiser_key="alice")
    until = more.pop("until", None)
    invitations = tuple(
        Invitation(
            id=f"Q1-{i}",
            person=key,
            via=xmpp(f"{key}@example.org"),
            state=state,
            queued_at=T0,
            sent_at=None if state is InvitationState.QUEUED else T0,
            until=until if state is not InvitationState.QUEUED else None,
        )
        for i, (key, state) in enumerate((states or {}).items(), 1)
    )
    told: dict[str, Any] = {
        "id": "Q1",
        "state": ActivityState.RINGING if invitations else ActivityState.WAITING,
        "about": "release 2.4",
        **more,
    }
    return Activity(
        requirement=requirement,
        who=who,
        organiser=somebody("alice"),
        organiser_via=xmpp("alice@example.org"),
        people=tuple(somebody(key) for key in people_in(requirement)),
        created=T0,
        invitations=invitations,
        **told,
    )


def standings(of: Activity, **reasons: Reason) -> list[Stands]:
    """Everybody as the activity has them; ``bob=Reason.OFFLINE`` says why somebody is not asked."""
    found = []
    for person in of.people:
        latest = of.latest(person.key)
        found.append(Stands(person.key, latest.state if latest else None, reason=reasons.get(person.key)))
    return found


def later(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)
