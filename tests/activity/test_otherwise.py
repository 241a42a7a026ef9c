"""``else WHO``: what happens when the deadline passes. How stories read: see world.py."""

from dataclasses import replace
from datetime import timedelta

import pytest

from quorate.activity.creation import new_activity
from quorate.activity.why import why
from quorate.model.activity import ActivityState, Happened
from quorate.model.reasons import Reason
from tests.activity.world import NOON, World, act, fallback, meet, play, shown

STORIES = {
    "who is asked instead is asked when the time is over": """
        kim available
        meet bob; within 10m; else kim within 5m -> alice: started
        +599s
        = waiting
        +1s      -> alice: fell-back, ring kim
        kim yes  -> open room, kim: link, alice: live
    """,
    "and no sooner, though the first are impossible": """
        bob available
        kim available
        meet bob; within 10m; else kim within 5m -> alice: started, ring bob
        bob no   -> alice: tally
        = waiting
        +599s
        = waiting
        +1s      -> alice: fell-back, ring kim
    """,
    "it has a time of its own, and then it is over": """
        meet bob; within 10m; else kim within 5m -> alice: started
        +10m     -> alice: fell-back
        +299s
        = waiting
        +1s      -> alice: failed
        = expired deadline
    """,
    "one after the other": """
        meet bob; within 10m; else kim within 5m; else lea within 1m -> alice: started
        +10m     -> alice: fell-back
        +5m      -> alice: fell-back
        lea available -> ring lea
        +60s     -> alice: tally, lea: expired, alice: failed
    """,
    "met in time nobody else is asked": """
        bob available
        kim available
        meet bob; within 10m; else kim within 5m -> alice: started, ring bob
        bob yes  -> open room, bob: link, alice: live
        bob joins
        +20m
        = live
    """,
    "who said yes and is named there too stays in": """
        bob available
        kim available
        meet bob and lea; within 10m; else bob_and_kim within 5m -> alice: started
        lea available -> ring bob, ring lea
        bob yes       -> bob: accepted, alice: tally
        lea no        -> alice: tally
        +10m          -> alice: fell-back, ring kim
        kim yes       -> bob: still-there, kim: accepted, alice: tally
        bob yes       -> open room, bob: link, kim: link, alice: live
    """,
    "who said yes and is not named there is told": """
        bob available
        meet bob and lea; within 10m; else kim within 5m -> alice: started
        lea available -> ring bob, ring lea
        bob yes       -> bob: accepted, alice: tally
        lea no        -> alice: tally
        +10m          -> alice: fell-back, bob: expired
        bob yes       -> bob: not-needed
        bob yes
        kim available -> ring kim
        kim yes       -> open room, kim: link, alice: live
    """,
    "who is being asked and is named there goes on being asked": """
        +595s
        bob available
        meet bob; within 10m; else bob_or_kim within 5m -> alice: started, ring bob
        +5s      -> alice: fell-back
        = ringing
        +25s     -> alice: tally
    """,
    "who is being asked and is not named there is told": """
        +595s
        bob available
        kim available
        meet bob; within 10m; else kim within 5m -> alice: started, ring bob
        +5s      -> alice: fell-back, bob: expired, ring kim
        bob no
        kim yes  -> open room, kim: link, alice: live
    """,
    "more time is more time before others are asked": """
        meet bob; within 10m; else kim within 5m -> alice: started
        alice extends 10m
        +19m
        +1m      -> alice: fell-back
    """,
    "at a time, and an hour later others": """
        kim available
        meet bob; at 10m; else kim within 5m -> alice: started
        +70m     -> alice: fell-back, ring kim
        +30s     -> alice: tally
    """,
    "cancelled after it fell back": """
        meet bob; within 10m; else kim within 5m -> alice: started
        +10m     -> alice: fell-back
        alice cancels
        = cancelled cancelled
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play(story)


def test_what_it_was_first_is_kept_and_told() -> None:
    world = play("meet bob; within 10m; else kim within 5m -> alice: started\n+10m -> alice: fell-back")
    activity = world.activities["Q1"]
    assert (activity.who, activity.first_who, activity.fallbacks) == ("kim", "bob", ())
    assert activity.deadline == NOON + timedelta(minutes=15)
    line = activity.log[-1]
    assert (line.what, line.reason, line.by) == (Happened.FELL_BACK, Reason.DEADLINE, "kim")
    assert [p.person for p in why(activity, world.view("Q1"), world.now).people] == ["bob", "kim"]


def test_a_deadline_that_passed_while_nothing_ran_leaves_the_others_their_time() -> None:
    world = play("kim available\nmeet bob; within 10m; else kim within 5m -> alice: started")
    world.now += timedelta(days=1)
    assert [shown(e) for e in act(world, "the world changed")] == ["alice: fell-back", "ring kim"]
    assert world.activities["Q1"].deadline == world.now + timedelta(minutes=5)


def test_a_time_that_was_named_is_not_moved() -> None:
    """Both are over when a server comes back: it ends, with its reason."""
    world = World()
    then = fallback("kim", timedelta(minutes=5), deadline=NOON + timedelta(minutes=20))
    world.start(replace(meet("bob", deadline=NOON + timedelta(minutes=10)), fallbacks=(then,)))
    world.now += timedelta(days=1)
    assert [shown(e) for e in act(world, "the world changed")] == ["alice: fell-back", "alice: failed"]
    activity = world.activities["Q1"]
    assert (activity.state, activity.reason) == (ActivityState.EXPIRED, Reason.DEADLINE)


def test_new_activity_takes_them() -> None:
    made = new_activity(
        1,
        requirement=meet("bob").requirement,
        who="bob",
        organiser=meet("bob").organiser,
        organiser_via=meet("bob").organiser_via,
        people=meet("bob").people,
        now=NOON,
        fallbacks=(fallback("kim", timedelta(minutes=1)),),
    )
    assert made.fallbacks[0].who == "kim"
