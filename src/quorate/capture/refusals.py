"""Says in the log why connections were refused: a flood must not fill the disk."""

import logging

EVERY_S = 1.0

log = logging.getLogger(__name__)


class Refusals:
    """One line per reason and second; the next one tells how many came meanwhile."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def note(self, reason: str, now: float) -> None:
        """``reason``: one of a fixed set of names, never anything a peer has sent."""
        count = self._unsaid.get(reason, 0) + 1
        if now - self._said.get(reason, now - EVERY_S) < EVERY_S:
            self._unsaid[reason] = count
            return
        self._said[reason], self._unsaid[reason] = now, 0
        log.warning("refused reason=%s times=%d", reason, count)
