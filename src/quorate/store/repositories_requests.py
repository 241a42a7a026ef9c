"""What makes a request that comes twice take effect once."""

import json
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select

from quorate.clock import Clock
from quorate.store.database import Database, put
from quorate.store.schema import ExecutedRow, IdempotencyRow

KEEP: Final = timedelta(hours=24)


class Executed:
    """Commands typed in a stream and replies to invitations, by their messages' ids."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def first_time(self, message: str, within: timedelta = KEEP) -> bool:
        """Note it; False if it was noted so recently."""
        if self.known(message, within):
            return False
        with self._database.transaction() as connection:
            put(connection, ExecutedRow, {"message": message}, {"at": self._clock.now()})
        return True

    def known(self, message: str, within: timedelta) -> bool:
        """True if it was carried out so recently; later, the same id is another message."""
        since = self._clock.now() - within
        row = select(ExecutedRow.message).where(ExecutedRow.message == message, ExecutedRow.at > since)
        with self._database.transaction() as connection:
            return connection.scalar(row) is not None

    def prune(self, keep: timedelta = KEEP) -> int:
        old = delete(ExecutedRow).where(ExecutedRow.at < self._clock.now() - keep)
        with self._database.transaction() as connection:
            return connection.execute(old).rowcount


class Idempotency:
    """``Idempotency-Key`` -> the answer it got, for 24 h."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def find(self, key: str) -> Any | None:
        """The JSON value that was kept, or None."""
        since = self._clock.now() - KEEP
        row = select(IdempotencyRow.response).where(IdempotencyRow.key == key, IdempotencyRow.at >= since)
        with self._database.transaction() as connection:
            found: str | None = connection.scalar(row)
        return None if found is None else json.loads(found)

    def keep(self, key: str, response: Any) -> None:
        values: dict[str, str | datetime] = {"response": json.dumps(response), "at": self._clock.now()}
        with self._database.transaction() as connection:
            put(connection, IdempotencyRow, {"key": key}, values)

    def prune(self) -> int:
        old = delete(IdempotencyRow).where(IdempotencyRow.at < self._clock.now() - KEEP)
        with self._database.transaction() as connection:
            return connection.execute(old).rowcount
