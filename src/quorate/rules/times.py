"""Clock times as people type them, and the moments they mean in a zone."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from quorate.errors import NotSyntax, Refused
from quorate.model.command import TimeOfDay

DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_AHEAD = {"today": 0, "tomorrow": 1}
_TIME = re.compile(
    r"(?:(?P<day>[a-z]{3,9})\.?\s+)?(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?P<half>[ap]m)?(?!\w)",
    re.IGNORECASE,
)


class TimeIsOver(Refused):
    """``today 9:00`` typed at ten."""

    code = "time-is-over"


def parse_time(text: str, *, column: int = 1) -> TimeOfDay:
    """Read a whole text as a clock time; raises NotSyntax."""
    found = match_time(text.strip())
    if found is None or found[1] != len(text.strip()):
        raise NotSyntax(
            f"Column {column}: “{text.strip()[:40] or 'nothing'}” is no time.",
            remedy="Write it like 14:00, fri 18:00 or tomorrow 9:00.",
            column=column,
        )
    return found[0]


def match_time(text: str) -> tuple[TimeOfDay, int] | None:
    """The clock time ``text`` begins with, and how many characters it takes."""
    found = _TIME.match(text)
    if found is None or not (found["minute"] or found["half"]):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    if hour > 23 or minute > 59:
        return None
    weekday = ahead = None
    if found["day"]:
        day = found["day"].lower()
        ahead = _AHEAD.get(day)
        weekday = day_number(day)
        if weekday is None and ahead is None:
            return None
    return TimeOfDay(hour=hour, minute=minute, weekday=weekday, days_ahead=ahead), found.end()


def day_number(word: str) -> int | None:
    """0 for ``monday``, ``mon`` or ``Mo``; None if it is no day of the week."""
    day = word.lower()
    known = len(day) > 1
    return next((i for i, name in enumerate(DAY_NAMES) if known and name.startswith(day)), None)


def at(when: TimeOfDay, now: datetime, zone: tzinfo) -> datetime:
    """The next such moment after ``now``, in UTC; raises TimeIsOver for ``today`` in the past.

    A time the clocks skip means as long after the change as it was meant after midnight; one that comes
    twice means the first.
    """
    today = now.astimezone(zone).date()
    if when.days_ahead is not None:
        moment = _moment(when, today + timedelta(days=when.days_ahead), zone)
        if moment <= now:
            raise TimeIsOver(
                f"{when.hour:02}:{when.minute:02} today is over.", remedy="Give a later time, or a day."
            )
        return moment
    step = 1 if when.weekday is None else 7
    ahead = 0 if when.weekday is None else (when.weekday - today.weekday()) % 7
    moment = _moment(when, today + timedelta(days=ahead), zone)
    return moment if moment > now else _moment(when, today + timedelta(days=ahead + step), zone)


def _moment(when: TimeOfDay, day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(when.hour, when.minute), tzinfo=zone).astimezone(UTC)
