"""What is not stepped would not have changed; checked against stepping everything, and by brute force."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.activity.inputs import CancelAsked, Replied, WorldChanged
from quorate.activity.matcher import Matcher
from quorate.activity.step import step
from quorate.model.activity import InvitationState
from quorate.model.availability import Availability
from quorate.model.command import When
from tests.activity.world import World, meet, reply
from tests.brute import meets

HERE, AWAY = Availability.AVAILABLE, Availability.AWAY


def test_a_change_touches_only_those_it_can_matter_to() -> None:
    matcher, present = Matcher(), set[str]()
    for number, who in enumerate(["bob and kim", "kim", "bob", "bob or kim"], 1):
        matcher.put(meet(who, number=number), present.__contains__)
    assert _changed(matcher, present, "kim", here=True) == {"Q2", "Q4"}
    assert _changed(matcher, present, "kim", here=False) == {"Q2", "Q4"}, "they are stepped until put anew"
    matcher.put(meet("kim", number=2), present.__contains__)
    assert _changed(matcher, present, "omar", here=True) == set()
    assert _changed(matcher, present, "bob", here=True) == {"Q3", "Q4"}, "for Q1 it watches kim from now on"
    matcher.drop("Q3")
    assert _changed(matcher, present, "kim", here=True) == {"Q1", "Q2", "Q4"}
    assert _changed(matcher, present, "alice", here=True) == {"Q1", "Q2", "Q4"}, "an organiser"


@pytest.mark.parametrize("here", ["", "bob", "kim", "bob kim", "bob kim omar"])
@pytest.mark.parametrize("who", ["bob and kim", "bob or kim", "omar"])
def test_to_look_again_finds_what_a_first_look_would(who: str, here: str) -> None:
    matcher, present = Matcher(), frozenset(here.split())
    activity = meet(who)
    matcher.put(activity, lambda _: False)
    again = matcher.again(activity, lambda _: present.__contains__)
    assert again is Matcher().put(activity, present.__contains__)
    assert again is meets(activity.requirement, set(present))


def test_what_is_to_be_now_hears_of_everybody() -> None:
    matcher = Matcher()
    assert matcher.put(meet("bob and kim", when=When.NOW), lambda _: False)
    assert matcher.changed("kim", lambda _: lambda _key: False) == {"Q1"}


WHO = (
    "raj",
    "2 of @dba",
    "raj and (ines or kofi)",
    "any of @dba and mum",
    "@pair",
    "mum or dad",
    "2 of (raj, mum, dad)",
    "raj and any of @dba",
    "half of @dba, optional @pair",
)
KEYS = ("raj", "ines", "kofi", "mum", "dad", "alice")
happenings = st.tuples(
    st.sampled_from(KEYS),
    st.sampled_from(["here", "away", "held", "free", "yes", "no", "in +2m", "blocks", "enough"]),
)


@settings(max_examples=150)
@given(st.lists(st.sampled_from(WHO), min_size=1, max_size=4), st.lists(happenings, max_size=25))
def test_what_is_not_touched_stays_as_it_is(whos: list[str], story: list[tuple[str, str]]) -> None:
    world, matcher = World(), Matcher()
    for number, who in enumerate(whos, 1):
        world.start(meet(who, number=number))
    for id in world.activities:
        _put(world, matcher, id)
    for key, what in story:
        for id in _happen(world, key, what):
            _put(world, matcher, id)
        touched = matcher.changed(key, lambda activity: world.view(activity.id).present)
        for id, activity in world.activities.items():
            if id not in touched:
                stepped = step(activity, WorldChanged(), world.view(id), world.now)
                assert (stepped.activity, stepped.effects) == (activity, ()), f"{id} after {key} {what}"
        for id in touched:
            world.give(id, WorldChanged())
            _put(world, matcher, id)


def _happen(world: World, key: str, what: str) -> list[str]:
    """Let it happen; returns the activities stepped for another reason than the change of a person."""
    match what:
        case "here" | "away" if key == "alice":
            world.ready = what == "here"
        case "here" | "away":
            world.set(key, HERE if what == "here" else AWAY)
        case "held":
            world.held[key] = "Q99"
        case "free":
            world.held.pop(key, None)
        case "enough":
            world.rung_enough[key] = world.now + timedelta(hours=1)
        case "blocks":
            world.blocked.add(key)
        case _:
            open_ones = [
                a.id
                for a in world.activities.values()
                if any(i.person == key and i.state is InvitationState.SENT for i in a.invitations)
            ]
            for id in open_ones:
                world.give(id, Replied(key, reply(what)))
            return list(world.activities) if open_ones else []
    return []


def _put(world: World, matcher: Matcher, id: str) -> None:
    matcher.put(world.activities[id], world.view(id).present)


def _changed(matcher: Matcher, present: set[str], key: str, *, here: bool) -> set[str]:
    (present.add if here else present.discard)(key)
    return matcher.changed(key, lambda _: present.__contains__)


def test_what_is_over_is_not_touched() -> None:
    world, matcher = World(), Matcher()
    world.start(meet("raj"))
    world.give("Q1", CancelAsked())
    _put(world, matcher, "Q1")
    assert matcher.changed("raj", lambda _: lambda _key: True) == set()
