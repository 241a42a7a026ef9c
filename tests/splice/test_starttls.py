"""The order of STARTTLS: nothing of it is lost, injected or kept without bound. TLS-1 to TLS-3, P-6."""

import pytest

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.connection import MAX_EARLY
from quorate.splice.effects import (
    Close,
    Connect,
    Side,
    StartTls,
    StateChanged,
)
from tests.splice.script import (
    CLIENT_HEADER,
    SERVER_HEADER,
    Talk,
)
from tests.splice.test_negotiation import STARTTLS_OFFERED, TLS, asked_for_tls

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


@pytest.mark.parametrize("chunk", [1 << 20, 1, 7])
def test_proceed_is_held_until_the_server_is_verified(chunk: int) -> None:
    talk = asked_for_tls(chunk)
    talk.s(f"<proceed {TLS}/>")
    assert talk.client() == ""
    assert talk.saw(StartTls) == [StartTls(side=Side.SERVER, domain="example.org")]
    talk.do(talk.splice.tls_ready(Side.SERVER, talk.now))
    assert talk.client() == f"<proceed {TLS}/>"
    assert talk.saw(StartTls) == [StartTls(side=Side.CLIENT, domain="example.org")]
    talk.do(talk.splice.tls_ready(Side.CLIENT, talk.now))
    talk.c(CLIENT_HEADER)
    assert talk.server() == CLIENT_HEADER
    assert talk.saw(Connect) == []


def test_bytes_after_starttls_already_belong_to_tls() -> None:
    talk = Talk()
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER + STARTTLS_OFFERED)
    talk.hear()
    talk.c(f"<starttls {TLS}/>".encode() + b"\x16\x03\x01<")
    talk.c(b"more")
    assert talk.server() == f"<starttls {TLS}/>"
    talk.s(f"<proceed {TLS}/>")
    talk.do(talk.splice.tls_ready(Side.SERVER, talk.now))
    assert talk.saw(StartTls)[-1] == StartTls(
        side=Side.CLIENT, domain="example.org", early=b"\x16\x03\x01<more"
    )


def test_a_refused_starttls_gives_back_what_the_client_said_meanwhile() -> None:
    talk = asked_for_tls()
    talk.c("<auth/>")
    assert talk.server() == ""
    talk.s(f"<failure {TLS}/>")
    assert talk.client() == f"<failure {TLS}/>"
    assert talk.server() == "<auth/>"


@pytest.mark.parametrize("chunk", [1 << 20, 1])
def test_bytes_between_proceed_and_tls_abort_the_connection(chunk: int) -> None:
    talk = asked_for_tls(chunk)
    talk.s(f"<proceed {TLS}/><message/>")
    assert talk.client() == ""
    assert talk.saw(Close) == [Close(abort=True)]
    assert talk.saw(StateChanged)[-1].reason is Reason.STARTTLS_INJECTION


def test_a_bad_server_certificate_is_never_replaced_by_a_good_one() -> None:
    talk = asked_for_tls()
    talk.s(f"<proceed {TLS}/>")
    talk.saw(StartTls)
    talk.do(talk.splice.tls_failed(Side.SERVER, Reason.UPSTREAM_CERTIFICATE, talk.now))
    assert talk.client() == f"<failure {TLS}/></stream:stream>"
    assert talk.saw(StartTls) == []
    assert talk.saw(Close) == [Close()]
    assert talk.saw(StateChanged)[-1].reason is Reason.UPSTREAM_CERTIFICATE


def test_white_space_behind_starttls_is_no_part_of_the_clients_tls() -> None:
    """RFC 6120 section 5.3.3 forbids it, servers read over it, and some clients end every element so."""
    talk = asked_for_tls()
    talk.c("\r\n")
    talk.s(f"<proceed {TLS}/>")
    talk.c(b"\n" + HELLO)
    talk.do(talk.splice.tls_ready(Side.SERVER, talk.now))
    assert talk.saw(StartTls)[-1] == StartTls(side=Side.CLIENT, domain="example.org", early=HELLO)


def test_within_tls_the_streams_are_new() -> None:
    """RFC 6120 section 5.4.3.3: nothing of what was said in clear text counts, a header neither."""
    talk = asked_for_tls()
    talk.s(f"<proceed {TLS}/>")
    for side in (Side.SERVER, Side.CLIENT):
        talk.do(talk.splice.tls_ready(side, talk.now))
    talk.c(CLIENT_HEADER)
    talk.hear()
    talk.do(talk.splice.put_out(Reason.LOGIN_TIMEOUT, "It took too long.", talk.now))
    said = talk.client()
    assert said.startswith("<?xml version='1.0'?><stream:stream ")
    assert "<remote-connection-failed " in said
