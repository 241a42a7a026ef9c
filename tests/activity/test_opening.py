"""``at TIME`` and windows. How stories read: see world.py; it begins at noon, UTC."""

from datetime import UTC, datetime, timedelta

import pytest

from quorate.activity.step import next_deadline
from quorate.activity.timing import TimerKind
from quorate.activity.why import why
from quorate.model.availability import Availability
from quorate.model.reasons import Reason
from tests.activity.world import NOON, play, shown

STORIES = {
    "nobody is rung before the time": """
        bob available
        meet bob; at 10m -> alice: started
        = waiting
        bob away
        bob available
        +599s
        +1s       -> ring bob
        bob yes   -> open room, bob: link, alice: live
    """,
    "at the time it waits for who is not there, like asap": """
        meet bob; at 10m -> alice: started
        +10m
        bob available    -> ring bob
    """,
    "an hour after the time it is given up": """
        meet bob; at 10m -> alice: started
        +69m
        = waiting
        +1m              -> alice: failed
        = expired deadline
    """,
    "unless it was said otherwise": """
        meet bob; at 10m; within 15m -> alice: started
        +15m                         -> alice: failed
        = expired deadline
    """,
    "cancelled before its time": """
        bob available
        meet bob; at 10m -> alice: started
        alice cancels
        = cancelled cancelled
        +20m
    """,
    "nobody is rung outside the hours": """
        bob available
        meet bob; between 12:30 and 13:00 -> alice: started
        = waiting
        +29m
        +1m      -> ring bob
    """,
    "who is not there in these hours is rung in the next": """
        meet bob; between 12:00 and 13:00 -> alice: started
        +1h
        bob available
        = waiting
        +22h
        = waiting
        +1h      -> ring bob
    """,
    "hours that end while it rings end nothing": """
        bob available
        kim available
        meet bob or kim; between 11:00 and 12:01 -> alice: started, ring bob
        +30s     -> ring kim
        +29s
        +1s      -> alice: tally
        = waiting
        kim yes  -> open room, kim: link, alice: live
    """,
    "the last ring of the hours may be answered": """
        meet bob; between 12:01 and 12:02 -> alice: started
        +115s
        bob available -> ring bob
        +25s
        bob yes  -> open room, bob: link, alice: live
    """,
    "no room opens in the middle of the night": """
        bob available
        meet bob; between 12:00 and 12:10 -> alice: started, ring bob
        +30s     -> alice: tally
        +10h
        bob yes  -> bob: accepted, alice: tally
        = waiting
        +13h
        +3570s   -> bob: still-there
        bob yes  -> open room, bob: link, alice: live
    """,
    "the deadline comes first": """
        bob available
        meet bob; between 12:30 and 13:00; within 10m -> alice: started
        +10m     -> alice: failed
        = expired deadline
    """,
    "optional people are not rung outside the hours either": """
        bob available
        meet bob, optional eve; between 11:00 and 12:01 -> alice: started, ring bob
        bob yes          -> open room, bob: link, alice: live
        bob joins
        +2m
        eve available
        = live
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play(story)


@pytest.mark.parametrize(
    ("options", "reason", "kind", "at"),
    [
        ("at 10m", Reason.NOT_YET, TimerKind.START, NOON + timedelta(minutes=10)),
        ("between 13:00 and 14:00", Reason.OUTSIDE_WINDOW, TimerKind.WINDOW, NOON + timedelta(hours=1)),
        ("between 9:00 and 10:00", Reason.OUTSIDE_WINDOW, TimerKind.WINDOW, NOON + timedelta(hours=21)),
        ("at 10m; between 13:00 and 14:00", Reason.NOT_YET, TimerKind.START, NOON + timedelta(hours=1)),
    ],
)
def test_next_says_when(options: str, reason: Reason, kind: TimerKind, at: datetime) -> None:
    """Also where somebody's quiet hours end before that, which changes nothing."""
    options = options.replace(" 9:", " 09:")
    world = play(f"bob available\nbob quiet for 5m\nmeet bob; {options} -> alice: started")
    activity, view = world.activities["Q1"], world.view("Q1")
    reasons = why(activity, view, world.now)
    assert (reasons.held_up, reasons.held_until) == (reason, at)
    assert reasons.next is not None
    assert (reasons.next.kind, reasons.next.at) == (kind, at)
    assert next_deadline(activity, world.now, view) == at


def test_a_clock_that_jumps_back_a_day_rings_nobody_before_the_time() -> None:
    world = play("meet bob; at 10m -> alice: started\n+10m\n= waiting")
    world.now -= timedelta(days=1)
    world.set("bob", Availability.AVAILABLE)
    assert world.pass_time(timedelta(hours=23)) == []
    assert shown(world.pass_time(timedelta(hours=2))[0]) == "ring bob"


def test_a_time_is_kept_without_a_view() -> None:
    """After a restart nobody is known yet; the time is."""
    world = play("meet bob; at 10m -> alice: started")
    assert next_deadline(world.activities["Q1"], world.now) == datetime(2026, 1, 1, 12, 10, tzinfo=UTC)
