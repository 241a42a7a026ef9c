import pytest

from quorate.activity.inputs import WorldChanged
from quorate.activity.reservations import COMING, held_in, released_at
from quorate.model.activity import ActivityState
from quorate.model.availability import Availability
from tests.activity.world import World, act, meet, play

PAIR = "bob available\ncarol available\nmeet bob and carol -> alice: started, ring bob, ring carol"

STORIES = {
    "who is being asked": (PAIR, {"bob", "carol"}),
    "who said yes while it rings": (f"{PAIR}\nbob yes -> bob: accepted, alice: tally", {"bob", "carol"}),
    "nobody while it waits, whoever said yes": (
        f"{PAIR}\nbob yes -> bob: accepted, alice: tally\n"
        "carol in 5m -> carol: later-noted, alice: can-later",
        set(),
    ),
    "nobody while all said yes and the organiser is away": (
        "bob available\nmeet bob -> alice: started, ring bob\nalice away\n"
        "bob yes -> bob: accepted, alice: tally",
        set(),
    ),
    "not who said no": (f"{PAIR}\nbob in 5m -> bob: later-noted, alice: can-later", {"carol"}),
    "not who is silent": (f"{PAIR}\n+30s -> alice: tally", set()),
    "who is on the way to a live room": (
        "bob available\nmeet bob -> alice: started, ring bob\nbob yes -> open room, bob: link, alice: live",
        {"bob"},
    ),
    "not who came, even if they left": (
        "bob available\nmeet bob -> alice: started, ring bob\nbob yes -> open room, bob: link, alice: live\n"
        "alice joins\nbob joins\nbob leaves",
        set(),
    ),
    "not who did not come in time": (
        "bob available\nmeet bob -> alice: started, ring bob\n"
        "bob yes -> open room, bob: link, alice: live\n+2m",
        set(),
    ),
    "optional people being asked in a live one": (
        "bob available\neve available\nmeet bob, optional eve -> alice: started, ring bob\n"
        "bob yes -> open room, bob: link, alice: live, ring eve",
        {"bob", "eve"},
    ),
    "nobody for what is over": (f"{PAIR}\nalice cancels -> bob: cancelled, carol: cancelled", set()),
}


@pytest.mark.parametrize(("story", "held"), STORIES.values(), ids=STORIES)
def test_held(story: str, held: set[str]) -> None:
    world = play(story)
    assert held_in(world.activities["Q1"], world.now) == held


def test_who_is_on_the_way_is_let_go_by_time() -> None:
    world = World()
    world.set("bob", Availability.AVAILABLE)
    world.start(meet("bob"))
    assert released_at(world.activities["Q1"], world.now) is None
    act(world, "bob yes")
    assert released_at(world.activities["Q1"], world.now) == world.now + COMING
    act(world, "bob joins")
    assert released_at(world.activities["Q1"], world.now) is None


def test_two_activities_do_not_wait_for_each_other_for_ever() -> None:
    """A yes to what waits leaves a person free for what could be now."""
    world = World()
    for key in ("bob", "carol", "dave"):
        world.set(key, Availability.AVAILABLE)
    world.start(meet("bob and dave"))
    world.held["bob"] = "Q9"
    world.start(meet("carol and (eve or bob)", number=2))
    del world.held["bob"]
    act(world, "bob yes")
    act(world, "dave in 1h")
    world.give("Q2", WorldChanged())
    assert [i.person for i in world.activities["Q2"].invitations if i.open] == ["carol", "bob"]
    assert world.activities["Q1"].state is ActivityState.WAITING


def test_of_two_activities_the_second_waits_for_the_person_of_the_first() -> None:
    world = World()
    world.set("bob", Availability.AVAILABLE)
    world.start(meet("bob"))
    world.start(meet("bob", number=2))
    assert world.activities["Q2"].invitations == ()
    act(world, "bob no")
    assert held_in(world.activities["Q1"], world.now) == frozenset()
