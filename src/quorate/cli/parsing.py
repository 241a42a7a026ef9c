"""What is typed after an option, read before anything is sent: what is wrong names the option it is in."""

import re
from contextlib import suppress
from datetime import datetime

import typer

from quorate.errors import NotSyntax
from quorate.rules.durations import parse_duration
from quorate.rules.options import OptionReader
from quorate.rules.times import parse_time

_COLUMN = re.compile(r"^Column \d+: ")


def seconds(text: str, hint: str) -> float:
    """``10m`` in seconds; ``hint`` is the option it was given to."""
    try:
        return parse_duration(text).total_seconds()
    except NotSyntax as error:
        raise _usage(error, hint) from error


def moment(text: str, hint: str) -> str:
    """A time of day as people type it, or RFC 3339: as it is, for the server to read in its zone."""
    with suppress(ValueError):
        exact = datetime.fromisoformat(text)
        if len(text) > len("2026-01-31"):
            return exact.astimezone().isoformat()
    try:
        parse_time(text)
    except NotSyntax as error:
        raise _usage(error, hint) from error
    return text


def option(word: str, text: str) -> str:
    """``on weekdays`` from ``--on weekdays``, as it is typed to the companion."""
    line = f"{word} {text.strip()}"
    try:
        given = OptionReader(line, 0).read().given
        if given != {word}:
            raise NotSyntax(f"“{text[:40]}” says more than {word}.", remedy="Give each its own option.")
    except NotSyntax as error:
        raise _usage(error, f"--{word}") from error
    return line


def _usage(error: NotSyntax, hint: str) -> typer.BadParameter:
    return typer.BadParameter(f"{_COLUMN.sub('', error.problem)} {error.remedy}", param_hint=hint)
