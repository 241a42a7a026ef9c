"""What a splice has noticed, on its way to the observer: in order, and when nobody's bytes wait for it."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVarTuple, Unpack

from quorate.capture.means import Observer
from quorate.capture.stream_loop import StreamLoop, StreamSelector
from quorate.errors import place_of
from quorate.splice.effects import SpliceEffect

log = logging.getLogger(__name__)
Ts = TypeVarTuple("Ts")


class Noticed:
    """One stream's. While a ``StreamLoop`` deals with several, observers are told after all have sent."""

    def __init__(self, loop: asyncio.AbstractEventLoop, read: Callable[[], object]) -> None:
        """``read`` is called before anything is told: what it finds is told, too."""
        self._read = read
        self._selector: StreamSelector | None = loop.selector if isinstance(loop, StreamLoop) else None
        self._effects: list[SpliceEffect] = []
        self._stirred = False
        """Something was done or noticed since the observer was told."""
        self._waiting = False
        """The selector will call ``_tell``."""
        self._telling = False
        self.observer: Observer | None = None

    def add(self, effect: SpliceEffect) -> None:
        self._effects.append(effect)
        self._stirred = True

    def due(self) -> None:
        """There is something to read, or to look at."""
        self._stirred = True
        self.settled()

    def stir(self) -> None:
        """Something was done that the observer may want to look at."""
        self._stirred = True

    def settled(self) -> None:
        """One batch of effects is done."""
        if not self._stirred or self._waiting:
            return
        if self._selector is not None and self._selector.dealing:
            self._waiting = True
            self._selector.afterwards.append(self._tell)
        else:
            self._tell()

    def ended(self) -> None:
        """Nothing more will come."""
        self._tell()
        if self.observer is not None:
            observe(self.observer.ended)

    def _tell(self) -> None:
        """What telling causes to be noticed is told after what was there before it."""
        self._waiting = False
        if self._telling:
            return
        self._telling = True
        self._read()
        while self._stirred:
            effects, self._effects, self._stirred = self._effects, [], False
            for effect in effects:
                if self.observer is not None:
                    observe(self.observer.noticed, effect)
            if self.observer is not None:
                observe(self.observer.settled)
        self._telling = False


def observe(tell: Callable[[Unpack[Ts]], None], *args: *Ts) -> None:
    """Call an observer, whose mistakes are not the stream's."""
    try:
        tell(*args)
    except Exception as error:
        log.error("observer raised error=%s at=%s", type(error).__name__, place_of(error))
