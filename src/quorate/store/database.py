"""The engine: SQLite in WAL mode (one writer, readers beside it) or any other SQLAlchemy URL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, create_engine, event, insert, update
from sqlalchemy.pool import ConnectionPoolEntry

from quorate.store.schema import Base

FILE_NAME: Final = "quorate.sqlite3"
BUSY_MS: Final = 5000


class Database:
    """Hands out transactions; one begins, everything in it is stored or nothing is."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection


def engine_for(where: Path | str) -> Engine:
    """``where`` is a data directory or a URL (``postgresql+…://``)."""
    if isinstance(where, str) and "://" in where:
        engine = create_engine(where)
    else:
        engine = create_engine(f"sqlite:///{Path(where) / FILE_NAME}")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
    return engine


def put(connection: Connection, table: type[Base], key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Update the row with ``key``, or insert it."""
    columns = table.__table__.c
    match = and_(*(columns[name] == value for name, value in key.items()))
    if connection.execute(update(table).where(match).values(**values)).rowcount == 0:
        connection.execute(insert(table).values(**key, **values))


def _set_up(connection: SqliteConnection, _: ConnectionPoolEntry) -> None:
    # The driver would begin on its own, but not before a change of tables; `_begin` does it always.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
