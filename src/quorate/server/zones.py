"""Time zones by name, and the one of this machine with its rules, not only its present offset."""

import os
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from quorate.errors import Refused

_LOCAL: Final = Path("/etc/localtime")
_BEGIN: Final = "zoneinfo/"


class NoSuchZone(Refused):
    """``Mars/Olympus``."""

    code = "no-such-zone"


def zone_named(name: str) -> ZoneInfo:
    """Raises NoSuchZone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise NoSuchZone(
            f"There is no time zone “{name[:60]}”.", remedy="Write one like Europe/Berlin, or leave it out."
        ) from error


def zone_or(name: str, otherwise: tzinfo) -> tzinfo:
    """The zone of this name; ``otherwise`` if there is none (any more)."""
    try:
        return zone_named(name) if name else otherwise
    except NoSuchZone:
        return otherwise


def name_of(zone: tzinfo) -> str:
    """Its IANA name; nothing if it has none."""
    return zone.key or "" if isinstance(zone, ZoneInfo) else ""


def system_zone() -> tzinfo:
    """By ``TZ``, else by what ``/etc/localtime`` is; if neither tells, the offset of this moment."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name:
        try:
            name = str(_LOCAL.readlink()).partition(_BEGIN)[2]
        except OSError:
            name = ""
    offset = datetime.now().astimezone().tzinfo
    assert offset is not None
    return zone_or(name, offset)
