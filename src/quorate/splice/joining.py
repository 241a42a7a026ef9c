"""A stream is joined in its middle: the login, the roster and who is online were missed.

First where elements begin, in both directions; then both counts of XEP-0198, learnt by ``<r/>`` of our own
whose answers are taken out, because before they are known nothing counted may be added or taken out; then the
roster, whose answer also names the user's own address. Presence is asked for after that, as of anybody.
"""

from collections import deque
from dataclasses import dataclass, field

from quorate.errors import Refused
from quorate.model.address import parse_jid
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.arrival import Midway
from quorate.splice.boundary import HEADER, Boundary
from quorate.splice.connection import Connection, Phase
from quorate.splice.effects import OTHER, Side
from quorate.splice.ledger import read_h
from quorate.wire.xmpp.header import parse_header
from quorate.wire.xmpp.requests import ping, request_ack
from quorate.wire.xmpp.stream_management import MODULUS, Table, translated
from quorate.wire.xmpp.tag import replace_attribute, tag_attributes

SILENT_S = 3.0
"""A client that counts answers ``<r/>`` at once; after this, and with no trace of counting, it does not."""
AGAIN_S = 2.0
"""An answer that went to somebody else is asked for again after this."""
SOON_S = 0.2
"""When it is looked again whether something may be written."""
BUSY_TRIES = 8
"""After so many answers of one end two that agree will do, though stanzas passed between the questions."""
TRIES = 16
"""Answers of one end in which to hear the same twice; else the stream is only read."""
ROSTER_S = 20.0
"""A server that has not answered by then has not said whose stream it is."""
USUAL = "urn:xmpp:sm:3"


@dataclass
class Count:
    """How many stanzas of ``origin`` the other end has counted."""

    origin: Side
    table: Table
    due: deque[int | None] = field(default_factory=deque)
    """Answers that are to come, in their order: to the origin (None), or to us, and how many had passed."""
    began: int | None = None
    """What had been counted where we began to count, by the last answer."""
    known: bool = False
    h: int = 0
    """The last answer, and how many had passed then."""
    passed: int = 0
    tries: int = 0
    open: bool = False
    """An answer to us is to come."""
    again_at: float | None = None

    def heard(self, h: int, passed: int) -> None:
        """An answer asked for before we came puts each of ours one question too late, where it means the
        same only if nothing passed between the two questions."""
        began = (h - passed) % MODULUS
        self.open, self.again_at, self.tries = False, None, self.tries + 1
        sure = self.known or passed == self.passed or self.tries >= BUSY_TRIES
        self.known = sure and began == self.began
        self.began, self.h, self.passed = began, h, passed


