from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from quorate.availability.settle import FLAP_CHANGES, FLAP_WINDOW_S, Settler
from quorate.model.availability import Availability

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
AVAILABLE, AWAY, OFFLINE, UNKNOWN = (
    Availability.AVAILABLE,
    Availability.AWAY,
    Availability.OFFLINE,
    Availability.UNKNOWN,
)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_the_first_word_counts_at_once() -> None:
    settler = Settler(2.0)
    assert settler.current is None
    assert settler.feed(OFFLINE, START) is OFFLINE
    assert settler.next_deadline() is None


def test_a_change_counts_once_it_has_held() -> None:
    settler = Settler(2.0)
    settler.feed(OFFLINE, START)
    assert settler.feed(AVAILABLE, after(10)) is None
    assert settler.current is OFFLINE
    assert settler.next_deadline() == after(12)
    assert settler.on_time(after(11.9)) is None
    assert settler.on_time(after(12)) is AVAILABLE
    assert settler.next_deadline() is None


def test_a_change_that_goes_back_never_counted() -> None:
    settler = Settler(2.0)
    settler.feed(AVAILABLE, START)
    settler.feed(OFFLINE, after(10))
    assert settler.feed(AVAILABLE, after(11)) is None
    assert settler.next_deadline() is None
    assert settler.on_time(after(60)) is None


def test_no_settle_time_means_at_once() -> None:
    settler = Settler(0)
    states = [OFFLINE, AVAILABLE, OFFLINE, AVAILABLE, AWAY]
    assert [settler.feed(state, after(i)) for i, state in enumerate(states)] == states


def test_what_becomes_unknown_counts_at_once() -> None:
    settler = Settler(2.0)
    settler.feed(AVAILABLE, START)
    assert settler.feed(UNKNOWN, after(10)) is UNKNOWN


def test_the_first_that_becomes_known_counts_at_once() -> None:
    settler = Settler(2.0)
    settler.feed(UNKNOWN, START)
    assert settler.feed(AVAILABLE, after(1)) is AVAILABLE


def test_after_a_quiet_minute_a_change_settles_as_fast_as_before() -> None:
    settler = Settler(2.0)
    settler.feed(AVAILABLE, START)
    settler.feed(OFFLINE, after(10))
    settler.on_time(after(12))
    settler.feed(AVAILABLE, after(12 + FLAP_WINDOW_S))
    assert settler.on_time(after(14 + FLAP_WINDOW_S)) is AVAILABLE


@given(
    st.floats(0.1, 0.999 * FLAP_WINDOW_S / (FLAP_CHANGES - 1)),
    st.sampled_from([AWAY, OFFLINE, UNKNOWN]),
    st.sampled_from([2.0, 0.5, 5.0]),
)
def test_ten_even_changes_in_a_minute_are_at_most_one_transition(
    every: float, other: Availability, settle_s: float
) -> None:
    settler = Settler(settle_s)
    settler.feed(AVAILABLE, START)
    transitions = 0
    for change in range(FLAP_CHANGES):
        now = after(100 + change * every)
        transitions += settler.feed(other if change % 2 == 0 else AVAILABLE, now) is not None
        due = settler.next_deadline()
        if due is not None and due < now + timedelta(seconds=every):
            transitions += settler.on_time(due) is not None
    assert transitions <= 1


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from(Availability)), min_size=1, max_size=20))
def test_what_holds_counts_in_the_end(changes: list[tuple[float, Availability]]) -> None:
    settler, now = Settler(2.0), START
    for wait, state in changes:
        now += timedelta(seconds=wait)
        settler.feed(state, now)
    due = settler.next_deadline()
    if due is not None:
        settler.on_time(due)
    assert settler.current is changes[-1][1]
