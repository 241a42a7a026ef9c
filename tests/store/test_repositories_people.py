from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from quorate.clock import ManualClock
from quorate.model.address import xmpp
from quorate.model.command import MeState
from quorate.store.open import Store, open_store
from quorate.store.repositories_people import Statement
from tests.store.samples import NOON

ALICE, BOB = xmpp("alice@example.org"), xmpp("bob@example.org")


@pytest.fixture
def store(where: Path | str) -> Iterator[Store]:
    opened = open_store(where, ManualClock(NOON))
    yield opened
    opened.close()


def test_the_last_statement_holds_until_its_end(store: Store) -> None:
    store.statements.say(Statement(subject=BOB, state=MeState.AWAY, at=NOON))
    busy = Statement(subject=BOB, state=MeState.BUSY, at=NOON, until=NOON + timedelta(hours=2))
    store.statements.say(busy)
    assert store.statements.all(NOON + timedelta(hours=1)) == (busy,)
    assert store.statements.all(NOON + timedelta(hours=2)) == ()
    assert store.statements.all(NOON) == ()


def test_a_statement_can_be_taken_back(store: Store) -> None:
    store.statements.say(Statement(subject=BOB, state=MeState.BUSY, at=NOON))
    store.statements.forget(BOB)
    assert store.statements.all(NOON) == ()


def test_a_block_is_between_two_and_can_be_said_twice(store: Store) -> None:
    store.blocks.add(ALICE, BOB)
    store.blocks.add(ALICE, BOB)
    store.blocks.add(BOB, ALICE)
    assert store.blocks.all() == {(ALICE, BOB), (BOB, ALICE)}
    store.blocks.remove(ALICE, BOB)
    assert store.blocks.all() == {(BOB, ALICE)}


def test_the_last_time_asked_counts(store: Store) -> None:
    store.asked.note(BOB, NOON)
    store.asked.note(BOB, NOON + timedelta(minutes=5))
    assert store.asked.all() == {BOB: NOON + timedelta(minutes=5)}
    assert store.asked.prune(NOON + timedelta(minutes=6)) == 1
    assert store.asked.all() == {}


def test_watches_outlive_the_login(store: Store, where: Path | str) -> None:
    store.watches.add(ALICE, "bob")
    since = store.watches.add(ALICE, "bob")
    store.watches.add(ALICE, "carol")
    store.watches.remove(ALICE, "carol")
    store.close()
    again = open_store(where)
    assert again.watches.all() == ((ALICE, "bob", since),)
    again.close()


def test_rings_are_remembered_for_a_while(store: Store) -> None:
    for minutes in (0, 30, 30, 45):
        store.asked.note(BOB, NOON + timedelta(minutes=minutes))
    half, most = NOON + timedelta(minutes=30), NOON + timedelta(minutes=45)
    assert store.asked.rings(NOON) == ((BOB, half), (BOB, most))
    assert store.asked.forget_rings(half) == 2
    assert store.asked.rings(NOON - timedelta(hours=1)) == ((BOB, most),)
    assert store.asked.all() == {BOB: most}
