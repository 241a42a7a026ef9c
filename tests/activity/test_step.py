"""What holds for every step, whatever it is about."""

from datetime import timedelta

import pytest

from quorate.activity.inputs import CancelAsked, ExtendAsked, WorldChanged
from quorate.errors import NotPossible
from quorate.model.activity import Happened, InvitationState
from quorate.model.availability import Availability
from quorate.model.reasons import Reason
from tests.activity.world import World, meet, play

OVER_STORIES = {
    "cancelled": "meet bob -> alice: started\nalice cancels",
    "failed": "meet bob; now -> alice: failed",
    "expired": "meet bob; within 1m -> alice: started\n+1m -> alice: failed",
}


@pytest.mark.parametrize(
    "order", [CancelAsked(), ExtendAsked(timedelta(minutes=5))], ids=["cancel", "extend"]
)
@pytest.mark.parametrize(("state", "story"), OVER_STORIES.items(), ids=OVER_STORIES)
def test_orders_that_come_too_late_are_refused_with_a_sentence(
    state: str, story: str, order: CancelAsked | ExtendAsked
) -> None:
    world = play(story)
    with pytest.raises(NotPossible, match=f"it is {state} already"):
        world.give("Q1", order)


def test_what_has_no_deadline_is_not_limited_by_more_time() -> None:
    world = play("meet bob -> alice: started")
    with pytest.raises(NotPossible, match="no deadline"):
        world.give("Q1", ExtendAsked(timedelta(minutes=5)))
    assert world.activities["Q1"].deadline is None


@pytest.mark.parametrize("within", ["", "; within 1m"])
def test_what_is_live_needs_no_more_time(within: str) -> None:
    world = play(f"""
        bob available
        meet bob{within} -> alice: started, ring bob
        bob yes -> open room, bob: link, alice: live
    """)
    with pytest.raises(NotPossible, match="Q1 is live: it does not run out of time"):
        world.give("Q1", ExtendAsked(timedelta(minutes=5)))


def test_what_could_not_be_done_is_logged_once_with_its_reason() -> None:
    world = World(ready=False)
    world.set("bob", Availability.AVAILABLE)
    world.start(meet("bob"))
    world.give("Q1", WorldChanged())
    world.ready, world.held["bob"] = True, "Q9"
    world.give("Q1", WorldChanged())
    world.give("Q1", WorldChanged())
    log = world.activities["Q1"].log
    assert [(line.what, line.people, line.reason) for line in log] == [
        (Happened.CREATED, (), None),
        (Happened.NOT_DONE, ("bob",), Reason.ORGANISER_AWAY),
        (Happened.NOT_DONE, ("bob",), Reason.HELD),
    ]


def test_a_step_that_changes_nothing_gives_the_same_activity_and_no_effects() -> None:
    world = play("bob available\nmeet bob and carol -> alice: started")
    before = world.activities["Q1"]
    assert world.give("Q1", WorldChanged()) == []
    assert world.activities["Q1"] == before


def test_every_invitation_and_notice_has_an_id_of_its_own() -> None:
    world = World()
    world.set("lena", Availability.AVAILABLE)
    world.set("omar", Availability.AVAILABLE)
    effects = world.start(meet("lena or omar")) + world.pass_time(timedelta(seconds=30))
    assert [effect.id for effect in effects] == ["Q1-n1", "Q1-1", "Q1-2"]


def test_a_restart_in_the_middle_of_ringing_rings_nobody_again() -> None:
    world = play("bob available\nmeet bob -> alice: started, ring bob\n+10s")
    assert world.give("Q1", WorldChanged()) == []
    assert [i.state for i in world.activities["Q1"].invitations] == [InvitationState.SENT]


def test_a_deadline_that_passed_while_nothing_ran_comes_first() -> None:
    world = play("meet bob; within 10m -> alice: started")
    world.now += timedelta(hours=1)
    world.set("bob", Availability.AVAILABLE)
    world.give("Q1", WorldChanged())
    assert world.activities["Q1"].reason is Reason.DEADLINE
    assert world.activities["Q1"].invitations == ()
