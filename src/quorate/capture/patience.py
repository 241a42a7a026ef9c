"""What has to happen in time on one connection, and what is done if it does not."""

import asyncio
from collections.abc import Callable, Hashable


class Patience:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timers: dict[Hashable, asyncio.TimerHandle] | None = None
        """None while nothing is waited for, which is nearly always: there are thousands of streams."""

    def after(self, seconds: float, what: Hashable, call: Callable[[], object]) -> None:
        """``call`` is called then, unless ``what`` is met before, or waited for anew."""

        def overdue() -> None:
            self.met(what)
            call()

        self.met(what)
        if self._timers is None:
            self._timers = {}
        self._timers[what] = self._loop.call_later(seconds, overdue)

    def met(self, what: Hashable) -> None:
        if self._timers is not None and (timer := self._timers.pop(what, None)) is not None:
            timer.cancel()
            self._timers = self._timers or None

    def end(self) -> None:
        for timer in (self._timers or {}).values():
            timer.cancel()
        self._timers = None
