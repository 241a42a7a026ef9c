"""Stream headers and what their namespaces make a stanza. RFC 6120 sections 4.7, 4.8 and 8."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from quorate.wire.xmpp.tag import NotWellFormed, qname, tag_attributes

StanzaName: TypeAlias = Literal["message", "presence", "iq"]

CLIENT_NS: Final = "jabber:client"
STREAM_NS: Final = "http://etherx.jabber.org/streams"
_USUAL = re.compile(rb"<(message|presence|iq)[ />]")
_VALUE = re.compile(rb"\"[^\"]*\"|'[^']*'")
_STANZAS: Mapping[str, StanzaName] = {"message": "message", "presence": "presence", "iq": "iq"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHeader:
    to: str | None
    from_: str | None
    id: str | None
    version: str | None
    lang: str | None
    default_ns: str
    """Empty if the header declares none."""
    prefixes: Mapping[str, str]
    """Prefix -> namespace, without the default one."""


def parse_header(tag: bytes) -> StreamHeader:
    """Read a stream's start tag; raises NotWellFormed."""
    if not qname(tag):
        raise NotWellFormed("not a start tag")
    attributes = tag_attributes(tag)
    return StreamHeader(
        to=attributes.get("to"),
        from_=attributes.get("from"),
        id=attributes.get("id"),
        version=attributes.get("version"),
        lang=attributes.get("xml:lang"),
        default_ns=attributes.get("xmlns", ""),
        prefixes={
            name.removeprefix("xmlns:"): value
            for name, value in attributes.items()
            if name.startswith("xmlns:")
        },
    )


def header_shape(tag: bytes) -> str:
    """A digest of how a header is written, not of what it says: attributes, their order and quotes.

    The same client software writes its header in the same way.
    """
    written = _VALUE.sub(lambda value: value[0][:1], tag)
    return hashlib.sha256(written).hexdigest()[:16]


def namespace_of(tag: bytes, header: StreamHeader | None) -> str | None:
    """The namespace of a top-level element; None if its prefix is declared nowhere."""
    prefix, colon, _ = qname(tag).decode("utf-8", "replace").rpartition(":")
    declaration = f"xmlns:{prefix}" if colon else "xmlns"
    # attributes are read only where a declaration can be: most stanzas have none
    local = tag_attributes(tag).get(declaration) if b"xmlns" in tag else None
    if local is not None:
        return local
    if colon:
        return header.prefixes.get(prefix) if header else None
    return header.default_ns if header else CLIENT_NS


def is_stanza(tag: bytes, header: StreamHeader | None) -> StanzaName | None:
    """Which stanza the start tag of a top-level element begins; None for a nonza."""
    if header is not None and header.default_ns == CLIENT_NS and tag.find(b"xmlns") < 0:
        usual = _USUAL.match(tag)
        if usual is not None:
            return _STANZAS[usual[1].decode()]
    name = _STANZAS.get(qname(tag).rpartition(b":")[2].decode("utf-8", "replace"))
    return name if name and namespace_of(tag, header) == CLIENT_NS else None
