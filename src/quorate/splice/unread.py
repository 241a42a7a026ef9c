"""Presences that are handed on before they are read: nobody's bytes wait for what they say."""

from quorate.model.reasons import Reason
from quorate.splice.connection import Connection
from quorate.splice.downward import learn_passed
from quorate.wire.xmpp.element import NotWellFormed, TooDeep


class Unread:
    """Of one connection; empty again before anything else of it is looked at."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._passed: list[tuple[bytes, int]] = []

    def __len__(self) -> int:
        return len(self._passed)

    def add(self, data: bytes, place: int) -> None:
        """``place``: its number among what the client is given."""
        self._passed.append((data, place))

    def read(self) -> None:
        passed, self._passed = self._passed, []
        for data, place in passed:
            try:
                learn_passed(self._connection, data, place)
            except TooDeep:  # legal, and nothing we look for
                pass
            except NotWellFormed:
                self._connection.fault(Reason.NOT_WELL_FORMED)
            except Exception:  # a fault of ours must not stop the stream
                self._connection.fault(Reason.INTERNAL_ERROR)
