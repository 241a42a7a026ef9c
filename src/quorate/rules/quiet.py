"""Quiet hours: ``22:00-07:00``, every day, in the zone they are read in."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from quorate.errors import NotSyntax
from quorate.rules.times import parse_time


@dataclass(frozen=True, slots=True)
class QuietHours:
    start: time
    end: time
    """If it is before the start, it is on the next day."""

    def until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When they end, if ``now`` is in them."""
        local = now.astimezone(zone)
        clock = local.time()
        over_midnight = self.end < self.start
        inside = clock >= self.start or clock < self.end if over_midnight else self.start <= clock < self.end
        if not inside:
            return None
        days = (local.date(), local.date() + timedelta(days=1))
        # An hour that comes twice has two ends.
        ends = (
            datetime.combine(day, self.end.replace(fold=fold), tzinfo=zone).astimezone(UTC)
            for day in days
            for fold in (0, 1)
        )
        return min(end for end in ends if end > now)


def parse_quiet(text: str) -> QuietHours:
    """Read ``22:00-07:00``; raises NotSyntax."""
    first, dash, second = text.replace("–", "-").partition("-")
    wrong = NotSyntax(f"“{text}” is no span of the day.", remedy="Write it like 22:00-07:00.", column=1)
    if not dash:
        raise wrong
    try:
        start, end = (parse_time(part) for part in (first, second))
    except NotSyntax as error:
        raise wrong from error
    hours = QuietHours(time(start.hour, start.minute), time(end.hour, end.minute))
    if hours.start == hours.end or any(
        t.weekday is not None or t.days_ahead is not None for t in (start, end)
    ):
        raise wrong
    return hours
