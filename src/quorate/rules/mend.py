"""What is wrong at a place of a requirement, in a sentence, and which small change would mend it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

_KEYWORDS = ("and", "or", "of", "optional", "any", "all", "half", "most")
_BETWEEN = frozenset({"and", "or", ",", "+", "of"})
_NUMBERS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "a": "1"}
_INSTEAD = {"&": " and ", "&&": " and ", "|": " or ", "||": " or ", "/": " or ", ";": ", ", "und": "and"}
_QUOTES = '"“”„«»'
_WORD = re.compile(r"[^\s,()+&|/;]+|[,()+;]|[&|]+|/")


@dataclass(frozen=True, slots=True)
class Fault:
    problem: str
    remedy: str


def blame(text: str, at: int, token: str) -> Fault:
    """Say what is wrong at offset ``at``, where ``token`` stands (empty at the end)."""
    before = _last_word(text[:at])
    if not text.strip():
        return Fault("nobody is named.", "Say who you need, for example: bob and (carol or dave).")
    if not token:
        return _blame_end(text, before)
    if token == ")" and text[:at].count("(") <= text[:at].count(")"):
        return Fault("this “)” closes nothing.", "Remove it, or open a parenthesis before.")
    if token in _QUOTES:
        return Fault(
            "this quote is not closed or empty.", 'Put the same name between two quotes: "Anna Lee".'
        )
    if before.lower() == "of":
        return Fault(
            f"“of” needs a @group or a list in parentheses, not “{token}”.",
            "For example: 2 of @dba, or: 2 of (bob, carol, dave).",
        )
    if _is_count(before):
        return Fault(f"“of” is expected after “{before}”, not “{token}”.", f"For example: {before} of @dba.")
    if token.lower() in _BETWEEN or token == ")":
        return Fault(f"a person or a group is missing before “{token}”.", "Put a name there, or remove it.")
    if token == "@":
        return Fault("“@” needs the name of a group right after it.", "For example: @dba.")
    if before and before.lower() not in _BETWEEN and before != "(":
        return Fault(
            f"“and” or “or” is missing between “{before}” and “{token}”.",
            'Write “and”, “or” or a comma; a name with spaces goes in quotes: "Anna Lee".',
        )
    return Fault(f"“{token}” cannot stand here.", "Name people, for example: bob and (carol or dave).")


def _blame_end(text: str, before: str) -> Fault:
    if before.lower() in _BETWEEN or before.lower() == "optional" or before == "(":
        return Fault(f"something is missing after “{before}”.", "Add a name, or remove it.")
    if _is_count(before):
        return Fault(f"“{before}” of whom?", f"For example: {before} of @dba.")
    missing = text.count("(") - text.count(")")
    if missing > 0:
        return Fault("a parenthesis is not closed.", f"Add {')' * missing} at the end.")
    return Fault("the sentence is not complete.", "Name people, for example: bob and (carol or dave).")


def mended(text: str, at: int, token: str, good: Callable[[str], bool]) -> str | None:
    """The first small change around ``at`` that makes ``text`` good."""
    for candidate in _candidates(text, at, token):
        tidy = re.sub(r"\s+", " ", candidate).strip()
        if tidy and good(tidy):
            return tidy
    return None


def _candidates(text: str, at: int, token: str) -> Iterator[str]:
    head, tail = text[:at], text[at + len(token) :]
    before = _last_word(head)
    if token:
        yield from _replacing(head, token, tail, before)
    yield from _closing(text)
    if before:
        shorter = head.rstrip()[: -len(before)]
        yield from _replacing(shorter, before, " " + text[at:], _last_word(shorter))
        yield f"{shorter} {text[at:]}"


def _replacing(head: str, word: str, tail: str, before: str) -> Iterator[str]:
    """``head word tail`` with ``word`` replaced, split off, or left out."""
    lower = word.lower()
    if before.lower() == "of" and lower not in _KEYWORDS and not word.startswith(("@", "(")):
        if "," in tail:
            yield f"{head}({word}{tail})"
        yield f"{head}@{word}{tail}"
    if _is_count(before):
        if lower not in _BETWEEN and lower.startswith(("o", "f")) and len(lower) <= 4:
            yield f"{head} of {tail}"
        yield f"{head} of {word}{tail}"
        if not word.startswith("@"):
            yield f"{head} of @{word}{tail}"
    if lower in _INSTEAD:
        yield f"{head}{_INSTEAD[lower]}{tail}"
    if lower in _NUMBERS:
        yield f"{head}{_NUMBERS[lower]}{tail}"
        yield f"{head}{_NUMBERS[lower]} of {tail}"
    for keyword in get_close_matches(lower, _KEYWORDS, n=2, cutoff=0.6):
        if keyword != lower:
            yield f"{head} {keyword} {tail}"
    if before and before.lower() not in _BETWEEN and word not in (")", ","):
        yield f"{head} and {word}{tail}"
    yield head + tail


def _closing(text: str) -> Iterator[str]:
    missing = text.count("(") - text.count(")")
    if missing > 0:
        yield text + ")" * missing
    if text.count('"') % 2:
        yield text + '"'
    if missing < 0:
        yield "(" * -missing + text


def _is_count(word: str) -> bool:
    return bool(re.fullmatch(r"[0-9]+%?|any|all|half|most", word.lower()))


def _last_word(text: str) -> str:
    words = _WORD.findall(text)
    return words[-1] if words else ""
