"""Urgent: one spare for each clause that counts. How stories read: see world.py."""

import pytest

from quorate.activity.spares import spare_now
from quorate.activity.why import person_why, why
from tests.activity.world import play

THERE = "raj available\nines available\nkofi available\nvera available\n"
STORIES = {
    "one more than needed": """
        meet 2 of @ops; urgent -> alice: started, ring raj, ring ines, ring kofi
        raj yes                -> raj: accepted, alice: tally
        ines yes               -> open room, raj: link, ines: link, alice: live, kofi: covered
    """,
    "a spare counts like anybody": """
        meet 2 of @ops; urgent -> alice: started, ring raj, ring ines, ring kofi
        kofi yes               -> kofi: accepted, alice: tally
        ines yes               -> open room, ines: link, kofi: link, alice: live, raj: covered
    """,
    "the spare is covered as soon as the places of the clause are taken": """
        lena available
        meet 2 of @ops and lena; urgent -> alice: started, ring raj, ring ines, ring lena, ring kofi
        raj yes   -> raj: accepted, alice: tally
        kofi yes  -> ines: covered, kofi: accepted, alice: tally
        lena yes  -> open room, raj: link, lena: link, kofi: link, alice: live
    """,
    "a no makes the spare needed, and another one spare": """
        meet 2 of @ops; urgent -> alice: started, ring raj, ring ines, ring kofi
        ines no                -> ring vera
        raj yes                -> raj: accepted, alice: tally
        kofi yes               -> open room, raj: link, kofi: link, alice: live, vera: covered
    """,
    "a spare who becomes available later": """
        vera offline
        kofi offline
        meet 2 of @ops; urgent -> alice: started, ring raj, ring ines
        raj yes                -> raj: accepted, alice: tally
        kofi available         -> ring kofi
    """,
    "an order is kept": """
        lena available
        omar available
        meet lena or omar; urgent -> alice: started, ring lena
        +30s                      -> ring omar
    """,
    "nobody named is rung twice": """
        bob available
        meet bob and raj; urgent -> alice: started, ring bob, ring raj
    """,
    "not urgent": """
        meet 2 of @ops -> alice: started, ring raj, ring ines
    """,
    "no spare while the organiser is away": """
        kofi offline
        vera offline
        meet 2 of @ops; urgent -> alice: started, ring raj, ring ines
        alice away
        kofi available
        alice back             -> ring kofi
    """,
    "cancelled: the spare hears so too": """
        meet 1 of @ops; urgent -> alice: started, ring raj, ring ines
        alice cancels          -> raj: cancelled, ines: cancelled
    """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_story(story: str) -> None:
    play(THERE + story.lstrip())


def test_who_of_them_is_spare() -> None:
    world = play(f"{THERE}meet 2 of @ops; urgent -> alice: started, ring raj, ring ines, ring kofi")
    activity, view = world.activities["Q1"], world.view("Q1")
    assert spare_now(activity) == {"kofi"}
    assert [key for key in ("raj", "kofi", "vera") if person_why(activity, key, view, world.now).spare] == [
        "kofi"
    ]


def test_who_would_be_rung_then() -> None:
    world = play(f"{THERE}alice away\nmeet 2 of @ops; urgent -> alice: started")
    explained = why(world.activities["Q1"], world.view("Q1"), world.now)
    assert explained.then[:2] == ("raj", "ines")
