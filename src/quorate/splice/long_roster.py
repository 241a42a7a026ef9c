"""A roster too long to be held: read as it goes by, part by part. P-3."""

from collections.abc import Mapping
from contextlib import suppress

from quorate.splice.effects import Side
from quorate.splice.session import Session
from quorate.wire.xmpp.element import NotWellFormed
from quorate.wire.xmpp.framer import Piece
from quorate.wire.xmpp.roster import RosterReader


class LongRoster:
    """One answer to a roster request, the client's or our own."""

    def __init__(self, session: Session, id: str) -> None:
        self._roster = session.roster
        self._id = id
        self._reader: RosterReader | None = RosterReader(session.context.headers.get(Side.SERVER))
        self.own = id == session.roster.own_id
        """We have asked for it: the client does not see it."""

    def take(self, piece: Piece) -> None:
        """One part; what cannot be read is only not learnt."""
        if self._reader is None:
            return
        with suppress(NotWellFormed):
            self._reader.feed(piece.data)
            if piece.last:
                self._roster.passed(self._id, self._reader.finish())
            return
        self._reader = None
        self._roster.missed(self._id)


def long_roster(session: Session, attributes: Mapping[str, str]) -> LongRoster | None:
    """What reads the answer that begins with these attributes; None if it is no roster."""
    id = attributes.get("id", "")
    awaited = id in session.roster.ids or (bool(id) and id == session.roster.own_id)
    return LongRoster(session, id) if awaited and attributes.get("type") == "result" else None
