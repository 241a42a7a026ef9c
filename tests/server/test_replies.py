"""Whose activity a reply is for."""

from datetime import UTC, datetime, timedelta

import pytest

from quorate.model.activity import Activity, ActivityState, Invitation, InvitationState
from quorate.model.address import xmpp
from quorate.model.person import Person
from quorate.model.requirement import AllOf, Name
from quorate.server.replies import LATE_REPLY, addressed, watched

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ALICE, CAROL, BOB = (xmpp(f"{name}@example.org") for name in ("alice", "carol", "bob"))


def activity(
    number: int,
    state: InvitationState = InvitationState.SENT,
    *,
    rang: int = 0,
    organiser: str = "alice",
    ended: datetime | None = None,
) -> Activity:
    via = xmpp(f"{organiser}@example.org")
    return Activity(
        id=f"Q{number}",
        state=ActivityState.RINGING if ended is None else ActivityState.ENDED,
        requirement=AllOf((Name("bob"),)),
        who="bob",
        organiser=Person(key=organiser, name=organiser, addresses=(via,)),
        organiser_via=via,
        people=(Person(key="bob", name="bob", addresses=(BOB,)),),
        created=NOON,
        ended_at=ended,
        invitations=(
            Invitation(
                id=f"Q{number}-1",
                person="bob",
                via=BOB,
                state=state,
                queued_at=NOON + timedelta(seconds=rang),
            ),
        ),
    )


SENT, SILENT, ACCEPTED = InvitationState.SENT, InvitationState.SILENT, InvitationState.ACCEPTED
QUEUED = InvitationState.QUEUED


@pytest.mark.parametrize(
    ("activities", "expected"),
    [
        ([], None),
        ([activity(1)], "Q1"),
        ([activity(1, rang=1), activity(2, rang=2)], "Q2"),
        ([activity(1), activity(2, SILENT, rang=5)], "Q1"),
        ([activity(1, ACCEPTED), activity(2, SILENT, rang=5)], "Q2"),
        ([activity(1, SILENT), activity(2, rang=9, ended=NOON)], "Q1"),
        ([activity(1, SILENT, rang=-30), activity(2, QUEUED, rang=0)], "Q1"),
        ([activity(1, SILENT, rang=-90), activity(2, QUEUED, rang=-5)], "Q2"),
        ([activity(1, SILENT, rang=-30, ended=NOON), activity(2, QUEUED, rang=0)], "Q1"),
        ([activity(1, QUEUED, rang=0)], "Q1"),
        ([activity(1, ended=NOON)], "Q1"),
        ([activity(1, ended=NOON - LATE_REPLY)], None),
        ([activity(1, organiser="carol")], None),
    ],
)
def test_the_activity_a_reply_is_for(activities: list[Activity], expected: str | None) -> None:
    found = addressed(activities, ALICE, BOB, NOON)
    assert (found[0].id if found else None) == expected
    assert addressed(activities, ALICE, CAROL, NOON) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (activity(1), [BOB]),
        (activity(1, InvitationState.QUEUED), []),
        (activity(1, InvitationState.WITHDRAWN), [BOB]),
        (activity(1, ended=NOON), [BOB]),
        (activity(1, ended=NOON - LATE_REPLY), []),
    ],
)
def test_whose_messages_are_looked_at(given: Activity, expected: list[object]) -> None:
    assert watched(given, NOON) == expected
