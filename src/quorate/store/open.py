"""Opening the store: the data directory, the tables brought up to date, the repositories."""

from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Engine, MetaData, Table, Text, inspect, select
from sqlalchemy.exc import DBAPIError

from quorate.clock import Clock, SystemClock
from quorate.errors import Misconfigured
from quorate.store.database import FILE_NAME, Database, engine_for, is_url
from quorate.store.documents import newer
from quorate.store.repositories import Activities, Outbox, Tokens
from quorate.store.repositories_people import Asked, Blocks, Statements, Watches
from quorate.store.repositories_requests import Executed, Idempotency

_SCRIPTS: Final = "quorate.store:migrations"
NEWEST: Final = "0003"
"""The migration the schema is at."""
_AT: Final = Table("alembic_version", MetaData(), Column("version_num", Text))
DIRECTORY_MODE: Final = 0o700
FILE_MODE: Final = 0o600
"""Of the database, also in a directory others may read; SQLite gives its journal the same."""


class Store:
    """Everything that outlives the process. Presence and texts of rooms are not in it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self.activities = Activities(database, clock)
        self.outbox = Outbox(database, clock)
        self.tokens = Tokens(database, clock)
        self.statements = Statements(database)
        self.blocks = Blocks(database, clock)
        self.asked = Asked(database)
        self.watches = Watches(database, clock)
        self.executed = Executed(database, clock)
        self.idempotency = Idempotency(database, clock)

    def close(self) -> None:
        self._database.engine.dispose()


def open_store(where: Path | str, clock: Clock | None = None) -> Store:
    """Open a data directory (made if missing) or a PostgreSQL database by its URL; raises Misconfigured."""
    if not is_url(where):
        _make_directory(Path(where))
        with suppress(OSError):  # the engine says it better
            (Path(where) / FILE_NAME).touch(mode=FILE_MODE)
    engine = engine_for(where)
    try:
        _bring_up_to_date(engine)
    except DBAPIError as error:
        engine.dispose()
        raise _not_usable(where) from error
    except Misconfigured:
        engine.dispose()
        raise
    return Store(Database(engine), clock or SystemClock())


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    except OSError as error:
        why = "there is a file of that name" if isinstance(error, FileExistsError) else error.strerror
        raise Misconfigured(
            f"The data directory {directory} cannot be made: {why}.",
            remedy="Choose another with --data DIR.",
        ) from error


def _bring_up_to_date(engine: Engine) -> None:
    with engine.begin() as connection:
        made = inspect(connection).has_table(_AT.name)
        present = connection.scalar(select(_AT.c.version_num)) if made else None
        if present != NEWEST:
            _migrate(connection, present)


def _migrate(connection: Connection, present: str | None) -> None:
    from alembic import command  # slow to import, and hardly ever needed
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    scripts = ScriptDirectory.from_config(config)
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        raise newer()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _not_usable(where: Path | str) -> Misconfigured:
    if is_url(where):
        return Misconfigured(
            "The database cannot be reached or written.",
            remedy="Check that it runs, and its address, account and rights (database in quorate.toml).",
        )
    return Misconfigured(
        f"The data directory {where} cannot be written, or its database is damaged.",
        remedy="Check its owner, rights and free space, or use another one with --data. If it is damaged, put"
        " a copy of quorate.sqlite3 back or move it away: a new one is begun, what was under way is lost.",
    )
