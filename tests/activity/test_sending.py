"""Invitations on their way to the wire. How stories read: see world.py."""

import pytest

from tests.activity.world import play

STORIES = {
    "the stream is gone: nobody else is rung for it": """
        lena available
        omar available
        the wire fails: no-stream
        meet lena or omar -> alice: started, ring lena, alice: tally
        = waiting
        +9s
        the wire works
        +1s               -> ring lena
        = ringing
    """,
    "tried again at growing intervals": """
        bob available
        the wire fails: rate-limited
        meet bob -> alice: started, ring bob, alice: tally
        +10s     -> ring bob, alice: tally
        +19s
        +1s      -> ring bob, alice: tally
    """,
    "this person cannot be reached: the next one": """
        lena available
        the wire fails: unreachable
        meet lena or omar -> alice: started, ring lena, alice: tally
        the wire works
        omar available    -> ring omar
    """,
    "now, and no stream": """
        bob available
        the wire fails: no-stream
        meet bob; now -> alice: started, ring bob, alice: failed
        = failed no-stream
    """,
    "answered before the news that it left": """
        bob available
        the wire is slow
        meet bob      -> alice: started, ring bob
        bob yes       -> open room, bob: link, alice: live
        the wire sent Q1-1
        = live
    """,
    "left although it was cancelled meanwhile": """
        bob available
        the wire is slow
        meet bob      -> alice: started, ring bob
        alice cancels
        the wire sent Q1-1 -> bob: cancelled
        the wire sent Q1-1
    """,
    "left although it was covered meanwhile": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        the wire is slow
        +30s              -> ring omar
        lena yes          -> open room, lena: link, alice: live
        the wire sent Q1-2 -> omar: covered
    """,
    "the ring time starts when it left": """
        bob available
        the wire is slow
        meet bob      -> alice: started, ring bob
        +20s
        the wire sent Q1-1
        +29s
        = ringing
        +1s           -> alice: tally
    """,
    "no news of it at all is silence": """
        bob available
        the wire is slow
        meet bob      -> alice: started, ring bob
        +30s          -> alice: tally
        the wire sent Q1-1
        bob yes       -> open room, bob: link, alice: live
    """,
    "it came back: the next one is asked at once": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        the wire returns Q1-1 -> ring omar
        omar yes          -> open room, omar: link, alice: live
    """,
    "it came back and there is nobody else": """
        bob available
        meet bob          -> alice: started, ring bob
        the wire returns Q1-1 -> alice: tally
        = waiting
        +9m
        bob offline
        bob available
        +1m               -> ring bob
    """,
    "it came back after the answer": """
        bob available
        meet bob          -> alice: started, ring bob
        bob yes           -> open room, bob: link, alice: live
        the wire returns Q1-1
        = live
    """,
    "held by another activity": """
        bob available
        bob held by Q9
        meet bob -> alice: started
        = waiting
        bob free -> ring bob
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play(story)
