"""Answers to Quorate's own requests. RFC 6120 section 8.3, XEP-0012."""

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.wire.xmpp.header import CLIENT_NS

ERRORS_NS: Final = "urn:ietf:params:xml:ns:xmpp-stanzas"
_LAST = "{jabber:iq:last}query"
_MAX_DIGITS = 12


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


def parse_last(element: Element) -> LastAnswer:
    """Read the result or error of a last activity request sent to a bare address."""
    error = stanza_error(element)
    if error is not None:
        return _refused(error)
    query = element.find(_LAST)
    text = query.get("seconds", "").strip() if query is not None else ""
    if not (text.isascii() and text.isdigit()):
        return LastAnswer(None)
    seconds = int(text[:_MAX_DIGITS])
    return LastAnswer(Presence.OFFLINE if seconds else Presence.ONLINE, seconds)


def _refused(error: StanzaError) -> LastAnswer:
    if error.condition.startswith("remote-server-"):
        return LastAnswer(Presence.UNREACHABLE, reason=Reason.UNREACHABLE)
    if error.type == "auth":
        return LastAnswer(Presence.UNKNOWN, reason=Reason.NOT_SUBSCRIBED)
    return LastAnswer(None)
