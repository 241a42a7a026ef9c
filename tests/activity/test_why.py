from datetime import timedelta

import pytest

from quorate.activity.timing import Timer, TimerKind
from quorate.activity.why import PersonWhy, Why, why
from quorate.model.reasons import Reason
from tests.activity.world import NOON, World, play

HALF_A_MINUTE = NOON + timedelta(seconds=30)


def explain(world: World) -> Why:
    return why(world.activities["Q1"], world.view("Q1"), world.now)


def bob(story: str) -> PersonWhy:
    return next(p for p in explain(play(story)).people if p.person == "bob")


RINGING = "bob available\nmeet bob or carol -> alice: started, ring bob"
REASONS = {
    "offline": ("meet bob -> alice: started", Reason.OFFLINE),
    "away": ("bob away\nmeet bob -> alice: started", Reason.AWAY),
    "busy": ("bob busy\nmeet bob -> alice: started", Reason.BUSY),
    "unknown": ("bob unknown\nmeet bob -> alice: started", Reason.UNKNOWN),
    "unreachable": ("bob unreachable\nmeet bob -> alice: started", Reason.UNREACHABLE),
    "held": ("bob available\nbob held by Q9\nmeet bob -> alice: started", Reason.HELD),
    "stopped": ("bob available\nbob blocks\nmeet bob or carol -> alice: started", Reason.UNREACHABLE),
    "declined": (f"{RINGING}\nbob no -> alice: tally", Reason.DECLINED),
    "silent": (f"{RINGING}\n+30s -> alice: tally", Reason.SILENT),
    "later": (f"{RINGING}\nbob in 5m -> bob: later-noted, alice: can-later", Reason.LATER),
    "being asked": (RINGING, None),
    "could be asked": ("alice away\nbob available\nmeet bob -> alice: started", None),
    "in": (
        "bob available\nmeet bob -> alice: started, ring bob\nalice away\n"
        "bob yes -> bob: accepted, alice: tally",
        None,
    ),
}


@pytest.mark.parametrize(("story", "reason"), REASONS.values(), ids=REASONS)
def test_why_a_person_is_not_asked(story: str, reason: Reason | None) -> None:
    assert bob(story).reason is reason


def test_who_holds_a_person_and_until_when_they_are_later() -> None:
    assert bob(REASONS["held"][0]).held_by == "Q9"
    assert bob(REASONS["later"][0]).until == NOON + timedelta(minutes=5)
    assert bob(RINGING).until == HALF_A_MINUTE


@pytest.mark.parametrize(
    ("story", "could"),
    [(REASONS["could be asked"][0], True), (RINGING, False), (REASONS["offline"][0], False)],
)
def test_who_could_be_asked(story: str, could: bool) -> None:
    assert bob(story).could is could


def test_what_holds_everything_up_and_who_would_be_next() -> None:
    explained = explain(play(REASONS["could be asked"][0]))
    assert explained.held_up is Reason.ORGANISER_AWAY
    assert explained.then == ("bob",)
    assert (explained.now, explained.met, explained.possible) == (True, False, True)


def test_an_activity_that_is_over_waits_for_nothing() -> None:
    explained = explain(play("bob available\nmeet bob -> alice: started, ring bob\nbob no -> alice: failed"))
    assert (explained.next, explained.then, explained.possible) == (None, (), False)


TIMERS = {
    "none": ("meet bob -> alice: started", None),
    "deadline": (
        "meet bob; within 10m -> alice: started",
        Timer(NOON + timedelta(minutes=10), TimerKind.DEADLINE),
    ),
    "silence": (RINGING, Timer(HALF_A_MINUTE, TimerKind.SILENCE, "bob")),
    "later": (REASONS["later"][0], Timer(NOON + timedelta(minutes=5), TimerKind.LATER, "bob")),
    "ask again": (
        REASONS["silent"][0],
        Timer(HALF_A_MINUTE + timedelta(minutes=10), TimerKind.ASK_AGAIN, "bob"),
    ),
    "retry": (
        "the wire fails: no-stream\nbob available\nmeet bob -> alice: started, ring bob, alice: tally",
        Timer(NOON + timedelta(seconds=10), TimerKind.RETRY, "bob"),
    ),
    "nobody came": (
        "bob available\nmeet bob -> alice: started, ring bob\nbob yes -> open room, bob: link, alice: live",
        Timer(NOON + timedelta(minutes=15), TimerKind.NOBODY_CAME),
    ),
}


@pytest.mark.parametrize(("story", "timer"), TIMERS.values(), ids=TIMERS)
def test_the_next_timer_says_what_happens_when_and_to_whom(story: str, timer: Timer | None) -> None:
    assert explain(play(story)).next == timer
