"""Stanzas in the shape nearly all of them have, found by a few searches. RFC 6120 section 8, XEP-0198.

Exact: the framer would cut them in the same places. Whatever is written in another way is not found here, and
left to it: entities or foreign attributes in the start tag, prefixes, unusual space.
"""

import re
from typing import Final

from quorate.wire.xmpp.markup import SLASH, element_end
from quorate.wire.xmpp.tag import tag_attributes

VALUE: Final = rb"[^Q<&\x00-\x1f]*+"
ATTRIBUTES: Final = (
    rb"(?: (?:from=Q(" + VALUE + rb")Q|to=Q(" + VALUE + rb")Q|id=Q(" + VALUE + rb")Q|type=Q([a-z]*+)Q"
    rb"|xml:lang=Q" + VALUE + rb"Q|xmlns=Qjabber:clientQ))*+"
)
"""Those of a stanza; Q stands for the quotes."""
_NAMESPACE = rb"xmlns=(?:'urn:xmpp:sm:[23]'|\"urn:xmpp:sm:[23]\")"
_H = rb"h=(?:'(?=[0-9]+')|\"(?=[0-9]+\"))([0-9]{1,10})['\"]"
_ENDS = {name[0]: (b"</" + name + b">", b"<" + name, name) for name in (b"message", b"presence", b"iq")}

_ADDRESSING = ("from", "to", "id", "type")
FROM, TO, ID, TYPE = 1, 2, 3, 4
"""Groups of ``single`` and ``double``."""


def quoted(pattern: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """``pattern`` with apostrophes for its Q, and with quotation marks: writers keep to one of them."""
    return re.compile(pattern.replace(b"Q", b"'")), re.compile(pattern.replace(b"Q", b'"'))


_START = rb"<(?:message|presence|iq)" + ATTRIBUTES + rb" ?/?>"
single, double = (pattern.match for pattern in quoted(_START))
"""Match a stanza's start tag at an offset, by the quotes it uses."""

acknowledgement: Final = re.compile(
    rb"<(?:r " + _NAMESPACE + rb"|a(?: " + _NAMESPACE + rb"| " + _H + rb"){2}) ?/>"
).match
"""Matches <r/> or <a/>; the only group is the digits of ``h``."""

space: Final = re.compile(rb"[ \t\r\n]+").match
"""Matches white space between stanzas."""


def stanza_attributes(tag: bytes) -> dict[str, str]:
    """Those of a stanza that say who, what and which: from, to, id, type."""
    start = single(tag) or double(tag)
    if start is None:
        return tag_attributes(tag)
    return {
        name: value.decode("utf-8", "replace")
        for name, value in zip(_ADDRESSING, start.groups(), strict=True)
        if value is not None
    }


def plain(window: bytes) -> bool:
    """There is no comment, CDATA or processing instruction, so every ``<`` begins a tag."""
    # one byte is found much faster than two
    return (window.find(b"!") < 0 or window.find(b"<!") < 0) and (
        window.find(b"?") < 0 or window.find(b"<?") < 0
    )


def stanza_end(window: bytes, at: int, content: int) -> int:
    """Just past the stanza at ``at`` whose start tag ends at ``content``; 0 if its end is not there.

    ``window`` must be plain.
    """
    if window[content - 2] == SLASH:
        return content
    closing, opening, name = _ENDS[window[at + 1]]
    mark = window.find(closing, content)
    if mark < 0:
        return 0
    if window.find(opening, content, mark) >= 0:
        return element_end(window, content, name)
    return mark + len(closing)
