"""Who is rung when, and when an activity opens, waits or gives up. How stories read: see world.py."""

import pytest

from tests.activity.world import play

STORIES = {
    "the story of the issue": """
        carol available
        dave available
        meet bob and (carol or dave)     -> alice: started
        = waiting
        bob available                    -> ring bob, ring carol
        = ringing
        bob yes                          -> bob: accepted, alice: tally
        carol no                         -> ring dave
        dave yes                         -> open room, bob: link, dave: link, alice: live
        = live
    """,
    "all there at once": """
        bob available
        meet bob -> alice: started, ring bob
        bob yes  -> open room, bob: link, alice: live
    """,
    "only as many as are needed": """
        raj available
        ines available
        kofi available
        meet 2 of @dba -> alice: started, ring raj, ring ines
        ines no        -> ring kofi
        raj yes        -> raj: accepted, alice: tally
        kofi yes       -> open room, raj: link, kofi: link, alice: live
    """,
    "silence brings the substitute": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        +29s
        +1s               -> ring omar
        omar yes          -> open room, omar: link, alice: live
    """,
    "a yes after the silence counts while it is not live": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        +30s              -> ring omar
        lena yes          -> open room, lena: link, alice: live, omar: covered
    """,
    "a ring stops as soon as somebody else has the place": """
        lena available
        omar available
        raj available
        meet (omar or lena) and raj -> alice: started, ring omar, ring raj
        omar in 5m                  -> omar: later-noted, ring lena, alice: can-later
        omar yes                    -> lena: covered, omar: accepted, alice: tally
        lena in 5m                  -> lena: later-noted, alice: can-later
        raj yes                     -> open room, omar: link, raj: link, alice: live, lena: covered
    """,
    "a ring stops when it cannot help any more, and begins anew when it can": """
        raj available
        mum available
        ines available
        dad available
        meet (raj and mum) or (ines and dad) -> alice: started, ring raj, ring mum
        raj no   -> ring ines, ring dad, mum: covered
        raj yes  -> raj: accepted, alice: tally
        dad no   -> ring mum, ines: covered
        ines no
        mum yes  -> open room, raj: link, mum: link, alice: live
    """,
    "nobody left to ask now": """
        bob available
        carol available
        meet bob and carol -> alice: started, ring bob, ring carol
        bob yes            -> bob: accepted, alice: tally
        +30s               -> alice: tally
        = waiting
    """,
    "silent people only after ten minutes and when they came back": """
        bob available
        meet bob -> alice: started, ring bob
        +30s     -> alice: tally
        +1s
        bob away
        bob available
        +9m
        = waiting
        +59s     -> ring bob
    """,
    "silent people who never moved are left alone": """
        bob available
        meet bob -> alice: started, ring bob
        +30s     -> alice: tally
        +1h
        bob away
        bob available -> ring bob
    """,
    "who leaves keeps ringing": """
        bob available
        meet bob -> alice: started, ring bob
        bob offline
        = ringing
        bob yes  -> open room, bob: link, alice: live
    """,
    "in ten minutes": """
        bob available
        meet bob -> alice: started, ring bob
        bob in 10m -> bob: later-noted, alice: can-later
        +9m
        +1m      -> ring bob
        bob yes  -> open room, bob: link, alice: live
    """,
    "in ten minutes, and somebody else meanwhile": """
        jan available
        ulli available
        meet jan or ulli -> alice: started, ring jan
        jan in 2m        -> jan: later-noted, ring ulli, alice: can-later
        ulli yes         -> open room, ulli: link, alice: live, jan: covered
    """,
    "a no after the yes": """
        raj available
        ines available
        kofi available
        meet 2 of @dba -> alice: started, ring raj, ring ines
        raj yes        -> raj: accepted, alice: tally
        raj no         -> ring kofi, alice: tally
    """,
    "unreachable is not available": """
        bob unreachable
        meet bob -> alice: started
        = waiting
    """,
    "why is answered and changes nothing": """
        bob available
        meet bob -> alice: started, ring bob
        bob why  -> bob: why
        = ringing
        bob why  -> bob: why
    """,
    "optional people are rung once it is live": """
        bob available
        eve available
        meet bob, optional eve -> alice: started, ring bob
        bob yes  -> open room, bob: link, alice: live, ring eve
        eve yes  -> eve: link
        = live
    """,
    "optional people never gate": """
        bob available
        meet bob, optional eve -> alice: started, ring bob
        bob yes       -> open room, bob: link, alice: live
        eve available -> ring eve
        eve no
        = live
    """,
    "away: nobody is rung": """
        alice away
        bob available
        meet bob   -> alice: started
        = waiting
        alice back -> ring bob
    """,
    "away when enough said yes": """
        bob available
        meet bob   -> alice: started, ring bob
        alice away
        bob yes    -> bob: accepted, alice: tally
        = waiting
        alice back -> open room, bob: link, alice: live
    """,
    "away when a substitute is needed": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        alice away
        lena no           -> alice: tally
        = waiting
        alice back        -> ring omar
    """,
    "away does not matter without them": """
        alice away
        bob available
        meet bob; without me -> alice: started, ring bob
        bob yes              -> open room, bob: link, alice: live
    """,
    "without them, but through their stream": """
        alice logged out
        bob available
        meet bob; without me -> alice: started
        alice logged in      -> ring bob
        alice logged out
        bob yes              -> open room, bob: link, alice: live
    """,
    "away and now": """
        alice away
        bob available
        meet bob; now -> alice: failed
        = failed organiser-away
    """,
    "not possible": """
        meet bob; now -> alice: failed
        = failed not-now
    """,
    "possible": """
        bob available
        meet bob; now -> alice: started, ring bob
        bob yes       -> open room, bob: link, alice: live
    """,
    "waits for who is being asked": """
        bob being asked
        meet bob; now      -> alice: started
        = waiting
        the world changed
        bob did not answer -> alice: failed
        = failed not-now
    """,
    "works once the answer is in": """
        bob being asked
        meet bob; now -> alice: started
        bob available -> ring bob
    """,
    "not any more: everybody rung hears the end": """
        raj available
        ines available
        meet 2 of @dba; now -> alice: started, ring raj, ring ines
        raj yes             -> raj: accepted, alice: tally
        ines in 5m          -> ines: later-noted, raj: cancelled, ines: cancelled, alice: failed
        = failed not-now
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play(story)
