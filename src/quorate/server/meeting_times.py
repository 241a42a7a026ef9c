"""The times of a new meeting: what makes no sense is refused, before anybody is messaged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from quorate.activity.creation import PATIENCE
from quorate.errors import Refused
from quorate.model.command import When, Window
from quorate.rules.durations import MAX_DURATION
from quorate.rules.windows import opens, window_text
from quorate.server.meetings import Instead, NewMeeting
from quorate.server.zones import name_of, zone_or


class NoSuchTime(Refused):
    """It is over, or would end before it can begin."""

    code = "no-such-time"


@dataclass(frozen=True, slots=True)
class Times:
    starts: datetime | None
    window: Window | None
    deadline: datetime | None
    lengths: tuple[timedelta, ...]
    """Of each ``else``, one after the other."""

    @property
    def gives_up(self) -> datetime | None:
        """When what begins at a time and has no deadline ends."""
        return None if self.starts is None else self.starts + PATIENCE


def times_of(meeting: NewMeeting, now: datetime, zone: tzinfo) -> Times:
    """``zone`` is that of the settings, where none was named. Raises Refused."""
    starts = meeting.at if meeting.when is When.AT else None
    if meeting.when is When.AT and starts is None:
        raise NoSuchTime("“at” needs a time.", remedy="For example: at 14:00")
    if starts is not None:
        _refuse_beyond(starts, now, "at")
    if meeting.before is not None:
        _refuse_beyond(meeting.before, now, "before")
    for before in (then.before for then in meeting.instead if then.before is not None):
        _refuse_beyond(before, now, "before")
    begins = starts or now
    deadline = _deadline(meeting, begins)
    if deadline is not None and deadline <= begins:
        raise NoSuchTime("It would end before it begins.", remedy="Give a later time with `before`.")
    ends = deadline or (begins + PATIENCE if starts else None)
    window = _window(meeting, begins, ends, zone)
    return Times(starts, window, deadline, tuple(_lengths(meeting, begins, ends)))


def _refuse_beyond(moment: datetime, now: datetime, word: str) -> None:
    if moment <= now:
        raise NoSuchTime("That time is over already.", remedy=f"Give a later time with `{word}`.")
    if moment - now > MAX_DURATION:
        raise NoSuchTime(
            f"That is more than {MAX_DURATION.days} days ahead.",
            remedy=f"Give an earlier time with `{word}`.",
        )


def _deadline(meeting: NewMeeting, begins: datetime) -> datetime | None:
    ends = [meeting.before] if meeting.before is not None else []
    if meeting.within is not None:
        ends.append(begins + meeting.within)
    return min(ends, default=None)


def _window(meeting: NewMeeting, begins: datetime, ends: datetime | None, zone: tzinfo) -> Window | None:
    window = meeting.window
    if window is None:
        return None
    window = replace(window, zone=window.zone or name_of(zone))
    opening = opens(window, begins, zone_or(window.zone, zone))
    if meeting.when is When.NOW and opening > begins:
        raise NoSuchTime(
            f"“now” is outside “{window_text(window)}”.", remedy="Leave “now” out: it waits for these hours."
        )
    if ends is not None and ends <= opening:
        raise NoSuchTime(
            f"It would end before “{window_text(window)}” begins.",
            remedy="Give it more time, or other hours.",
        )
    return window


def _lengths(meeting: NewMeeting, begins: datetime, ends: datetime | None) -> Sequence[timedelta]:
    """How long each ``else`` has: as given, else as long as the one before it."""
    if meeting.instead and ends is None:
        raise NoSuchTime(
            "“else” needs a time before it: when are others asked instead?",
            remedy="Give it `within` or `before`.",
        )
    if meeting.instead and meeting.when is When.NOW:
        raise NoSuchTime(
            "“now” is at once or not at all: there is no “else”.", remedy="Leave one of them out."
        )
    lengths: list[timedelta] = []
    length = timedelta(0) if ends is None else ends - begins
    for then in meeting.instead:
        if ends is not None and then.before is not None and then.before <= ends:
            raise NoSuchTime(
                f"“else {then.who}” would end before it begins.", remedy="Give it a later time with `before`."
            )
        length = _length(then, length, ends)
        ends = None if ends is None else ends + length
        lengths.append(length)
    return lengths


def _length(then: Instead, length: timedelta, begins: datetime | None) -> timedelta:
    if then.within is not None:
        return then.within
    return then.before - begins if then.before is not None and begins is not None else length
