import pytest

from quorate.activity.reservations import holds
from quorate.model.availability import Availability
from tests.activity.world import World, act, meet, play

PAIR = "bob available\ncarol available\nmeet bob and carol -> ring bob, ring carol, alice: started"

STORIES = {
    "who is being asked": (PAIR, {"bob", "carol"}),
    "who said yes, until it is live": (f"{PAIR}\nbob yes -> bob: accepted, alice: tally", {"bob", "carol"}),
    "not who said no": (f"{PAIR}\nbob in 5m -> bob: later-noted, alice: tally", {"carol"}),
    "not who is silent": (f"{PAIR}\n+30s -> alice: tally", set()),
    "nobody in a live room": (
        "bob available\nmeet bob -> ring bob, alice: started\nbob yes -> open room, bob: link, alice: live",
        set(),
    ),
    "optional people being asked in a live one": (
        "bob available\neve available\nmeet bob, optional eve -> ring bob, alice: started\n"
        "bob yes -> open room, bob: link, alice: live, ring eve",
        {"eve"},
    ),
    "nobody for what is over": (f"{PAIR}\nalice cancels -> bob: cancelled, carol: cancelled", set()),
}


@pytest.mark.parametrize(("story", "held"), STORIES.values(), ids=STORIES)
def test_held(story: str, held: set[str]) -> None:
    assert holds(play(story).activities.values()) == dict.fromkeys(held, "Q1")


def test_of_two_activities_the_second_waits_for_the_person_of_the_first() -> None:
    world = World()
    world.set("bob", Availability.AVAILABLE)
    world.start(meet("bob"))
    world.start(meet("bob", number=2))
    assert world.activities["Q2"].invitations == ()
    act(world, "bob no")
    assert holds(world.activities.values()) == {}
