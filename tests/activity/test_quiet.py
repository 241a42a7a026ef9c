"""Quiet hours and do-not-disturb, and who may pass them. How stories read: see world.py."""

from datetime import timedelta

import pytest

from quorate.activity.timing import TimerKind
from quorate.model.reasons import Reason
from tests.activity.world import NOON, bob_waits, play

STORIES = {
    "nobody is rung in their quiet hours": """
        bob available
        bob quiet for 10m
        meet bob -> alice: started
        = waiting
        +9m
        +1m      -> ring bob
    """,
    "the next one instead": """
        lena available
        omar available
        lena quiet for 10m
        meet lena or omar -> alice: started, ring omar
    """,
    "urgent alone does not pass": """
        bob available
        carol dnd
        bob quiet for 10m
        meet bob or carol; urgent -> alice: started
        = waiting
    """,
    "being on the list alone does not pass": """
        bob available
        bob quiet for 10m
        bob lets alice in
        carol dnd
        carol lets alice in
        meet bob or carol -> alice: started
        = waiting
    """,
    "both pass quiet hours, once": """
        bob available
        bob quiet for 10h
        bob lets alice in
        meet bob; urgent -> alice: started, ring bob
        +30s             -> alice: tally
        bob away
        +20m
        bob available
        +20m
        = waiting
    """,
    "both pass do-not-disturb": """
        bob lets alice in
        meet bob; urgent -> alice: started
        bob dnd          -> ring bob
        bob yes          -> open room, bob: link, alice: live
    """,
    "busy in a room is not do-not-disturb": """
        bob busy
        bob lets alice in
        meet bob; urgent -> alice: started
    """,
    "who could not be asked was not disturbed": """
        bob dnd
        bob lets alice in
        the wire fails: no-stream
        meet bob; urgent -> alice: started, ring bob, alice: tally
        the wire works
        +10s             -> ring bob
    """,
    "quiet hours that begin while it rings end nothing": """
        bob available
        meet bob -> alice: started, ring bob
        bob quiet for 10h
        = ringing
        bob yes  -> open room, bob: link, alice: live
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play(story)


def test_why_and_until_when() -> None:
    world = play("bob available\nbob quiet for 10m\nmeet bob -> alice: started")
    until = NOON + timedelta(minutes=10)
    assert bob_waits(world) == (Reason.QUIET, until, TimerKind.QUIET, until, "bob")


def test_what_was_passed_is_kept_for_the_note_and_the_time_line() -> None:
    world = play("bob dnd\nbob lets alice in\nmeet bob; urgent -> alice: started, ring bob")
    activity = world.activities["Q1"]
    assert activity.invitations[0].despite is Reason.DND
    assert activity.log[1].reason is Reason.DND
