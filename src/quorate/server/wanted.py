"""A meeting as the API is asked for it: texts and moments to what the hub takes."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from quorate.errors import NotSyntax, Refused
from quorate.model.command import Kind, When, Window
from quorate.rules.options import OptionReader
from quorate.rules.times import at, parse_time
from quorate.server.api.schemas import NewActivity, NewInstead
from quorate.server.meetings import Instead, NewMeeting
from quorate.server.zones import name_of, zone_named


def wanted(asked: NewActivity, now: datetime, zone: tzinfo) -> NewMeeting:
    """``zone`` is that of the settings. Raises Refused."""
    zone = zone_named(asked.zone) if asked.zone else zone
    starts = None if asked.at is None else _moment(asked.at, now, zone)
    return NewMeeting(
        who=asked.who,
        when=_when(asked, starts),
        at=starts,
        kind=Kind(asked.kind),
        target=asked.target,
        about=asked.about or None,
        within=_span(asked.within_s),
        before=None if asked.before is None else _end(asked.before, starts or now, zone),
        window=None if not asked.window else _window(asked.window, zone),
        instead=tuple(_instead(then) for then in asked.else_),
        urgent=asked.urgent,
        without_me=asked.without_me,
    )


def _when(asked: NewActivity, starts: datetime | None) -> When:
    if starts is not None and asked.when not in (None, "at"):
        raise Refused(
            f"It cannot be “{asked.when}” and begin at a time.", remedy="Leave one of `when` and `at` out."
        )
    return When.AT if starts is not None else When(asked.when or When.ASAP)


def _moment(text: str, now: datetime, zone: tzinfo) -> datetime:
    """In UTC."""
    # a date alone is no time, and one without an offset is meant in the zone
    with suppress(ValueError):
        exact = datetime.fromisoformat(text)
        if len(text) > len("2026-01-31"):
            return (exact if exact.tzinfo is not None else exact.replace(tzinfo=zone)).astimezone(UTC)
    return at(parse_time(text), now, zone)


def _end(text: str, after: datetime, zone: tzinfo) -> datetime | None:
    """A moment with its offset, or the next such time ``after`` another one."""
    with suppress(ValueError):
        return _with_zone(datetime.fromisoformat(text))
    return at(parse_time(text), after, zone)


def _with_zone(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise Refused(
            "before has no time zone.", remedy="Send it as RFC 3339, for example 2026-01-31T14:00:00Z."
        )
    return None if moment is None else moment.astimezone(UTC)


def _window(text: str, zone: tzinfo) -> Window:
    options = OptionReader(text, 0).read()
    if options.window is None or options.given - {"on", "between"}:
        raise NotSyntax(
            f"“{text[:40]}” is no window.",
            remedy="Write it like: on weekdays between 18:00 and 20:30",
            column=1,
        )
    return replace(options.window, zone=name_of(zone))


def _instead(then: NewInstead) -> Instead:
    return Instead(who=then.who, within=_span(then.within_s), before=_with_zone(then.before))


def _span(seconds: float | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds else None
