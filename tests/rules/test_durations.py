from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.errors import NotSyntax
from quorate.rules.durations import match_duration, parse_duration

READ = {
    "10m": 600,
    "90s": 90,
    "1h30m": 5400,
    "1h30": 5400,
    "10 min": 600,
    "1 hour 5 minutes": 3900,
    "1h and 5m": 3900,
    "1.5h": 5400,
    "1,5 h": 5400,
    "2 days": 172800,
    "1w": 604800,
    "10 Minuten": 600,
    "2 Stunden": 7200,
    " 10M ": 600,
}


@pytest.mark.parametrize(("text", "seconds"), READ.items())
def test_durations_are_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "soon", "10", "m", "10mm", "10m!", "0m", "400 days", "-5m", "10 mops", "10m at"]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(NotSyntax) as refused:
        parse_duration(text, column=5)
    assert refused.value.column == 5


def test_a_bare_number_is_taken_for_minutes_in_the_suggestion() -> None:
    with pytest.raises(NotSyntax) as refused:
        parse_duration("10")
    assert refused.value.suggestion == "10m"


def test_only_the_beginning_is_taken() -> None:
    assert match_duration("10m urgent") == (timedelta(minutes=10), 3)
    assert match_duration("1h as call") == (timedelta(hours=1), 2)
    assert match_duration("as call") is None


@given(st.integers(0, 200), st.integers(0, 59), st.integers(0, 59))
def test_hours_minutes_seconds_in_every_spelling(hours: int, minutes: int, seconds: int) -> None:
    length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if length:
        assert parse_duration(f"{hours}h{minutes}m{seconds}s") == length
        assert parse_duration(f"{hours} hours, {minutes} min, {seconds} seconds") == length


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        length = parse_duration(text)
    except NotSyntax:
        length = timedelta(1)
    assert length > timedelta(0)
