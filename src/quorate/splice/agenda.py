"""When a session has to be asked what may leave, so that it need not be asked about every stanza."""

from typing import Final

from quorate.model.reasons import Reason
from quorate.splice.connection import Connection

NEVER: Final = float("inf")


class Agenda:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.at = NEVER
        """When something is due; too early is possible, too late is not."""
        self.waiting = False
        """Something may leave as soon as the place is safe, or is hidden when it comes."""

    @property
    def due(self) -> bool:
        """Time and the place in the stream, if nothing else, may let something happen."""
        return self.waiting or self._connection.now >= self.at

    def pump(self) -> None:
        """Let out whatever may leave at this moment."""
        session = self._connection.session
        try:
            session.pump()
            at = session.next_deadline()
            self.waiting = session.injector.waiting or session.asking.expecting
        except Exception:  # a fault of ours must not stop the stream
            self._connection.slip(Reason.INTERNAL_ERROR)
            at = None
        self.at = NEVER if at is None else at
