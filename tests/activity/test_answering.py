"""What people answer, and what they hear. How stories read: see world.py."""

import pytest

from quorate.errors import NotPossible
from tests.activity.world import World, act, meet, play

STORIES = {
    "stop is a no for ever": """
        bob available
        omar available
        meet bob or omar -> alice: started, ring bob
        bob stop         -> block bob, bob: stopped, ring omar
        bob stop
    """,
    "a substitute of one's own is tried first": """
        lena available
        omar available
        kim available
        meet lena or omar -> alice: started, ring lena
        lena sub kim      -> ring kim
        kim yes           -> open room, kim: link, alice: live
    """,
    "who can later is told to the organiser, once, while others are asked": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        lena in 2m        -> lena: later-noted, ring omar, alice: can-later
        lena in 5m        -> lena: later-noted
    """,
    "who can later is taken at their word": """
        raj available
        ines available
        meet any of @dba -> alice: started, ring raj
        raj in 2m        -> raj: later-noted, ring ines, alice: can-later
        alice takes raj  -> open room, raj: link, alice: live, ines: covered
    """,
    "who is taken is in while others are missing": """
        raj available
        ines available
        meet 2 of @dba  -> alice: started, ring raj, ring ines
        kofi available
        raj in 2m       -> raj: later-noted, ring kofi, alice: can-later
        alice takes raj -> kofi: covered, raj: accepted, alice: tally
        ines yes        -> open room, raj: link, ines: link, alice: live
    """,
    "a review ends when who reads it is through": """
        raj available
        ines available
        meet any of @dba; review -> alice: started, ring raj
        raj yes                  -> open room, raj: link, alice: live
        alice joins
        alice leaves
        +2h
        raj done                 -> raj: done-noted, close room, alice: ended
        = ended done
    """,
    "of two who review the last one closes it": """
        raj available
        ines available
        meet 2 of @dba; review -> alice: started, ring raj, ring ines
        raj yes                -> raj: accepted, alice: tally
        ines yes               -> open room, raj: link, ines: link, alice: live
        raj done               -> raj: done-noted, alice: done
        raj done
        ines done              -> ines: done-noted, close room, alice: ended
    """,
    "done without a yes before it": """
        raj available
        meet any of @dba; review -> alice: started, ring raj
        raj done                 -> raj: done-noted, close room, alice: ended
    """,
    "of anything but a review done says nothing": """
        raj available
        meet any of @dba -> alice: started, ring raj
        raj done
        raj yes          -> open room, raj: link, alice: live
        raj done
        alice cancels    -> close room
        raj done
    """,
    "a substitute named twice": """
        lena available
        meet lena     -> alice: started, ring lena
        lena sub kim  -> alice: substitute-waits kim
        lena sub kim
        kim available -> ring kim
        kim yes       -> open room, kim: link, alice: live
    """,
    "a substitute in a group counts there": """
        raj available
        ines available
        kim available
        meet 2 of @dba -> alice: started, ring raj, ring ines
        ines sub kim   -> ring kim
        raj yes        -> raj: accepted, alice: tally
        kim yes        -> open room, raj: link, kim: link, alice: live
    """,
    "a conflict is a no for this activity, with its reason": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        lena conflict     -> lena: conflict-noted, ring omar
        lena conflict
        omar yes          -> open room, omar: link, alice: live
    """,
    "nobody with a conflict comes back by another way": """
        kim available
        omar available
        meet kim or omar; within 10m; else kim within 5m -> alice: started, ring kim
        kim conflict  -> kim: conflict-noted, ring omar
        omar sub kim  -> alice: substitute-waits kim
        +10m          -> alice: fell-back, alice: failed
        = failed impossible
    """,
    "who suggests each other is not asked for ever": """
        omar available
        kim available
        meet omar    -> alice: started, ring omar
        omar sub kim -> ring kim
        kim sub omar -> alice: failed
        = failed impossible
    """,
    "of two who say yes to the last place at once one is in, the other may join anyway": """
        raj available
        ines available
        meet 1 of @dba; urgent -> alice: started, ring raj, ring ines
        raj yes                -> open room, raj: link, alice: live, ines: covered
        ines yes               -> ines: late
        ines yes               -> ines: link
    """,
    "the same before it is live": """
        raj available
        ines available
        lena available
        meet 1 of @dba and lena; urgent -> alice: started, ring raj, ring lena, ring ines
        raj yes   -> ines: covered, raj: accepted, alice: tally
        ines yes  -> ines: late
        ines yes  -> ines: accepted, alice: tally
        lena yes  -> open room, raj: link, lena: link, ines: link, alice: live
    """,
    "who was told that it is covered counts when it is not any more": """
        raj available
        ines available
        lena available
        meet 1 of @dba and lena; urgent -> alice: started, ring raj, ring lena, ring ines
        raj yes   -> ines: covered, raj: accepted, alice: tally
        raj no    -> ring ines, alice: tally
        ines yes  -> ines: accepted, alice: tally
    """,
    "a substitute nobody knows": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        lena sub zoe      -> alice: suggested zoe, ring omar
    """,
    "two yeses are one": """
        bob available
        meet bob and carol -> alice: started
        carol available    -> ring bob, ring carol
        bob yes            -> bob: accepted, alice: tally
        bob yes
        = ringing
    """,
    "late: asked back once, a second yes joins": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        +30s              -> ring omar
        omar yes          -> open room, omar: link, alice: live
        lena yes          -> lena: late
        lena yes          -> lena: link
        lena yes
    """,
    "late: who knows that it is covered is not asked back": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        +30s              -> ring omar
        omar yes          -> open room, omar: link, alice: live
        lena yes anyway   -> lena: link
    """,
    "late: a no ends it": """
        lena available
        omar available
        meet lena or omar -> alice: started, ring lena
        +30s              -> ring omar
        omar yes          -> open room, omar: link, alice: live
        lena yes          -> lena: late
        lena no
        lena no
    """,
    "answering after the end is answered once": """
        bob available
        carol available
        meet bob and carol -> alice: started, ring bob, ring carol
        alice cancels      -> bob: cancelled, carol: cancelled
        bob yes            -> bob: over
        bob yes
        carol why          -> carol: over
        = cancelled cancelled
    """,
    "stop is heard even after the end": """
        bob available
        meet bob      -> alice: started, ring bob
        alice cancels -> bob: cancelled
        bob stop      -> block bob, bob: stopped
    """,
    "somebody never asked is not heard": """
        bob available
        meet bob or carol -> alice: started, ring bob
        carol yes
        = ringing
    """,
    "a yes after the no, while it is not live": """
        bob available
        carol available
        meet bob or carol -> alice: started, ring bob
        bob no            -> ring carol
        bob yes           -> open room, bob: link, alice: live, carol: covered
    """,
    "a yes taken back for later": """
        bob available
        carol available
        meet bob and carol -> alice: started, ring bob, ring carol
        bob yes            -> bob: accepted, alice: tally
        bob in 5m          -> bob: later-noted, alice: can-later
        +30s
        = waiting
    """,
    "cannot after all, in a live one, and then can": """
        bob available
        meet bob -> alice: started, ring bob
        bob yes  -> open room, bob: link, alice: live
        bob no
        bob yes  -> bob: late
        bob yes  -> bob: link
    """,
    "the organiser is no substitute": """
        bob available
        meet bob or carol -> alice: started, ring bob
        bob sub alice     -> alice: suggested alice, alice: tally
    """,
    "a substitute for somebody who is in already, in a live one": """
        bob available
        kim available
        meet bob    -> alice: started, ring bob
        bob yes     -> open room, bob: link, alice: live
        bob sub kim -> alice: suggested kim
        = live
    """,
    "a substitute for somebody optional": """
        bob available
        eve available
        kim available
        meet bob, optional eve -> alice: started, ring bob
        bob yes     -> open room, bob: link, alice: live, ring eve
        eve sub kim -> ring kim
    """,
    "optional and later": """
        bob available
        eve available
        meet bob, optional eve -> alice: started, ring bob
        bob yes    -> open room, bob: link, alice: live, ring eve
        bob joins
        eve in 5m  -> eve: later-noted
        +5m        -> ring eve
        +30s
        eve yes    -> eve: link
    """,
    "in a while, when already in": """
        bob available
        meet bob   -> alice: started, ring bob
        bob yes    -> open room, bob: link, alice: live
        bob in 10m -> bob: link
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play(story)


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        ("", "has not said that they can"),
        ("raj no", "has not said that they can"),
        ("raj yes", "has said yes already"),
        ("raj in 2m\nines yes", "is live already"),
        ("alice cancels", "cannot be joined"),
    ],
)
def test_nobody_is_taken_without_their_word(before: str, problem: str) -> None:
    world = World()
    for key in ("raj", "ines", "kofi"):
        act(world, f"{key} available")
    world.start(meet("any of @dba" if "raj in" in before else "2 of @dba"))
    for line in before.splitlines():
        act(world, line)
    with pytest.raises(NotPossible, match=problem):
        act(world, "alice takes raj")
