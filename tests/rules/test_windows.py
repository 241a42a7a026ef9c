from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.errors import NotSyntax
from quorate.model.command import Meet, Otherwise, TimeOfDay, Window
from quorate.rules.commands import parse_command
from quorate.rules.windows import inside, opens, window_text

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = Window(start=time(18), end=time(20, 30))
THURSDAY = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)  # 13:00 in Berlin
TEN = timedelta(minutes=10)

READ = {
    "between 18:00 and 20:30": EVENING,
    "between 18 and 20.30": EVENING,
    "between 6pm and 8:30 pm": EVENING,
    "between 18:00-20:30": EVENING,
    "on weekdays between 18:00 to 20:30": Window(start=time(18), end=time(20, 30), days=(0, 1, 2, 3, 4)),
    "on mon, wed between 18:00 and 20:30": Window(start=time(18), end=time(20, 30), days=(0, 2)),
    "on monday and wed. between 18:00 and 20:30": Window(start=time(18), end=time(20, 30), days=(0, 2)),
    "between 18:00 and 20:30 on fri-mon": Window(start=time(18), end=time(20, 30), days=(0, 4, 5, 6)),
    "on every day between 22:00 and 6:00": Window(start=time(22), end=time(6), days=tuple(range(7))),
    "on weekends": Window(start=time(0), end=time(0), days=(5, 6)),
    "between 20:00 and 24:00": Window(start=time(20), end=time(0)),
}


@pytest.mark.parametrize(("text", "window"), READ.items(), ids=READ)
def test_windows_are_read_and_written(text: str, window: Window) -> None:
    assert read(f"meet bob {text} urgent").window == window
    again = read(f"meet bob {window_text(window)}").window
    assert again is not None
    assert (again.start, again.end, again.days or tuple(range(7))) == (
        window.start,
        window.end,
        window.days or tuple(range(7)),
    )


ELSE = {
    "meet bob within 10m else kim": [Otherwise(who="kim", who_column=26)],
    "meet bob within 10m else (kim or lea) within 5m urgent": [
        Otherwise(who="(kim or lea)", who_column=26, within=TEN / 2)
    ],
    "meet bob at 14:00 else kim before 15:00 else lea": [
        Otherwise(who="kim", who_column=24, before=TimeOfDay(hour=15, minute=0)),
        Otherwise(who="lea", who_column=46),
    ],
}


@pytest.mark.parametrize(("text", "otherwise"), ELSE.items(), ids=ELSE)
def test_else_is_read_with_a_time_of_its_own(text: str, otherwise: list[Otherwise]) -> None:
    command = read(text)
    assert list(command.otherwise) == otherwise
    assert command.who == "bob"
    assert command.before is None
    assert all(text[then.who_column - 1 :].startswith(then.who) for then in otherwise)


NAMES = {
    "meet Else within 5m else on": "Else",
    "meet bob and else else kim within 5m at 14:00": "bob and else",
    "meet any of (else, bob) on mon": "any of (else, bob)",
    'meet "on" or between on mon': '"on" or between',
    "meet bob, on mon": "bob",
}


@pytest.mark.parametrize(("text", "who"), NAMES.items(), ids=NAMES)
def test_where_somebody_has_to_be_named_it_is_a_name(text: str, who: str) -> None:
    assert read(text).who == who


REFUSED = {
    "meet bob between 18:00": 10,
    "meet bob between 18:00 and 18:00": 10,
    "meet bob between fri 18:00 and 20:00": 10,
    "meet bob between 25:00 and 26:00": 10,
    "meet bob on someday between 18:00 and 20:00": 10,
    "meet bob on": 10,
    "meet bob on mon on tue": 17,
    "meet bob else kim": 10,
    "meet bob now else kim": 14,
    "meet bob within 10m else": 25,
    "meet bob within 10m else kim lea": 30,
    "meet bob within 10m within 5m else kim": 21,
    "meet bob within 10m else kim within 5m within 5m": 40,
    "meet bob within 1m" + " else kim" * 6: 65,
}


MENDED = {
    "meet bob else kim": "meet bob within 10m else kim",
    "meet bob between 21:00 and 22:00 else kim": "meet bob between 21:00 and 22:00 before 22:00 else kim",
    "meet bob on fri else kim": "meet bob on fri within 7d else kim",
    "meet bob on fri between 9 and 10 else kim": "meet bob on fri between 9 and 10 within 7d else kim",
}


