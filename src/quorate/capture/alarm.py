"""Wakes one stream when its splice wants to be called."""

import asyncio
from collections.abc import Callable

SOONEST_S = 0.001
"""A deadline in the past must not become a busy loop."""


class Alarm:
    def __init__(
        self, now: Callable[[], float], deadline: Callable[[], float | None], ring: Callable[[], object]
    ) -> None:
        """``deadline`` says when ``ring`` is to be called, by the clock ``now``; None: not at all."""
        self._now = now
        self._deadline = deadline
        self._call = ring
        self._at = 0.0
        """What ``_timer`` was set for."""
        self._timer: asyncio.TimerHandle | None = None

    def arm(self) -> None:
        """Keep the earliest timer ever wanted: one that rings too soon only looks again."""
        deadline = self._deadline()
        if deadline is None or (self._timer is not None and self._at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._at = deadline
        soon = max(deadline - self._now(), SOONEST_S)
        self._timer = asyncio.get_running_loop().call_later(soon, self._ring)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        self._timer = None
        deadline = self._deadline()
        if deadline is not None and deadline <= self._now():
            self._call()
        else:
            self.arm()
