"""One complete top-level element, parsed by expat. What the framer delivered whole can be read here."""

from typing import Final
from xml.etree.ElementTree import Element, ParseError, XMLParser

from quorate.wire.xmpp.header import CLIENT_NS, STREAM_NS, StreamHeader
from quorate.wire.xmpp.tag import NotWellFormed, TooDeep, escape

__all__ = ["MAX_DEPTH", "MAX_SIZE", "NotWellFormed", "TooDeep", "parse", "wrapper"]

MAX_SIZE: Final = 1024 * 1024
"""Bytes; a roster of thousands fits, nothing else comes near."""
MAX_DEPTH: Final = 128


def wrapper(header: StreamHeader | None) -> tuple[bytes, bytes]:
    """Start and end tag that stand in for the stream around one element: its namespaces, nothing more."""
    default = header.default_ns if header else CLIENT_NS
    prefixes = dict(header.prefixes) if header else {"stream": STREAM_NS}
    declared = "".join(
        f" xmlns:{prefix}='{escape(name)}'" for prefix, name in prefixes.items() if prefix != "xml" and name
    )
    return f"<stream xmlns='{escape(default)}'{declared}>".encode(), b"</stream>"


def parse(data: bytes, header: StreamHeader | None) -> Element:
    """Parse one whole element; names are ``{namespace}local``. Raises NotWellFormed.

    No document type can be declared inside the wrapper, so there are no entities to expand.
    """
    if len(data) > MAX_SIZE:
        raise NotWellFormed("too big to be parsed")
    before, after = wrapper(header)
    parser = XMLParser(encoding="utf-8")
    try:
        parser.feed(before + data + after)
        root: Element = parser.close()
    except (ParseError, ValueError) as error:
        raise NotWellFormed(str(error)) from error
    if len(root) != 1 or (root.text or "").strip() or (root[0].tail or "").strip():
        raise NotWellFormed("not exactly one element")
    element = root[0]
    element.tail = None
    _refuse_deep(data, element)
    return element


def _refuse_deep(data: bytes, element: Element) -> None:
    if data.count(b"<") <= MAX_DEPTH:
        return
    depth, level = 0, [element]
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise TooDeep("nested too deeply")
        level = [child for parent in level for child in parent]
