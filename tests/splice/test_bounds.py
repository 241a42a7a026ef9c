"""What one end repeats for ever fills no memory, and what was typed is not kept."""

import gc

from quorate.model.stream import StreamState
from quorate.splice.downward import HOLD
from quorate.splice.effects import CommandTyped
from quorate.splice.roster_book import MAX_REQUESTS
from tests.splice.script import BOB, ITEM, Talk
from tests.splice.test_resumption import TO_COMPANION, ack, enabled


def get(number: int) -> str:
    return f"<iq type='get' id='g{number}'><query xmlns='jabber:iq:roster'/></iq>"


def result(number: int) -> str:
    return f"<iq type='result' id='g{number}'><query xmlns='jabber:iq:roster'>{BOB}</query></iq>"


def test_of_the_rosters_a_client_asks_for_only_the_latest_are_remembered() -> None:
    talk = Talk().log_in()
    for number in range(MAX_REQUESTS + 1):
        talk.c(get(number))
    talk.hear()
    talk.s(result(0) + result(MAX_REQUESTS))
    seen = talk.client()
    assert seen.startswith(result(0))
    assert seen.count(ITEM) == 1


def test_a_status_that_changes_on_a_frozen_stream_waits_for_nothing() -> None:
    talk, _ = enabled()
    talk.c(ack(77))
    assert talk.splice.state is StreamState.FROZEN
    talk.hear()
    for number in range(10):
        talk.do(talk.splice.companion_status(f"status {number}", talk.now))
    assert not talk.splice._connection.session.injector.waiting


def test_what_was_typed_to_the_companion_is_not_kept() -> None:
    talk = Talk().log_in()
    talk.c(TO_COMPANION.format("m1", "meet mellifluous bob"))
    talk.c(TO_COMPANION.format("m1", "meet mellifluous bob"))
    assert len(talk.saw(CommandTyped)) == 1
    talk.all.clear()
    talk.hear()
    gc.collect()
    companion = talk.splice._connection.session.companion
    assert "mellifluous" not in repr(vars(companion))


def test_before_the_login_little_is_held_of_what_a_client_sends() -> None:
    talk = Talk()
    talk.open()
    talk.hear()
    begun = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + "x" * HOLD
    talk.c(begun)
    assert talk.server() == begun
