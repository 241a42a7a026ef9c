"""Lengths of time as people type them: ``10m``, ``1h30m``, ``10 min``, ``90s``, ``2 days``."""

import re
from datetime import timedelta

from quorate.errors import NotSyntax

MAX_DURATION = timedelta(days=366)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_UNIT = (
    r"(?:seconds?|secs?|sekunden?|sek|s|minutes?|mins?|minuten?|m|hours?|hrs?|stunden?|std|h"
    r"|days?|tage?n?|d|weeks?|wochen?|w)"
)
_PIECE = re.compile(rf"(\d{{1,9}}(?:[.,]\d{{1,3}})?)\s*({_UNIT})(?![^\W\d_])", re.IGNORECASE)
_WHOLE = re.compile(
    rf"(?:\d{{1,9}}(?:[.,]\d{{1,3}})?\s*{_UNIT}(?![^\W\d_])\s*(?:,|and\b|und\b)?\s*)+(?:\d{{1,2}}\b(?!\s*[:.]))?",
    re.IGNORECASE,
)
_LEADING = {"st": "h", "se": "s", "ta": "d", "wo": "w"}


def parse_duration(text: str, *, column: int = 1) -> timedelta:
    """Read a whole text as a duration; raises NotSyntax."""
    found = match_duration(text.strip())
    if found is None or found[1] != len(text.strip()):
        number = re.fullmatch(r"\s*(\d{1,9})\s*", text)
        shown = text.strip()[:40] or "nothing"
        raise NotSyntax(
            f"Column {column}: “{shown}” is no duration.",
            remedy="Write it like 10m, 90s or 1h30m.",
            column=column,
            suggestion=f"{number[1]}m" if number else None,
        )
    length = found[0]
    if not timedelta(0) < length <= MAX_DURATION:
        raise NotSyntax(
            f"Column {column}: a duration is more than nothing and at most {MAX_DURATION.days} days.",
            remedy="Write it like 10m, 90s or 1h30m.",
            column=column,
        )
    return length


def match_duration(text: str) -> tuple[timedelta, int] | None:
    """The duration ``text`` begins with, and how many characters it takes."""
    whole = _WHOLE.match(text)
    if whole is None:
        return None
    seconds, last = 0.0, 1
    end = 0
    for piece in _PIECE.finditer(whole[0]):
        last = _UNITS[_unit(piece[2])]
        seconds += float(piece[1].replace(",", ".")) * last
        end = piece.end()
    rest = re.fullmatch(r"\s*(\d{1,2})\s*", whole[0][end:])
    if rest and last == _UNITS["h"]:
        seconds += int(rest[1]) * 60  # 1h30
        end = len(whole[0].rstrip())
    return timedelta(seconds=min(seconds, 1e9)), end


def _unit(word: str) -> str:
    lower = word.lower()
    return _LEADING.get(lower[:2], lower[0]) if len(lower) > 1 else lower
