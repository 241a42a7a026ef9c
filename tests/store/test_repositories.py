from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from quorate.activity.effects import Ring
from quorate.clock import ManualClock
from quorate.model.activity import OVER, ActivityState
from quorate.model.address import xmpp
from quorate.model.reasons import Reason
from quorate.store.open import Store, open_store
from quorate.store.repositories import TokenKind
from tests.store.samples import NOON, activity, every_effect


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def store(where: Path | str, clock: ManualClock) -> Iterator[Store]:
    opened = open_store(where, clock)
    yield opened
    opened.close()


def ring(number: int) -> Ring:
    return Ring(id=f"Q7-{number}", invitation=f"Q7-{number}", person="bob", via=xmpp("bob@example.org"))


class TestActivities:
    def test_the_latest_state_replaces_the_earlier(self, store: Store) -> None:
        store.activities.save(activity())
        live = activity(state=ActivityState.LIVE, live_at=NOON)
        store.activities.save(live)
        assert store.activities.load() == (live,)
        assert store.activities.find("Q7") == live

    def test_loading_gives_all_that_go_on_and_the_latest_ended_oldest_first(self, store: Store) -> None:
        for number, state in enumerate(ActivityState, start=1):
            ended = NOON + timedelta(hours=number) if state in OVER else None
            store.activities.save(activity(number, state=state, ended_at=ended))
        assert [a.state for a in store.activities.load(recent=1)] == ["waiting", "ringing", "live", "failed"]
        assert len(store.activities.load()) == len(ActivityState)

    def test_an_unknown_id_finds_nothing(self, store: Store) -> None:
        assert store.activities.find("Q1") is None

    def test_state_and_effects_are_stored_together_or_not_at_all(self, store: Store) -> None:
        store.activities.save(activity(), [ring(1)])
        with pytest.raises(IntegrityError):
            store.activities.save(activity(state=ActivityState.RINGING), [ring(2), ring(1)])
        assert store.activities.load() == (activity(),)
        assert [row.effect for row in store.outbox.pending()] == [ring(1)]

    def test_numbers_are_never_given_twice(self, store: Store, where: Path | str) -> None:
        assert [store.activities.next_number() for _ in range(3)] == [1, 2, 3]
        store.close()
        again = open_store(where)
        assert again.activities.next_number() == 4
        again.close()

    def test_pruning_takes_only_what_ended_long_ago_with_its_outbox(self, store: Store) -> None:
        store.activities.save(activity(1))
        old = activity(7, state=ActivityState.ENDED, ended_at=NOON)
        store.activities.save(old, [ring(1)])
        store.activities.save(activity(8, state=ActivityState.ENDED, ended_at=NOON + timedelta(days=9)))
        assert store.activities.prune(NOON + timedelta(days=1)) == 1
        assert [a.id for a in store.activities.load()] == ["Q1", "Q8"]
        assert store.outbox.pending() == ()


class TestOutbox:
    def test_effects_wait_in_the_order_they_were_decided(self, store: Store) -> None:
        store.activities.save(activity(), every_effect())
        assert tuple(row.effect for row in store.outbox.pending()) == every_effect()
        assert {row.dispatched_to for row in store.outbox.pending("Q7")} == {None}
        assert store.outbox.pending("Q8") == ()

    def test_who_was_given_an_effect_is_remembered(self, store: Store) -> None:
        store.activities.save(activity(), [ring(1), ring(2)])
        store.outbox.dispatched("Q7-2", "agent-a")
        assert [row.dispatched_to for row in store.outbox.pending()] == [None, "agent-a"]

    @pytest.mark.parametrize("reason", [None, Reason.NO_STREAM])
    def test_what_is_done_or_will_never_be_is_pending_no_more(
        self, store: Store, reason: Reason | None
    ) -> None:
        store.activities.save(activity(), [ring(1), ring(2)])
        store.outbox.done("Q7-1", reason)
        assert [row.effect.id for row in store.outbox.pending()] == ["Q7-2"]

    def test_pruning_keeps_what_is_pending_or_fresh(self, store: Store, clock: ManualClock) -> None:
        store.activities.save(activity(), [ring(1), ring(2), ring(3)])
        store.outbox.done("Q7-1")
        clock.advance(90_000)
        store.outbox.done("Q7-2")
        assert store.outbox.prune() == 1
        assert [row.effect.id for row in store.outbox.pending()] == ["Q7-3"]
        assert store.outbox.prune(keep=timedelta(seconds=-1)) == 1


class TestTokens:
    def issue(self, store: Store, token_hash: str, person: str, activity: str = "Q7") -> None:
        store.tokens.issue(
            token_hash, TokenKind.ROOM, activity=activity, person=person, expires=NOON + timedelta(hours=1)
        )

    def test_a_token_says_what_it_opens_until_it_expires(self, store: Store) -> None:
        self.issue(store, "aa", "bob")
        token = store.tokens.find("aa")
        assert token is not None
        assert (token.kind, token.activity, token.person) == (TokenKind.ROOM, "Q7", "bob")
        assert token.valid(NOON)
        assert not token.valid(NOON + timedelta(hours=1))

    def test_an_unknown_token_opens_nothing(self, store: Store) -> None:
        assert store.tokens.find("bb") is None

    @pytest.mark.parametrize(
        ("person", "still_valid"),
        [(None, ["cc"]), ("bob", ["bb", "cc"])],
        ids=["of an activity", "of one person"],
    )
    def test_links_are_revoked(self, store: Store, person: str | None, still_valid: list[str]) -> None:
        self.issue(store, "aa", "bob")
        self.issue(store, "bb", "carol")
        self.issue(store, "cc", "bob", activity="Q8")
        store.tokens.revoke("Q7", person)
        found = {name: store.tokens.find(name) for name in ("aa", "bb", "cc")}
        assert [name for name, token in found.items() if token and token.valid(NOON)] == still_valid

    def test_a_session_ends_when_it_is_forgotten(self, store: Store) -> None:
        store.tokens.issue("ss", TokenKind.SESSION)
        store.tokens.forget("ss")
        assert store.tokens.find("ss") is None

    def test_pruning_takes_expired_sessions(self, store: Store) -> None:
        store.tokens.issue("old", TokenKind.SESSION, expires=NOON + timedelta(hours=1))
        store.tokens.issue("forever", TokenKind.API)
        assert store.tokens.prune(NOON) == 0
        assert store.tokens.prune(NOON + timedelta(hours=2)) == 1
        assert store.tokens.find("forever") is not None

    def test_pruning_takes_links_of_forgotten_activities_and_never_revives_one(self, store: Store) -> None:
        store.activities.save(activity(7))
        self.issue(store, "aa", "bob", activity="Q7")
        self.issue(store, "bb", "bob", activity="Q6")
        store.tokens.revoke("Q7")
        assert store.tokens.prune(NOON + timedelta(days=400)) == 1
        assert store.tokens.find("bb") is None
        kept = store.tokens.find("aa")
        assert kept is not None
        assert kept.revoked_at is not None


def test_an_error_of_the_store_tells_no_values(store: Store) -> None:
    """Errors are logged, and logs carry no addresses."""
    store.activities.save(activity(7), [ring(1)])
    with pytest.raises(IntegrityError) as error:
        store.activities.save(activity(7), [ring(1)])
    assert "@" not in str(error.value)
