"""The engine: SQLite in WAL mode, or PostgreSQL. In both one transaction at a time: what it read holds."""

import sys
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
    make_url,
    update,
)
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from quorate.errors import Misconfigured
from quorate.store.checkpoints import AT_MOST_PAGES, Checkpoints
from quorate.store.schema import Base

FILE_NAME: Final = "quorate.sqlite3"
BUSY_MS: Final = 5000
POSTGRES: Final = ("postgresql", "postgres")
"""What the URL of a PostgreSQL database begins with, before ``://``."""
_WRITER: Final = 0x51756F72617465
"""Key of the advisory lock a transaction holds: any number that others do not use in this database."""


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
    """``where``: a data directory or a URL. Raises Misconfigured; errors name no values, they are logged."""
    if is_url(where):
        return _postgres(str(where))
    file = Path(where) / FILE_NAME
    engine = create_engine(f"sqlite:///{file}", hide_parameters=True)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "commit", Checkpoints(file).committed)
    return engine


def is_url(where: Path | str) -> bool:
    return isinstance(where, str) and "://" in where


def _postgres(text: str) -> Engine:
    try:
        url = make_url(text)
        if url.drivername not in POSTGRES:
            raise ArgumentError
        # a connection the server closed meanwhile (it was restarted) is replaced before it is used
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"), hide_parameters=True, pool_pre_ping=True
        )
    except (ArgumentError, ValueError):
        raise Misconfigured(
            "The address of the database is not usable.",
            remedy="Write it as postgresql://USER@HOST/NAME, or leave it out: then it is a file.",
        ) from None
    except ImportError as error:
        raise Misconfigured(
            "PostgreSQL cannot be used: its driver is not installed.",
            remedy=f"Install it: {sys.executable} -m pip install 'psycopg[binary]>=3.2'",
        ) from error
    event.listen(engine, "begin", _wait_for_others)
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
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MS}",
        f"wal_autocheckpoint={AT_MOST_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _wait_for_others(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
