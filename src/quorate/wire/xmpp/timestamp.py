"""Dates on the wire. XEP-0082, and the older form of XEP-0091."""

from datetime import datetime


def parse_timestamp(text: str | None) -> datetime | None:
    """An aware UTC time, or None if the text is no date."""
    raise NotImplementedError
