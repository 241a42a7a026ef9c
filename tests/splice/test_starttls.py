"""What a client says between <starttls/> and TLS is never lost, and never kept without bound. TLS-2, P-6."""

import pytest

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.connection import MAX_EARLY
from quorate.splice.effects import Close, Side, StateChanged
from tests.splice.test_negotiation import TLS, asked_for_tls

HELLO = b"\x16\x03\x01\x00\x04<hel"


def test_what_the_client_said_early_passes_if_the_stream_cannot_be_followed_any_more() -> None:
    talk = asked_for_tls()
    talk.c(HELLO)
    talk.s("<!DOCTYPE x>")
    assert talk.splice.state is StreamState.BLIND
    talk.c(b"lo")
    assert talk.raw(Side.SERVER) == HELLO + b"lo"


def test_a_fault_of_ours_between_starttls_and_its_answer_costs_no_byte() -> None:
    talk = asked_for_tls()
    talk.c(HELLO)
    talk.do(talk.splice.abandon(talk.now))
    assert talk.raw(Side.SERVER) == HELLO


@pytest.mark.parametrize("secured", [False, True])
def test_a_fault_of_ours_while_tls_begins_cuts_the_connection(secured: bool) -> None:
    """One leg is encrypted by then and the other is not: forwarding would mix them."""
    talk = asked_for_tls()
    talk.s(f"<proceed {TLS}/>")
    if secured:
        talk.do(talk.splice.tls_ready(Side.SERVER, talk.now))
    talk.hear()
    talk.do(talk.splice.abandon(talk.now))
    assert talk.saw(Close) == [Close(abort=True)]
    assert (talk.client(), talk.server()) == ("", "")


def test_a_client_that_says_too_much_before_tls_is_cut_off() -> None:
    talk = asked_for_tls()
    for _ in range(4):
        talk.c(b"x" * (MAX_EARLY // 2))
    assert talk.saw(Close) == [Close(abort=True)]
    assert talk.saw(StateChanged)[-1].reason is Reason.NOT_XMPP
    talk.c(b"more")
    assert talk.raw(Side.SERVER) == b""
