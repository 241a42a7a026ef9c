"""Stories: left what happens to Q1, right of ``->`` all that follows; after ``=`` its state and reason."""

from datetime import timedelta

import pytest

from quorate.activity.inputs import CancelAsked, ExtendAsked, WorldChanged
from quorate.errors import NotPossible
from quorate.model.activity import Happened, InvitationState
from quorate.model.availability import Availability
from quorate.model.reasons import Reason
from tests.activity.world import World, meet, play

WAITING_AND_RINGING = {
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
        meet bob -> ring bob, alice: started
        bob yes  -> open room, bob: link, alice: live
    """,
    "only as many as are needed": """
        raj available
        ines available
        kofi available
        meet 2 of @dba -> ring raj, ring ines, alice: started
        ines no        -> ring kofi
        raj yes        -> raj: accepted, alice: tally
        kofi yes       -> open room, raj: link, kofi: link, alice: live
    """,
    "silence brings the substitute": """
        lena available
        omar available
        meet lena or omar -> ring lena, alice: started
        +29s
        +1s               -> ring omar
        omar yes          -> open room, omar: link, alice: live
    """,
    "a yes after the silence counts while it is not live": """
        lena available
        omar available
        meet lena or omar -> ring lena, alice: started
        +30s              -> ring omar
        lena yes          -> open room, lena: link, alice: live, omar: covered
    """,
    "nobody left to ask now": """
        bob available
        carol available
        meet bob and carol -> ring bob, ring carol, alice: started
        bob yes            -> bob: accepted, alice: tally
        +30s               -> alice: tally
        = waiting
    """,
    "silent people only after ten minutes and when they came back": """
        bob available
        meet bob -> ring bob, alice: started
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
        meet bob -> ring bob, alice: started
        +30s     -> alice: tally
        +1h
        bob away
        bob available -> ring bob
    """,
    "who leaves keeps ringing": """
        bob available
        meet bob -> ring bob, alice: started
        bob offline
        = ringing
        bob yes  -> open room, bob: link, alice: live
    """,
    "in ten minutes": """
        bob available
        meet bob -> ring bob, alice: started
        bob in 10m -> bob: later-noted, alice: tally
        +9m
        +1m      -> ring bob
        bob yes  -> open room, bob: link, alice: live
    """,
    "in ten minutes, and somebody else meanwhile": """
        jan available
        ulli available
        meet jan or ulli -> ring jan, alice: started
        jan in 2m        -> jan: later-noted, ring ulli
        ulli yes         -> open room, ulli: link, alice: live, jan: covered
    """,
    "a no after the yes": """
        raj available
        ines available
        kofi available
        meet 2 of @dba -> ring raj, ring ines, alice: started
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
        meet bob -> ring bob, alice: started
        bob why  -> bob: why
        = ringing
        bob why  -> bob: why
    """,
    "optional people are rung once it is live": """
        bob available
        eve available
        meet bob, optional eve -> ring bob, alice: started
        bob yes  -> open room, bob: link, alice: live, ring eve
        eve yes  -> eve: link
        = live
    """,
    "optional people never gate": """
        bob available
        meet bob, optional eve -> ring bob, alice: started
        bob yes       -> open room, bob: link, alice: live
        eve available -> ring eve
        eve no
        = live
    """,
}

REPLIES = {
    "stop is a no for ever": """
        bob available
        omar available
        meet bob or omar -> ring bob, alice: started
        bob stop         -> block bob, bob: stopped, ring omar
        bob stop
    """,
    "a substitute of one's own is tried first": """
        lena available
        omar available
        kim available
        meet lena or omar -> ring lena, alice: started
        lena sub kim      -> ring kim
        kim yes           -> open room, kim: link, alice: live
    """,
    "a substitute in a group counts there": """
        raj available
        ines available
        kim available
        meet 2 of @dba -> ring raj, ring ines, alice: started
        ines sub kim   -> ring kim
        raj yes        -> raj: accepted, alice: tally
        kim yes        -> open room, raj: link, kim: link, alice: live
    """,
    "a substitute nobody knows": """
        lena available
        omar available
        meet lena or omar -> ring lena, alice: started
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
        meet lena or omar -> ring lena, alice: started
        +30s              -> ring omar
        omar yes          -> open room, omar: link, alice: live
        lena yes          -> lena: late
        lena yes          -> lena: link
        lena yes
    """,
    "late: a no ends it": """
        lena available
        omar available
        meet lena or omar -> ring lena, alice: started
        +30s              -> ring omar
        omar yes          -> open room, omar: link, alice: live
        lena yes          -> lena: late
        lena no
        lena no
    """,
    "answering after the end is answered once": """
        bob available
        carol available
        meet bob and carol -> ring bob, ring carol, alice: started
        alice cancels      -> bob: cancelled, carol: cancelled
        bob yes            -> bob: over
        bob yes
        carol why          -> carol: over
        = cancelled cancelled
    """,
    "stop is heard even after the end": """
        bob available
        meet bob      -> ring bob, alice: started
        alice cancels -> bob: cancelled
        bob stop      -> block bob, bob: stopped
    """,
    "somebody never asked is not heard": """
        bob available
        meet bob or carol -> ring bob, alice: started
        carol yes
        = ringing
    """,
    "in a while, when already in": """
        bob available
        meet bob   -> ring bob, alice: started
        bob yes    -> open room, bob: link, alice: live
        bob in 10m -> bob: link
    """,
}

ORGANISER = {
    "away: nobody is rung": """
        alice away
        bob available
        meet bob   -> alice: started
        = waiting
        alice back -> ring bob
    """,
    "away when enough said yes": """
        bob available
        meet bob   -> ring bob, alice: started
        alice away
        bob yes    -> bob: accepted, alice: tally
        = ringing
        alice back -> open room, bob: link, alice: live
    """,
    "away when a substitute is needed": """
        lena available
        omar available
        meet lena or omar -> ring lena, alice: started
        alice away
        lena no           -> alice: tally
        = waiting
        alice back        -> ring omar
    """,
    "away does not matter without them": """
        alice away
        bob available
        meet bob; without me -> ring bob, alice: started
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
}

