"""Where in a typed line a requirement stands, and its errors as errors of the whole line."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from quorate.errors import NotSyntax
from quorate.rules.parser import parse_who

CLOSING: Final[Mapping[str, str]] = {'"': '"”', "“": '”“"', "„": '“”"', "«": "»", "»": "«"}
"""Opening quotes and what may close them."""

WORDS: Final = (
    "now",
    "asap",
    "at",
    "on",
    "between",
    "as",
    "about",
    "within",
    "before",
    "urgent",
    "without",
    "else",
)
"""What ends a requirement: a person of such a name is quoted."""

_NAMES: Final = frozenset({"on", "between", "else"})
_JOINTS: Final = frozenset({"", "and", "or", "of", "optional", "+"})
"""Where somebody has to be named one of these is a name: Else is one."""

_TOKEN = re.compile(r"[(),\"“„«]|[^\s(),\"“„«]+")


def who_span(text: str, at: int) -> tuple[int, int]:
    """From the first word to the first option outside parentheses and quotes, surrounding space aside."""
    while at < len(text) and text[at].isspace():
        at += 1
    depth, place, end, before = 0, at, at, ""
    while found := _TOKEN.search(text, place):
        token, place = found[0], found.end()
        if token in CLOSING:
            place = _after_quote(text, place, token)
        elif depth <= 0 and _is_option(token.lower(), before):
            break
        depth += (token == "(") - (token == ")")
        end, before = place, token.lower()
    return at, end - (text[at:end].endswith(",") and end > at)


def _is_option(word: str, before: str) -> bool:
    return word in WORDS and not (word in _NAMES and before in _JOINTS)


def _after_quote(text: str, at: int, opening: str) -> int:
    ends = [i for c in CLOSING[opening] if (i := text.find(c, at)) >= 0]
    return min(ends) + 1 if ends else len(text)


def check_who(text: str, start: int, who: str) -> None:
    """Raises NotSyntax about ``text``, in which ``who`` begins at ``start``."""
    try:
        parse_who(who, column=start + 1)
    except NotSyntax as error:
        raise _of_line(error, text, start, who) from error


def _of_line(error: NotSyntax, text: str, start: int, who: str) -> NotSyntax:
    at = (error.column or start + 1) - 1
    word = re.match(r"[^\s(),]+", text[at:])
    near = get_close_matches(word[0].lower(), WORDS, n=1, cutoff=0.7) if word else []
    remedy, mended = error.remedy, error.suggestion
    if who and word and near and at + len(word[0]) < len(text):
        remedy, whole = f"Did you mean {near[0]}?", text[:at] + near[0] + text[at + len(word[0]) :]
        return NotSyntax(error.problem, remedy=remedy, column=error.column, suggestion=whole.strip())
    whole_line = None if mended is None else (text[:start] + mended + text[start + len(who) :]).strip()
    return NotSyntax(error.problem, remedy=remedy, column=error.column, suggestion=whole_line)
