"""The elements of XEP-0198 as they pass: counts translated, the session id made our own, sessions carried on.

They come alone or, with SASL2 and Bind2 (XEP-0388, XEP-0386), inside <authenticate/> and <success/>.
"""

from typing import Literal

from quorate.model.reasons import Reason
from quorate.splice.connection import Connection
from quorate.splice.effects import Side
from quorate.splice.ledger import read_h
from quorate.wire.xmpp.edit import Span, cut, spans
from quorate.wire.xmpp.header import namespace_of
from quorate.wire.xmpp.requests import sm_failed_item_not_found
from quorate.wire.xmpp.stream_management import Translation
from quorate.wire.xmpp.tag import remove_attribute, replace_attribute, tag_attributes

SM_NAMESPACES = ("urn:xmpp:sm:2", "urn:xmpp:sm:3")


class Resumption:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._inline = False
        """<enable/> stood inside <authenticate/>."""

    def from_client(self, name: str, data: bytes) -> bytes | None:
        """A top-level element of the client in one of the SM namespaces."""
        ledger = self._connection.session.ledger
        if name == "enable":
            self._connection.session.context.enabling = True
            ledger.begin(Side.CLIENT)
        elif name == "a":
            return self._acknowledge(Side.SERVER, data)
        elif name == "resume":
            return self._resume(data)
        return data

    def from_server(self, name: str, data: bytes) -> bytes:
        if name == "enabled":
            return self._enabled(data)
        if name == "a":
            return self._acknowledge(Side.CLIENT, data)
        if name == "resumed":
            return self._resumed(data)
        if name == "failed":
            return self._failed(data)
        return data

    def authenticating(self, data: bytes) -> bytes:
        """SASL2 <authenticate/>, which may enable or resume at once."""
        connection = self._connection
        found = spans(data, connection.headers[Side.CLIENT])
        enable = _first(found, "enable")
        resume = _first(found, "resume")
        if enable is not None:
            self._inline = True
        if resume is None:
            return data
        edited = self._resume(data[resume.start : resume.end], inline=True)
        return cut(data, [(resume.start, resume.end)]) if edited is None else _replaced(data, resume, edited)

    def succeeded(self, data: bytes) -> bytes:
        """SASL2 <success/>: counting starts at its end, if anything was enabled in it."""
        found = spans(data, self._connection.headers[Side.SERVER])
        for name in ("resumed", "failed", "enabled"):
            span = _first(found, name)
            if span is None:
                continue
            if name == "enabled":
                self._connection.session.ledger.begin(Side.CLIENT)
            return _replaced(data, span, self.from_server(name, data[span.start : span.end]))
        return data

    def _enabled(self, data: bytes) -> bytes:
        connection = self._connection
        session = connection.session
        session.context.enabling = False
        session.ledger.begin(Side.SERVER)
        attributes = tag_attributes(data)
        real = attributes.get("id")
        # a location would lead the client around us at its next connection (NEG-5)
        data = remove_attribute(data, "location")
        if not real or attributes.get("resume") not in ("true", "1"):
            return data
        session.ledger.real_id = real
        return replace_attribute(data, "id", connection.sessions.name(session, connection.now))

    def _acknowledge(self, origin: Side, data: bytes) -> bytes:
        h = read_h(tag_attributes(data).get("h"))
        ledger = self._connection.session.ledger
        if h is None or not ledger.on:
            return data
        return self._translated(data, ledger.acked(origin, h))

    def _translated(self, data: bytes, translation: Translation) -> bytes:
        if translation.desync is not None:
            self._connection.freeze(Reason.DESYNC)
        return replace_attribute(data, "h", str(translation.h))

    def _resume(self, data: bytes, *, inline: bool = False) -> bytes | None:
        """The client wants its old session back; None if nothing of that may go to the server (SM-8)."""
        connection = self._connection
        attributes = tag_attributes(data)
        h = read_h(attributes.get("h"))
        session = connection.sessions.find(attributes.get("previd"), connection.now)
        bound = session is not None and session.context.own is not None
        if session is not None and bound and h is not None and session.ledger.real_id:
            session.let_go()
            connection.sessions.keep(session, connection.now)
            translation = session.ledger.resumed(Side.SERVER, h)
            if translation.desync is None:
                connection.resuming = session
                data = replace_attribute(data, "previd", session.ledger.real_id)
                return replace_attribute(data, "h", str(translation.h))
        if session is not None:
            connection.sessions.forget(session)
            connection.session.companion.inherit(session.companion)
        if not inline:
            namespace = namespace_of(data, connection.headers[Side.CLIENT])
            connection.out.send(Side.CLIENT, sm_failed_item_not_found(namespace or SM_NAMESPACES[-1]))
        return None

    def _resumed(self, data: bytes) -> bytes:
        connection = self._connection
        session, connection.resuming = connection.resuming, None
        if session is None:
            connection.freeze(Reason.SESSION_UNKNOWN)
            return data
        connection.adopt(session)
        h = read_h(tag_attributes(data).get("h"))
        if h is not None:
            translation = session.ledger.resumed(Side.CLIENT, h)
            if translation.desync is not None:
                session.frozen = session.frozen or Reason.DESYNC
            data = replace_attribute(data, "h", str(translation.h))
        if session.ledger.virtual_id:
            data = replace_attribute(data, "previd", session.ledger.virtual_id)
        session.logged_in(resumed=True)
        return data

    def _failed(self, data: bytes) -> bytes:
        """No resumption, or no stream management at all; the old session, if any, is gone."""
        connection = self._connection
        session, connection.resuming = connection.resuming, None
        if session is None:
            if connection.session.context.enabling:
                connection.session.context.enabling = False
                connection.session.ledger.discard()
            return data
        connection.sessions.forget(session)
        connection.session.companion.inherit(session.companion)
        h = read_h(tag_attributes(data).get("h"))
        if h is None:
            return data
        return replace_attribute(data, "h", str(session.ledger.acked(Side.CLIENT, h).h))


def _first(
    found: list[Span], name: Literal["enable", "enabled", "resume", "resumed", "failed"]
) -> Span | None:
    names = {f"{{{namespace}}}{name}" for namespace in SM_NAMESPACES}
    return next((span for span in found if span.name in names), None)


def _replaced(data: bytes, span: Span, new: bytes) -> bytes:
    return data[: span.start] + new + data[span.end :]
