"""The engine: SQLite in WAL mode (one writer, readers beside it) or any other SQLAlchemy URL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, Final, cast

from sqlalchemy import (
    Connection,
    Engine,
    Insert,
    Table,
    Update,
    and_,
    bindparam,
    create_engine,
    event,
    insert,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from quorate.store.schema import Base

FILE_NAME: Final = "quorate.sqlite3"
BUSY_MS: Final = 5000


def refuses(error: Exception) -> bool:
    """True if nothing can be stored for now: the database is locked, the disk full, the server gone."""
    return isinstance(error, OperationalError)


class Database:
    """Hands out transactions; one begins, everything in it is stored or nothing is."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection


def engine_for(where: Path | str) -> Engine:
    """``where`` is a data directory or a URL; errors name no values, for they are logged."""
    if isinstance(where, str) and "://" in where:
        engine = create_engine(where, hide_parameters=True)
    else:
        engine = create_engine(f"sqlite:///{Path(where) / FILE_NAME}", hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
    return engine


def put(connection: Connection, table: type[Base], key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Update the row with ``key``, or insert it."""
    change, new = _statements(table, tuple(key))
    where = {f"key_{name}": value for name, value in key.items()}
    if connection.execute(change, {**values, **where}).rowcount == 0:
        connection.execute(new, {**key, **values})


@lru_cache
def _statements(table: type[Base], key: tuple[str, ...]) -> tuple[Update, Insert]:
    # Building a statement costs more than running it; what is set follows from the parameters given.
    rows = cast(Table, table.__table__)
    match = and_(*(rows.c[name] == bindparam(f"key_{name}") for name in key))
    return update(rows).where(match), insert(rows)


def _set_up(connection: SqliteConnection, _: ConnectionPoolEntry) -> None:
    # The driver would begin on its own, but not before a change of tables; `_begin` does it always.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
