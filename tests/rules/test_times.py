from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.errors import NotSyntax
from quorate.model.command import TimeOfDay
from quorate.rules.times import TimeIsOver, at, parse_time

BERLIN = ZoneInfo("Europe/Berlin")
THURSDAY = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)  # 13:00 in Berlin

READ = {
    "14:00": TimeOfDay(hour=14, minute=0),
    "9.30": TimeOfDay(hour=9, minute=30),
    "fri 18:00": TimeOfDay(hour=18, minute=0, weekday=4),
    "Friday 6pm": TimeOfDay(hour=18, minute=0, weekday=4),
    "tomorrow 9:00": TimeOfDay(hour=9, minute=0, days_ahead=1),
    "today 12 am": TimeOfDay(hour=0, minute=0, days_ahead=0),
}


@pytest.mark.parametrize(("text", "time"), READ.items())
def test_times_are_read(text: str, time: TimeOfDay) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize(
    "text", ["", "14", "25:00", "14:60", "13pm", "someday 9:00", "14:00 sharp", "f 9:00"]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(NotSyntax) as refused:
        parse_time(text, column=7)
    assert refused.value.column == 7


MOMENTS = {
    # name: (time, now, what it means in Berlin)
    "later today": ("14:00", THURSDAY, "2026-01-01T14:00+01:00"),
    "over today": ("13:00", THURSDAY, "2026-01-02T13:00+01:00"),
    "weekday ahead": ("fri 18:00", THURSDAY, "2026-01-02T18:00+01:00"),
    "this weekday, later": ("thu 18:00", THURSDAY, "2026-01-01T18:00+01:00"),
    "this weekday, over": ("thu 9:00", THURSDAY, "2026-01-08T09:00+01:00"),
    "tomorrow": ("tomorrow 9:00", THURSDAY, "2026-01-02T09:00+01:00"),
    "clocks forward": ("8:00", datetime(2026, 3, 28, 12, 0, tzinfo=UTC), "2026-03-29T08:00+02:00"),
    "skipped": ("2:30", datetime(2026, 3, 28, 12, 0, tzinfo=UTC), "2026-03-29T03:30+02:00"),
    "twice": ("2:30", datetime(2026, 10, 24, 12, 0, tzinfo=UTC), "2026-10-25T02:30+02:00"),
}


@pytest.mark.parametrize(("text", "now", "meant"), MOMENTS.values(), ids=MOMENTS)
def test_the_next_such_moment(text: str, now: datetime, meant: str) -> None:
    assert at(parse_time(text), now, BERLIN) == datetime.fromisoformat(meant)


def test_today_in_the_past_is_refused() -> None:
    with pytest.raises(TimeIsOver):
        at(parse_time("today 9:00"), THURSDAY, BERLIN)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 23),
    st.integers(0, 59),
    st.none() | st.integers(0, 6),
)
def test_the_moment_is_ahead_and_near(now: datetime, hour: int, minute: int, weekday: int | None) -> None:
    moment = at(TimeOfDay(hour=hour, minute=minute, weekday=weekday), now, BERLIN)
    days = 1 if weekday is None else 7
    assert now < moment <= now + timedelta(days=days, hours=2)
    assert moment.utcoffset() == timedelta(0)
