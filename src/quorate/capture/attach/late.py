"""Watches a stream only once it is one: what begins on a plain socket mostly goes on in TLS, as another."""

from collections.abc import Callable

from quorate.capture.means import Observer, proves
from quorate.splice.effects import SpliceEffect


class Late:
    """Implements quorate.capture.means.Observer."""

    def __init__(self, make: Callable[[], Observer], *, at_once: bool) -> None:
        self._make = make
        self._observer = make() if at_once else None
        self._missed: list[SpliceEffect] = []

    def noticed(self, effect: SpliceEffect) -> None:
        if self._observer is None:
            if not proves(effect):
                self._missed.append(effect)
                return
            self._observer = self._make()
            for missed in self._missed:
                self._observer.noticed(missed)
        self._observer.noticed(effect)

    def settled(self) -> None:
        if self._observer is not None:
            self._observer.settled()

    def ended(self) -> None:
        if self._observer is not None:
            self._observer.ended()
