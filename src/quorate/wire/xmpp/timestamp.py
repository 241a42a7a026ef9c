"""Dates on the wire. XEP-0082 section 3.2, and the older form of XEP-0091."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

_DATE = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6})[0-9]*)?"
    r"(?:Z|([+-])([0-9]{2}):?([0-9]{2}))?"
)

_USUAL = len("2026-01-01T00:00:00Z")


def parse_timestamp(text: str | None) -> datetime | None:
    """An aware UTC time, or None if the text is no date. Without a zone it is UTC."""
    text = (text or "").strip()
    if (
        len(text) == _USUAL
        and text[4] == text[7] == "-"
        and text[10] == "T"
        and text[13] == ":"
        and text[19] == "Z"
    ):
        with suppress(ValueError):  # a leap second, or no date
            return datetime.fromisoformat(text)
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, sign, zone_hours, zone_minutes = found.groups()[6:]
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    try:
        second -= second == 60  # a leap second
        microsecond = int((fraction or "0").ljust(6, "0"))
        at = datetime(year, month, day, hour, minute, second, microsecond, UTC)
        return at + offset if sign == "-" else at - offset
    except (ValueError, OverflowError):
        return None
