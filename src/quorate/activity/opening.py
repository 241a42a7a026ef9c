"""When it may ring at all: not before ``at TIME``, and only in its window."""

from datetime import datetime, timedelta
from typing import Final

from quorate.activity.view import View
from quorate.model.activity import Activity
from quorate.model.reasons import Reason
from quorate.rules.windows import opens

PATIENCE: Final = timedelta(seconds=30)
"""How long the answer to "still there?" is waited for; it may follow the last ring of a window."""


def rings_from(activity: Activity, view: View | None, now: datetime) -> datetime:
    """``now`` if it may ring, else when it may; without a view the window's zone is not known."""
    at = now if activity.starts is None else max(now, activity.starts)
    if activity.window is None or view is None:
        return at
    return opens(activity.window, at, view.zone)


def why_closed(activity: Activity, now: datetime) -> Reason:
    """What keeps it from ringing at a moment when it may not."""
    early = activity.starts is not None and now < activity.starts
    return Reason.NOT_YET if early else Reason.OUTSIDE_WINDOW


def may_open(activity: Activity, view: View, now: datetime) -> bool:
    """Whether its room may open: in its time, and while what rang in it may still be answered."""
    ringing = timedelta(seconds=activity.ring_s) + PATIENCE
    closed = (rings_from(activity, view, at) > at for at in (now, now - ringing))
    return not all(closed)
