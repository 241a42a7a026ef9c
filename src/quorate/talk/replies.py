"""Understands an answer to an invitation: the whole message is one, or it is none.

Case, punctuation, emoji, quotes around it and quoted lines aside. "no idea, ask Kim" is not a no.
"""

import re
import unicodedata
from datetime import timedelta

from quorate.errors import NotSyntax
from quorate.model.command import Answer, Reply
from quorate.rules.durations import parse_duration
from quorate.talk.words import LANGUAGES, SIGNS

MAX_REPLY = 200
"""A longer message is never a reply, quoted lines aside."""
MAX_DELAY = timedelta(hours=24)

_QUOTED_LINE = re.compile(r"^\s*(?:>|»|\[Quorate\])")
_AROUND = " \t.,;:!?…'\"“”„‘’«»()[]*_~`"
_SUBJECT = r"[^\s,;:!?()]+(?: [^\s,;:!?()]+)?"


def _patterns() -> tuple[dict[str, Answer], tuple[tuple[re.Pattern[str], Answer], ...]]:
    """Whole words -> answer, and the patterns that carry something."""
    words: dict[str, Answer] = {}
    carrying: dict[str, Answer] = {}
    for table in (SIGNS, *LANGUAGES.values()):
        for answer, texts in table.items():
            for text in texts:
                (carrying if "{}" in text else words).setdefault(text, answer)
    compiled = tuple(
        (re.compile(re.escape(text).replace(r"\{\}", "(.+)"), re.IGNORECASE), answer)
        for text, answer in carrying.items()
    )
    return words, compiled


_WORDS, _CARRYING = _patterns()
_THROUGH = "|".join(word for table in LANGUAGES.values() for word in table[Answer.DONE])
_DONE = re.compile(rf"\s*(?:{_THROUGH})\s*:", re.IGNORECASE)
"""What comes after it, on however many lines, is for people: ``done: ok with 2 comments``."""


def parse_reply(text: str) -> Reply | None:
    """The reply a message is, or None. Never raises."""
    if len(text) > 100 * MAX_REPLY:
        return None
    lines = [line for line in text.splitlines() if line.strip() and not _QUOTED_LINE.match(line)]
    if lines and _DONE.match(lines[0]):
        return Reply(answer=Answer.DONE)
    if len(lines) != 1 or len(lines[0]) > MAX_REPLY:
        return None
    line = " ".join(unicodedata.normalize("NFKC", lines[0]).replace("’", "'").split())
    answer = _WORDS.get(_sign(line)) or _WORDS.get(_word(line))
    if answer is not None:
        return Reply(answer=answer)
    return _carrying(_word(line, keep_case=True))


def _sign(line: str) -> str:
    """``+1``, ``👍🏽``: without skin tones and variation selectors, the punctuation kept."""
    bare = "".join(c for c in line if not _modifier(c)).strip(" .,!")
    return bare[0] if bare and bare == bare[0] * len(bare) and _emoji(bare[0]) else bare


def _word(line: str, *, keep_case: bool = False) -> str:
    """Without emoji and what stands around it."""
    bare = "".join(" " if _emoji(c) or _modifier(c) else c for c in line).strip(_AROUND)
    bare = " ".join(re.sub(r"[,]+(?=\s|$)", " ", bare).split())
    return bare if keep_case else bare.casefold()


def _carrying(line: str) -> Reply | None:
    for pattern, answer in _CARRYING:
        found = pattern.fullmatch(line)
        if found is None:
            continue
        if answer is Answer.LATER:
            delay = _delay(found[1])
            if delay is not None:
                return Reply(answer=answer, delay=delay)
        elif re.fullmatch(_SUBJECT, name := found[1].strip(_AROUND + "@")):
            return Reply(answer=answer, name=name)
    return None


def _delay(text: str) -> timedelta | None:
    bare = re.sub(r"^(?:a|an|einer?)\s+(?=\w)", "1 ", text.strip(), flags=re.IGNORECASE)
    if bare.isdecimal():
        bare += "m"
    try:
        delay = parse_duration(bare)
    except NotSyntax:
        return None
    return delay if delay <= MAX_DELAY else None


def _emoji(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk") and char not in "^`´¨"


def _modifier(char: str) -> bool:
    """Skin tones, variation selectors, joiners."""
    return char in "\ufe0e\ufe0f\u200d\u200b" or "\U0001f3fb" <= char <= "\U0001f3ff"
