"""Still there? Who said yes long before the rest was found is asked again. How stories read: see world.py."""

from datetime import timedelta

import pytest

from quorate.activity.reservations import held_in
from quorate.activity.timing import TimerKind
from quorate.activity.why import why
from tests.activity.world import NOON, play

OLD = """bob available
        meet bob and carol -> alice: started
        carol available    -> ring bob, ring carol
        bob yes            -> bob: accepted, alice: tally
        carol in 2m        -> carol: later-noted, alice: can-later
        +2m                -> ring carol
        carol yes          -> bob: still-there, carol: accepted, alice: tally
        = ringing
"""
STORIES = {
    "still there": f"""{OLD}
        +10s
        bob yes   -> open room, bob: link, carol: link, alice: live
    """,
    "not any more": f"""{OLD}
        bob no    -> carol: cancelled, alice: failed
        = failed impossible
    """,
    "silence: their place is open again": f"""{OLD}
        +30s      -> alice: tally
        = waiting
        bob yes   -> open room, bob: link, carol: link, alice: live
    """,
    "later": f"""{OLD}
        bob in 5m -> bob: later-noted, alice: can-later
        = waiting
    """,
    "asked once": f"""{OLD}
        carol yes
        the world changed
        bob why   -> bob: why
        +29s
        = ringing
    """,
    "the others ask nobody twice while the first is waited for": """bob available
        carol available
        dave available
        meet bob, carol and dave -> alice: started, ring bob, ring carol, ring dave
        bob yes    -> bob: accepted, alice: tally
        dave in 1m -> dave: later-noted, alice: can-later
        +20s
        carol yes  -> carol: accepted, alice: tally
        +40s       -> ring dave
        +5s
        dave yes   -> bob: still-there, dave: accepted, alice: tally
        +25s
        bob yes    -> open room, bob: link, carol: link, dave: link, alice: live
    """,
    "silence: the substitute is rung": """lena available
        omar available
        bob available
        meet (lena or omar) and bob -> alice: started, ring lena, ring bob
        lena yes                    -> lena: accepted, alice: tally
        bob in 2m                   -> bob: later-noted, alice: can-later
        lena yes
        +2m                         -> ring bob
        bob yes                     -> lena: still-there, bob: accepted, alice: tally
        +30s                        -> ring omar, alice: tally
        omar yes                    -> open room, bob: link, omar: link, alice: live
    """,
    "somebody else who said yes lately is enough": """lena available
        omar available
        bob available
        meet (lena or omar) and bob -> alice: started, ring lena, ring bob
        lena in 5m                  -> lena: later-noted, ring omar, alice: can-later
        omar yes                    -> omar: accepted, alice: tally
        bob in 2m                   -> bob: later-noted, alice: can-later
        +2m                         -> ring bob
        lena yes                    -> lena: accepted, alice: tally
        bob yes                     -> open room, lena: link, bob: link, omar: link, alice: live
    """,
    "a yes of one's own accord counts anew": """bob available
        carol available
        meet bob and carol -> alice: started, ring bob, ring carol
        bob yes            -> bob: accepted, alice: tally
        carol in 2m        -> carol: later-noted, alice: can-later
        +90s
        bob yes
        +30s               -> ring carol
        carol yes          -> open room, bob: link, carol: link, alice: live
    """,
    "the organiser comes back after a while": """bob available
        meet bob   -> alice: started, ring bob
        alice away
        bob yes    -> bob: accepted, alice: tally
        +61s
        alice back -> bob: still-there
        = ringing
        bob yes    -> open room, bob: link, alice: live
    """,
    "the organiser comes back soon": """bob available
        meet bob   -> alice: started, ring bob
        alice away
        bob yes    -> bob: accepted, alice: tally
        +60s
        alice back -> open room, bob: link, alice: live
    """,
    "the organiser leaves while it is asked": f"""{OLD}
        alice away -> alice: tally
        = waiting
        +10s
        alice back
        = ringing
        +15s
        bob yes    -> open room, bob: link, carol: link, alice: live
    """,
    "the organiser is away for longer": f"""{OLD}
        alice away -> alice: tally
        +10m
        = waiting
        alice back -> bob: still-there, carol: still-there
    """,
    "no stream to ask on": """bob available
        meet bob; without me -> alice: started, ring bob
        alice logged out
        bob yes              -> open room, bob: link, alice: live
    """,
    "being asked for something else": """bob available
        meet bob   -> alice: started, ring bob
        alice away
        bob yes    -> bob: accepted, alice: tally
        +2m
        bob held by Q9
        alice back
        = waiting
        bob free   -> bob: still-there
    """,
    "it ends while it is asked": f"""{OLD}
        alice cancels -> bob: cancelled, carol: cancelled
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play("\n".join(line for line in story.splitlines() if line.strip()))


def test_who_is_asked_is_held_and_the_next_step_says_so() -> None:
    world = play(OLD)
    activity = world.activities["Q1"]
    assert "bob" in held_in(activity, world.now)
    timer = why(activity, world.view("Q1"), world.now).next
    assert timer is not None
    assert (timer.kind, timer.person) == (TimerKind.STILL_THERE, "bob")
    assert timer.at == NOON + timedelta(minutes=2, seconds=30)
