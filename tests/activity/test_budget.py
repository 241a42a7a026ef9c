"""Nobody is rung more often than is fair, whoever asks."""

from datetime import datetime, timedelta

import pytest

from quorate.activity.budget import again_at
from quorate.activity.timing import TimerKind
from quorate.model.reasons import Reason
from tests.activity.world import NOON, bob_waits, play

RINGS = [-70, -50, -30, -10, -1]
"""Minutes from noon."""


@pytest.mark.parametrize(("limit", "minutes"), [(1, 59), (2, 50), (3, 30), (4, 10), (5, None), (0, None)])
def test_when_somebody_may_be_rung_again(limit: int, minutes: int | None) -> None:
    expected = None if minutes is None else NOON + timedelta(minutes=minutes)
    assert again_at(_at(RINGS), limit, NOON) == expected


def test_a_ring_counts_for_an_hour_to_the_moment() -> None:
    assert again_at(_at([-60]), 1, NOON) is None
    assert again_at([], 1, NOON) is None


STORIES = {
    "who was rung enough waits for the hour to pass": """
        bob available
        bob rung enough for 10m
        meet bob -> alice: started
        = waiting
        +9m
        +1m      -> ring bob
    """,
    "the next one instead": """
        lena available
        omar available
        lena rung enough for 10m
        meet lena or omar -> alice: started, ring omar
    """,
    "now is not possible": """
        bob available
        bob rung enough for 10m
        meet bob; now -> alice: failed
        = failed not-now
    """,
    "who is being rung stays so": """
        bob available
        meet bob -> alice: started, ring bob
        bob rung enough for 1h
        = ringing
        bob yes  -> open room, bob: link, alice: live
    """,
    "optional people are left alone": """
        bob available
        eve available
        eve rung enough for 10m
        meet bob, optional eve -> alice: started, ring bob
        bob yes -> open room, bob: link, alice: live
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play(story)


def test_why_and_until_when() -> None:
    world = play("bob available\nbob rung enough for 10m\nmeet bob -> alice: started")
    until = world.now + timedelta(minutes=10)
    assert bob_waits(world) == (Reason.RUNG_ENOUGH, until, TimerKind.RUNG_ENOUGH, until, "bob")


def _at(minutes: list[int]) -> list[datetime]:
    return [NOON + timedelta(minutes=each) for each in minutes]
