"""What one end repeats for ever fills no memory, and what was typed is not kept."""

import gc

import pytest

from quorate.model.address import parse_jid
from quorate.model.stream import StreamState
from quorate.splice import asking as asking_module
from quorate.splice import block_list as block_list_module
from quorate.splice.downward import HOLD
from quorate.splice.effects import CommandTyped
from quorate.splice.roster_book import MAX_REQUESTS
from tests.splice.script import BOB, DELAY, ITEM, Talk
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


def block(name: str, id: str, more: str = "") -> str:
    return (
        f"<iq type='set' id='{id}'><block xmlns='urn:xmpp:blocking'>"
        f"<item jid='{name}@example.org'/>{more}</block></iq>"
    )


@pytest.mark.parametrize("later", [block_list_module.MAX_OPEN, 1], ids=["many", "long"])
def test_of_requests_to_block_the_latest_without_an_answer_are_remembered(later: int) -> None:
    talk = Talk().log_in()
    talk.c(block("carol", "old"))
    long = "" if later > 1 else f"<item jid='{'x' * 1000}@example.org'/>" * 64
    for number in range(later):
        talk.c(block("bob", f"b{number}", long if number == later - 1 else ""))
    talk.s("<iq type='result' id='old'/>")
    assert not talk.splice._connection.session.context.has_blocked(parse_jid("carol@example.org"))
    talk.s(f"<iq type='result' id='b{later - 1}'/>")
    assert talk.splice._connection.session.context.has_blocked(parse_jid("bob@example.org")) is (later > 1)
    talk.s(block("carol", "push"))
    assert talk.splice._connection.session.context.has_blocked(parse_jid("carol@example.org"))


def test_who_is_blocked_is_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_list_module, "MAX_BLOCKED", 3)
    talk = Talk().log_in()
    for number in range(9):
        talk.s(block(f"p{number}", f"b{number}"))
    assert len(talk.splice._connection.session.context.blocked) == 3
    talk.s("<iq type='set' id='u'><unblock xmlns='urn:xmpp:blocking'/></iq>" + block("bob", "again"))
    assert talk.splice._connection.session.context.has_blocked(parse_jid("bob@example.org"))


def test_of_answers_that_were_hidden_the_latest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking_module, "MAX_HIDDEN", 3)
    talk = Talk().log_in()
    devices = [f"<presence from='bob@example.org/{number}'>{DELAY}</presence>" for number in range(9)]
    talk.s("".join(devices))
    talk.ask("bob", force=True)
    talk.hear()
    talk.s("".join(devices))
    assert talk.client() == ""
    assert len(talk.splice._connection.session.asking._hidden) == 3
