"""What is done without anybody asking: unknown people asked after a login, old rows forgotten."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from quorate.activity.budget import PERIOD
from quorate.model.address import Address
from quorate.model.availability import Availability

if TYPE_CHECKING:
    from quorate.server.hub import Hub

BURST_S = 5.0
"""How long after a login the server's own burst of presence is waited for."""
PRUNE_EVERY_S = 3600.0
ENDED_KEPT = timedelta(days=30)
ASKED_KEPT = timedelta(days=90)


class Upkeep:
    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._timers: set[asyncio.TimerHandle] = set()

    def after_login(self, account: Address) -> None:
        """Whom activities wait for and this login did not show is asked, once."""
        self._later(BURST_S, lambda: self._ask_unknown(account))

    def start(self) -> None:
        self._prune()

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def _ask_unknown(self, account: Address) -> None:
        hub = self._hub
        for activity in hub.owned.known.of(account):
            if not activity.state.over:
                unknown = [
                    person
                    for person in activity.people
                    if hub.book.verdict(person, account).availability is Availability.UNKNOWN
                ]
                hub.begin_asking(unknown, account)

    def _prune(self) -> None:
        self._later(PRUNE_EVERY_S, self._prune)
        store, now = self._hub.store, self._hub.clock.now()
        store.outbox.prune()
        store.executed.prune()
        store.idempotency.prune()
        store.activities.prune(now - ENDED_KEPT)
        store.tokens.prune(now)
        store.asked.prune(now - ASKED_KEPT)
        store.asked.forget_rings(now - PERIOD)

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            do()

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)
