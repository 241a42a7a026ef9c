from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from quorate.clock import ManualClock
from quorate.store.open import Store, open_store
from tests.store.samples import NOON

DAY_S = 24 * 60 * 60


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def store(where: Path | str, clock: ManualClock) -> Iterator[Store]:
    opened = open_store(where, clock)
    yield opened
    opened.close()


def test_a_command_is_carried_out_once(store: Store, where: Path | str, clock: ManualClock) -> None:
    assert store.executed.first_time("alice/m1")
    assert not store.executed.first_time("alice/m1")
    assert store.executed.first_time("alice/m2")
    store.close()
    again = open_store(where, clock)
    assert not again.executed.first_time("alice/m1")
    clock.advance(600)
    assert again.executed.first_time("alice/m1", timedelta(minutes=5)), "the same id may mean another by now"
    again.close()


def test_carried_out_commands_are_forgotten_after_a_day(store: Store, clock: ManualClock) -> None:
    store.executed.first_time("old")
    clock.advance(DAY_S + 1)
    store.executed.first_time("new")
    assert store.executed.prune() == 1
    assert not store.executed.first_time("new")


def test_a_kept_answer_is_given_again_for_a_day(store: Store, clock: ManualClock) -> None:
    assert store.idempotency.find("k") is None
    store.idempotency.keep("k", {"status": 201, "body": {"id": "Q1"}})
    clock.advance(DAY_S)
    assert store.idempotency.find("k") == {"status": 201, "body": {"id": "Q1"}}
    clock.advance(1)
    assert store.idempotency.find("k") is None
    assert store.idempotency.prune() == 1
