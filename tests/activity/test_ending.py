"""How activities end, and who hears of it. How stories read: see world.py."""

import pytest

from tests.activity.world import play

STORIES = {
    "too many said no": """
        raj available
        ines available
        meet 2 of @dba -> alice: started, ring raj, ring ines
        raj yes        -> raj: accepted, alice: tally
        ines no        -> alice: tally
        = waiting
        kofi available -> ring kofi
        kofi no        -> raj: cancelled, alice: failed
        = failed impossible
    """,
    "the only one said no": """
        bob available
        meet bob -> alice: started, ring bob
        bob no   -> alice: failed
        = failed impossible
    """,
    "deadline while waiting": """
        meet bob; within 10m -> alice: started
        +10m                 -> alice: failed
        = expired deadline
    """,
    "deadline while ringing": """
        bob available
        carol available
        meet bob and carol; within 20s -> alice: started, ring bob, ring carol
        bob yes -> bob: accepted, alice: tally
        +20s    -> bob: expired, carol: expired, alice: failed
        = expired deadline
    """,
    "extended": """
        meet bob; within 10m -> alice: started
        alice extends 5m
        +14m
        = waiting
        +1m -> alice: failed
        = expired deadline
    """,
    "cancelled while waiting": """
        meet bob      -> alice: started
        alice cancels
        = cancelled cancelled
        bob available
    """,
    "cancelled while ringing": """
        bob available
        carol available
        dave available
        meet bob, carol and dave -> alice: started, ring bob, ring carol, ring dave
        bob yes       -> bob: accepted, alice: tally
        carol in 10m  -> carol: later-noted, alice: can-later
        alice cancels -> bob: cancelled, carol: cancelled, dave: cancelled
        = cancelled cancelled
    """,
    "the last one left": """
        bob available
        meet bob    -> alice: started, ring bob
        bob yes     -> open room, bob: link, alice: live
        bob joins
        alice joins
        bob leaves
        = live
        bob joins
        bob leaves
        alice leaves -> close room, alice: ended
        = ended last-left
    """,
    "the first one looked in and left before the others came": """
        bob available
        carol available
        meet bob and carol -> alice: started, ring bob, ring carol
        bob yes     -> bob: accepted, alice: tally
        carol yes   -> open room, bob: link, carol: link, alice: live
        +30s
        alice joins
        alice leaves
        = live
        +1m
        bob joins
        +1m
        = live
        bob leaves  -> close room, alice: ended
        = ended last-left
    """,
    "the others are not waited for longer than they may take": """
        bob available
        carol available
        meet bob and carol -> alice: started, ring bob, ring carol
        bob yes     -> bob: accepted, alice: tally
        carol yes   -> open room, bob: link, carol: link, alice: live
        bob joins
        bob leaves
        +119s
        = live
        +1s         -> close room, alice: ended
        = ended last-left
    """,
    "who missed the ring reads one line, at the end": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        +30s          -> ring omar
        omar yes      -> open room, omar: link, alice: live
        alice cancels -> lena: covered, close room
    """,
    "who missed the ring, and it did not come about": """
        lena available
        meet lena; within 1m -> alice: started, ring lena
        +30s          -> alice: tally
        +30s          -> lena: expired, alice: failed
    """,
    "who missed the ring, and it is cancelled": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        +30s          -> ring omar
        alice cancels -> omar: cancelled, lena: cancelled
        lena yes      -> lena: over
    """,
    "who missed the ring, and too many said no": """
        lena available
        omar available
        meet lena and omar -> alice: started, ring lena, ring omar
        +20s
        omar why      -> omar: why
        +10s          -> alice: tally
        omar no       -> lena: cancelled, alice: failed
    """,
    "who missed the ring and answered late has heard of it": """
        lena available
        omar available
        raj available
        meet lena or omar or raj -> alice: started, ring lena
        +30s          -> ring omar
        +30s          -> ring raj
        raj yes       -> open room, raj: link, alice: live
        lena yes      -> lena: late
        omar no
        alice cancels -> close room
    """,
    "who was rung again hears it once": """
        bob available
        carol available
        meet bob and carol -> alice: started, ring bob, ring carol
        carol in 10m  -> carol: later-noted, alice: can-later
        +9m
        bob away
        bob available
        +100s         -> ring bob, ring carol
        alice cancels -> bob: cancelled, carol: cancelled
    """,
    "who wanted to answer later, and could not be asked again then": """
        bob available
        carol available
        meet bob and carol -> alice: started, ring bob, ring carol
        bob yes       -> bob: accepted, alice: tally
        carol in 1m   -> carol: later-noted, alice: can-later
        the wire fails: no-stream
        +60s          -> ring carol, alice: tally
        alice cancels -> bob: cancelled, carol: cancelled
    """,
    "who missed the ring, and is about to be rung again": """
        bob available
        meet bob      -> alice: started, ring bob
        +30s          -> alice: tally
        bob away
        the wire is slow
        +10m
        bob available -> ring bob
        alice cancels -> bob: cancelled
    """,
    "nobody knew for long that it had left": """
        bob available
        the wire is slow
        meet bob      -> alice: started, ring bob
        +30s          -> alice: tally
        the wire sent Q1-1
        alice cancels -> bob: cancelled
    """,
    "an invitation that came back was not missed": """
        bob available
        meet bob      -> alice: started, ring bob
        the wire returns Q1-1 -> alice: tally
        alice cancels
    """,
    "ended by the organiser": """
        bob available
        eve available
        meet bob, optional eve -> alice: started, ring bob
        bob yes       -> open room, bob: link, alice: live, ring eve
        bob joins
        alice cancels -> eve: covered, close room
        = ended ended-by-organiser
    """,
    "nobody came": """
        bob available
        meet bob -> alice: started, ring bob
        bob yes  -> open room, bob: link, alice: live
        +14m
        = live
        +1m      -> close room, alice: ended
        = ended nobody-came
    """,
    "somebody came": """
        bob available
        meet bob  -> alice: started, ring bob
        bob yes   -> open room, bob: link, alice: live
        bob joins
        +1h
        = live
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play(story)
