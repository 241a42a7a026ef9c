"""Stream headers and what their namespaces make a stanza. RFC 6120 sections 4.7, 4.8 and 8."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

StanzaName = Literal["message", "presence", "iq"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHeader:
    to: str | None
    from_: str | None
    id: str | None
    version: str | None
    lang: str | None
    default_ns: str
    prefixes: Mapping[str, str]
    """Prefix -> namespace, without the default one."""


def parse_header(tag: bytes) -> StreamHeader:
    """Read a stream's start tag; raises NotWellFormed."""
    raise NotImplementedError


def is_stanza(tag: bytes, header: StreamHeader | None) -> StanzaName | None:
    """Which stanza the start tag of a top-level element begins; None for a nonza."""
    raise NotImplementedError
