"""Start tags as bytes: names, attributes, and edits that touch nothing else. XML 1.0 section 3.1."""

import re
from typing import Final

from quorate.wire.xmpp.markup import NAME, START_TAG

_NAME = re.compile(rb"<(" + NAME + rb"+)")
_ATTRIBUTE = re.compile(rb"[ \t\r\n]([^\x00-\x20=\"'<>/]+)[ \t\r\n]*=[ \t\r\n]*(?:\"([^\"]*)\"|'([^']*)')")
_REFERENCE = re.compile(r"&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot|apos));")
WHITE_SPACE: Final = b" \t\r\n"
_SPACE = str.maketrans("\t\r\n", "   ")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans(
    {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&apos;", "\r": "&#13;"}
)
_LAST_CODE_POINT = 0x10FFFF


class NotWellFormed(ValueError):
    """Bytes that are not one well-formed element, or use what RFC 6120 section 11.1 forbids."""


class TooDeep(NotWellFormed):
    """One well-formed element, perhaps, but nested deeper than anything is read."""


def qname(tag: bytes) -> bytes:
    """The literal name in a start tag; empty if it is none."""
    found = _NAME.match(tag)
    return found[1] if found else b""


def start_tag_end(data: bytes, at: int) -> int:
    """Just past the start tag that begins at ``at``; ``at`` if none does."""
    found = START_TAG.match(data, at)
    return found.end() if found else at


def tag_attributes(tag: bytes) -> dict[str, str]:
    """Attributes of a start tag under their literal names, unescaped. Never raises."""
    start = START_TAG.match(tag)
    found: dict[str, str] = {}
    if start is not None:
        for name, double, single in _ATTRIBUTE.findall(start[0]):
            value = (double or single).decode("utf-8", "replace")
            found.setdefault(name.decode("utf-8", "replace"), _unescape(value))
    return found


def replace_attribute(data: bytes, name: str, value: str) -> bytes:
    """Change one attribute of the first start tag and nothing else. Raises LookupError if absent."""
    start = START_TAG.match(data)
    for found in _ATTRIBUTE.finditer(start[0]) if start else ():
        if found[1] == name.encode():
            begin, end = found.span(2) if found[2] is not None else found.span(3)
            return data[:begin] + escape(value).encode() + data[end:]
    raise LookupError(name)


def remove_attribute(data: bytes, name: str) -> bytes:
    """Take one attribute out of the first start tag, with the space before it; no change if absent."""
    start = START_TAG.match(data)
    for found in _ATTRIBUTE.finditer(start[0]) if start else ():
        if found[1] == name.encode():
            return data[: found.start()] + data[found.end() :]
    return data


def escape(text: str) -> str:
    """Text made fit for content and quoted attributes; drops what XML 1.0 section 2.2 cannot carry."""
    return _FORBIDDEN.sub("", text).translate(_ESCAPES)


def _unescape(value: str) -> str:
    value = value.translate(_SPACE)
    return _REFERENCE.sub(_character, value) if "&" in value else value


def _character(reference: re.Match[str]) -> str:
    decimal, hexadecimal, name = reference.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code <= _LAST_CODE_POINT else reference[0]