@pytest.mark.parametrize(("text", "suggestion"), MENDED.items(), ids=MENDED)
def test_else_without_a_time_is_mended_by_one_its_hours_allow(text: str, suggestion: str) -> None:
    with pytest.raises(NotSyntax) as refused:
        parse_command(text)
    assert refused.value.suggestion == suggestion
    parse_command(suggestion)


@pytest.mark.parametrize(("text", "column"), REFUSED.items(), ids=REFUSED)
def test_other_words_are_refused_at_their_column(text: str, column: int) -> None:
    with pytest.raises(NotSyntax) as refused:
        parse_command(text)
    assert refused.value.column == column
    assert refused.value.remedy


OPENS = {
    # name: (window, now, when it opens in Berlin)
    "later today": (EVENING, THURSDAY, "2026-01-01T18:00+01:00"),
    "open": (EVENING, THURSDAY.replace(hour=18), "2026-01-01T19:00+01:00"),
    "the last moment is outside": (
        EVENING,
        THURSDAY.replace(hour=19, minute=30),
        "2026-01-02T18:00+01:00",
    ),
    "after the weekend": (
        Window(start=time(18), end=time(20), days=(0,)),
        THURSDAY,
        "2026-01-05T18:00+01:00",
    ),
    "over midnight, of the day before": (
        Window(start=time(22), end=time(2), days=(3,)),
        datetime(2026, 1, 2, 0, 30, tzinfo=UTC),
        "2026-01-02T01:30+01:00",
    ),
    "over midnight, not of the day before": (
        Window(start=time(22), end=time(2), days=(4,)),
        datetime(2026, 1, 2, 0, 30, tzinfo=UTC),
        "2026-01-02T22:00+01:00",
    ),
    "summer time": (EVENING, datetime(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01T18:00+02:00"),
    "the clocks skip its beginning": (
        Window(start=time(2, 30), end=time(5)),
        datetime(2026, 3, 29, 0, 0, tzinfo=UTC),
        "2026-03-29T03:00+02:00",
    ),
    "the clocks skip all of it": (
        Window(start=time(2, 10), end=time(2, 50)),
        datetime(2026, 3, 28, 12, 0, tzinfo=UTC),
        "2026-03-30T02:10+02:00",
    ),
    "it comes twice": (
        Window(start=time(2, 10), end=time(2, 50)),
        datetime(2026, 10, 25, 0, 55, tzinfo=UTC),
        "2026-10-25T02:10+01:00",
    ),
}


@pytest.mark.parametrize(("window", "now", "meant"), OPENS.values(), ids=OPENS)
def test_when_it_opens(window: Window, now: datetime, meant: str) -> None:
    assert opens(window, now, BERLIN) == datetime.fromisoformat(meant)


@settings(max_examples=150)
@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.times(),
    st.times(),
    st.frozensets(st.integers(0, 6)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_it_opens_at_the_first_minute_the_clock_on_the_wall_is_in_it(
    now: datetime, start: time, end: time, days: frozenset[int], name: str
) -> None:
    start, end, zone = _whole(start), _whole(end), ZoneInfo(name)
    now = now.replace(second=0, microsecond=0)
    window = Window(start=start, end=end, days=tuple(sorted(days)))
    assert opens(window, now, zone) == _by_looking(window, now, zone)


def _whole(at: time) -> time:
    return at.replace(second=0, microsecond=0)


def _by_looking(window: Window, now: datetime, zone: tzinfo) -> datetime:
    while not _is_in(window, now, zone):
        now += timedelta(minutes=1)
    return now


def _is_in(window: Window, now: datetime, zone: tzinfo) -> bool:
    """Written a second time: it began today or yesterday, and has not ended."""
    local = now.astimezone(zone)
    at, days = local.hour * 60 + local.minute, window.days or tuple(range(7))
    start, end = (t.hour * 60 + t.minute for t in (window.start, window.end))
    end += 1440 if end <= start else 0
    began_today = local.weekday() in days and start <= at < end
    began_yesterday = (local.weekday() + 6) % 7 in days and start <= at + 1440 < end
    return began_today or began_yesterday


def test_inside_is_what_opens_says() -> None:
    assert inside(EVENING, THURSDAY.replace(hour=17), BERLIN)
    assert not inside(EVENING, THURSDAY, BERLIN)


def read(text: str) -> Meet:
    command = parse_command(text)
    assert isinstance(command, Meet)
    return command
