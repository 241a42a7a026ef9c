"""Whom the user has blocked, as this stream tells it: the server shows nothing of them. XEP-0191.

Blocked by us and blocked by them are two things: the latter looks like any contact who is offline.
"""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from itertools import islice

from quorate.model.address import Jid
from quorate.model.reasons import Reason
from quorate.splice.context import Context
from quorate.splice.effects import Side
from quorate.splice.presence_book import PresenceBook
from quorate.splice.roster_book import RosterBook
from quorate.wire.xmpp.edit import Span, spans
from quorate.wire.xmpp.presence import address

BLOCKING = "urn:xmpp:blocking"
MAX_OPEN = 64
"""Requests of the client without an answer that are remembered; the oldest are forgotten."""
MAX_OPEN_BYTES = 64 * 1024
"""Of all of them. What a forgotten one did is learnt from the server's push, which every device gets."""
MAX_BLOCKED = 10_000
"""Addresses that are known to be blocked; beyond them who is blocked looks offline, as to the client."""
_ITEM = f"{{{BLOCKING}}}item"


class BlockList:
    def __init__(
        self, context: Context, roster: RosterBook, presence: PresenceBook, cleared: Callable[[], None]
    ) -> None:
        """``cleared`` is called when everybody is unblocked."""
        self._context = context
        self._roster = roster
        self._presence = presence
        self._cleared = cleared
        self._open: dict[str, bytes] = {}

    def requested(self, data: bytes, id: str) -> None:
        """The client blocks, unblocks or wants the list; it counts once the server has agreed."""
        self._open.pop(id, None)
        self._open[id] = data
        while len(self._open) > MAX_OPEN or sum(map(len, self._open.values())) > MAX_OPEN_BYTES:
            del self._open[next(iter(self._open))]

    def awaits(self, id: str) -> bool:
        return id in self._open

    def answered(self, id: str, data: bytes, *, agreed: bool) -> None:
        request = self._open.pop(id)
        if agreed:
            self._apply(spans(request, self._context.headers.get(Side.CLIENT)))
            self._apply(spans(data, self._context.headers.get(Side.SERVER)))

    def pushed(self, data: bytes) -> None:
        """The server tells what another device has done."""
        self._apply(spans(data, self._context.headers.get(Side.SERVER)))

    def _apply(self, found: list[Span]) -> None:
        names = {span.name for span in found if len(span.path) == 2}
        jids = {jid for span in found if span.name == _ITEM and (jid := address(span.attributes.get("jid")))}
        if f"{{{BLOCKING}}}block" in names:
            self._block(jids)
        elif f"{{{BLOCKING}}}unblock" in names:
            self._unblock(jids or self._context.blocked)
            if not jids:
                self._cleared()
        elif f"{{{BLOCKING}}}blocklist" in names:
            self._unblock(self._context.blocked - jids)
            self._block(jids)

    def _block(self, jids: Iterable[Jid]) -> None:
        """Of a full address only that one device is blocked: of the contact the others are still shown."""
        before = {jid for jid in self._people() if self._context.has_blocked(jid)}
        room = MAX_BLOCKED - len(self._context.blocked)
        self._context.blocked |= set(islice((jid for jid in jids if not jid.resource), max(room, 0)))
        for contact in self._people():
            if contact not in before and self._context.has_blocked(contact):
                self._presence.unknown(contact, Reason.BLOCKED)

    def _unblock(self, jids: AbstractSet[Jid]) -> None:
        before = [jid for jid in self._people() if self._context.has_blocked(jid)]
        self._context.blocked -= jids
        for contact in before:
            if not self._context.has_blocked(contact):
                self._presence.unknown(contact, Reason.STALE)

    def _people(self) -> set[Jid]:
        return {*self._roster.contacts, *self._presence.people}
