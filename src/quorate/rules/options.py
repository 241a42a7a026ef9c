"""The options of ``meet``, in any order: ``now``, ``as KIND``, ``about TEXT``, ``within DURATION`` …

Only ``else WHO`` has a place: a ``within`` or ``before`` after it is its own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from difflib import get_close_matches
from typing import Any

from quorate.errors import NotSyntax
from quorate.model.command import Kind, Otherwise, TimeOfDay, When, Window
from quorate.rules.durations import match_duration, parse_duration
from quorate.rules.times import match_time
from quorate.rules.who_span import CLOSING, WORDS, check_who, who_span
from quorate.rules.windows import match_between, match_days

MAX_ABOUT = 300
MAX_TARGET = 2_000
MAX_OTHERWISE = 5
_MIDNIGHT = time(0)

_WORD = re.compile(r"\S+")


@dataclass(slots=True)
class Options:
    """What was given so far; ``given`` guards against the same thing twice."""

    when: When | None = None
    at: TimeOfDay | None = None
    kind: Kind = Kind.CHAT
    target: str | None = None
    about: str | None = None
    within: timedelta | None = None
    before: TimeOfDay | None = None
    days: tuple[int, ...] = ()
    between: tuple[time, time] | None = None
    otherwise: list[Otherwise] = field(default_factory=list)
    urgent: bool = False
    without_me: bool = False
    given: set[str] = field(default_factory=set)

    @property
    def window(self) -> Window | None:
        if self.between is None and not self.days:
            return None
        start, end = self.between or (_MIDNIGHT, _MIDNIGHT)
        return Window(start=start, end=end, days=self.days)


class OptionReader:
    """Reads ``text`` from ``at`` on; columns are places in ``text``, from 1."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at
        self._else_at = 0
        self._found = Options()
        self._readers: dict[str, Callable[[int], None]] = {
            "now": self._now,
            "asap": self._asap,
            "at": self._at_time,
            "on": self._on_days,
            "between": self._between,
            "as": self._as_kind,
            "about": self._about,
            "within": self._within,
            "before": self._before,
            "urgent": self._urgent,
            "without": self._without_me,
            "else": self._else,
        }

    def read(self) -> Options:
        while (word := self._peek()) is not None:
            start = word.start()
            name = word[0].lower().rstrip(",")
            reader = self._readers.get(name)
            if reader is None:
                raise self._stray(word)
            topic = self._topic(name)
            if topic in self._found.given:
                raise self._fault(start, f"“{word[0]}” is given twice or contradicts another.", "Keep one.")
            self._found.given.add(topic)
            self._at = word.end()
            reader(start)
        self._refuse_pointless()
        return self._found

    def _topic(self, name: str) -> str:
        """What may be said once; each ``else`` has a time of its own."""
        if name in ("now", "asap", "at"):
            return "when"
        if name in ("within", "before", "else"):
            return f"{name} {len(self._found.otherwise)}"
        return name

    def _refuse_pointless(self) -> None:
        found = self._found
        if not found.otherwise:
            return
        if found.when is When.NOW:
            raise self._fault(
                self._else_at,
                "“now” is at once or not at all: there is no “else”.",
                "Leave “now” out, or “else”.",
            )
        before, after = self._text[: self._else_at].strip(), self._text[self._else_at :].strip()
        if found.within is None and found.before is None and found.when is not When.AT:
            raise self._fault(
                self._else_at,
                "“else” needs a time before it: when are others asked instead?",
                "Write “within 10m” or “before 18:00” before “else”.",
                suggestion=f"{before} {self._a_deadline()} {after}",
            )

    def _a_deadline(self) -> str:
        """One that is not over before its hours begin."""
        if self._found.days:
            return "within 7d"
        between = self._found.between
        return f"before {between[1]:%H:%M}" if between else "within 10m"

    # one option each; ``start`` is where its word begins

    def _now(self, _start: int) -> None:
        self._found.when = When.NOW

    def _asap(self, _start: int) -> None:
        self._found.when = When.ASAP

    def _at_time(self, _start: int) -> None:
        self._found.when, self._found.at = When.AT, self._time("at")

    def _on_days(self, start: int) -> None:
        found = match_days(self._rest())
        if found is None:
            raise self._fault(
                start, "“on” needs days of the week.", "Like: on weekdays, on mon, wed or on fri-sun."
            )
        self._found.days = found[0]
        self._at += found[1]

    def _between(self, start: int) -> None:
        found = match_between(self._rest())
        if found is None:
            raise self._fault(
                start,
                "“between” needs two different times of the day.",
                "Like: between 18:00 and 20:30, on fri between 9:00 and 12:00.",
            )
        self._found.between = found[0], found[1]
        self._at += found[2]

    def _else(self, start: int) -> None:
        found = self._found.otherwise
        if len(found) >= MAX_OTHERWISE:
            raise self._fault(start, f"More than {MAX_OTHERWISE} times “else”.", "Use fewer.")
        self._else_at = start if not found else self._else_at
        begin, end = who_span(self._text, self._at)
        who = self._text[begin:end]
        check_who(self._text, begin, who)
        found.append(Otherwise(who=who, who_column=begin + 1))
        self._at = end

    def _before(self, _start: int) -> None:
        time_of_day = self._time("before")
        if self._found.otherwise:
            self._found.otherwise[-1] = replace(self._found.otherwise[-1], before=time_of_day)
        else:
            self._found.before = time_of_day

    def _urgent(self, _start: int) -> None:
        self._found.urgent = True

    def _without_me(self, start: int) -> None:
        word = self._peek()
        if word is None or word[0].lower() != "me":
            raise self._fault(start, "“without” is complete only as “without me”.", "Write: without me")
        self._at = word.end()
        self._found.without_me = True

    def _within(self, _start: int) -> None:
        rest = self._rest()
        found = match_duration(rest)
        if found is None:
            word = self._peek()
            shown = word[0] if word else ""
            raise self._mending(self._at, shown, parse_duration)
        parse_duration(rest[: found[1]], column=self._at + 1)
        if self._found.otherwise:
            self._found.otherwise[-1] = replace(self._found.otherwise[-1], within=found[0])
        else:
            self._found.within = found[0]
        self._at += found[1]

    def _as_kind(self, start: int) -> None:
        word = self._peek()
        kinds = ", ".join(Kind)
        if word is None:
            raise self._fault(start, "“as” needs a kind.", f"One of: {kinds}.")
        name = word[0].lower().rstrip(",")
        if name not in list(Kind):
            near = get_close_matches(name, list(Kind), n=1)
            raise self._fault(
                word.start(),
                f"“{word[0]}” is no kind.",
                f"Did you mean {near[0]}?" if near else f"One of: {kinds}.",
                replace=(word[0], near[0]) if near else None,
            )
        self._at = word.end()
        self._found.kind = Kind(name)
        if self._found.kind in (Kind.REVIEW, Kind.LINK):
            self._found.target = self._target(word.start(), name)

    def _target(self, start: int, kind: str) -> str:
        rest = self._rest()
        value = self._quoted() if rest[:1] in CLOSING else self._bare_target()
        if not value:
            raise self._fault(start, f"“as {kind}” needs what it is about.", f"Write: as {kind} URL")
        if len(value) > MAX_TARGET:
            raise self._fault(start, f"This is longer than {MAX_TARGET} characters.", "Use a shorter link.")
        return value

    def _bare_target(self) -> str:
        word = self._peek()
        if word is None or word[0].lower() in WORDS:
            return ""
        self._at = word.end()
        return word[0]

    def _about(self, start: int) -> None:
        rest = self._rest()
        text = self._quoted() if rest[:1] in CLOSING else self._to_the_end()
        text = " ".join(text.split())
        if not text:
            raise self._fault(start, "“about” needs a text.", 'For example: about "release 2.4"')
        if len(text) > MAX_ABOUT:
            raise self._fault(
                start, f"The text after “about” is longer than {MAX_ABOUT} characters.", "Say it shorter."
            )
        self._found.about = text

    # pieces

    def _time(self, word: str) -> TimeOfDay:
        rest = self._rest()
        found = match_time(rest)
        if found is None:
            shown = rest.split()[0] if rest.split() else "nothing"
            raise self._fault(
                self._at, f"“{word}” needs a time, not “{shown}”.", "Like 14:00, fri 18:00 or tomorrow 9:00."
            )
        self._at += found[1]
        return found[0]

    def _quoted(self) -> str:
        opening = self._text[self._at]
        ends = [i for c in CLOSING[opening] if (i := self._text.find(c, self._at + 1)) >= 0]
        if not ends:
            raise self._fault(
                self._at,
                "the quote that starts here is not closed.",
                "Close it at the end of the text.",
                suggestion=self._text.rstrip() + CLOSING[opening][0],
            )
        inside = self._text[self._at + 1 : min(ends)]
        self._at = min(ends) + 1
        return inside

    def _to_the_end(self) -> str:
        text = self._text[self._at :]
        self._at = len(self._text)
        return text

    def _peek(self) -> re.Match[str] | None:
        found = _WORD.search(self._text, self._at)
        if found and found[0] == ",":
            self._at = found.end()
            return self._peek()
        return found

    def _rest(self) -> str:
        """What follows, from the next word on."""
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        return self._text[self._at :]

    # what is wrong

    def _mending(self, at: int, shown: str, parse: Callable[..., Any]) -> NotSyntax:
        """The error ``parse`` raises for ``shown``, its suggestion put into the whole text."""
        try:
            parse(shown, column=at + 1)
        except NotSyntax as error:
            mend = error.suggestion
            whole = self._text[:at] + mend + self._text[at + len(shown) :] if mend else None
            return NotSyntax(error.problem, remedy=error.remedy, column=error.column, suggestion=whole)
        return self._fault(at, f"“{shown}” cannot stand here.", "Write help meet to see how.")

    def _stray(self, word: re.Match[str]) -> NotSyntax:
        near = get_close_matches(word[0].lower(), WORDS, n=1, cutoff=0.7)
        return self._fault(
            word.start(),
            f"“{word[0]}” cannot stand here.",
            f"Did you mean {near[0]}?"
            if near
            else "Name all people first, then say when, how and about what.",
            replace=(word[0], near[0]) if near else None,
        )

    def _fault(
        self,
        at: int,
        problem: str,
        remedy: str,
        *,
        replace: tuple[str, str] | None = None,
        suggestion: str | None = None,
    ) -> NotSyntax:
        if replace:
            suggestion = self._text[:at] + replace[1] + self._text[at + len(replace[0]) :]
        return NotSyntax(f"Column {at + 1}: {problem}", remedy=remedy, column=at + 1, suggestion=suggestion)
