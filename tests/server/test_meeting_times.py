"""When a new meeting begins, ends and falls back; and what makes no sense."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from quorate.model.command import When, Window
from quorate.server.meeting_times import NoSuchTime, Times, times_of
from quorate.server.meetings import Instead, NewMeeting

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EVENING = Window(start=time(18), end=time(20), zone="Europe/Berlin")
KIM = Instead(who="kim")


def meeting(**given: object) -> NewMeeting:
    when = When.AT if "at" in given else When.ASAP
    return NewMeeting(**{"who": "bob", "when": when, **given})  # type: ignore[arg-type]


TIMES = {
    "nothing said": (meeting(), Times(None, None, None, ())),
    "within, from now": (meeting(within=HOUR), Times(None, None, NOON + HOUR, ())),
    "within, from its beginning": (
        meeting(at=NOON + HOUR, within=HOUR),
        Times(NOON + HOUR, None, NOON + 2 * HOUR, ()),
    ),
    "the earlier end": (meeting(within=HOUR, before=NOON + MINUTE), Times(None, None, NOON + MINUTE, ())),
    "hours, in the zone of the settings": (
        meeting(window=Window(start=time(18), end=time(20))),
        Times(None, EVENING, None, ()),
    ),
    "instead, as long again": (
        meeting(within=HOUR, instead=(KIM, KIM)),
        Times(None, None, NOON + HOUR, (HOUR, HOUR)),
    ),
    "instead, with a time of its own": (
        meeting(within=HOUR, instead=(Instead(who="kim", within=MINUTE), KIM)),
        Times(None, None, NOON + HOUR, (MINUTE, MINUTE)),
    ),
    "instead, until a time": (
        meeting(within=HOUR, instead=(Instead(who="kim", before=NOON + 3 * HOUR),)),
        Times(None, None, NOON + HOUR, (2 * HOUR,)),
    ),
    "instead, an hour after it was to begin": (
        meeting(at=NOON + HOUR, instead=(KIM,)),
        Times(NOON + HOUR, None, None, (HOUR,)),
    ),
}


@pytest.mark.parametrize(("given", "expected"), TIMES.values(), ids=TIMES)
def test_what_is_meant(given: NewMeeting, expected: Times) -> None:
    assert times_of(given, NOON, BERLIN) == expected


REFUSED = {
    "at, without a time": (meeting(when=When.AT), "“at” needs a time"),
    "over": (meeting(at=NOON), "over already"),
    "ended": (meeting(before=NOON), "over already"),
    "in two years": (meeting(at=NOON + timedelta(days=700)), "366 days ahead"),
    "until in two years": (meeting(before=NOON + timedelta(days=700)), "366 days ahead"),
    "before it begins": (meeting(at=NOON + HOUR, before=NOON + MINUTE), "end before it begins"),
    "before its hours": (meeting(window=EVENING, within=HOUR), "before “between 18:00 and 20:00” begins"),
    "an hour after it begins, before its hours": (
        meeting(window=EVENING, at=NOON + HOUR),
        "before “between 18:00 and 20:00” begins",
    ),
    "now, outside its hours": (meeting(window=EVENING, when=When.NOW), "“now” is outside"),
    "instead, without a time": (meeting(instead=(KIM,)), "needs a time before it"),
    "instead of now": (meeting(within=HOUR, instead=(KIM,), when=When.NOW), "“now” is at once"),
    "instead, before that": (
        meeting(within=HOUR, instead=(Instead(who="kim", before=NOON + MINUTE),)),
        "“else kim” would end before it begins",
    ),
    "instead, over": (meeting(within=HOUR, instead=(Instead(who="kim", before=NOON),)), "over already"),
}


@pytest.mark.parametrize(("given", "says"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(given: NewMeeting, says: str) -> None:
    with pytest.raises(NoSuchTime) as refused:
        times_of(given, NOON, BERLIN)
    assert says in refused.value.problem
    assert refused.value.remedy
