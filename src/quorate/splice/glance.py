"""Most of what passes concerns nobody here: told by a few searches, it is only counted and handed on. P-3.

Whatever might matter, or is written in an unusual way, stops the glance and is read properly. So a glance
changes nothing but the counts of XEP-0198, and what it lets pass would have passed unchanged anyway.
"""

import re
from typing import TypeAlias

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.block_list import BLOCKING
from quorate.splice.connection import Connection, Phase
from quorate.splice.downward import HOLD
from quorate.splice.effects import Side
from quorate.splice.ledger import MAX_H
from quorate.splice.roster_book import ROSTER
from quorate.splice.session import Session
from quorate.splice.unread import Unread
from quorate.wire.xmpp.framer import MAX_START_TAG
from quorate.wire.xmpp.presence import address
from quorate.wire.xmpp.usual import FROM, ID, TYPE, acknowledgement, double, plain, single, space, stanza_end

_ROSTER = ROSTER.encode()
_BLOCKING = BLOCKING.encode()
_MESSAGE, _PRESENCE = ord("m"), ord("p")


Looked: TypeAlias = tuple[int, int, bytes, int]
"""(begin, end, tag, after): what is between begin and end is to be handed on, what stood before has been.

A whole stanza to be read follows, with this start tag and up to ``after``; no tag: nobody has looked.
"""


class Glance:
    """One direction of one connection."""

    def __init__(self, connection: Connection, origin: Side, unread: Unread) -> None:
        self._connection = connection
        self._unread = unread
        self._origin = origin
        self.receiver = Side.CLIENT if origin is Side.SERVER else Side.SERVER
        self._passes = self._passes_down if origin is Side.SERVER else self._passes_up
        self._companion = connection.config.companion.domain.encode()

    def clear(self, window: bytes) -> bool:
        """This read holds tags and text only, and from the client nothing that can name the companion."""
        context = self._connection.session.context
        if context.state is not StreamState.LIVE or self._connection.phase is not Phase.OPEN:
            return False
        try:
            if self._origin is Side.SERVER:
                return plain(window)
            # a reference may spell the companion's name; before initial presence every request matters
            named = window.lower().find(self._companion) >= 0 or window.find(b"&#") >= 0
            return not named and context.initial_presence_at is not None and plain(window)
        except Exception:  # a fault of ours must not stop the stream
            self._connection.slip(Reason.INTERNAL_ERROR)
            return False

    def through(self, window: bytes, at: int) -> Looked:
        """Look at the stanzas from ``at`` on, in a clear read; what passes is counted already."""
        session, passes = self._connection.session, self._passes
        begin, tag, after, passed = at, b"", 0, 0
        size = len(window) if session.context.state is StreamState.LIVE else at
        try:
            while at < size:
                start = single(window, at) or double(window, at)
                if start is None:
                    if blank := space(window, at):  # a sign of life, as a rule
                        at = blank.end()
                        continue
                    ack = acknowledgement(window, at)
                    if ack is None:
                        break
                    begin, at = self._acknowledge(window, begin, ack), ack.end()
                    continue
                content = start.end()
                after = stanza_end(window, at, content)
                if not after or content - at > MAX_START_TAG:
                    break
                if not passes(start, window, at, after, passed):
                    tag = start[0]
                    break
                at = after
                passed += 1
        except Exception:  # a fault of ours must not stop the stream
            self._connection.slip(Reason.INTERNAL_ERROR)
        try:
            if passed:
                session.ledger.forwarded(self._origin, passed)
        except Exception:  # a fault of ours must not stop the stream
            self._connection.go_blind(Reason.INTERNAL_ERROR)
        return begin, at, tag, after

    def _acknowledge(self, window: bytes, begin: int, ack: re.Match[bytes]) -> int:
        """Edit only the digits of an <a/>; what is before them is handed on then."""
        ledger = self._connection.session.ledger
        if ack[1] is None or not ledger.on:
            return begin
        h = int(ack[1])
        if h > MAX_H:
            return begin
        translation = ledger.acked(self.receiver, h)
        if translation.desync is not None:
            self._unread.read()
            self._connection.freeze(Reason.DESYNC)
        if translation.h == h:
            return begin
        self._connection.out.send(self.receiver, b"%b%d" % (window[begin : ack.start(1)], translation.h))
        return ack.end(1)

    def _passes_up(self, start: re.Match[bytes], window: bytes, at: int, end: int, _: int) -> bool:
        """Presence tells what the user is doing; requests about contacts and a result for us are read."""
        kind = window[at + 1]
        if kind == _MESSAGE:
            return True
        if kind == _PRESENCE or not self._of_nobody(window, at, end):
            return False
        id = start[ID]
        return id is None or not id.startswith(self._connection.session.context.ids.prefix)

    def _passes_down(self, start: re.Match[bytes], window: bytes, at: int, end: int, passed: int) -> bool:
        """``passed`` of this read are not counted yet."""
        kind, sender, session = window[at + 1], start[FROM], self._connection.session
        if kind == _PRESENCE:
            return self._presence(session, start, window[at:end], passed)
        id = start[ID]
        if self._maybe_companion(sender) or (id is not None and id.startswith(session.context.ids.prefix)):
            return False
        if kind == _MESSAGE:
            return not session.telling.concerns(sender.decode() if sender else None, None)
        text = id.decode("utf-8", "replace") if id else ""
        if text in session.roster.ids or text == session.context.session_id or session.blocks.awaits(text):
            return False
        return self._of_nobody(window, at, end)

    @staticmethod
    def _of_nobody(window: bytes, at: int, end: int) -> bool:
        """This request or answer changes nothing about contacts."""
        return window.find(_ROSTER, at, end) < 0 and window.find(_BLOCKING, at, end) < 0

    def _maybe_companion(self, sender: bytes | None) -> bool:
        """Normalising may turn other letters into ASCII."""
        if sender is None:
            return False
        return not sender.isascii() or sender.lower().find(self._companion) >= 0

    def _presence(self, session: Session, start: re.Match[bytes], data: bytes, passed: int) -> bool:
        """While none may be hidden, all of them pass, and what is new of contacts is read after that."""
        book, sender = session.presence, start[FROM]
        if session.asking.expecting or len(data) > HOLD:
            return False
        if not (session.context.inactive or self._unread) and book.repeats(data):
            return True
        if start[TYPE] == b"error" or self._maybe_companion(sender):
            return False
        if book.rooms and sender is not None:
            jid = address(sender.decode())
            if jid is not None and jid.bare in book.rooms:
                return True
        self._unread.add(data, session.ledger.next_place(passed))
        return True
