"""`quorate check` of a whole line: whether it could be now, and what its times and ``else`` make of it.

Nobody is asked. Before ``at TIME`` and outside of its hours nobody would be rung: that is a "no", which says
when it opens and whom it would ring then, as things are now.
"""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Protocol

from quorate.errors import Refused
from quorate.model.command import Meet
from quorate.rules.check import CheckAnswer
from quorate.rules.commands import parse_command
from quorate.rules.who_span import who_span
from quorate.rules.windows import opens, window_text
from quorate.server.meeting_times import Times, times_of
from quorate.server.meetings import NewMeeting
from quorate.server.typed import meeting_of
from quorate.server.zones import zone_or
from quorate.talk.wording import clock_text


class Judge(Protocol):
    def __call__(self, who: str, /, *, column: int, urgent: bool) -> CheckAnswer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """``else WHO``, as things are now."""

    who: str
    at: datetime
    answer: CheckAnswer

    def as_json(self) -> dict[str, Any]:
        told = self.answer.as_json()
        return {"who": self.who, "at": self.at, **{key: told[key] for key in ("verdict", "ring", "missing")}}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    answer: CheckAnswer
    opens: datetime | None = None
    """When somebody may be rung, if not now."""
    rings_then: tuple[str, ...] = ()
    """Whom it would ring when it opens."""
    ends: datetime | None = None
    otherwise: tuple[Later, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Moments stay moments."""
        return {
            **self.answer.as_json(),
            "opens": self.opens,
            "rings_then": list(self.rings_then),
            "ends": self.ends,
            "else": [later.as_json() for later in self.otherwise],
        }


def line_of(text: str, now: datetime, zone: tzinfo) -> NewMeeting:
    """What is typed after ``meet``, with or without that word. Raises Refused, columns as in ``text``."""
    typed = text if text[:5].casefold() == "meet " else f"meet {text}"
    offset = len(typed) - len(text)
    try:
        command = parse_command(typed)
    except Refused as error:
        raise _moved(error, offset) from error
    assert isinstance(command, Meet)
    moved = [replace(then, who_column=then.who_column - offset) for then in command.otherwise]
    command = replace(command, who_column=command.who_column - offset, otherwise=tuple(moved))
    return meeting_of(command, now, zone)


def is_line(text: str) -> bool:
    """Whether it says more than WHO."""
    end = who_span(text, 0)[1]
    return text[:5].casefold() == "meet " or bool(text[end:].strip(" ,"))


def judged(meeting: NewMeeting, judge: Judge, now: datetime, zone: tzinfo) -> LineAnswer:
    """``zone`` is that of the settings. Raises Refused."""
    times = times_of(meeting, now, zone)
    answer = judge(meeting.who, column=meeting.who_column, urgent=meeting.urgent)
    opening = _opening(times, now, zone)
    later, at = [], times.deadline or times.gives_up
    for then, length in zip(meeting.instead, times.lengths, strict=True):
        assert at is not None  # else it was refused
        told = judge(then.who, column=then.who_column, urgent=meeting.urgent)
        later.append(Later(who=then.who, at=at, answer=told))
        at += length
    shut = opening > now
    return LineAnswer(
        answer=_shut(answer, times, opening, now, zone) if shut else answer,
        opens=opening if shut else None,
        rings_then=answer.ring if shut else (),
        ends=times.deadline or times.gives_up,
        otherwise=tuple(later),
    )


def _opening(times: Times, now: datetime, zone: tzinfo) -> datetime:
    begins = times.starts or now
    return begins if times.window is None else opens(times.window, begins, zone_or(times.window.zone, zone))


def _shut(answer: CheckAnswer, times: Times, opening: datetime, now: datetime, zone: tzinfo) -> CheckAnswer:
    at = clock_text(opening, now, zone)
    why = f"nobody is asked before {at}"
    if times.window is not None and (times.starts is None or opening > times.starts):
        why = f"nobody is asked but {window_text(times.window)}, next {at}"
    return replace(answer, verdict="no", ring=(), then=(), missing=(why, *answer.missing))


def _moved(error: Refused, by: int) -> Refused:
    """The same about a text that is shorter by as many characters at its start."""
    column = None if error.column is None else max(1, error.column - by)
    problem = error.problem
    if error.column is not None:
        problem = problem.replace(f"Column {error.column}:", f"Column {column}:", 1)
    suggestion = error.suggestion and error.suggestion[by:] if by else error.suggestion
    remedy = error.remedy
    if by and error.suggestion:
        remedy = remedy.replace(error.suggestion, suggestion or "")
    return type(error)(problem, remedy=remedy, column=column, suggestion=suggestion)
