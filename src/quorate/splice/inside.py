"""What a capture inside the client has to know of its splice: the bytes are not its own."""

from quorate.splice.connection import Connection
from quorate.splice.effects import Side
from quorate.wire.xmpp.stream_management import Table


class Inside:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def between(self, side: Side) -> bool:
        """What was handed on of this side's bytes ends between two elements."""
        return self._connection.framers[side].at_boundary

    def new_tables(self) -> list[tuple[Side, Table]]:
        """How counts are to be translated without us, where that has changed; by whose stanzas they are."""
        ledger = self._connection.session.ledger
        if not ledger.changed or not ledger.on:
            return []
        changed, ledger.changed = ledger.changed, frozenset()
        return [(origin, ledger.table(origin)) for origin in changed]
