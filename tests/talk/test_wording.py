from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from quorate.talk.wording import clock_text, elapsed, joined, span_text

T0 = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

SPANS = {
    0: "0 s",
    20: "20 s",
    62: "1 min 02 s",
    600: "10 min",
    725: "12 min",
    3600: "1 h",
    5400: "1 h 30 min",
    90000: "1 day 1 h",
    172800: "2 days",
}


@pytest.mark.parametrize(("seconds", "text"), SPANS.items())
def test_spans(seconds: int, text: str) -> None:
    assert span_text(seconds) == text


CLOCKS = {
    "today": (T0 + timedelta(hours=2), "15:00"),
    "this week": (T0 + timedelta(days=1), "Fri 13:00"),
    "later": (T0 + timedelta(days=20), "21 Jan 13:00"),
    "past": (T0 - timedelta(days=1), "31 Dec 13:00"),
}


@pytest.mark.parametrize(("at", "text"), CLOCKS.values(), ids=CLOCKS)
def test_clock_times_are_the_readers(at: datetime, text: str) -> None:
    assert clock_text(at, T0, ZoneInfo("Europe/Berlin")) == text


def test_names_in_a_row() -> None:
    assert joined([]) == ""
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined([f"p{i}" for i in range(30)]).endswith("p11 and 18 more")


def test_elapsed() -> None:
    assert elapsed(T0, T0 + timedelta(seconds=41)) == "00:41"
    assert elapsed(T0, T0 + timedelta(hours=2)) == "2 h"
