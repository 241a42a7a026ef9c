"""A change counts once it has held for a while, so that nobody is rung because a client reconnects.

One Settler for each person and vantage; pure: the caller brings the time and returns at ``next_deadline``.
Ten changes in a minute yield at most one transition: within a minute of the last transition a change must
hold longer than changes that frequent would. What becomes unknown counts at once.
"""

from datetime import datetime, timedelta

from quorate.model.availability import Availability

FLAP_WINDOW_S = 60.0
FLAP_CHANGES = 10


class Settler:
    """``current`` is what counts; ``feed`` tells what is so at this moment."""

    def __init__(self, settle_s: float = 2.0) -> None:
        self._settle_s = settle_s
        self._raw: Availability | None = None
        self._raw_since: datetime | None = None
        self._moved: datetime | None = None
        self.current: Availability | None = None
        """None until first fed."""

    def feed(self, raw: Availability, now: datetime, *, at_once: bool = False) -> Availability | None:
        """Take the verdict of this moment; returns the new ``current`` if it changed.

        ``at_once``: it comes from what the person said or does, not from a connection that may flicker.
        """
        if raw is not self._raw:
            self._raw, self._raw_since = raw, now
        if at_once and raw is not self.current:
            self.current = raw
            return raw
        return self.on_time(now)

    def on_time(self, now: datetime) -> Availability | None:
        """Let a change count that has held long enough; returns the new ``current`` if it changed."""
        due = self.next_deadline()
        if due is None or now < due:
            return None
        if self.current is not None:
            self._moved = now
        self.current = self._raw
        return self.current

    def next_deadline(self) -> datetime | None:
        """When the latest change will count, if it holds."""
        if self._raw is self.current or self._raw_since is None:
            return None
        return self._raw_since + timedelta(seconds=self._hold_s(self._raw_since))

    def _hold_s(self, since: datetime) -> float:
        if self._settle_s <= 0 or self.current is None or self._raw is Availability.UNKNOWN:
            return 0.0
        if self._moved is not None and (since - self._moved).total_seconds() < FLAP_WINDOW_S:
            return self._settle_s + FLAP_WINDOW_S / (FLAP_CHANGES - 1)
        return 0.0 if self.current is Availability.UNKNOWN else self._settle_s
