"""What is remembered about people: what they said, who may not ask them, when they were asked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from quorate.clock import Clock
from quorate.model.address import Address, parse_address
from quorate.model.command import MeState
from quorate.store.database import Database, put
from quorate.store.schema import AskedRow, BlockRow, RingRow, StatementRow, WatchRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """``me busy until 14:00``."""

    subject: Address
    state: MeState
    at: datetime
    until: datetime | None = None


class Statements:
    def __init__(self, database: Database) -> None:
        self._database = database

    def say(self, statement: Statement) -> None:
        """Replaces what the same address said before."""
        values = {"state": statement.state.value, "at": statement.at, "until": statement.until}
        with self._database.transaction() as connection:
            put(connection, StatementRow, {"subject": str(statement.subject)}, values)

    def all(self, now: datetime) -> tuple[Statement, ...]:
        """Those that still hold; the others are forgotten."""
        with self._database.transaction() as connection:
            connection.execute(delete(StatementRow).where(StatementRow.until <= now))
            rows = connection.execute(select(StatementRow.__table__)).all()
        return tuple(
            Statement(
                subject=parse_address(row.subject), state=MeState(row.state), at=row.at, until=row.until
            )
            for row in rows
        )

    def forget(self, subject: Address) -> None:
        with self._database.transaction() as connection:
            connection.execute(delete(StatementRow).where(StatementRow.subject == str(subject)))


class Blocks:
    """Who said ``stop`` to whom."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, organiser: Address, address: Address) -> None:
        key = {"organiser": str(organiser), "address": str(address)}
        with self._database.transaction() as connection:
            put(connection, BlockRow, key, {"at": self._clock.now()})

    def remove(self, organiser: Address, address: Address) -> None:
        row = delete(BlockRow).where(BlockRow.organiser == str(organiser), BlockRow.address == str(address))
        with self._database.transaction() as connection:
            connection.execute(row)

    def all(self) -> frozenset[tuple[Address, Address]]:
        """(organiser, who is not asked by them)."""
        with self._database.transaction() as connection:
            rows = connection.execute(select(BlockRow.organiser, BlockRow.address)).all()
        return frozenset((parse_address(row.organiser), parse_address(row.address)) for row in rows)


class Asked:
    """When each address was last rung by anybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, address: Address, at: datetime) -> None:
        with self._database.transaction() as connection:
            put(connection, AskedRow, {"address": str(address)}, {"at": at})
            row = {"address": str(address), "at": at}
            connection.execute(delete(RingRow).where(RingRow.address == row["address"], RingRow.at == at))
            connection.execute(insert(RingRow).values(row))

    def all(self) -> dict[Address, datetime]:
        with self._database.transaction() as connection:
            rows = connection.execute(select(AskedRow.address, AskedRow.at)).all()
        return {parse_address(row.address): row.at for row in rows}

    def rings(self, since: datetime) -> tuple[tuple[Address, datetime], ...]:
        """Every ring after that, oldest first."""
        rows = select(RingRow.address, RingRow.at).where(RingRow.at > since).order_by(RingRow.at)
        with self._database.transaction() as connection:
            found = connection.execute(rows).all()
        return tuple((parse_address(row.address), row.at) for row in found)

    def forget_rings(self, before: datetime) -> int:
        with self._database.transaction() as connection:
            return connection.execute(delete(RingRow).where(RingRow.at <= before)).rowcount

    def prune(self, before: datetime) -> int:
        with self._database.transaction() as connection:
            return connection.execute(delete(AskedRow).where(AskedRow.at < before)).rowcount


class Watches:
    """``watch NAME``: (own address that asked, person key)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, account: Address, person: str) -> datetime:
        """When it began."""
        key, at = {"account": str(account), "person": person}, self._clock.now()
        with self._database.transaction() as connection:
            put(connection, WatchRow, key, {"at": at})
        return at

    def remove(self, account: Address, person: str) -> None:
        row = delete(WatchRow).where(WatchRow.account == str(account), WatchRow.person == person)
        with self._database.transaction() as connection:
            connection.execute(row)

    def all(self) -> tuple[tuple[Address, str, datetime], ...]:
        """With when it began; oldest first."""
        rows = select(WatchRow.account, WatchRow.person, WatchRow.at).order_by(WatchRow.at)
        with self._database.transaction() as connection:
            found = connection.execute(rows).all()
        return tuple((parse_address(row.account), row.person, row.at) for row in found)
