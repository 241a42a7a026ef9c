"""``meet …`` as typed, its times of day made moments."""

from datetime import datetime, tzinfo

from quorate.model.command import Meet, Otherwise, TimeOfDay
from quorate.rules.times import at
from quorate.server.meetings import Instead, NewMeeting


def meeting_of(command: Meet, now: datetime, zone: tzinfo) -> NewMeeting:
    """``zone`` is that of who typed it. Raises Refused for a time that is over."""
    starts = moment(command.at, now, zone)
    before = moment(command.before, starts or now, zone)
    return NewMeeting(
        who=command.who,
        who_column=command.who_column,
        when=command.when,
        at=starts,
        kind=command.kind,
        target=command.target,
        about=command.about,
        within=command.within,
        before=before,
        window=command.window,
        instead=tuple(_instead(then, before or starts or now, zone) for then in command.otherwise),
        urgent=command.urgent,
        without_me=command.without_me,
    )


def moment(time: TimeOfDay | None, after: datetime, zone: tzinfo) -> datetime | None:
    """The next such moment after another one."""
    return None if time is None else at(time, after, zone)


def _instead(then: Otherwise, after: datetime, zone: tzinfo) -> Instead:
    before = moment(then.before, after, zone)
    return Instead(who=then.who, who_column=then.who_column, within=then.within, before=before)
