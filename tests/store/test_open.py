import json
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from pydantic import TypeAdapter
from sqlalchemy import text

from quorate.errors import Misconfigured
from quorate.model.activity import Activity
from quorate.store.database import FILE_NAME, engine_for
from quorate.store.documents import FORMAT
from quorate.store.open import NEWEST, open_store
from quorate.store.schema import Base
from tests.store.samples import activity


def test_a_missing_directory_is_made_for_its_owner_only(tmp_path: Path) -> None:
    open_store(tmp_path / "deep" / "data").close()
    assert stat.S_IMODE((tmp_path / "deep" / "data").stat().st_mode) == 0o700


def test_the_database_is_its_owners_alone_whatever_the_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    store = open_store(tmp_path)
    store.activities.save(activity())
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(f"{FILE_NAME}*")} == {0o600}
    store.close()


def test_what_was_stored_is_there_after_opening_again(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.activities.save(activity())
    store.close()
    again = open_store(tmp_path)
    assert again.activities.load() == (activity(),)
    again.close()


def test_the_migrations_make_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    engine = engine_for(tmp_path)
    with engine.connect() as connection:
        made = MigrationContext.configure(connection)
        assert compare_metadata(made, Base.metadata) == []
        assert made.get_current_revision() == NEWEST
    engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1)],
)
def test_sqlite_is_durable_and_checks_references(tmp_path: Path, pragma: str, value: object) -> None:
    open_store(tmp_path).close()
    engine = engine_for(tmp_path)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    engine.dispose()


def test_a_directory_of_an_older_quorate_is_brought_up_to_date(tmp_path: Path) -> None:
    """Of the second revision: what waits there waits on, without a time, hours or anybody instead."""
    engine = engine_for(tmp_path)
    config = Config()
    config.set_main_option("script_location", "quorate.store:migrations")
    document = json.loads(TypeAdapter(Activity).dump_json(activity()))
    for field in ("starts", "window", "fallbacks", "fell_back_at", "first_who"):
        del document[field]
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        row = {"id": "Q7", "state": "ringing", "organiser": "xmpp:alice@example.org", "format": 1}
        row |= {"created": "2026-01-01 12:00:00", "document": json.dumps(document)}
        names = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        connection.execute(text(f"INSERT INTO activities ({names}) VALUES ({values})"), row)
    engine.dispose()
    store = open_store(tmp_path)
    assert store.activities.load() == (activity(),)
    store.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as file:
        assert file.execute("SELECT format FROM activities").fetchall() == [(FORMAT,)]
    file.close()


def test_a_newer_data_directory_is_refused_and_left_alone(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()
    with pytest.raises(Misconfigured, match="newer Quorate") as refused:
        open_store(tmp_path)
    assert "Upgrade" in refused.value.remedy
    assert "--data" in refused.value.remedy
    file = sqlite3.connect(tmp_path / FILE_NAME)
    assert file.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    file.close()


def _read_only(path: Path) -> Path:
    path.mkdir(mode=0o500)
    return path


def _a_file(path: Path) -> Path:
    path.write_text("")
    return path


def _damaged(path: Path) -> Path:
    path.mkdir()
    (path / FILE_NAME).write_bytes(b"not a database" * 100)
    return path


def _directory_as_database(path: Path) -> Path:
    (path / FILE_NAME).mkdir(parents=True)
    return path


def _not_to_be_made(_: Path) -> Path:
    return Path("/proc/quorate/data")


UNUSABLE: dict[str, Callable[[Path], Path]] = {
    "cannot be made": _not_to_be_made,
    "a file is in its place": _a_file,
    "not a database": _damaged,
    "a directory in place of the database": _directory_as_database,
}
if os.geteuid() != 0:  # for root nothing is read-only
    UNUSABLE["read-only"] = _read_only


@pytest.mark.parametrize("make", UNUSABLE.values(), ids=UNUSABLE)
def test_a_directory_that_cannot_be_used_is_one_sentence_with_a_remedy(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    where = make(tmp_path / "data")
    with pytest.raises(Misconfigured, match=r"cannot be (made|written)") as refused:
        open_store(where)
    assert str(where) in refused.value.problem
    assert "--data" in refused.value.remedy
