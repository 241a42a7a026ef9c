"""Windows: ``on weekdays between 18:00 and 20:30``, read, written and judged by the clock on the wall.

Whoever looks at a clock in the window's zone can say whether it is open: an hour the clocks skip is in no
window, one that comes twice is twice in it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from quorate.model.command import Window
from quorate.rules.times import DAY_NAMES, day_number

_MINUTE = timedelta(minutes=1)
_LONGEST = 9
"""Days ahead in which any window opens, with one to spare for a day whose hours are skipped."""
_CLOCK = r"(\d{1,2})(?:[:.](\d{2}))?\s*([ap]m)?(?!\w)"
_BETWEEN = re.compile(rf"{_CLOCK}\s*(?:and\b|to\b|until\b|und\b|bis\b|-|–)\s*{_CLOCK}", re.IGNORECASE)
_SETS = {
    "weekdays": (0, 1, 2, 3, 4),
    "weekends": (5, 6),
    "every day": (0, 1, 2, 3, 4, 5, 6),
}
_SET = re.compile(r"(weekdays?|weekends?|every\s+day)(?!\w)", re.IGNORECASE)
_DAY = re.compile(r"([a-z]{2,10})\.?(?!\w)(?:\s*(?:-|–|to\b)\s*([a-z]{2,10})\.?(?!\w))?", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,\s*(?:and\b)?|and\b|\+)\s*", re.IGNORECASE)


def match_between(text: str) -> tuple[time, time, int] | None:
    """The span of the day ``text`` begins with (``18:00 and 20:30``), and how many characters it takes."""
    found = _BETWEEN.match(text)
    if found is None:
        return None
    start, end = _clock(*found.groups()[:3]), _clock(*found.groups()[3:])
    return None if start is None or end is None or start == end else (start, end, found.end())


def match_days(text: str) -> tuple[tuple[int, ...], int] | None:
    """The days of the week ``text`` begins with (``mon, wed``, ``mon-fri``, ``weekdays``), 0 for Monday."""
    days: set[int] = set()
    at = end = 0
    while (found := _some_days(text, at)) is not None:
        days.update(found[0])
        end = found[1]
        joint = _AND.match(text, end)
        if joint is None:
            break
        at = joint.end()
    return (tuple(sorted(days)), end) if days else None


def window_text(window: Window) -> str:
    """As it may be typed: ``on weekdays between 18:00 and 20:30``."""
    days = days_text(window.days)
    if window.start == window.end:
        return f"on {days or 'every day'}"
    between = f"between {window.start:%H:%M} and {window.end:%H:%M}"
    return f"on {days} {between}" if days else between


def days_text(days: Sequence[int]) -> str:
    """Nothing for every day."""
    if not days or len(days) == 7:
        return ""
    known = next((name for name, those in _SETS.items() if those == tuple(days)), None)
    return known or ", ".join(DAY_NAMES[day][:3] for day in days)


def inside(window: Window, now: datetime, zone: tzinfo) -> bool:
    """Whether it is open. One that ends at or before its start ends on the next day."""
    local = now.astimezone(zone)
    clock, today = local.time(), local.weekday()
    if window.start < window.end:
        return window.start <= clock < window.end and _on(window, today)
    return (clock >= window.start and _on(window, today)) or (clock < window.end and _on(window, today - 1))


def opens(window: Window, now: datetime, zone: tzinfo) -> datetime:
    """``now`` if it is open, else when it opens next; in UTC."""
    if inside(window, now, zone):
        return now
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(-1, _LONGEST + 7))
    moments = (moment for day in days for moment in _starts(window, day, zone))
    return next(moment for moment in moments if moment > now and inside(window, moment, zone))


def _starts(window: Window, day: date, zone: tzinfo) -> Iterator[datetime]:
    """When it may begin on that day: once, except where the clocks change at that hour."""
    if not _on(window, day.weekday()):
        return
    naive = datetime.combine(day, window.start, tzinfo=zone)
    moment, last = sorted(naive.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    while moment <= last:
        yield moment
        moment += _MINUTE


def _on(window: Window, day: int) -> bool:
    return not window.days or day % 7 in window.days


def _some_days(text: str, at: int) -> tuple[Sequence[int], int] | None:
    if found := _SET.match(text, at):
        word = " ".join(found[1].lower().split())
        return _SETS[word if word in _SETS else f"{word}s"], found.end()
    found = _DAY.match(text, at)
    first = day_number(found[1]) if found else None
    if found is None or first is None:
        return None
    if not found[2]:
        return (first,), found.end()
    last = day_number(found[2])
    if last is None:
        return None
    return [day % 7 for day in range(first, first + (last - first) % 7 + 1)], found.end()


def _clock(hour: str, minute: str | None, half: str | None) -> time | None:
    number = int(hour)
    if half:
        if not 1 <= number <= 12:
            return None
        number = number % 12 + (12 if half.lower() == "pm" else 0)
    if number == 24 and not int(minute or 0):
        number = 0
    return time(number, int(minute or 0)) if number < 24 and int(minute or 0) < 60 else None
