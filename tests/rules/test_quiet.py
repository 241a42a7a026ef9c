from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from quorate.errors import NotSyntax
from quorate.rules.quiet import parse_quiet

BERLIN = ZoneInfo("Europe/Berlin")

CASES = {
    # name: (hours, now in UTC, when they end in UTC; empty: it is not quiet)
    "over midnight, before it": ("22:00-07:00", "2026-01-10 21:30", "2026-01-11 06:00"),
    "over midnight, after it": ("22:00-07:00", "2026-01-11 05:59", "2026-01-11 06:00"),
    "they begin to the minute": ("22:00-07:00", "2026-01-10 21:00", "2026-01-11 06:00"),
    "they end to the minute": ("22:00-07:00", "2026-01-11 06:00", ""),
    "by day": ("22:00-07:00", "2026-01-11 12:00", ""),
    "at noon": ("12:00-13:30", "2026-01-11 11:30", "2026-01-11 12:30"),
    "other words for it": ("10pm – 7am", "2026-01-10 21:30", "2026-01-11 06:00"),
    "the night the clocks go forward": ("22:00-07:00", "2026-03-28 22:30", "2026-03-29 05:00"),
    "the night they go back": ("22:00-07:00", "2026-10-24 21:30", "2026-10-25 06:00"),
    "an end that comes twice, the first time": ("22:00-02:30", "2026-10-25 00:15", "2026-10-25 00:30"),
    "an end that comes twice, the second time": ("22:00-02:30", "2026-10-25 01:15", "2026-10-25 01:30"),
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("hours", "now", "end"), CASES.values(), ids=CASES)
def test_until_when_it_is_quiet(hours: str, now: str, end: str) -> None:
    assert parse_quiet(hours).until(utc(now), BERLIN) == (utc(end) if end else None)


@pytest.mark.parametrize(
    "text", ["", "22:00", "22:00-", "22-7", "25:00-07:00", "7:00-7:00", "fri 22:00-07:00"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(NotSyntax):
        parse_quiet(text)
