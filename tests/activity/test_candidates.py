from datetime import timedelta

import pytest

from quorate.activity import candidates
from quorate.activity.inputs import WorldChanged
from quorate.model.availability import Availability
from tests.activity.world import World, meet, play


@pytest.mark.parametrize(
    ("who", "chosen"),
    [
        ("any of @dba", ("ines",)),
        ("2 of @dba", ("ines", "kofi")),
        ("raj or any of @dba", ("raj",)),
    ],
)
def test_the_least_recently_asked_is_chosen_unless_the_order_is_given(
    who: str, chosen: tuple[str, ...]
) -> None:
    world = World()
    for key, minutes in {"raj": 5, "ines": 60, "kofi": 30}.items():
        world.set(key, Availability.AVAILABLE)
        world.asked[key] = world.now - timedelta(minutes=minutes)
    world.start(meet(who))
    assert tuple(i.person for i in world.activities["Q1"].invitations) == chosen


def test_who_said_no_does_not_make_it_impossible_while_others_may_come() -> None:
    world = play("bob available\nmeet bob or carol -> ring bob, alice: started\nbob no -> alice: tally")
    assert candidates.possible(world.activities["Q1"], world.view("Q1"))
    world.blocked.add("carol")
    world.give("Q1", WorldChanged())
    assert not candidates.possible(world.activities["Q1"], world.view("Q1"))
    assert world.activities["Q1"].state.over


@pytest.mark.parametrize(("failures", "wait"), [(1, 10), (2, 20), (3, 40), (4, 60), (9, 60)])
def test_the_wait_after_a_stream_failure_doubles_up_to_a_minute(failures: int, wait: int) -> None:
    world = play("the wire fails: frozen\nbob available\nmeet bob -> ring bob, alice: started, alice: tally")
    while len(world.activities["Q1"].invitations) < failures:
        world.pass_time(timedelta(seconds=10))
    last = world.activities["Q1"].invitations[-1]
    assert last.answered_at is not None
    assert candidates.retry_at(world.activities["Q1"], last) - last.answered_at == timedelta(seconds=wait)
