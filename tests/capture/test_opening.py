import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.capture.opening import MAX_OPENING, More, Proxy, Refusal, Unserved, Xml, recognise
from quorate.splice.arrival import DirectTls


def client_hello(name: str, alpn: list[str]) -> bytes:
    context = ssl.create_default_context()
    context.set_alpn_protocols(alpn)
    out = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    return out.read()


@pytest.mark.parametrize("data", [b"<s", b"<?xml version='1.0'?>", b" <stream", b"\n", b"\xef\xbb\xbf<"])
def test_xml_is_taken_from_its_first_byte(data: bytes) -> None:
    assert recognise(data) is Xml.STREAM


def test_a_client_hello_tells_domain_and_protocols_once_it_is_whole() -> None:
    hello = client_hello("example.org", ["xmpp-client"])
    assert all(recognise(hello[:n]) is More.NEEDED for n in range(len(hello)))
    assert recognise(hello) == DirectTls("example.org", ("xmpp-client",))
    assert recognise(hello + b"\x14\x03") == DirectTls("example.org", ("xmpp-client",))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x04\x01", Unserved.SOCKS4),
        (b"GET ", Unserved.HTTP),
        (b"GOT", Unserved.NOT_IM),
        (b"\xfe\xff\x00<", Unserved.UTF_16),
        (b"\xff\xfe<\x00", Unserved.UTF_16),
        (b"<\x00?\x00", Unserved.UTF_16),
        (b"\x00<\x00?", Unserved.UTF_16),
        (b"\x00?", Unserved.NOT_IM),
        (b"\x16\x03\x01\x40\x00" + bytes(MAX_OPENING), Unserved.NOT_TLS),
    ],
)
def test_the_rest_is_refused_by_name(data: bytes, why: Unserved) -> None:
    opening = recognise(data)
    assert isinstance(opening, Refusal)
    assert opening.why is why


@pytest.mark.parametrize(
    ("data", "proxy"),
    [(b"\x05", Proxy.SOCKS5), (b"\x05\x01\x00", Proxy.SOCKS5), (b"CONNECT ", Proxy.CONNECT)],
)
def test_a_client_that_wants_a_proxy_is_told_by_its_first_bytes(data: bytes, proxy: Proxy) -> None:
    assert recognise(data) is proxy


def test_a_browser_reads_what_this_is() -> None:
    opening = recognise(b"GET / HTTP/1.1\r\n")
    assert isinstance(opening, Refusal)
    assert b"listener for IM clients" in opening.answer


@pytest.mark.parametrize("data", [b"", b"<", b"G", b"CONN", b"POST"])
def test_a_beginning_may_become_anything(data: bytes) -> None:
    assert recognise(data) is More.NEEDED


@given(st.binary(max_size=300))
def test_it_never_raises(data: bytes) -> None:
    assert isinstance(recognise(data), More | Xml | DirectTls | Proxy | Refusal)
