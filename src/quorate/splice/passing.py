"""One piece of a stream on its way: read, edited, counted and handed on.

Whatever we fail on passes as it came; what our failing costs is in ``Connection.fault``.
"""

from contextlib import nullcontext, suppress

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice import downward
from quorate.splice.connection import Connection, Phase
from quorate.splice.downward import own_account
from quorate.splice.effects import OTHER, Side
from quorate.splice.long_roster import LongRoster, long_roster
from quorate.splice.negotiation import Negotiation
from quorate.splice.resumption import SM_NAMESPACES
from quorate.splice.roster_book import has_payload
from quorate.splice.upward import upward, without_companion
from quorate.wire.xmpp.element import NotWellFormed, TooDeep
from quorate.wire.xmpp.framer import Framer, Piece, PieceKind
from quorate.wire.xmpp.header import StanzaName, is_stanza, namespace_of
from quorate.wire.xmpp.tag import tag_attributes

_MANAGED = b"urn:xmpp:sm:"


class Passing:
    def __init__(self, connection: Connection, negotiation: Negotiation) -> None:
        self._connection = connection
        self._negotiation = negotiation
        self._roster: LongRoster | None = None
        """What is read of the parts that come from the server now."""
        self._passed: bytearray | None = None
        """Of a stanza that passes before it is whole; None if nobody would have read it."""

    def stanza(self, side: Side, piece: Piece) -> StanzaName | None:
        if piece.kind is not PieceKind.ELEMENT:
            return None
        return is_stanza(piece.tag, self._connection.headers[side])

    def managed(self, side: Side, tag: bytes) -> bool:
        """This start tag begins one of the elements of XEP-0198."""
        return namespace_of(tag, self._connection.headers[side]) in SM_NAMESPACES

    def releases(self, framer: Framer) -> bool:
        """What is held of the server's unfinished element may pass before the rest of it has come (P-3).

        Never a count that nobody has translated, nor a roster whose version nobody has made our own, nor half
        an answer to a question of ours: the client has nothing of it, and is not to see it.
        """
        tag, session = framer.unfinished, self._connection.session
        with suppress(Exception):  # what is wrong there is said when it passes
            if self.managed(Side.SERVER, tag):
                return False
            if session.context.dissecting and session.context.ids.is_ours(tag_attributes(tag).get("id")):
                return False
            if is_stanza(tag, self._connection.headers[Side.SERVER]) == "iq":
                return has_payload(framer.held, tag)
        return True

    def hand_on(self, side: Side, piece: Piece, name: StanzaName | None) -> None:
        connection = self._connection
        session = connection.session
        try:
            out = self._dissect(side, piece, name)
        except TooDeep:  # legal, and nothing we look for: it passes unread
            out = piece.data
        except NotWellFormed:
            out = piece.data
            connection.fault(Reason.NOT_WELL_FORMED, count=name is None and _MANAGED in piece.data)
        except Exception:  # a fault of ours must not stop the stream
            out = piece.data
            connection.fault(Reason.INTERNAL_ERROR, count=name is None and _MANAGED in piece.data)
        if out is not None and connection.phase is not Phase.CUT:
            connection.out.send(OTHER[side], out)
        if name is None or not piece.last:
            return
        try:
            if out is None:
                session.ledger.swallowed(side)
            else:
                session.ledger.forwarded(side)
        except Exception:  # a fault of ours must not stop the stream
            session.miscounted = session.miscounted or out is None
            connection.go_blind(Reason.INTERNAL_ERROR)

    def _dissect(self, side: Side, piece: Piece, name: StanzaName | None) -> bytes | None:
        state = self._connection.session.context.state
        if piece.kind is PieceKind.OPEN:
            return self._negotiation.header(side, piece)
        if piece.kind is not PieceKind.ELEMENT:
            return piece.data
        if not piece.whole:
            return self._part(side, piece, name)
        if name is None:
            return self._negotiation.nonza(side, piece)
        if state is StreamState.FROZEN:
            with suppress(Exception):  # what cannot be read any more is only not learnt
                passed = self._stanza_passed(side, piece, name)
                # the client keeps what it was shown: never under a version that is the server's (VC-4)
                if side is Side.SERVER and name == "iq" and tag_attributes(piece.tag).get("type") == "set":
                    return piece.data if passed is None else passed
            return piece.data
        if state in (StreamState.NEGOTIATING, StreamState.LIVE):
            return self._stanza_passed(side, piece, name)
        if state is StreamState.ENDED:
            return self._last_words(side, piece, name)
        return piece.data

    def _last_words(self, side: Side, piece: Piece, name: StanzaName) -> bytes | None:
        """One side has shut. What is counted now is a repetition after a resume: it has to be read now."""
        session = self._connection.session
        if session.frozen or session.context.closing:
            return piece.data
        if side is Side.CLIENT:
            return without_companion(session, piece.data, name)
        if name == "message" and downward.hold(self._connection, piece.tag) >= len(piece.data):
            return session.telling.take(piece.data, repeated=session.ledger.repeating(side))
        return piece.data

    def _part(self, side: Side, piece: Piece, name: StanzaName | None) -> bytes | None:
        """A part of an element too big to be read; nobody but the companion gets what is written to it."""
        if piece.first and name is None and self.managed(side, piece.tag):
            self._connection.fault(Reason.STANZA_TOO_BIG, count=True)
        connection = self._connection
        if piece.first:
            connection.sinking -= {side}
            if self._begins_parts(side, piece, name):
                connection.sinking |= {side}
        sunk = side in connection.sinking
        data = piece.data
        if side is Side.SERVER and self._roster is not None:
            self._read_roster(self._roster, piece)
        if side is Side.SERVER and name is not None and connection.session.context.dissecting and not sunk:
            data = self._passes_in_parts(piece, name)
        if piece.last:
            connection.sinking -= {side}
            if sunk and side is Side.CLIENT and name == "iq":
                connection.session.companion.refuse(piece.tag)
        return None if sunk else data

    def _passes_in_parts(self, piece: Piece, name: StanzaName) -> bytes:
        """What it says is learnt all the same, once it has passed; of a roster the version is made ours."""
        data = piece.data
        if piece.first:
            reads = False
            with suppress(Exception):  # was said when the framer asked
                reads = self._roster is None and downward.hold(self._connection, piece.tag) > 0
            self._passed = bytearray() if reads else None
            if name == "iq" and (reads or self._roster is not None):
                data = self._connection.session.roster.marked(data, piece.tag)
        if self._passed is not None:
            self._passed += piece.data
            if len(self._passed) > downward.HOLD:
                self._passed = None
            elif piece.last:
                whole = Piece(PieceKind.ELEMENT, bytes(self._passed), piece.tag)
                self._passed = None
                frozen = self._connection.session.context.state is StreamState.FROZEN
                with suppress(Exception) if frozen else nullcontext():
                    self._stanza_passed(Side.SERVER, whole, name)
        return data

    def _read_roster(self, roster: LongRoster, piece: Piece) -> None:
        try:
            roster.take(piece)
            if piece.last and roster.own:
                self._connection.session.own_roster_came()
        except Exception:  # a fault of ours must not stop the stream
            self._roster = None
            self._connection.fault(Reason.INTERNAL_ERROR)

    def _begins_parts(self, side: Side, piece: Piece, name: StanzaName | None) -> bool:
        """True if no part of this element is handed on."""
        session, attributes = self._connection.session, tag_attributes(piece.tag)
        if side is Side.CLIENT:
            to = attributes.get("to")
            return name is not None and self._connection.keeping and session.companion.is_self(to)
        self._roster = None
        if name is not None and session.context.adding and session.companion.is_self(attributes.get("from")):
            return True
        if name == "iq" and session.context.dissecting and own_account(session, attributes.get("from")):
            self._roster = long_roster(session, attributes)
        own = self._roster is not None and self._roster.own
        if own and self._connection.joining is not None:
            self._connection.joining.identified(piece.tag)
        return own

    def _stanza_passed(self, side: Side, piece: Piece, name: StanzaName) -> bytes | None:
        dissect = upward if side is Side.CLIENT else downward.downward
        return dissect(self._connection, piece, name)
