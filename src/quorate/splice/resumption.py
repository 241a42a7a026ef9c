"""The elements of XEP-0198 as they pass: counts translated, the session id made our own, sessions carried on.

They come alone or, with SASL2 and Bind2 (XEP-0388, XEP-0386), inside <authenticate/> and <success/>.
"""

from typing import Literal

from quorate.model.reasons import Reason
from quorate.splice.connection import Connection
from quorate.splice.effects import Side
from quorate.splice.ledger import read_h
from quorate.splice.session import Session
from quorate.wire.xmpp.edit import Span, append_child, cut, spans
from quorate.wire.xmpp.header import namespace_of
from quorate.wire.xmpp.requests import sm_failed_item_not_found
from quorate.wire.xmpp.stream_management import Translation
from quorate.wire.xmpp.tag import remove_attribute, replace_attribute, tag_attributes

SM_NAMESPACES = ("urn:xmpp:sm:2", "urn:xmpp:sm:3")


class Resumption:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._managed = False
        """The server has enabled stream management on this connection, or resumed it."""
        self._later: list[int] = []
        """Of further <enable/>s before the answer to the first: how much had been counted by then."""
        self._refused: str | None = None
        """Namespace of the <resume/> that was taken out of <authenticate/>, until it is answered."""

    def from_client(self, name: str, data: bytes) -> bytes | None:
        """A top-level element of the client in one of the SM namespaces."""
        if name == "enable":
            self._enable()
        elif name == "a":
            return self._acknowledge(Side.SERVER, data)
        elif name == "resume":
            edited = self._resume(data)
            if edited is None:
                namespace = namespace_of(data, self._connection.headers[Side.CLIENT])
                refusal = sm_failed_item_not_found(namespace or SM_NAMESPACES[-1])
                self._connection.answer(refusal)
            return edited
        return data

    def _enable(self) -> None:
        context, ledger = self._connection.session.context, self._connection.session.ledger
        if context.enabling and not self._managed:
            self._later.append(ledger.sent(Side.CLIENT))
        context.enabling = True
        ledger.begin(Side.CLIENT)

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
        """SASL2 <authenticate/>, which may enable or resume at once: the client counts from its end on."""
        connection, self._refused = self._connection, None
        found = spans(data, connection.headers[Side.CLIENT])
        if _first(found, "enable") is not None:
            connection.session.ledger.discard()
            connection.session.ledger.begin(Side.CLIENT)
        resume = _first(found, "resume")
        if resume is None:
            return data
        edited = self._resume(data[resume.start : resume.end])
        if edited is None:
            self._refused = resume.name[1:].partition("}")[0]
            return cut(data, [(resume.start, resume.end)])
        return _replaced(data, resume, edited)

    def refused(self) -> None:
        """The login failed, and with it what was asked for inside it; the next one asks anew."""
        self._refused = None
        self._connection.resumption_over()
        self._connection.session.ledger.discard()

    def succeeded(self, data: bytes) -> bytes:
        """SASL2 <success/>: answers <resume/> itself, and <enable/> inside <bound/> (XEP-0198 section 9)."""
        connection = self._connection
        found = spans(data, connection.headers[Side.SERVER])
        resumed, enabled = _first(found, "resumed"), _first(found, "enabled")
        failed = _first([span for span in found if len(span.path) == 2], "failed")
        steps = ((resumed, self._resumed), (failed, self._failed), (enabled, self._enabled))
        edits = [(span, act(data[span.start : span.end])) for span, act in steps if span is not None]
        if resumed is None:
            self._old_session_is_over()
            if enabled is None:
                connection.session.ledger.discard()
        if self._refused is not None:
            data = append_child(data, found[0], sm_failed_item_not_found(self._refused))
            self._refused = None
        for span, edited in sorted(edits, key=lambda edit: edit[0].start, reverse=True):
            data = _replaced(data, span, edited)
        return data

    def _enabled(self, data: bytes) -> bytes:
        connection, self._managed = self._connection, True
        session = connection.session
        session.context.enabling = False
        self._later.clear()
        session.ledger.begin(Side.SERVER)
        attributes = tag_attributes(data)
        real = attributes.get("id")
        # a location would lead the client around us at its next connection (NEG-5)
        if connection.arrival.destination is None:
            data = remove_attribute(data, "location")
        if not real or attributes.get("resume") not in ("true", "1"):
            return data
        session.ledger.real_id = real
        session.lost_for(attributes.get("max"))
        virtual = session.ledger.virtual_id or connection.sessions.name(session)
        return replace_attribute(data, "id", virtual)

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

    def _resume(self, data: bytes) -> bytes | None:
        """The client wants its old session back; None if nothing of that may go to the server (SM-8)."""
        connection = self._connection
        attributes = tag_attributes(data)
        h = read_h(attributes.get("h"))
        if connection.session.context.own is not None:  # too late, and for the server to say so
            return data
        session = connection.sessions.find(attributes.get("previd"), connection.now)
        bound = session is not None and session.context.own is not None
        if session is not None and bound and h is not None and session.ledger.real_id:
            session.let_go()
            connection.sessions.keep(session, connection.now)
            translation = session.ledger.resumed(Side.SERVER, h)
            if translation.desync is None:
                connection.await_resumption(session)
                data = replace_attribute(data, "previd", session.ledger.real_id)
                return replace_attribute(data, "h", str(translation.h))
        if session is not None:
            connection.sessions.forget(session)
            connection.session.inherit(session)
        return None

    def _resumed(self, data: bytes) -> bytes:
        connection = self._connection
        session = connection.resumption_over()
        if session is None:
            connection.freeze(Reason.SESSION_UNKNOWN)
            return data
        self._managed = True
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
        """No resumption, or no stream management; a second <enable/> refused changes nothing (SM-10)."""
        context = self._connection.session.context
        session = self._old_session_is_over()
        if session is None:
            if context.enabling and not self._managed:
                self._refused_to_count()
            else:
                context.enabling = False
            return data
        h = read_h(tag_attributes(data).get("h"))
        if h is None:
            return data
        return replace_attribute(data, "h", str(session.ledger.acked(Side.CLIENT, h).h))

    def _refused_to_count(self) -> None:
        """If the client has asked again meanwhile, it counts from there."""
        session, later = self._connection.session, self._later
        first = later.pop(0) if later else None
        if first is None:
            session.ledger.discard()
            session.context.enabling = False
        else:
            session.ledger.begin_later(Side.CLIENT, first)
            later[:] = [place - first for place in later]

    def _old_session_is_over(self) -> Session | None:
        """The server does not resume it; the new one only remembers which commands were executed.

        It is kept until the client shows that it knows: else, cut off before, it would ask once more and be
        refused by us, without the count that tells it what not to send again.
        """
        connection = self._connection
        session = connection.resumption_over()
        if session is not None:
            connection.superseded = session
            connection.session.inherit(session)
        return session


def _first(
    found: list[Span], name: Literal["enable", "enabled", "resume", "resumed", "failed"]
) -> Span | None:
    names = {f"{{{namespace}}}{name}" for namespace in SM_NAMESPACES}
    return next((span for span in found if span.name in names), None)


def _replaced(data: bytes, span: Span, new: bytes) -> bytes:
    return data[: span.start] + new + data[span.end :]
