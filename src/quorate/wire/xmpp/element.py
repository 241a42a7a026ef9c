"""One complete top-level element: parse it, or edit single bytes of its start tag."""

from xml.etree.ElementTree import Element

from quorate.wire.xmpp.header import StreamHeader


class NotWellFormed(ValueError):
    """Bytes that are not one well-formed element, or use what RFC 6120 section 11.1 forbids."""


def parse(data: bytes, header: StreamHeader | None) -> Element:
    """Parse one whole element; names are ``{namespace}local``. Raises NotWellFormed."""
    raise NotImplementedError


def qname(tag: bytes) -> bytes:
    """The literal name in a start tag; empty if it is none."""
    raise NotImplementedError


def tag_attributes(tag: bytes) -> dict[str, str]:
    """Attributes of a start tag under their literal names, unescaped. Never raises."""
    raise NotImplementedError


def replace_attribute(data: bytes, name: str, value: str) -> bytes:
    """Change one attribute of the first start tag and nothing else. Raises LookupError if absent."""
    raise NotImplementedError


def escape(text: str) -> str:
    """Text made fit for content and quoted attributes; drops what XML 1.0 cannot carry."""
    raise NotImplementedError
