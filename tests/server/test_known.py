"""Activities found without a search: the same as by looking at all of them."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from quorate.model.activity import Activity, ActivityState, Invitation, InvitationState
from quorate.model.address import Address
from quorate.server.known import Known
from tests.activity.world import NOON, address, meet

ACCOUNTS = (address("alice"), address("zoe"))
states = st.sampled_from(ActivityState)
changes = st.tuples(st.integers(1, 6), states, st.sampled_from(["bob", "kim"]))


@given(st.lists(changes, max_size=30), st.integers(0, 3))
def test_every_index_agrees_with_a_search(changes: list[tuple[int, ActivityState, str]], keep: int) -> None:
    known, now = Known(), dict[str, Activity]()
    for number, state, person in changes:
        before = now.get(f"Q{number}") or _new(number)
        if before.state.over:
            continue
        now[before.id] = replace(
            before, state=state, invitations=(*before.invitations, _asked(before, person))
        )
        known.put(now[before.id])
    for id in known.forget_oldest(keep):
        assert now.pop(id).state.over
    assert {a.id for a in known.all()} == set(now)
    assert {a.id for a in known.open()} == {a.id for a in now.values() if not a.state.over}
    for account in ACCOUNTS:
        mine = [a for a in now.values() if a.organiser_via == account]
        assert sorted(a.id for a in known.of(account)) == sorted(a.id for a in mine)
        for state in ActivityState:
            assert known.count(account, state) == sum(a.state is state for a in mine)
        for contact in (address("bob"), address("kim")):
            found = {a.id for a in mine if any(i.via == contact for i in a.invitations)}
            assert {a.id for a in known.asked(account, contact)} == found


def test_the_latest_ended_are_kept() -> None:
    known = Known()
    for number in (1, 2, 3, 4):
        known.put(_new(number))
    for number in (3, 1, 4):
        known.put(replace(_new(number), state=ActivityState.CANCELLED))
    assert known.forget_oldest(2) == ["Q3"]
    assert known.find("q3") is None
    assert [a.id for a in known.all()] == ["Q4", "Q2", "Q1"]


def _new(number: int) -> Activity:
    return replace(meet("bob", number=number), organiser_via=ACCOUNTS[number % 2])


def _asked(activity: Activity, person: str) -> Invitation:
    via: Address = address(person)
    return Invitation(
        id=f"{activity.id}-{len(activity.invitations)}",
        person=person,
        via=via,
        state=InvitationState.SENT,
        queued_at=NOON,
    )
