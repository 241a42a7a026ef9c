"""Pieces of sentences: names in a row, lengths of time, clock times, small numbers."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from quorate.availability.words import clock_text as clock_text
from quorate.availability.words import span_text as span_text
from quorate.model.activity import Activity
from quorate.rules.windows import window_text

PREFIX = "[Quorate]"
"""Begins every message somebody who knows nothing of Quorate gets unasked."""

MAX_NAMES = 12
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def joined(words: Sequence[str], last: str = "and") -> str:
    """``bob, carol and dave``; a long row is cut short with the number of the rest."""
    if len(words) > MAX_NAMES:
        return f"{', '.join(words[:MAX_NAMES])} {last} {len(words) - MAX_NAMES} more"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def short_name(key: str) -> str:
    """How a person is named to others: the key, without the domain if it is a whole address."""
    return key.partition("@")[0] or key


def quoted_about(activity: Activity) -> str:
    """``"release 2.4"``, or nothing if no text was given."""
    return f'"{activity.about}"' if activity.about else ""


def title(activity: Activity) -> str:
    """``Q1 "release 2.4"``."""
    return f"{activity.id} {quoted_about(activity)}".rstrip()


def elapsed(start: datetime, now: datetime) -> str:
    """``00:41`` in the first hour, then in words."""
    seconds = max(0, int((now - start).total_seconds()))
    return f"{seconds // 60:02}:{seconds % 60:02}" if seconds < 3600 else span_text(seconds)


def ends(activity: Activity, now: datetime, zone: tzinfo) -> str:
    """``Ends 02:24.``, or nothing; with somebody to ask instead it does not end then."""
    if activity.fallbacks:
        return otherwise(activity, now, zone)
    return f"Ends {clock_text(activity.deadline, now, zone)}." if activity.deadline else ""


def begins(activity: Activity, now: datetime, zone: tzinfo) -> str:
    """``Begins 14:00.``, or nothing if it has."""
    starts = activity.starts
    return f"Begins {clock_text(starts, now, zone)}." if starts is not None and now < starts else ""


def otherwise(activity: Activity, now: datetime, zone: tzinfo) -> str:
    """``Else, at 02:24: lena or omar.``, or nothing."""
    if not activity.fallbacks or activity.deadline is None:
        return ""
    return f"Else, at {clock_text(activity.deadline, now, zone)}: {activity.fallbacks[0].who}."


def hours(activity: Activity) -> str:
    """``Only on weekdays between 18:00 and 20:30.``, or nothing."""
    return f"Only {window_text(activity.window)}." if activity.window else ""


def sentence_row(*parts: str) -> str:
    """The parts that are not empty, a space between them."""
    return " ".join(part for part in parts if part)
