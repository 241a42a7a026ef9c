"""Where start tags and whole elements end, by scanning bytes. XML 1.0 sections 2.4 to 3.1.

Exact for well-formed XML; no pattern here tries the same byte twice in a row.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

NAME: Final = rb"[^\x00-\x20/<>!?=\"'&]"
ATTRIBUTES: Final = rb"(?:[^\"'<>]++|\"[^\"<]*+\"|'[^'<]*+')*+"
START_TAG: Final = re.compile(rb"<(" + NAME + rb"++)(?=[ \t\r\n/>])" + ATTRIBUTES + rb">")
SKIPPED: Final = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
"""What may hold anything that looks like a tag, up to its end."""
SLASH: Final = 0x2F
GREATER: Final = 0x3E


@dataclass(frozen=True, slots=True)
class Delimiters:
    """What matters inside an element of one name."""

    openers: re.Pattern[bytes]
    """Where one begins."""
    tokens: re.Pattern[bytes]
    """Each one whole, or its opener alone if its end is missing."""
    prefixes: frozenset[bytes]
    """What may, at the end of the bytes so far, become one."""
    longest: int


@lru_cache(maxsize=256)
def delimiters(name: bytes) -> Delimiters:
    q = re.escape(name) + rb"(?=[ \t\r\n/>])"
    openers = rb"</?" + q + rb"|<!--|<!\[CDATA\[|<\?"
    whole = rb"</" + q + rb"[^>]*+>|<" + q + ATTRIBUTES + rb">|<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
    literals = (b"<" + name, b"</" + name, *SKIPPED)
    # the names themselves are among them: what they begin shows in the byte after
    prefixes = frozenset(literal[:n] for literal in literals for n in range(1, len(literal) + 1))
    return Delimiters(
        openers=re.compile(openers),
        tokens=re.compile(whole + rb"|" + openers, re.DOTALL),
        prefixes=prefixes - frozenset(SKIPPED),
        longest=max(map(len, prefixes)),
    )


def element_end(window: bytes, content: int, name: bytes) -> int:
    """Just past an element whose content begins at ``content``; 0 if it does not end in ``window``."""
    mark = window.find(b"</" + name, content)
    if mark < 0:
        return 0
    end = mark + len(name) + 3
    if (
        window[end - 1 : end] == b">"
        and window.find(b"<" + name, content, mark) < 0
        and window.find(b"<!", content, mark) < 0
        and window.find(b"<?", content, mark) < 0
    ):
        return end
    depth = 1
    for token in delimiters(name).tokens.finditer(window, content):
        start, end = token.span()
        if window[end - 1] != GREATER:
            break
        mark = window[start + 1]
        if mark == SLASH:
            depth -= 1
            if not depth:
                return end
        elif mark not in b"!?" and window[end - 2] != SLASH:
            depth += 1
    return 0
