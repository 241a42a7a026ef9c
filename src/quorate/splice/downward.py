"""Stanzas from the server: what is held to be read whole, what is learnt, what is taken out. P-3."""

from quorate.errors import Refused
from quorate.model.address import Jid, parse_jid
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.block_list import BLOCKING
from quorate.splice.connection import LONGEST_HOLD, Connection
from quorate.splice.effects import Side
from quorate.splice.presence_book import MAX_STRANGERS
from quorate.splice.roster_book import ROSTER
from quorate.splice.session import Session
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.framer import Piece
from quorate.wire.xmpp.header import StanzaName, is_stanza
from quorate.wire.xmpp.iq import stanza_error, unreachable
from quorate.wire.xmpp.presence import PresenceStanza, parse_presence
from quorate.wire.xmpp.usual import stanza_attributes
from quorate.wire.xmpp.usual_presence import read_presence

HOLD = 64 * 1024

_ROSTER = ROSTER.encode()
_BLOCKING = BLOCKING.encode()
_BOUND_JID = "{urn:ietf:params:xml:ns:xmpp-bind}bind/{urn:ietf:params:xml:ns:xmpp-bind}jid"
_GONE = ("unsubscribed",)


def hold(connection: Connection, tag: bytes) -> int:
    """How many bytes of the element this start tag begins are held back at most; 0: it passes at once."""
    session = connection.session
    if session.context.own is None and connection.joining is None:
        return HOLD
    name = is_stanza(tag, connection.headers[Side.SERVER])
    if name is None:
        return HOLD
    ended = session.context.state is StreamState.ENDED
    if not session.context.dissecting and not (ended and name == "message"):
        return 0
    if name == "presence":
        return HOLD
    attributes = stanza_attributes(tag)
    if session.companion.is_self(attributes.get("from")):
        return HOLD
    if name == "message":
        return HOLD if session.telling.concerns(attributes.get("from"), attributes.get("id")) else 0
    return _hold_iq(session, attributes)


def _hold_iq(session: Session, attributes: dict[str, str]) -> int:
    id = attributes.get("id", "")
    if id in session.roster.ids or id == session.roster.own_id:
        return LONGEST_HOLD
    wanted = attributes.get("type") == "set" or id == session.context.session_id or session.blocks.awaits(id)
    return HOLD if wanted or session.context.ids.is_ours(id) else 0


def downward(connection: Connection, piece: Piece, name: StanzaName) -> bytes | None:
    """What to hand on of one whole stanza; None if it is taken out."""
    session, data = connection.session, piece.data
    if name == "presence" and len(data) <= HOLD and _surely_not_companion(session, piece.tag):
        return _presence(session, data)
    if len(data) > hold(connection, piece.tag):
        return data
    attributes = stanza_attributes(piece.tag)
    if session.companion.is_self(attributes.get("from")):
        return None
    if name == "presence":
        return _presence(session, data)
    if name == "message":
        return session.telling.take(data, repeated=session.ledger.repeating(Side.SERVER))
    return _iq(connection, data, attributes)


def _surely_not_companion(session: Session, tag: bytes) -> bool:
    """Quick: normalising may turn other letters into ASCII."""
    return tag.isascii() and not session.companion.mentioned(tag)


def _iq(connection: Connection, data: bytes, attributes: dict[str, str]) -> bytes | None:
    session, id, kind = connection.session, attributes.get("id", ""), attributes.get("type")
    context, sender = session.context, attributes.get("from")
    if kind == "set":
        return _pushed(session, data) if own_account(session, sender) else data
    if kind not in ("result", "error"):
        return data
    if context.own is None and id == connection.bind_id:
        _bound(connection, data)
    elif id == context.session_id:
        context.session_id = None
    elif session.blocks.awaits(id) and own_account(session, sender):
        session.blocks.answered(id, data, agreed=kind == "result")
    elif id == session.roster.own_id and own_account(session, sender):
        if connection.joining is not None:
            connection.joining.identified(data)
        session.roster.own_answered(data, agreed=kind == "result")
        session.own_roster_came()
        return None
    elif context.ids.is_ours(id):
        return None if _answered(session, id, sender, data) else data
    elif id in session.roster.ids and own_account(session, sender):
        return session.roster.result(data, id) if kind == "result" else session.roster.refused(data, id)
    return data


def _answered(session: Session, id: str, sender: str | None, data: bytes) -> bool:
    """Nobody else has asked the own server under an id of ours, whatever became of the question."""
    if session.asking.answered(id, sender, data):
        return True
    if not own_account(session, sender):
        return False
    if id == session.ringing:
        session.ringing = ""
    return True


