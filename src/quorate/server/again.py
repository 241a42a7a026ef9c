"""One timer for all that was refused meanwhile and is tried again together."""

import asyncio
import logging
from collections.abc import Callable

from quorate.errors import place_of

log = logging.getLogger(__name__)


class Again:
    def __init__(self, resume: Callable[[], None]) -> None:
        self._resume = resume
        self._timer: asyncio.TimerHandle | None = None

    def soon(self, seconds: float) -> None:
        """Call ``resume`` after this, unless it is to be called already; again after it if it raises."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._now, seconds)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _now(self, seconds: float) -> None:
        self._timer = None
        try:
            self._resume()
        except Exception as error:
            log.error("not resumed error=%s at=%s", type(error).__name__, place_of(error))
            self.soon(seconds)
