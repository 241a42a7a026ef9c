"""Stanzas from the client: what Quorate learns from them, and what of them goes on to the server."""

from quorate.model.address import Jid
from quorate.model.evidence import Presence
from quorate.model.stream import StreamState
from quorate.splice.block_list import BLOCKING
from quorate.splice.connection import Connection
from quorate.splice.effects import OwnPresenceSent, Side
from quorate.splice.roster_book import ROSTER
from quorate.splice.session import BURST_FOLDED_S, Session
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.framer import Piece
from quorate.wire.xmpp.header import StanzaName
from quorate.wire.xmpp.presence import PresenceStanza, address, parse_presence, software_name
from quorate.wire.xmpp.tag import tag_attributes
from quorate.wire.xmpp.usual_presence import read_presence

_BIND = b"urn:ietf:params:xml:ns:xmpp-bind"
_SESSION = b"urn:ietf:params:xml:ns:xmpp-session"
_AUTH = "jabber:iq:auth"
_LEGACY_AUTH = _AUTH.encode()
_ROSTER = ROSTER.encode()
_BLOCKING = BLOCKING.encode()


def upward(connection: Connection, piece: Piece, name: StanzaName) -> bytes | None:
    """What to hand on of one whole stanza; None if it is taken out."""
    session, data = connection.session, piece.data
    if connection.superseded is not None:
        connection.supersede()
    if connection.keeping:
        left = without_companion(session, data, name)
        if left is None:
            return None
        data = left
    if name == "iq":
        return _iq(connection, data, tag_attributes(piece.tag))
    if name == "presence":
        _presence(session, data, directed="to" in tag_attributes(piece.tag))
    return data


def without_companion(session: Session, data: bytes, name: StanzaName) -> bytes | None:
    """What is not for the companion; what is typed to it is noticed."""
    if not session.companion.mentioned(data):
        return data
    return session.companion.take(data, name, repeated=session.ledger.repeating(Side.CLIENT))


def _iq(connection: Connection, data: bytes, attributes: dict[str, str]) -> bytes | None:
    session, id, kind = connection.session, attributes.get("id", ""), attributes.get("type")
    context = session.context
    if kind in ("result", "error"):
        return (
            None if context.ids.is_ours(id) and "to" not in attributes else _ours(session, attributes, data)
        )
    if kind == "get" and _ROSTER in data and _asks_own_account(session, attributes.get("to")):
        return session.roster.requested(data, id)
    if _BLOCKING in data and _asks_own_account(session, attributes.get("to")):
        session.blocks.requested(data, id)
    elif kind == "set" and context.own is None and (_BIND in data or _LEGACY_AUTH in data):
        connection.bind_id, connection.legacy = id, _legacy(connection, data)
    elif kind == "set" and _SESSION in data and context.initial_presence_at is None:
        context.session_id = id
    return data


def _legacy(connection: Connection, data: bytes) -> str:
    """XEP-0078: one request says who logs in and names the resource; empty if this is none."""
    query = parse(data, connection.headers[Side.CLIENT]).find(f"{{{_AUTH}}}query")
    if query is None:
        return ""
    user, resource = query.findtext(f"{{{_AUTH}}}username"), query.findtext(f"{{{_AUTH}}}resource")
    return f"{user}@{connection.domain}/{resource}" if user and resource else ""


def _asks_own_account(session: Session, to: str | None) -> bool:
    """A client in a hurry asks for its roster before it is bound (XEP-0305)."""
    context = session.context
    if context.closing or context.state not in (StreamState.NEGOTIATING, StreamState.LIVE):
        return False
    return to is None or (context.own is not None and address(to) in (context.own.bare, context.own))


def _ours(session: Session, attributes: dict[str, str], data: bytes) -> bytes | None:
    """The client's result to our roster push may be addressed to its own account."""
    own = session.context.own
    to_self = own is not None and address(attributes.get("to")) in (own.bare, own, Jid("", own.domain))
    return None if to_self and session.context.ids.is_ours(attributes.get("id")) else data


def _presence(session: Session, data: bytes, *, directed: bool) -> None:
    """``directed``: to somebody (RFC 6121 section 4.6), whether we can read their address or not."""
    stanza = read_presence(data) or parse_presence(parse(data, session.context.headers.get(Side.CLIENT)))
    if stanza.to is not None:
        if stanza.muc:
            session.presence.rooms |= {stanza.to.bare}
        if stanza.type == "subscribe":
            session.roster.subscribes(stanza.to.bare)
        elif stanza.type == "probe":
            session.asking.probed_by_client(stanza.to.bare)
    elif not directed and stanza.type in (None, "unavailable"):
        _own_presence(session, stanza)


def _own_presence(session: Session, stanza: PresenceStanza) -> None:
    context = session.context
    available = stanza.type is None
    if available and context.withdrawn:
        session.come_back()
    elif not available and not context.withdrawn:
        session.withdraw()
    if available and context.initial_presence_at is None:
        context.initial_presence_at = context.now
        context.interested = True
        session.rest(BURST_FOLDED_S)
    if stanza.caps and not context.client_name and (name := software_name(stanza.caps)):
        context.client_name = name
        context.announce()
    session.own_presence = OwnPresenceSent(
        presence=stanza.presence if available else Presence.OFFLINE,
        at=context.now,
        priority=stanza.priority,
        idle_since=stanza.idle_since,
        idle_from=None if stanza.idle_s is None else context.now - stanza.idle_s,
    )
    context.out.add(session.own_presence)
