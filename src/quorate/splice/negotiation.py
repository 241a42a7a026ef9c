"""From the client's first header to the login: whom to connect to, STARTTLS in its order, features, SASL.

Everything SASL carries is opaque: it passes, it is not kept. RFC 6120 sections 4 to 6, XEP-0388, XEP-0368.
"""

from quorate.errors import Refused
from quorate.model.address import parse_jid
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.channel_binding import Handling, Profile
from quorate.splice.connection import Connection, Phase
from quorate.splice.effects import Close, Connect, Redirected, Side, StartTls
from quorate.splice.resumption import SM_NAMESPACES, Resumption
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.framer import Piece
from quorate.wire.xmpp.header import (
    CLIENT_NS,
    STREAM_NS,
    StreamHeader,
    header_shape,
    namespace_of,
    parse_header,
)
from quorate.wire.xmpp.redirect import see_other_host
from quorate.wire.xmpp.requests import compress_failure, starttls_failure
from quorate.wire.xmpp.sasl import edit_features
from quorate.wire.xmpp.tag import WHITE_SPACE, escape, qname, tag_attributes

TLS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
SASL2 = "urn:xmpp:sasl:2"
COMPRESS = "http://jabber.org/protocol/compress"
CSI = "urn:xmpp:csi:0"
_STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
MAX_NAME = 64
_REFUSED = {
    Reason.UPSTREAM_CERTIFICATE: "The server's certificate cannot be trusted.",
    Reason.CLIENT_CERTIFICATE: "The server wants a client certificate, which cannot pass through Quorate.",
}
_PUT_OUT = {
    Reason.LOGIN_TIMEOUT: "connection-timeout",
    Reason.UPSTREAM_SILENT: "remote-connection-failed",
    Reason.CROWDED_OUT: "resource-constraint",
}


