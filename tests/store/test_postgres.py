"""What is PostgreSQL's own. What a store does anywhere is in the tests of the repositories."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from quorate.errors import Misconfigured
from quorate.store.database import engine_for, refuses
from quorate.store.open import open_store
from quorate.store.schema import Base
from tests.postgres import Postgres
from tests.store.samples import activity


def test_the_migrations_make_exactly_the_tables_of_the_schema(postgres: Postgres) -> None:
    where = postgres.database()
    open_store(where).close()
    engine = engine_for(where)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(postgres: Postgres) -> None:
    where = postgres.database()
    open_store(where).close()
    engine = engine_for(where)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Misconfigured, match="newer Quorate"):
        open_store(where)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"
    engine.dispose()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("?host=", "?host=/nowhere"), "cannot be reached"),
        (("test", "no-such-"), "cannot be reached"),
        (("postgresql://", "mysql://"), "not usable"),
        (("postgresql://quorate@", "postgresql://quorate:secret@:port"), "not usable"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_sentence_with_a_remedy(
    postgres: Postgres, change: tuple[str, str], says: str
) -> None:
    where = postgres.database().replace(*change)
    with pytest.raises(Misconfigured, match=says) as refused:
        open_store(where)
    assert refused.value.remedy
    assert "secret" not in str(refused.value)


def test_of_two_who_count_at_once_nobody_gets_the_same_number(postgres: Postgres) -> None:
    where = postgres.database()
    stores = [open_store(where) for _ in range(2)]
    given: list[int] = []

    def count(which: int) -> None:
        for _ in range(50):
            given.append(stores[which].activities.next_number())

    threads = [threading.Thread(target=count, args=(which,)) for which in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 101))
    for store in stores:
        store.close()


def test_a_server_that_ends_refuses_for_now_and_goes_on_where_it_was() -> None:
    with Postgres() as server:
        store = open_store(server.database())
        store.activities.save(activity())
        server.stop()
        with pytest.raises(DBAPIError) as refused:
            store.activities.load()
        assert refuses(refused.value)
        server.start()
        assert store.activities.load() == (activity(),)
        store.close()
