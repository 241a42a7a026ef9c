"""A store in memory with the doors of `quorate.store.open.Store`; it outlives the servers of a story."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from quorate.activity.effects import ActivityEffect
from quorate.clock import Clock
from quorate.model.activity import Activity
from quorate.model.address import Address
from quorate.model.reasons import Reason
from quorate.store.repositories import Pending, Token, TokenKind
from quorate.store.repositories_people import Statement


class MemoryStore:
    def __init__(self, clock: Clock) -> None:
        self.outbox = Outbox()
        self.executed = Executed(clock)
        self.activities = Activities(clock, self.outbox, self.executed)
        self.tokens = Tokens(clock)
        self.statements = Statements()
        self.blocks = Blocks()
        self.asked = Asked()
        self.watches = Watches(clock)
        self.idempotency = Idempotency()

    def close(self) -> None:
        """Nothing is held open."""


class Activities:
    def __init__(self, clock: Clock, outbox: "Outbox", executed: "Executed") -> None:
        self._clock = clock
        self._outbox = outbox
        self._executed = executed
        self._rows: dict[str, Activity] = {}
        self._numbers = count(1)

    def load(self, recent: int = 50) -> tuple[Activity, ...]:
        return tuple(self._rows.values())

    def find(self, activity: str) -> Activity | None:
        return self._rows.get(activity)

    def save(
        self, activity: Activity, effects: Iterable[ActivityEffect] = (), message: str | None = None
    ) -> None:
        self._rows[activity.id] = activity
        for effect in effects:
            self._outbox.queue(activity.id, effect, self._clock.now())
        if message is not None:
            self._executed.at[message] = self._clock.now()

    def next_number(self) -> int:
        return next(self._numbers)

    def prune(self, before: datetime) -> int:
        return 0


class Outbox:
    def __init__(self) -> None:
        self._rows: dict[str, Pending] = {}
        self._known: set[str] = set()

    def queue(self, activity: str, effect: ActivityEffect, now: datetime) -> None:
        assert effect.id not in self._known, f"effect {effect.id} was stored before"
        self._known.add(effect.id)
        self._rows[effect.id] = Pending(effect=effect, activity=activity, created=now, dispatched_to=None)

    def pending(self, activity: str | None = None) -> tuple[Pending, ...]:
        return tuple(row for row in self._rows.values() if activity in (None, row.activity))

    def dispatched(self, effect: str, agent: str) -> None:
        if (row := self._rows.get(effect)) is not None:
            self._rows[effect] = Pending(
                effect=row.effect, activity=row.activity, created=row.created, dispatched_to=agent
            )

    def done(self, effect: str, reason: Reason | None = None) -> None:
        self._rows.pop(effect, None)

    def prune(self, keep: timedelta = timedelta(days=1)) -> int:
        return 0


class Tokens:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[str, Token] = {}

    def issue(self, token_hash: str, kind: TokenKind, **of: Any) -> None:
        of = {"activity": None, "person": None, "expires": None, **of}
        self._rows[token_hash] = Token(kind=kind, created=self._clock.now(), revoked_at=None, **of)

    def find(self, token_hash: str) -> Token | None:
        return self._rows.get(token_hash)

    def revoke(self, activity: str, person: str | None = None) -> int:
        return 0

    def prune(self, before: datetime) -> int:
        return 0


class Statements:
    def __init__(self) -> None:
        self._rows: dict[Address, Statement] = {}

    def say(self, statement: Statement) -> None:
        self._rows[statement.subject] = statement

    def all(self, now: datetime) -> tuple[Statement, ...]:
        return tuple(s for s in self._rows.values() if s.until is None or s.until > now)

    def forget(self, subject: Address) -> None:
        self._rows.pop(subject, None)


class Blocks:
    def __init__(self) -> None:
        self._rows: set[tuple[Address, Address]] = set()

    def add(self, organiser: Address, address: Address) -> None:
        self._rows.add((organiser, address))

    def remove(self, organiser: Address, address: Address) -> None:
        self._rows.discard((organiser, address))

    def all(self) -> frozenset[tuple[Address, Address]]:
        return frozenset(self._rows)


class Asked:
    def __init__(self) -> None:
        self._rows: dict[Address, datetime] = {}
        self._rings: list[tuple[Address, datetime]] = []

    def note(self, address: Address, at: datetime) -> None:
        self._rows[address] = at
        self._rings.append((address, at))

    def rings(self, since: datetime) -> tuple[tuple[Address, datetime], ...]:
        return tuple(ring for ring in self._rings if ring[1] > since)

    def forget_rings(self, before: datetime) -> int:
        return 0

    def all(self) -> dict[Address, datetime]:
        return dict(self._rows)

    def prune(self, before: datetime) -> int:
        return 0


class Watches:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[tuple[Address, str], datetime] = {}

    def add(self, account: Address, person: str) -> datetime:
        self._rows[account, person] = self._clock.now()
        return self._rows[account, person]

    def remove(self, account: Address, person: str) -> None:
        self._rows.pop((account, person), None)

    def all(self) -> tuple[tuple[Address, str, datetime], ...]:
        return tuple((*key, at) for key, at in self._rows.items())


class Executed:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.at: dict[str, datetime] = {}

    def first_time(self, message: str, within: timedelta | None = None) -> bool:
        if message in self.at and (within is None or self.known(message, within)):
            return False
        self.at[message] = self._clock.now()
        return True

    def known(self, message: str, within: timedelta) -> bool:
        at = self.at.get(message)
        return at is not None and at > self._clock.now() - within

    def prune(self, keep: timedelta = timedelta(days=1)) -> int:
        return 0


class Idempotency:
    def prune(self) -> int:
        return 0
