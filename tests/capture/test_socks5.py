"""RFC 1928, every request at every split."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.capture.destination import Destination, Outcome, Turn
from quorate.capture.socks5 import Socks5

GREETING = b"\x05\x02\x00\x02"
CHOSEN = b"\x05\x00"
NAME = b"\x05\x01\x00\x03\x0eim.example.org\x14\x66"
V4 = b"\x05\x01\x00\x01\x7f\x00\x00\x01\x14\x66"
V6 = b"\x05\x01\x00\x04" + ipaddress.ip_address("2001:db8::7").packed + b"\x14\x67"


def fed(data: bytes, size: int) -> Turn:
    """All that came of it, however it was cut."""
    socks, reply, turn = Socks5(), b"", Turn()
    for at in range(0, len(data), size):
        turn = socks.feed(data[at : at + size])
        reply += turn.reply
        if turn.refusal or turn.destination:
            rest = turn.rest + data[at + size :]
            return Turn(reply, turn.destination, rest, turn.refusal)
    return Turn(reply)


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("request_", "destination"),
    [
        (NAME, Destination("im.example.org", 5222)),
        (V4, Destination("127.0.0.1", 5222)),
        (V6, Destination("2001:db8::7", 5223)),
    ],
)
def test_names_and_addresses_are_taken_exactly(request_: bytes, destination: Destination, size: int) -> None:
    assert fed(GREETING + request_ + b"<?xml", size) == Turn(CHOSEN, destination, b"<?xml")


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize(
    ("data", "reply", "reason"),
    [
        (b"\x05\x01\x02", b"\x05\xff", "socks-authentication"),
        (b"\x05\x00", b"\x05\xff", "socks-authentication"),
        (GREETING + b"\x05\x02" + NAME[2:], b"\x05\x07", "socks-command"),
        (GREETING + b"\x05\x03" + NAME[2:], b"\x05\x07", "socks-command"),
        (GREETING + b"\x05\x01\x00\x05aaaa", b"\x05\x08", "socks-address"),
        (GREETING + b"\x05\x01\x00\x03\x03a\x00b\x14\x66", b"\x05\x08", "socks-address"),
        (GREETING + b"\x05\x01\x00\x03\x00\x14\x66", b"\x05\x08", "socks-address"),
        (GREETING + V4[:-2] + b"\x00\x00", b"\x05\x08", "socks-address"),
        (GREETING + b"\x04" + V4[1:], b"\x05\x01", "socks-version"),
    ],
)
def test_the_rest_is_refused_by_its_code(data: bytes, reply: bytes, reason: str, size: int) -> None:
    turn = fed(data, size)
    assert turn.refusal == reason
    assert turn.reply.removeprefix(CHOSEN).startswith(reply)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(Outcome.REACHED, 0), (Outcome.FORBIDDEN, 2), (Outcome.NO_SUCH_HOST, 4), (Outcome.REFUSED, 5)],
)
def test_the_outcome_is_told(outcome: Outcome, code: int) -> None:
    assert Socks5().answer(outcome) == bytes([5, code, 0, 1]) + bytes(6)


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_are_taken_without_an_error(data: bytes, size: int) -> None:
    fed(b"\x05" + data, size)
