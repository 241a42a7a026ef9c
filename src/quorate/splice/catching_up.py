"""After a stream was joined midway: everybody whose presence was missed is asked for, one after the other.

That is what the server did for the client at its login; here at the pace of any asking, and never before
somebody who is asked for by name.
"""

from quorate.model.address import Jid
from quorate.splice.asking import Asking
from quorate.splice.context import Context
from quorate.splice.presence_book import PresenceBook
from quorate.splice.roster_book import RosterBook

MAX_ASKED = 1000
"""Contacts; of more the rest is asked when it matters."""


class CatchingUp:
    def __init__(self, context: Context, roster: RosterBook, presence: PresenceBook, asking: Asking) -> None:
        self._context = context
        self._roster = roster
        self._presence = presence
        self._asking = asking
        self._missed: list[Jid] = []
        """The next one last."""

    def begin(self) -> None:
        """The roster is known, and nobody's presence."""
        self._missed = self._roster.with_presence()[:MAX_ASKED][::-1]

    def pump(self) -> None:
        """Ask for the next one, if nobody else is being asked for."""
        while self._missed and not self._asking.busy and self._context.gate_open():
            contact = self._missed.pop()
            if not (self._presence.knows(contact) or self._context.has_blocked(contact)):
                self._asking.wonder(contact)

    def next_deadline(self) -> float | None:
        return self._asking.free_at() if self._missed else None
