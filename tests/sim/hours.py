"""Invariants about times: nobody is rung before it, outside the hours given, or instead too soon."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from quorate.activity.effects import OpenRoom
from quorate.model.activity import Activity
from quorate.model.command import Window
from quorate.rules.forms import people_in
from tests.sim.record import Record, timed_changes

AFTER: Final = timedelta(seconds=61)
"""So long after the hours may be answered what rang in them."""


def nobody_is_rung_before_the_time(record: Record) -> Iterator[str]:
    for activity in record.states().values():
        for invitation in activity.invitations:
            if activity.starts is not None and invitation.queued_at < activity.starts:
                yield f"{invitation.id} was decided before {activity.starts:%H:%M:%S}"
    for decided in record.decided:
        activity, live = decided.activity, decided.activity.live_at
        if activity.starts is not None and live is not None and live < activity.starts:
            yield f"{activity.id} was live before {activity.starts:%H:%M:%S}"


def nobody_is_rung_outside_the_hours(record: Record) -> Iterator[str]:
    for activity in record.states().values():
        for invitation in activity.invitations:
            if not is_open(activity, invitation.queued_at):
                yield f"{invitation.id} was decided at {invitation.queued_at:%H:%M:%S}, outside the hours"
    for decided in record.decided:
        activity = decided.activity
        opened = activity.live_at if any(isinstance(e, OpenRoom) for e in decided.effects) else None
        if opened and not is_open(activity, opened) and not is_open(activity, opened - AFTER):
            yield f"{activity.id} went live at {opened:%H:%M:%S}, outside the hours"


def others_are_asked_only_after_the_deadline(record: Record) -> Iterator[str]:
    """``else WHO``: not before, and then told once."""
    for decided in record.decided:
        named = people_in(decided.activity.requirement)
        fell_back = decided.activity.fell_back_at
        for invitation in decided.activity.invitations:
            early = fell_back is None or invitation.queued_at >= fell_back
            if early and invitation.person not in named:
                yield f"{invitation.id} rings {invitation.person}, whom nothing names at {decided.at:g} s"
    for before, after, at in timed_changes(record):
        changed = before.fallbacks != after.fallbacks
        if changed and (before.deadline is None or after.fell_back_at is None):
            yield f"{after.id} fell back without a deadline, at {at:g} s"
        elif changed and before.deadline and after.fell_back_at and after.fell_back_at < before.deadline:
            yield f"{after.id} fell back before its deadline, at {at:g} s"


def is_open(activity: Activity, at: datetime) -> bool:
    """By the clock on the wall; stories take place in UTC."""
    return activity.window is None or _inside(activity.window, at)


def _inside(window: Window, at: datetime) -> bool:
    minute = at.hour * 60 + at.minute
    start, end = (t.hour * 60 + t.minute for t in (window.start, window.end))
    days = window.days or tuple(range(7))
    if end <= start:
        return (minute >= start and at.weekday() in days) or (minute < end and (at.weekday() - 1) % 7 in days)
    return start <= minute < end and at.weekday() in days