NOW = {
    "not possible": """
        meet bob; now -> alice: failed
        = failed not-now
    """,
    "possible": """
        bob available
        meet bob; now -> ring bob, alice: started
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
        meet 2 of @dba; now -> ring raj, ring ines, alice: started
        raj yes             -> raj: accepted, alice: tally
        ines in 5m          -> ines: later-noted, raj: cancelled, ines: cancelled, alice: failed
        = failed not-now
    """,
}

ENDS = {
    "too many said no": """
        raj available
        ines available
        meet 2 of @dba -> ring raj, ring ines, alice: started
        raj yes        -> raj: accepted, alice: tally
        ines no        -> alice: tally
        = waiting
        kofi available -> ring kofi
        kofi no        -> raj: cancelled, alice: failed
        = failed impossible
    """,
    "the only one said no": """
        bob available
        meet bob -> ring bob, alice: started
        bob no   -> alice: failed
        = failed impossible
    """,
    "impossible from the start": """
        bob blocks
        meet bob -> alice: failed
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
        meet bob and carol; within 20s -> ring bob, ring carol, alice: started
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
    "a deadline given later": """
        meet bob         -> alice: started
        +1h
        alice extends 5m
        +5m              -> alice: failed
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
        meet bob, carol and dave -> ring bob, ring carol, ring dave, alice: started
        bob yes       -> bob: accepted, alice: tally
        carol in 10m  -> carol: later-noted, alice: tally
        alice cancels -> bob: cancelled, carol: cancelled, dave: cancelled
        = cancelled cancelled
    """,
    "the last one left": """
        bob available
        meet bob    -> ring bob, alice: started
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
    "ended by the organiser": """
        bob available
        eve available
        meet bob, optional eve -> ring bob, alice: started
        bob yes       -> open room, bob: link, alice: live, ring eve
        bob joins
        alice cancels -> eve: covered, close room
        = ended ended-by-organiser
    """,
    "nobody came": """
        bob available
        meet bob -> ring bob, alice: started
        bob yes  -> open room, bob: link, alice: live
        +14m
        = live
        +1m      -> close room, alice: ended
        = ended nobody-came
    """,
    "somebody came": """
        bob available
        meet bob  -> ring bob, alice: started
        bob yes   -> open room, bob: link, alice: live
        bob joins
        +1h
        = live
    """,
}