class Joining:
    def __init__(self, connection: Connection, midway: Midway) -> None:
        self._connection = connection
        self._midway = midway
        self._boundaries = {side: Boundary() for side in Side}
        self._counts = {side: Count(side, midway.tables.get(side, ())) for side in Side}
        self._namespace = USUAL if midway.tables else None
        """In which stanzas are counted, once something has shown that they are."""
        self._counting = False
        self._silent_at: float | None = None
        """When it is taken for sure that they are not."""
        self._pinged = False
        """The client has let the question pass, and was asked what everybody answers."""
        self._bell_at: float | None = None
        """When the server is made to say something, so that the client reads what we have asked it."""
        self._clear_at: float | None = None
        """When it is looked again whether the roster may be asked for."""
        self._roster_at: float | None = None
        """When the answer to the request for the roster is given up."""
        self.over = False
        """The stream is like any other from here on."""

    def begin(self) -> None:
        """Before the first byte."""
        connection = self._connection
        connection.domain, connection.phase = "", Phase.OPEN
        for side in Side:
            connection.headers[side] = parse_header(HEADER)
            connection.framers[side].feed(HEADER)
        connection.session.ledger.joining = True
        connection.session.context.change(StreamState.NEGOTIATING, Reason.WAITING_FOR_TRAFFIC)
        for side in Side if self._midway.at_rest else ():
            self._found(side)

    def reads(self, side: Side, data: bytes) -> bool:
        """False if these bytes were passed as they are: it was not known where in them an element begins."""
        boundary = self._boundaries[side]
        if boundary.found or self._connection.blind:
            if side is Side.SERVER:
                self._given()
            return True
        try:
            whole = boundary.sought(data)
        except Exception:  # a fault of ours must not stop the stream
            self._connection.go_blind(Reason.INTERNAL_ERROR)
            return True
        if not whole:
            self._connection.out.send(OTHER[side], data)
        if boundary.found:
            try:
                self._found(side)
            except Exception:  # the same
                self._connection.go_blind(Reason.INTERNAL_ERROR)
        return whole

    def nonza(self, side: Side, namespace: str, name: str, data: bytes) -> bytes | None:
        """One of the elements of XEP-0198 has come from ``side``; what of it goes on."""
        if self._namespace is None:
            self._namespace = namespace
        count = self._counts[OTHER[side]]
        if name == "r":
            self._counts[side].due.append(None)
        elif name == "a":
            h = read_h(tag_attributes(data).get("h"))
            ours = count.due.popleft() if count.due else None
            if h is not None and ours is not None:
                count.heard(h, ours)
            elif count.open and count.again_at is None:
                count.again_at = self._connection.now + AGAIN_S
            out = None if ours is not None else self._translated(count, h, data)
            self._ask_counts()
            return out
        return data

    def identified(self, tag: bytes) -> None:
        """The answer to our request for the roster: it is addressed to the user's own full address."""
        try:
            own = parse_jid(tag_attributes(tag).get("to", ""))
        except Refused:
            return
        if own.local and own.resource and not self.over:
            self.over = True
            self._connection.domain = own.domain
            self._connection.session.joined(own)

    @property
    def deadline(self) -> float | None:
        if self.over or self._connection.blind:
            return None
        times = [count.again_at for count in self._counts.values()]
        times += [self._silent_at, self._roster_at, self._bell_at, self._clear_at]
        return min((at for at in times if at is not None), default=None)

    def on_time(self) -> None:
        connection, now = self._connection, self._connection.now
        if self.over or connection.blind:
            return
        if self._silent_at is not None and self._silent_at <= now:
            self._silent_at = None
            if self._namespace is None:
                self._silent()
        for count in self._counts.values():
            if count.again_at is not None and count.again_at <= now:
                count.again_at = None
                self._request(count)
        if self._bell_at is not None and self._bell_at <= now:
            self._bell()
        if self._clear_at is not None and self._clear_at <= now:
            self._ask_roster()
        if self._roster_at is not None and self._roster_at <= now and not self.over:
            self.over = True
            connection.freeze(Reason.JOINED_UNKNOWN)

    def _found(self, side: Side) -> None:
        """From here on this direction is read, and what passes is counted."""
        self._boundaries[side].found = True
        self._connection.session.ledger.begin(side)
        if all(boundary.found for boundary in self._boundaries.values()):
            self._connection.session.context.change(StreamState.NEGOTIATING, Reason.JOINING)
            self._counting = True
            if self._midway.wakes or self._pinged:
                self._given()
            self._ask_counts()
        elif side is Side.SERVER:
            # where the client's elements begin its next one shows: let it say something, as it is reading now
            self._silent_at = self._connection.now + SILENT_S
            self._request(self._counts[Side.SERVER])

    def _silent(self) -> None:
        """The client does not count."""
        connection = self._connection
        if self._boundaries[Side.CLIENT].found:
            self._uncounted()
        elif not connection.safe(Side.CLIENT):
            self._silent_at = connection.now + SOON_S
        else:
            self._pinged = True
            connection.session.injector.now(Side.CLIENT, ping(connection.session.context.ids.next()))

    def _given(self) -> None:
        """What was asked of the client has reached it, or does so now."""
        if self._counting and self._namespace is None and self._silent_at is None:
            self._silent_at = self._connection.now + (0.0 if self._pinged else SILENT_S)

    def _ask_counts(self) -> None:
        """The client first: one that does not count ignores the question, a server might end the stream."""
        if not self._counting:
            return
        counts = [self._counts[Side.SERVER], *([self._counts[Side.CLIENT]] if self._namespace else [])]
        for count in counts:
            if not (count.known or count.open) and count.again_at is None:
                self._request(count)
        if all(count.known for count in self._counts.values()):
            self._counted()

    def _request(self, count: Count) -> None:
        connection, receiver = self._connection, OTHER[count.origin]
        if not connection.safe(receiver):
            count.again_at = connection.now + SOON_S
            return
        if count.tries >= TRIES and not count.known:
            self.over = True
            connection.freeze(Reason.DESYNC)
            return
        count.open = True
        if not self._midway.wakes:
            self._bell_at = connection.now + SOON_S
        count.due.append(connection.session.ledger.passed(count.origin))
        connection.out.send(receiver, request_ack(self._namespace or USUAL))

    def _bell(self) -> None:
        """The server has not spoken since as long as it owes us an answer: one question is enough then."""
        self._bell_at = None
        if not self._counting or self._namespace is None or not self._counts[Side.SERVER].open:
            return
        if self._counts[Side.CLIENT].open:
            self._bell_at = self._connection.now + SOON_S
        else:
            self._request(self._counts[Side.CLIENT])

    def _translated(self, count: Count, h: int | None, data: bytes) -> bytes:
        if h is None or not count.table:
            return data
        return replace_attribute(data, "h", str(translated(count.table, h)))

    def _counted(self) -> None:
        ledger = self._connection.session.ledger
        for origin, count in self._counts.items():
            ledger.join(origin, count.table, count.h, ledger.passed(origin) - count.passed)
        self._ask_roster()

    def _uncounted(self) -> None:
        for count in self._counts.values():
            count.again_at = None
        self._connection.session.ledger.discard()
        self._ask_roster()

    def _ask_roster(self) -> None:
        connection = self._connection
        self._counting, self._silent_at, connection.session.ledger.joining = False, None, False
        self._clear_at = None if connection.safe(Side.SERVER) else connection.now + SOON_S
        if self._clear_at is not None:
            return
        self._roster_at = connection.now + ROSTER_S
        connection.session.injector.now(Side.SERVER, connection.session.roster.request_now())
