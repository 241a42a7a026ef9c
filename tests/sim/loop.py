"""An event loop without sockets whose time stands still until somebody moves the clock.

One loop is one life of a server process: it can be dropped in the middle of anything.
"""

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
FIRST_S = 1000.0


class StoryClock:
    """Seconds since the story began, as wall and as monotonic time."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.at)

    def monotonic(self) -> float:
        return FIRST_S + self.at


class VirtualLoop(asyncio.AbstractEventLoop):
    """What asyncio's tasks, futures and timers need, and nothing else."""

    def __init__(self, clock: StoryClock, point: Callable[[], None]) -> None:
        """``point`` is called before every callback; it may raise to end this life."""
        self._clock = clock
        self._point = point
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._serial = itertools.count()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.errors: list[BaseException] = []
        """What no code caught."""

    # what asyncio asks of a loop

    def time(self) -> float:
        return self._clock.monotonic()

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._serial), handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is left out when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Coroutine[Any, Any, T], **how: Any) -> asyncio.Task[T]:  # type: ignore[override]
        task: asyncio.Task[T] = asyncio.Task(coro, loop=self, **how)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if (error := context.get("exception")) is not None:
            self.errors.append(error)

    # what a story asks of it

    def next_due(self) -> float | None:
        """Seconds since the story began when this loop has something to do."""
        if self._ready:
            return self._clock.at
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        return self._timers[0][0] - FIRST_S if self._timers else None

    def run(self) -> None:
        """Everything that is due now, and what follows from it now."""
        now = self.time() + 1e-9
        while self._timers and self._timers[0][0] <= now:
            self._ready.append(heapq.heappop(self._timers)[2])
        asyncio._set_running_loop(self)
        try:
            while self._ready:
                self._point()
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()
        finally:
            asyncio._set_running_loop(None)

    def drop(self) -> None:
        """The process is gone: nothing more happens, no task is left behind."""
        self._timers.clear()
        self._point = _nothing
        for task in list(self._tasks):
            task.cancel()
        self.run()
        self._timers.clear()
        self._ready.clear()
        self.errors.clear()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.errors.append(error)


def _nothing() -> None:
    """A life that is over cannot end."""
