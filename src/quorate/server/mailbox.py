"""A mailbox whose one owner takes letters in order; and an alarm that rings at a wall time."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from quorate.clock import Clock
from quorate.errors import QuorateError

MAX_WAIT_S = 15.0
"""The loop's timers stand still while the machine sleeps; the wall clock is looked at this often."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 10.0
"""Between the tries of a letter that could not be dealt with for now: doubled each time."""
MIN_WAIT_S = 0.001
"""A timer of the loop may fire a little before the wall clock agrees; then it is set again."""

log = logging.getLogger(__name__)

L = TypeVar("L")
R = TypeVar("R")


class Mailbox(Generic[L, R]):
    """Letters are handled one at a time, oldest first, by a task that lives while there are any."""

    def __init__(
        self,
        handle: Callable[[L], R],
        empty: Callable[[], object] = lambda: None,
        passes: Callable[[Exception], bool] = lambda _: False,
    ) -> None:
        """``empty`` is told when the last letter has been handled.

        ``passes``: an error that is only for now (the disk is full). The letter stays the first and is tried
        again; whoever waits for an answer is told at once.
        """
        self._handle = handle
        self._empty = empty
        self._passes = passes
        self._closing = False
        self._asked = asyncio.Event()
        self._letters: deque[tuple[L, asyncio.Future[R] | None]] = deque()
        self._owner: asyncio.Task[None] | None = None

    def post(self, letter: L) -> None:
        """Leave a letter; an error of its handling that does not pass is only logged."""
        self._put(letter, None)

    def post_once(self, letter: L) -> None:
        """Leave a letter unless an equal one waits already."""
        if not any(waiting == letter for waiting, _ in self._letters):
            self.post(letter)

    async def ask(self, letter: L) -> R:
        """Leave a letter and return, or raise, what its handling does."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._put(letter, answer)
        self._asked.set()
        return await answer

    def close(self) -> None:
        """Nothing is tried again any more."""
        self._closing = True
        self._asked.set()

    async def drained(self) -> None:
        """Wait until no letter is left."""
        while self._owner is not None:
            await asyncio.wait([self._owner])

    def _put(self, letter: L, answer: asyncio.Future[R] | None) -> None:
        self._letters.append((letter, answer))
        if self._owner is None:
            self._owner = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        try:
            pause_s = FIRST_PAUSE_S
            while self._letters:
                self._asked.clear()
                letter, answer = self._letters.popleft()
                if self._open(letter, answer):
                    pause_s = FIRST_PAUSE_S
                    continue
                self._letters.appendleft((letter, answer))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._asked.wait(), pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        finally:
            self._owner = None
            self._empty()

    def _open(self, letter: L, answer: asyncio.Future[R] | None) -> bool:
        """False if it is to be tried again."""
        try:
            result = self._handle(letter)
        except Exception as error:
            if answer is None and self._passes(error) and not self._closing:
                log.warning("letter waits: %s error=%s", type(letter).__name__, type(error).__name__)
                self._refuse_who_waits(error)
                return False
            if answer is not None and not answer.done():
                answer.set_exception(error)
            elif isinstance(error, QuorateError):
                log.info("letter refused: %s %s", type(letter).__name__, error.code)
            else:
                log.exception("letter failed: %s", type(letter).__name__)
            return True
        if answer is not None and not answer.done():
            answer.set_result(result)
        return True

    def _refuse_who_waits(self, error: Exception) -> None:
        waiting = [answer for _, answer in self._letters if answer is not None]
        self._letters = deque(entry for entry in self._letters if entry[1] is None)
        for answer in waiting:
            if not answer.done():
                answer.set_exception(error)


class Alarm:
    """Calls ``ring`` once when the clock reaches the time it is set to; setting it again moves it."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._at: datetime | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, at: datetime | None) -> None:
        """None: no alarm."""
        if at == self._at and self._timer is not None:
            return
        self._at = at
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at is not None:
            wait = min(max((at - self._clock.now()).total_seconds(), MIN_WAIT_S), MAX_WAIT_S)
            self._timer = asyncio.get_running_loop().call_later(wait, self.check)

    def check(self) -> None:
        """Ring if it is time."""
        at, self._at = self._at, None
        if at is None:
            return
        if at > self._clock.now():
            self.set(at)
            return
        self.set(None)
        self._ring()
