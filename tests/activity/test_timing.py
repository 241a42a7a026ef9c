from datetime import datetime, timedelta

import pytest

from quorate.activity.step import next_deadline
from tests.activity.world import NOON, play

RINGING = "bob available\nmeet bob; within 10m -> alice: started, ring bob"
LIVE = f"{RINGING}\nbob yes -> open room, bob: link, alice: live"
CASES = {
    "waiting without an end": ("meet bob -> alice: started", None),
    "the earlier of two": (RINGING, NOON + timedelta(seconds=30)),
    "after the silence the deadline": (f"{RINGING}\n+30s -> alice: tally", NOON + timedelta(minutes=10)),
    "live: the deadline is met": (LIVE, NOON + timedelta(minutes=15)),
    "live with people in it": (f"{LIVE}\nbob joins", None),
    "over": (f"{RINGING}\nalice cancels -> bob: cancelled", None),
}


@pytest.mark.parametrize(("story", "at"), CASES.values(), ids=CASES)
def test_when_to_look_again(story: str, at: datetime | None) -> None:
    world = play(story)
    assert next_deadline(world.activities["Q1"], world.now) == at
