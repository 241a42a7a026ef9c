"""RFC 9110 section 9.3.6, every request at every split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.capture.destination import Destination, Outcome, Turn
from quorate.capture.http_connect import MAX_HEAD, HttpConnect


def fed(data: bytes, size: int) -> Turn:
    connect = HttpConnect()
    for at in range(0, len(data), size):
        turn = connect.feed(data[at : at + size])
        if turn.refusal or turn.destination:
            return Turn(turn.reply, turn.destination, turn.rest + data[at + size :], turn.refusal)
    return Turn()


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("head", "destination"),
    [
        (b"CONNECT im.example.org:5222 HTTP/1.1\r\nHost: im\r\n\r\n", Destination("im.example.org", 5222)),
        (b"CONNECT 127.0.0.1:5223 HTTP/1.0\r\n\r\n", Destination("127.0.0.1", 5223)),
        (b"CONNECT [::1]:443 HTTP/1.1\n\n", Destination("::1", 443)),
        (
            b"CONNECT h:1 HTTP/1.1\r\nProxy-Authorization: Basic " + b"x" * 4000 + b"\r\n\r\n",
            Destination("h", 1),
        ),
    ],
)
def test_the_authority_is_the_destination(head: bytes, destination: Destination, size: int) -> None:
    assert fed(head + b"\x16\x03", size) == Turn(destination=destination, rest=b"\x16\x03")


@pytest.mark.parametrize(
    "line",
    [
        b"CONNECT example.org HTTP/1.1",
        b"CONNECT :5222 HTTP/1.1",
        b"CONNECT a b:5222 HTTP/1.1",
        b"CONNECT h:99999 HTTP/1.1",
        b"CONNECT h:0 HTTP/1.1",
        b"CONNECT h:5222 HTTP/2",
        b"CONNECT h:5222",
    ],
)
def test_what_names_no_destination_is_answered_with_the_right_form(line: bytes) -> None:
    turn = fed(line + b"\r\n\r\n", 1 << 20)
    assert turn.refusal == "http-request"
    assert turn.reply.startswith(b"HTTP/1.1 400 ")
    assert turn.reply.endswith(b"\r\n\r\nWrite CONNECT host:port HTTP/1.1.\n")


@pytest.mark.parametrize("size", [1 << 20, 1000])
def test_a_head_without_end_is_refused_once_it_is_too_long(size: int) -> None:
    turn = fed(b"CONNECT h:1 HTTP/1.1\r\nX: " + b"x" * (2 * MAX_HEAD), size)
    assert turn.refusal == "http-head"
    assert turn.reply.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_an_answer(outcome: Outcome) -> None:
    answer = HttpConnect().answer(outcome, "A sentence.")
    assert answer.startswith(b"HTTP/1.1 ")
    assert answer.endswith(b"\r\n\r\n" if outcome is Outcome.REACHED else b"\r\n\r\nA sentence.\n")


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_are_taken_without_an_error(data: bytes, size: int) -> None:
    fed(b"CONNECT " + data, size)
