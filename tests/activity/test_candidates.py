from collections import Counter
from datetime import timedelta

import pytest

from quorate.activity import candidates
from quorate.activity.inputs import CancelAsked, Replied
from quorate.activity.why import PersonWhy, person_why, why
from quorate.model.activity import ActivityState
from quorate.model.availability import Availability
from quorate.model.command import Answer, Reply
from quorate.model.reasons import Reason
from tests.activity.world import NOON, World, act, meet, play

FIVE = ("raj", "ines", "kofi", "mum", "dad")


@pytest.mark.parametrize(
    ("who", "chosen"),
    [
        ("any of @dba", ("ines",)),
        ("2 of @dba", ("ines", "kofi")),
        ("raj or any of @dba", ("raj",)),
    ],
)
def test_the_least_recently_asked_is_chosen_unless_the_order_is_given(
    who: str, chosen: tuple[str, ...]
) -> None:
    world = World()
    for key, minutes in {"raj": 5, "ines": 60, "kofi": 30}.items():
        world.set(key, Availability.AVAILABLE)
        world.asked[key] = world.now - timedelta(minutes=minutes)
    world.start(meet(who))
    assert tuple(i.person for i in world.activities["Q1"].invitations) == chosen


@pytest.mark.parametrize("who_says_no", [None, "ines"])
def test_over_a_hundred_equal_activities_everybody_is_asked_as_often(who_says_no: str | None) -> None:
    """One of five is needed; who says no is asked no less than others, and everybody else evenly."""
    world, asked = World(), Counter[str]()
    for key in FIVE:
        world.set(key, Availability.AVAILABLE)
    for number in range(1, 101):
        world.now += timedelta(minutes=30)
        activity = meet(f"1 of ({', '.join(FIVE)})", number=number, now=world.now)
        world.start(activity)
        while world.activities[activity.id].state is not ActivityState.LIVE:
            world.now += timedelta(seconds=5)
            rung = next(i.person for i in world.activities[activity.id].invitations if i.open)
            said = Answer.NO if rung == who_says_no else Answer.YES
            world.give(activity.id, Replied(rung, Reply(answer=said)))
        asked.update(i.person for i in world.activities[activity.id].invitations)
        world.give(activity.id, CancelAsked())
    counts = [asked[key] for key in FIVE]
    each = sum(counts) / len(FIVE)
    assert all(abs(count - each) <= 1 for count in counts), asked
    if who_says_no is None:
        assert each == 20


def test_who_said_no_does_not_make_it_impossible_while_others_may_come() -> None:
    world = play("bob available\nmeet bob or carol -> alice: started, ring bob\nbob no -> alice: tally")
    assert candidates.possible(world.activities["Q1"])
    act(world, "carol available")
    act(world, "carol no")
    assert not candidates.possible(world.activities["Q1"])
    assert world.activities["Q1"].state.over


STOPPED = {
    "it waits": "meet bob -> alice: started\n= waiting",
    "as all who wait do": "meet bob; within 10m -> alice: started\n+10m -> alice: failed\n= expired deadline",
    "now, it is not possible now": "meet bob; now -> alice: failed\n= failed not-now",
    "somebody else is asked": "meet bob or carol -> alice: started\ncarol available -> ring carol",
}


@pytest.mark.parametrize("story", STOPPED.values(), ids=STOPPED)
@pytest.mark.parametrize("cause", ["bob available\nbob blocks", "bob unreachable"])
def test_who_said_stop_reads_like_somebody_who_cannot_be_reached(story: str, cause: str) -> None:
    world = play(f"{cause}\n{story}")
    bob = person_why(world.activities["Q1"], "bob", world.view("Q1"), world.now)
    assert bob == PersonWhy(
        person="bob", state=None, availability=Availability.AVAILABLE, reason=Reason.UNREACHABLE
    )


@pytest.mark.parametrize("state", ["away", "busy", "offline", "unknown"])
def test_who_said_stop_and_is_not_there_is_just_not_there(state: str) -> None:
    world = play(f"bob {state}\nbob blocks\nmeet bob -> alice: started")
    found = candidates.why_not(world.activities["Q1"], "bob", world.view("Q1"), world.now)
    assert found == candidates.WhyNot(Reason(state))


def test_what_the_organiser_sees_of_a_stop_is_a_no() -> None:
    asked = "meet bob or carol -> alice: started\nbob available -> ring bob"
    stopped = play(f"{asked}\nbob stop -> block bob, bob: stopped, alice: tally")
    declined = play(f"{asked}\nbob no -> alice: tally")
    one, other = stopped.activities["Q1"], declined.activities["Q1"]
    assert (one.log, one.invitations) == (other.log, other.invitations)
    assert why(one, stopped.view("Q1"), NOON) == why(other, declined.view("Q1"), NOON)


@pytest.mark.parametrize(("failures", "wait"), [(1, 10), (2, 20), (3, 40), (4, 60), (9, 60)])
def test_the_wait_after_a_stream_failure_doubles_up_to_a_minute(failures: int, wait: int) -> None:
    world = play("the wire fails: frozen\nbob available\nmeet bob -> alice: started, ring bob, alice: tally")
    while len(world.activities["Q1"].invitations) < failures:
        world.pass_time(timedelta(seconds=10))
    last = world.activities["Q1"].invitations[-1]
    assert last.answered_at is not None
    assert candidates.retry_at(world.activities["Q1"], last) - last.answered_at == timedelta(seconds=wait)