def _pushed(session: Session, data: bytes) -> bytes | None:
    """The account's server tells a change of the roster or of who is blocked."""
    if _BLOCKING in data:
        session.blocks.pushed(data)
    return session.roster.pushed(data) if _ROSTER in data else data


def _bound(connection: Connection, data: bytes) -> None:
    """RFC 6120 section 7.6.1: the server names the full JID; XEP-0078: the client has named it."""
    element = parse(data, connection.headers[Side.SERVER])
    text = element.findtext(_BOUND_JID) or connection.legacy
    if text and element.get("type") == "result":
        connection.session.context.own = parse_jid(text)
        connection.session.logged_in(resumed=False)


def own_account(session: Session, sender: str | None) -> bool:
    """Roster results and pushes of anybody else are not ours to believe (RFC 6121 section 2.1.6)."""
    own = session.context.own
    if sender is None or own is None:
        return True
    try:
        return parse_jid(sender) in (own, own.bare, Jid("", own.domain))
    except Refused:
        return False


def _presence(session: Session, data: bytes) -> bytes | None:
    expecting = session.asking.expecting
    if not expecting and not session.context.inactive and session.presence.repeats(data):
        return data
    stanza = read_presence(data) or parse_presence(parse(data, session.context.headers.get(Side.SERVER)))
    hidden = learn(session, stanza, data, place=session.ledger.shown + 1, expecting=expecting)
    return None if hidden else data


def _failed(session: Session, id: str | None, sender: Jid, data: bytes) -> bool:
    """A presence, or the server's own probe at the login, did not get there; True if it was our probe."""
    contact, standing = sender.bare, session.roster.contacts.find(sender.bare)
    if standing is not None:
        session.presence.link_down(contact)
    if session.asking.probe_failed(id, sender, data):
        return True
    if standing is not None and standing.pushes_presence and not session.context.has_blocked(contact):
        error = stanza_error(parse(data, session.context.headers.get(Side.SERVER)))
        if unreachable(error):
            session.presence.state(contact, Presence.UNREACHABLE, Reason.UNREACHABLE)
    return False


def learn_passed(connection: Connection, data: bytes, place: int) -> None:
    """The same for one that the client was given already, as its ``place``-th stanza."""
    session = connection.session
    if not session.context.inactive and session.presence.repeats(data):
        return
    stanza = read_presence(data) or parse_presence(parse(data, connection.headers[Side.SERVER]))
    learn(session, stanza, data, place=place, expecting=False)


def learn(session: Session, stanza: PresenceStanza, data: bytes, *, place: int, expecting: bool) -> bool:
    """What a presence from the server says; True if it is hidden from the client.

    ``expecting``: it may answer a question. ``place``: its number among what the client is given.
    """
    own, book, asking, sender = session.context.own, session.presence, session.asking, stanza.from_
    if sender is None and stanza.type == "error":
        return asking.probe_failed(stanza.id, None, data)
    if sender is None or own is None or (sender.local == own.local and sender.domain == own.domain):
        return False
    contact, kind = sender.bare, stanza.type
    if kind == "error":
        return _failed(session, stanza.id, sender, data)
    if stanza.muc or contact in book.rooms:
        if len(book.rooms) < MAX_STRANGERS:
            book.rooms |= {contact}
        return False
    standing = session.roster.contacts.find(contact)
    stranger = standing is None
    if not book.has_room(sender, stranger=stranger) or session.context.has_blocked(contact):
        return False
    if kind in _GONE:
        book.unknown(contact, Reason.NOT_SUBSCRIBED)
    if kind is not None and kind != "unavailable":
        return False
    # only contacts are probed, so only their presence is ever compared
    keep = not (stranger and session.roster.known)
    pushed = not session.roster.known if standing is None else standing.pushes_presence
    pending = standing is not None and standing.pending
    if not expecting:
        book.heard(stanza, data, asked=False, place=place, keep=keep, pushed=pushed, pending=pending)
        return False
    asked = asking.asked(contact)
    hidden = asking.hides(stanza, lambda: parse(data, session.context.headers.get(Side.SERVER)))
    keep = keep and (session.context.available or not hidden)
    shown = None if hidden else place
    book.heard(stanza, data, asked=asked, place=shown, keep=keep, pushed=pushed, pending=pending)
    asking.heard(stanza)
    return hidden
