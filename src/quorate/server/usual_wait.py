"""How long it usually takes until an activity is live: of those asked for in the same words."""

from collections.abc import Iterable
from statistics import median
from typing import Final

from quorate.model.activity import Activity

ENOUGH: Final = 3
"""Fewer say nothing about what is usual."""
LATEST: Final = 20


def usual_wait_s(activity: Activity, others: Iterable[Activity]) -> float | None:
    """The middle one of the latest waits, in seconds; ``others`` are the oldest first."""
    waits = [
        (other.live_at - other.created).total_seconds()
        for other in others
        if other.id != activity.id and other.live_at is not None and _alike(activity, other)
    ]
    return median(waits[-LATEST:]) if len(waits) >= ENOUGH else None


def _alike(activity: Activity, other: Activity) -> bool:
    """What begins at a time or within hours waits for the clock, not for people."""
    at_once = other.starts is None and other.window is None and other.fell_back_at is None
    return at_once and other.who.casefold() == activity.who.casefold()