class Negotiation:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._resumption = Resumption(connection)

    def arrive(self) -> None:
        """Before the first byte: a client that began with TLS has said already whom it wants (XEP-0368)."""
        connection, arrival = self._connection, self._connection.arrival
        if arrival.unread is not None:
            host = arrival.destination.rpartition(":")[0] if arrival.destination else ""
            connection.tunnel(arrival.unread, host, direct_tls=arrival.tls is not None)
        elif arrival.tls is not None:
            domain = connection.domain = arrival.tls.sni or ""
            if self._known_to_fail(domain, arrival.tls.shape):
                connection.tunnel(Reason.CHANNEL_BINDING, domain, direct_tls=True)
                return
            connection.tls = True
            connection.out.add(Connect(domain=domain, direct_tls=True, alpn=arrival.tls.alpn))

    def header(self, side: Side, piece: Piece) -> bytes | None:
        """A stream header, the first one or the one after TLS or SASL."""
        connection = self._connection
        header = connection.headers[side] = parse_header(piece.tag)
        if side is Side.SERVER:
            self._followable(header)
            return piece.data
        if connection.domain is None and not self._addressed(header, piece.tag):
            return None
        if connection.phase is Phase.HEADER:
            connection.phase = Phase.OPEN
        self._followable(header)
        return piece.data

    def _addressed(self, header: StreamHeader, tag: bytes) -> bool:
        """The first header says which server is wanted; False if nothing does (NEG-2)."""
        connection = self._connection
        domain, destination = _domain(header.to), connection.arrival.destination
        if domain is None and destination is None:
            self.fail("improper-addressing", "The client did not say which server it wants.", None)
            return False
        if domain is None:
            connection.tunnel(Reason.NO_SERVER_NAME, (destination or "").rpartition(":")[0])
        elif self._known_to_fail(domain, header_shape(tag)):
            connection.tunnel(Reason.CHANNEL_BINDING, domain)
        else:
            connection.domain = domain
            connection.out.add(Connect(domain=domain))
        return True

    def _known_to_fail(self, domain: str, shape: str) -> bool:
        """CB-3: this software could not log in at this server through a splice."""
        connection = self._connection
        if connection.arrival.attached:
            return False
        connection.profile = Profile(domain, shape)
        connection.login.handling = connection.profiles.handling(connection.profile, connection.now)
        return connection.login.handling is Handling.TUNNEL

    def _followable(self, header: StreamHeader) -> None:
        """What we add names no namespace of its own."""
        if header.default_ns != CLIENT_NS:
            self._connection.go_blind(Reason.UNKNOWN_NAMESPACE)

    def nonza(self, side: Side, piece: Piece) -> bytes | None:
        """A top-level element that is no stanza; what of it is handed on."""
        connection = self._connection
        namespace = namespace_of(piece.tag, connection.headers[side])
        name = qname(piece.tag).rpartition(b":")[2].decode("utf-8", "replace")
        joining = connection.joining
        if namespace in SM_NAMESPACES and joining is not None and connection.session.ledger.joining:
            return joining.nonza(side, namespace, name, piece.data)
        if namespace in SM_NAMESPACES:
            sm = self._resumption
            return (
                sm.from_client(name, piece.data) if side is Side.CLIENT else sm.from_server(name, piece.data)
            )
        if not connection.session.context.dissecting:
            return piece.data
        if side is Side.CLIENT:
            return self._from_client(namespace, name, piece.data)
        return self._from_server(namespace, name, piece.data)

    def secured(self, side: Side) -> None:
        """TLS stands on one leg: next is the client's leg, then two new streams (section 5.4.3.3)."""
        connection = self._connection
        if side is Side.SERVER and connection.phase is Phase.SECURING_SERVER:
            connection.phase = Phase.SECURING_CLIENT
            connection.out.send(Side.CLIENT, connection.proceed)
            # some clients end <starttls/> with a newline, which belongs to no TLS
            early, connection.early = connection.early.lstrip(WHITE_SPACE), b""
            connection.out.add(StartTls(side=Side.CLIENT, domain=connection.domain or "", early=early))
        elif side is Side.CLIENT and connection.phase is Phase.SECURING_CLIENT:
            connection.phase, connection.tls = Phase.HEADER, True
            for leg in Side:
                connection.reset(leg)

    def insecure(self, side: Side, reason: Reason) -> None:
        """TLS failed: a certificate nobody vouches for is never replaced by a good one (TLS-1)."""
        connection = self._connection
        if connection.session.context.own is not None:
            # a stream error would end the session for good: so it is a broken connection (SM-11)
            connection.out.add(Close())
            connection.end(connection.session.context.reason, Phase.CUT)
            return
        if reason is Reason.CLIENT_CERTIFICATE:
            connection.login.suspect = Handling.TUNNEL
        if side is Side.SERVER and connection.phase is Phase.SECURING_SERVER:
            connection.out.send(Side.CLIENT, starttls_failure())
            connection.out.add(Close())
            connection.end(reason, Phase.CUT)
        elif side is Side.SERVER:
            self.fail("remote-connection-failed", _REFUSED.get(reason, "The server ended the TLS."), reason)
        else:
            connection.out.add(Close())
            connection.end(reason, Phase.CUT)

    def put_out(self, reason: Reason, text: str) -> None:
        """The capture has no more time or room for a connection that has not logged in."""
        connection = self._connection
        if connection.blind:
            connection.out.add(Close())
            connection.end(reason, Phase.CUT)
            return
        if reason is Reason.LOGIN_TIMEOUT and connection.domain and not connection.headers[Side.SERVER]:
            reason, text = Reason.UPSTREAM_SILENT, f"The server of {connection.domain} says nothing."
        self.fail(_PUT_OUT.get(reason, "undefined-condition"), text, reason)

    def fail(self, condition: str, text: str, reason: Reason | None) -> None:
        """End the client's stream with an error it can show (RFC 6120 section 4.9)."""
        connection = self._connection
        opening = ""
        if connection.headers[Side.SERVER] is None:
            sender = f" from='{escape(connection.domain)}'" if connection.domain else ""
            opening = (
                f"<?xml version='1.0'?><stream:stream xmlns='{CLIENT_NS}' xmlns:stream='{STREAM_NS}'"
                f" version='1.0' id='{connection.session.context.ids.next()}'{sender}>"
            )
        error = (
            f"<stream:error><{condition} xmlns='{_STREAM_ERRORS}'/>"
            f"<text xmlns='{_STREAM_ERRORS}' xml:lang='en'>{escape(text)}</text>"
            "</stream:error></stream:stream>"
        )
        connection.out.send(Side.CLIENT, (opening + error).encode())
        connection.out.add(Close())
        connection.end(reason, Phase.CUT)

    def _from_client(self, namespace: str | None, name: str, data: bytes) -> bytes | None:
        connection = self._connection
        match namespace, name:
            case (x, "starttls") if x == TLS and not (connection.tls or connection.arrival.attached):
                connection.phase = Phase.STARTTLS
            case (x, "auth") if x == SASL:
                self._first_message(_mechanism(data), self._text(Side.CLIENT, data, None))
            case (x, "authenticate") if x == SASL2:
                first = self._text(Side.CLIENT, data, f"{{{SASL2}}}initial-response")
                self._first_message(_mechanism(data), first)
                self._named(self._text(Side.CLIENT, data, f"{{{SASL2}}}user-agent/{{{SASL2}}}software"))
                return self._resumption.authenticating(data)
            case (x, "response") if x in (SASL, SASL2) and connection.login.waits:
                self._first_message(connection.login.waits, self._text(Side.CLIENT, data, None))
            case (x, "abort") if x in (SASL, SASL2):
                connection.login_failed()
            case (x, "compress") if x == COMPRESS:
                connection.answer(compress_failure())
                return None
            case (x, "inactive" | "active") if x == CSI:
                self._indicated(inactive=name == "inactive")
        return data

    def _from_server(self, namespace: str | None, name: str, data: bytes) -> bytes | None:
        connection = self._connection
        match namespace, name:
            case (x, "features") if x == STREAM_NS:
                return self._features(data)
            case (x, "error") if x == STREAM_NS:
                return self._stream_error(data)
            case (x, "proceed") if x == TLS and connection.arrival.attached:
                connection.end(None)  # the client's own TLS on this socket is another stream to us
            case (x, "proceed") if x == TLS and connection.phase is Phase.STARTTLS:
                connection.phase, connection.proceed = Phase.SECURING_SERVER, data
                connection.out.add(StartTls(side=Side.SERVER, domain=connection.domain or ""))
                return None
            case (x, "failure") if x == TLS and connection.phase is Phase.STARTTLS:
                connection.phase = Phase.OPEN
            case (x, "challenge") if x in (SASL, SASL2):
                self._challenged(self._text(Side.SERVER, data, None))
            case (x, "failure") if x in (SASL, SASL2):
                connection.login_failed()
                if connection.session.context.own is None:
                    self._resumption.refused()
            case (x, "success") if x == SASL:
                connection.login.suspect = None
            case (x, "success") if x == SASL2:
                connection.login.suspect = None
                return self._succeeded(data)
            case (x, "compressed") if x == COMPRESS:
                connection.go_blind(Reason.COMPRESSED)
        return data

    def _features(self, data: bytes) -> bytes:
        connection, login = self._connection, self._connection.login
        keep_bound = login.handling is Handling.LEAVE
        edit = edit_features(data, connection.headers[Side.SERVER], tls=connection.tls, keep_bound=keep_bound)
        login.stripped = edit.removed
        if edit.unusable:
            login.suspect = Handling.TUNNEL
            self._report_binding()
        return edit.data

    def _stream_error(self, data: bytes) -> bytes:
        """NEG-5: a client that follows a redirect to elsewhere would be lost to us; we follow it instead."""
        connection, arrival = self._connection, self._connection.arrival
        if arrival.destination is not None or not arrival.here or connection.domain is None:
            return data
        redirect = see_other_host(data, connection.headers[Side.SERVER])
        if redirect is None:
            return data
        connection.out.add(Redirected(domain=connection.domain, host=redirect.host, port=redirect.port))
        return redirect.rewritten(data, arrival.here)

    def _first_message(self, mechanism: str, payload: str) -> None:
        """CB-3: a client that binds its login to the TLS channel cannot log in through us."""
        connection = self._connection
        if connection.tls and connection.login.began(mechanism, payload):
            self._report_binding()

    def _challenged(self, payload: str) -> None:
        """CB-4: the server has hashed the list we edited."""
        if self._connection.login.challenged(payload):
            self._report_binding()

    def _report_binding(self) -> None:
        self._connection.session.context.change(StreamState.NEGOTIATING, Reason.CHANNEL_BINDING)

    def _named(self, software: str) -> None:
        """SASL2 clients say what they are before the login (XEP-0388)."""
        context = self._connection.session.context
        if software and not context.client_name:
            context.client_name = software[:MAX_NAME]
            context.announce()

    def _text(self, side: Side, data: bytes, child: str | None) -> str:
        element = parse(data, self._connection.headers[side])
        return ((element.findtext(child) if child else element.text) or "").strip()

    def _succeeded(self, data: bytes) -> bytes:
        """SASL2: there is no new header after it; with Bind2 the resource is bound already."""
        connection = self._connection
        element = parse(data, connection.headers[Side.SERVER])
        address = element.findtext(f"{{{SASL2}}}authorization-identifier")
        bound = element.find("{urn:xmpp:bind:0}bound") is not None
        data = self._resumption.succeeded(data)
        if bound and address and connection.session.context.own is None:
            connection.session.context.own = parse_jid(address)
            connection.session.logged_in(resumed=False)
        return data

    def _indicated(self, *, inactive: bool) -> None:
        """XEP-0352: while inactive the server may hold presence back, so what we know grows stale (PRB-3)."""
        session = self._connection.session
        if session.context.inactive == inactive:
            return
        session.context.inactive = inactive
        if inactive:
            session.presence.tell_all(stale=True, reason=Reason.STALE)
        else:
            session.presence.tell_all()


def _mechanism(tag: bytes) -> str:
    return tag_attributes(tag).get("mechanism", "")


def _domain(to: str | None) -> str | None:
    try:
        return parse_jid(to).domain if to else None
    except Refused:
        return None