WIRE = {
    "the stream is gone: nobody else is rung for it": """
        lena available
        omar available
        the wire fails: no-stream
        meet lena or omar -> ring lena, alice: started, alice: tally
        = waiting
        +9s
        the wire works
        +1s               -> ring lena
        = ringing
    """,
    "tried again at growing intervals": """
        bob available
        the wire fails: rate-limited
        meet bob -> ring bob, alice: started, alice: tally
        +10s     -> ring bob, alice: tally
        +19s
        +1s      -> ring bob, alice: tally
    """,
    "this person cannot be reached: the next one": """
        lena available
        the wire fails: unreachable
        meet lena or omar -> ring lena, alice: started, alice: tally
        the wire works
        omar available    -> ring omar
    """,
    "now, and no stream": """
        bob available
        the wire fails: no-stream
        meet bob; now -> ring bob, alice: started, alice: failed
        = failed no-stream
    """,
    "answered before the news that it left": """
        bob available
        the wire is slow
        meet bob      -> ring bob, alice: started
        bob yes       -> open room, bob: link, alice: live
        the wire sent Q1-1
        = live
    """,
    "left although it was cancelled meanwhile": """
        bob available
        the wire is slow
        meet bob      -> ring bob, alice: started
        alice cancels
        the wire sent Q1-1 -> bob: cancelled
        the wire sent Q1-1
    """,
    "left although it was covered meanwhile": """
        lena available
        omar available
        meet lena or omar -> ring lena, alice: started
        the wire is slow
        +30s              -> ring omar
        lena yes          -> open room, lena: link, alice: live
        the wire sent Q1-2 -> omar: covered
    """,
    "the ring time starts when it left": """
        bob available
        the wire is slow
        meet bob      -> ring bob, alice: started
        +20s
        the wire sent Q1-1
        +29s
        = ringing
        +1s           -> alice: tally
    """,
    "no news of it at all is silence": """
        bob available
        the wire is slow
        meet bob      -> ring bob, alice: started
        +30s          -> alice: tally
        the wire sent Q1-1
        bob yes       -> open room, bob: link, alice: live
    """,
    "held by another activity": """
        bob available
        bob held by Q9
        meet bob -> alice: started
        = waiting
        bob free -> ring bob
    """,
}

STORIES = {**WAITING_AND_RINGING, **REPLIES, **ORGANISER, **NOW, **ENDS, **WIRE}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play(story)


OVER_STORIES = {
    "cancelled": "meet bob -> alice: started\nalice cancels",
    "failed": "meet bob; now -> alice: failed",
    "expired": "meet bob; within 1m -> alice: started\n+1m -> alice: failed",
}


@pytest.mark.parametrize(
    "order", [CancelAsked(), ExtendAsked(timedelta(minutes=5))], ids=["cancel", "extend"]
)
@pytest.mark.parametrize(("state", "story"), OVER_STORIES.items(), ids=OVER_STORIES)
def test_orders_that_come_too_late_are_refused_with_a_sentence(
    state: str, story: str, order: CancelAsked | ExtendAsked
) -> None:
    world = play(story)
    with pytest.raises(NotPossible, match=f"it is {state} already"):
        world.give("Q1", order)


def test_the_least_recently_asked_is_rung_first() -> None:
    world = World()
    for key, minutes in {"raj": 5, "ines": 60, "kofi": 30}.items():
        world.set(key, Availability.AVAILABLE)
        world.asked[key] = world.now - timedelta(minutes=minutes)
    world.start(meet("any of @dba"))
    assert [i.person for i in world.activities["Q1"].invitations] == ["ines"]


def test_what_could_not_be_done_is_logged_once_with_its_reason() -> None:
    world = World(ready=False)
    world.set("bob", Availability.AVAILABLE)
    world.start(meet("bob"))
    world.give("Q1", WorldChanged())
    world.ready, world.held["bob"] = True, "Q9"
    world.give("Q1", WorldChanged())
    world.give("Q1", WorldChanged())
    log = world.activities["Q1"].log
    assert [(line.what, line.people, line.reason) for line in log] == [
        (Happened.CREATED, (), None),
        (Happened.NOT_DONE, ("bob",), Reason.ORGANISER_AWAY),
        (Happened.NOT_DONE, ("bob",), Reason.HELD),
    ]


def test_a_step_that_changes_nothing_gives_the_same_activity_and_no_effects() -> None:
    world = play("bob available\nmeet bob and carol -> alice: started")
    before = world.activities["Q1"]
    assert world.give("Q1", WorldChanged()) == []
    assert world.activities["Q1"] == before


def test_every_invitation_and_notice_has_an_id_of_its_own() -> None:
    world = World()
    world.set("lena", Availability.AVAILABLE)
    world.set("omar", Availability.AVAILABLE)
    effects = world.start(meet("lena or omar")) + world.pass_time(timedelta(seconds=30))
    assert [effect.id for effect in effects] == ["Q1-1", "Q1-n1", "Q1-2"]


def test_a_restart_in_the_middle_of_ringing_rings_nobody_again() -> None:
    world = play("bob available\nmeet bob -> ring bob, alice: started\n+10s")
    assert world.give("Q1", WorldChanged()) == []
    assert [i.state for i in world.activities["Q1"].invitations] == [InvitationState.SENT]


def test_a_deadline_that_passed_while_nothing_ran_comes_first() -> None:
    world = play("meet bob; within 10m -> alice: started")
    world.now += timedelta(hours=1)
    world.set("bob", Availability.AVAILABLE)
    world.give("Q1", WorldChanged())
    assert world.activities["Q1"].reason is Reason.DEADLINE
    assert world.activities["Q1"].invitations == ()
