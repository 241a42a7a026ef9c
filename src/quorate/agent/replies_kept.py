"""Replies a server may have missed: what came while there was none, or just before it went away.

The server takes each message id once, so that telling it twice does no harm.
"""

from collections import deque

from quorate.link.messages import Replied

MAX_KEPT = 500
AT_RISK_S = 60.0
"""A reply handed to a server that dies within this may not have been stored."""


class RepliesKept:
    def __init__(self) -> None:
        self._kept: deque[tuple[Replied, float | None]] = deque(maxlen=MAX_KEPT)

    def keep(self, message: Replied, *, sent: bool, now: float) -> None:
        self._kept.append((message, now if sent else None))

    def take(self, now: float) -> list[Replied]:
        """What a server that has just come is to be told, oldest first."""
        fresh = [(m, at) for m, at in self._kept if at is None or now - at <= AT_RISK_S]
        self._kept = deque(((m, now if at is None else at) for m, at in fresh), MAX_KEPT)
        return [message for message, _ in fresh]
