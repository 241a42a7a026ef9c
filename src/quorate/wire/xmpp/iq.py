"""Answers to Quorate's own requests. RFC 6120 section 8.3, XEP-0012."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason


@dataclass(frozen=True, slots=True)
class StanzaError:
    type: str
    condition: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """Half of an answer to `who`: what ``jabber:iq:last`` says about a bare address."""

    presence: Presence | None
    """OFFLINE, ONLINE (show unknown), UNKNOWN, UNREACHABLE; None: this half says nothing."""
    seconds: int | None = None
    """Since logout if OFFLINE."""
    reason: Reason | None = None


def stanza_error(element: Element) -> StanzaError | None:
    """The <error/> of a stanza of type error; None if it is not one."""
    raise NotImplementedError


def parse_last(element: Element) -> LastAnswer:
    """Read the result or error of a last activity request sent to a bare address."""
    raise NotImplementedError
