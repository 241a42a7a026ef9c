"""Answers to Quorate's own requests. RFC 6120 section 8.3, XEP-0012."""

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.wire.xmpp.header import CLIENT_NS
from quorate.wire.xmpp.presence import MAX_IDLE_S
from quorate.wire.xmpp.usual import ATTRIBUTES, TYPE, quoted

ERRORS_NS: Final = "urn:ietf:params:xml:ns:xmpp-stanzas"
_LAST = "{jabber:iq:last}query"
_MAX_DIGITS = 12
_NAMESPACE = rb" xmlns=Qjabber:iq:lastQ"
_SECONDS = rb" seconds=Q([0-9]{1,12})Q"
_SINGLE, _DOUBLE = quoted(
    rb"<iq" + ATTRIBUTES + rb" ?><query(?:" + _NAMESPACE + _SECONDS + rb"|" + _SECONDS + _NAMESPACE + rb")"
    rb" ?(?:/>|>[^<>&\x00-\x1f]*+</query>)</iq>"
)


@dataclass(frozen=True, slots=True)
class StanzaError:
    type: str
    """``auth``, ``cancel``, ``continue``, ``modify``, ``wait``; empty if it is not given."""
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

    @property
    def for_s(self) -> float:
        """How long it has been so, if that can be believed; else 0."""
        return float(self.seconds) if self.seconds is not None and self.seconds <= MAX_IDLE_S else 0.0


def stanza_error(element: Element) -> StanzaError | None:
    """The <error/> of a stanza of type error; None if it is not one."""
    if element.get("type") != "error":
        return None
    error = element.find(f"{{{CLIENT_NS}}}error")
    if error is None:
        return StanzaError("", "undefined-condition")
    condition, text = "undefined-condition", None
    for child in error:
        namespace, _, local = child.tag.rpartition("}")
        if namespace != f"{{{ERRORS_NS}":
            continue
        if local == "text":
            text = child.text
        else:
            condition = local
    return StanzaError(error.get("type", ""), condition, text)


def read_last(data: bytes) -> LastAnswer | None:
    """What ``parse_last`` says of a result, without a parser; None if anything in it is unusual."""
    found = _SINGLE.fullmatch(data) or _DOUBLE.fullmatch(data)
    if found is None or found[TYPE] != b"result" or not data.isascii():
        return None
    return _last(int(found[5] or found[6]))


def parse_last(element: Element) -> LastAnswer:
    """Read the result or error of a last activity request sent to a bare address."""
    error = stanza_error(element)
    if error is not None:
        return _refused(error)
    query = element.find(_LAST)
    text = query.get("seconds", "").strip() if query is not None else ""
    if not (text.isascii() and text.isdigit()):
        return LastAnswer(None)
    return _last(int(text[:_MAX_DIGITS]))


def _last(seconds: int) -> LastAnswer:
    return LastAnswer(Presence.OFFLINE if seconds else Presence.ONLINE, seconds)


def unreachable(error: StanzaError | None) -> bool:
    """The server of who was written to could not be reached (RFC 6120 section 8.3.3.16 and 17)."""
    return error is not None and error.condition.startswith("remote-server-")


def _refused(error: StanzaError) -> LastAnswer:
    if unreachable(error):
        return LastAnswer(Presence.UNREACHABLE, reason=Reason.UNREACHABLE)
    if error.type == "auth":
        return LastAnswer(Presence.UNKNOWN, reason=Reason.NOT_SUBSCRIBED)
    return LastAnswer(None)
