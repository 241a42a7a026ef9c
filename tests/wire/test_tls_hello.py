"""ClientHellos made by a real TLS stack, cut anywhere."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.tls_hello import MAX_HELLO, ClientHello, NeedMore, NotTls, hello


def made(name: str | None, protocols: list[str]) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    if protocols:
        context.set_alpn_protocols(protocols)
    out = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


def in_records(data: bytes, size: int) -> bytes:
    """The same handshake message in records of at most ``size`` bytes (RFC 8446 section 5.1)."""
    message = data[5:]
    parts = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(data[:3] + len(part).to_bytes(2) + part for part in parts)


HELLOS = {
    "both": (made("example.org", ["xmpp-client"]), ClientHello("example.org", ("xmpp-client",))),
    "two protocols": (
        made("a.example", ["h2", "xmpp-client"]),
        ClientHello("a.example", ("h2", "xmpp-client")),
    ),
    "no protocol": (made("example.org", []), ClientHello("example.org", ())),
    "no name": (made(None, ["xmpp-client"]), ClientHello(None, ("xmpp-client",))),
    "an IP address is no name": (made("127.0.0.1", []), ClientHello(None, ())),
    "upper case": (made("EXAMPLE.org", []), ClientHello("example.org", ())),
}


@pytest.mark.parametrize(("data", "expected"), HELLOS.values(), ids=HELLOS.keys())
def test_every_cut(data: bytes, expected: ClientHello) -> None:
    assert hello(data) == expected
    assert hello(data + b"more") == expected
    for end in range(len(data)):
        assert hello(data[:end]) == NeedMore()


@given(st.integers(1, 300), st.integers(0, 2000))
def test_a_hello_in_several_records(size: int, end: int) -> None:
    data, expected = HELLOS["both"]
    cut = in_records(data, size)
    assert hello(cut) == expected
    assert hello(cut[:end]) == (expected if end >= len(cut) else NeedMore())


def record(message: bytes) -> bytes:
    return b"\x16\x03\x01" + len(message).to_bytes(2) + message


def client_hello(body: bytes) -> bytes:
    return record(b"\x01" + len(body).to_bytes(3) + body)


FIXED = b"\x03\x03" + b"r" * 32
OTHERS = {
    "xmpp": b"<stream:stream>",
    "http": b"GET / HTTP/1.1",
    "alert": b"\x15\x03\x01\x00\x02\x01\x00",
    "old tls": b"\x16\x02",
    "empty record": b"\x16\x03\x01\x00\x00",
    "record too long": b"\x16\x03\x01\xff\xff",
    "server hello": record(b"\x02\x00\x00\x01x"),
    "message too long": record(b"\x01" + (MAX_HELLO + 1).to_bytes(3)),
    "something after part of it": record(b"\x01\x00\x10\x00") + b"<xml",
    "too short inside": client_hello(b"\x03\x03"),
    "session id too long": client_hello(FIXED + b"\xff"),
    "extension too long": client_hello(FIXED + b"\0" + b"\0\0" + b"\0" + b"\0\x04" + b"\0\0\xff\xff"),
    "name too long": client_hello(FIXED + b"\0" + b"\0\0" + b"\0" + b"\0\x06" + b"\0\0\0\x02\0\x05"),
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS.keys())
def test_not_tls(data: bytes) -> None:
    assert hello(data) == NotTls()


def test_without_extensions() -> None:
    assert hello(client_hello(FIXED + b"\0" + b"\0\0" + b"\0")) == ClientHello(None, ())


@given(st.binary(max_size=80), st.booleans(), st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_any_bytes_are_judged_without_an_error(data: bytes, wrap: bool, at: int, change: bytes) -> None:
    assert isinstance(hello(client_hello(data) if wrap else data), NeedMore | NotTls | ClientHello)
    damaged = bytearray(HELLOS["both"][0])
    damaged[at : at + len(change)] = change
    assert isinstance(hello(bytes(damaged)), NeedMore | NotTls | ClientHello)


def shape(data: bytes) -> str:
    found = hello(data)
    assert isinstance(found, ClientHello)
    return found.shape


def written(suites: list[int], kinds: list[int]) -> bytes:
    """A hello with these cipher suites and empty extensions."""
    ciphers = b"".join(suite.to_bytes(2) for suite in suites)
    extensions = b"".join(kind.to_bytes(2) + b"\x00\x00" for kind in kinds)
    body = b"\x03\x03" + bytes(32) + b"\x00" + len(ciphers).to_bytes(2) + ciphers + b"\x01\x00"
    body += len(extensions).to_bytes(2) + extensions
    message = b"\x01" + len(body).to_bytes(3) + body
    return b"\x16\x03\x01" + len(message).to_bytes(2) + message


def test_one_tls_client_has_one_shape_whatever_it_asks_for() -> None:
    assert shape(made("a.example", ["xmpp-client"])) == shape(made("b.example", ["xmpp-client"]))


@pytest.mark.parametrize(
    ("suites", "kinds", "same"),
    [
        ([0x1301, 0x1302], [43, 51, 10], True),
        ([0x1301, 0x1302], [10, 43, 51, 41, 42, 21, 44], True),
        ([0x2A2A, 0x1301, 0x1302], [0x1A1A, 10, 43, 51], True),
        ([0x1302, 0x1301], [10, 43, 51], False),
        ([0x1301], [10, 43, 51], False),
        ([0x1301, 0x1302], [10, 43, 51, 17], False),
    ],
)
def test_what_varies_from_one_connection_to_the_next_is_left_out(
    suites: list[int], kinds: list[int], same: bool
) -> None:
    """RFC 8701, and extensions that a resumption brings."""
    assert (shape(written(suites, kinds)) == shape(written([0x1301, 0x1302], [10, 43, 51]))) is same
