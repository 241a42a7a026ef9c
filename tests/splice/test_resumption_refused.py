"""Sessions that are not resumed: by us, lest a count be wrong (SM-8), or by the server. T13, V15."""

import pytest

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import Bounced, CommandTyped, LoggedIn, StateChanged
from quorate.splice.splice import SessionRegistry
from tests.splice.script import BIND, BOUND, Talk, ids
from tests.splice.test_resumption import NOT_FOUND, SM, TO_COMPANION, ack, down, enabled, up


def asking_again(first: Talk, virtual: str, h: object = 0) -> Talk:
    """The client's next connection, on which it has asked for its session."""
    again = Talk(sessions=first.sessions)
    again.open()
    again.hear()
    again.c(f"<resume {SM} h='{h}' previd='{virtual}'/>")
    return again


@pytest.mark.parametrize("previd", ["unknown", "S9"])
def test_a_session_we_do_not_know_is_refused_by_us(previd: str) -> None:
    talk = Talk(sessions=SessionRegistry())
    talk.open()
    talk.hear()
    talk.c(f"<resume {SM} h='3' previd='{previd}'/>")
    assert talk.client() == NOT_FOUND
    assert talk.server() == ""
    talk.c(BIND)
    talk.s(BOUND)
    assert talk.saw(LoggedIn)[-1].resumed is False


@pytest.mark.parametrize("namespace", ["urn:xmpp:sm:2", "urn:xmpp:sm:3"])
def test_a_refusal_speaks_the_clients_version(namespace: str) -> None:
    talk = Talk()
    talk.open()
    talk.hear()
    talk.c(f"<resume xmlns='{namespace}' h='0' previd='gone'/>")
    assert talk.client().startswith(f"<failed xmlns='{namespace}'>")


def test_a_session_the_server_has_forgotten_is_dropped_with_its_true_count() -> None:
    first, virtual = enabled()
    up(first, "FWF")
    first.lose()
    again = asking_again(first, virtual)
    again.s(f"<failed {SM} h='1'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
    assert "<failed xmlns='urn:xmpp:sm:3' h='2'>" in again.client()
    again.c(BIND)
    third = Talk(sessions=first.sessions)
    third.open()
    third.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    assert third.client().endswith(NOT_FOUND)


def test_a_client_that_has_not_heard_that_its_session_is_over_is_told_again_with_its_true_count() -> None:
    """Refused by us it would not know what the server has handled, and send that once more."""
    first, virtual = enabled()
    up(first, "FWF")
    first.lose()
    for _ in range(2):
        again = asking_again(first, virtual)
        assert again.server() == f"<resume {SM} h='0' previd='S9'/>"
        again.s(f"<failed {SM} h='1'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
        assert "<failed xmlns='urn:xmpp:sm:3' h='2'>" in again.client()
        again.lose()


def test_a_command_sent_again_in_a_new_session_is_not_executed_twice() -> None:
    first, virtual = enabled()
    first.c(TO_COMPANION.format("m1", "meet bob"))
    first.lose()
    again = asking_again(first, virtual)
    again.s(f"<failed {SM}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
    again.c(BIND)
    again.s(BOUND)
    again.c(TO_COMPANION.format("m1", "meet bob"))
    assert again.saw(CommandTyped) == []
    again.c(TO_COMPANION.format("m2", "meet bob"))
    assert [e.message for e in again.saw(CommandTyped)] == ["m2"]


@pytest.mark.parametrize(("before", "h"), [("FF", 4), ("FF", 0), ("FF", 2**31), ("F", "none")])
def test_a_count_that_cannot_be_is_refused_by_us(before: str, h: object) -> None:
    """SM-8: more than the client was given, less than it has said, or no count: its server never sees it."""
    first, virtual = enabled()
    down(first, before)
    first.c(ack(1))
    first.c(TO_COMPANION.format("m1", "meet bob"))
    first.lose()
    again = asking_again(first, virtual, h)
    assert again.client() == NOT_FOUND
    assert again.server() == ""
    again.c(BIND)
    again.s(BOUND)
    again.c(TO_COMPANION.format("m1", "meet bob"))
    assert again.saw(CommandTyped) == []


@pytest.mark.parametrize(("h", "told"), [(1, 2), (9, 4)], ids=["less than before", "more than there was"])
def test_a_server_that_resumes_with_a_count_that_cannot_be_is_corrected(h: int, told: int) -> None:
    """The client never sees a count lower than before, nor of what it has not sent; nothing is added then."""
    first, virtual = enabled()
    up(first, "FFIFF")
    first.s(ack(2))
    first.lose()
    again = asking_again(first, virtual)
    again.hear()
    again.s(f"<resumed {SM} h='{h}' previd='S9'/>")
    assert again.client() == f"<resumed {SM} h='{told}' previd='{virtual}'/>"
    assert (again.splice.state, again.saw(StateChanged)[-1].reason) == (StreamState.FROZEN, Reason.DESYNC)
    again.ask("bob")
    assert again.server() == ""


def test_a_message_that_comes_back_in_the_next_session_is_hidden_and_told() -> None:
    """It was sent before, from the same full address: no error for a message the user has never seen."""
    first, virtual = enabled()
    first.tell("bob", effect="e7")
    (id,) = ids(first.server())
    first.lose()
    again = asking_again(first, virtual)
    again.s(NOT_FOUND)
    again.c(BIND)
    again.s(BOUND)
    again.hear()
    error = (
        "<error type='cancel'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    )
    bounce = f"<message type='error' id='{id}' from='{{}}' to='alice@example.org/pc'>{error}</message>"
    again.s(bounce.format("bob@example.org"))
    assert again.client() == ""
    assert again.saw(Bounced) == [Bounced(effect="e7")]
    again.s(bounce.format("mallory@example.net"))
    assert again.client() == bounce.format("mallory@example.net")
