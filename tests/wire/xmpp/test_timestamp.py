"""Dates of XEP-0082 and XEP-0091."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.timestamp import parse_timestamp

DATES = {
    "2026-03-01T12:00:00Z": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "2026-03-01T12:00:00.123Z": datetime(2026, 3, 1, 12, 0, 0, 123000, UTC),
    "2026-03-01T12:00:00.123456789Z": datetime(2026, 3, 1, 12, 0, 0, 123456, UTC),
    "2026-03-01T12:00:00+02:00": datetime(2026, 3, 1, 10, tzinfo=UTC),
    "2026-03-01T22:00:00-05:30": datetime(2026, 3, 2, 3, 30, tzinfo=UTC),
    " 2026-03-01T12:00:00Z\n": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "20260301T12:00:00": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "2016-12-31T23:59:60Z": datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC),
}


@pytest.mark.parametrize(("text", "at"), DATES.items())
def test_dates(text: str, at: datetime) -> None:
    assert parse_timestamp(text) == at


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "yesterday",
        "2026-03-01",
        "12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-03-01T25:00:00Z",
        "2026-03-01T12:00:61Z",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:00:00-02:00",
        "２０２６-03-01T12:00:00Z",
    ],
)
def test_no_dates(text: str | None) -> None:
    assert parse_timestamp(text) is None


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=zones))
def test_what_is_written_is_read(at: datetime) -> None:
    assert parse_timestamp(at.isoformat()) == at


@given(st.text(st.sampled_from("0123456789-T:.Z+"), max_size=30))
def test_any_text_is_read_without_an_error(text: str) -> None:
    at = parse_timestamp(text)
    assert at is None or at.tzinfo is UTC
