"""Stream headers, and what counts as a stanza under them (P-5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.header import header_shape, is_stanza, namespace_of, parse_header
from quorate.wire.xmpp.tag import NotWellFormed

CLIENT = (
    b"<stream:stream to='a.example' from='b@a.example' id='1' version='1.0' xml:lang='en'"
    b" xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:c=\"jabber:client\">"
)


def test_a_header_is_read() -> None:
    header = parse_header(CLIENT)
    assert (header.to, header.from_, header.id) == ("a.example", "b@a.example", "1")
    assert (header.version, header.lang, header.default_ns) == ("1.0", "en", "jabber:client")
    assert header.prefixes == {"stream": "http://etherx.jabber.org/streams", "c": "jabber:client"}


def test_a_bare_header_has_nothing() -> None:
    header = parse_header(b"<stream>")
    assert (header.to, header.from_, header.id, header.version, header.lang) == (None,) * 5
    assert (header.default_ns, header.prefixes) == ("", {})


def test_no_header() -> None:
    with pytest.raises(NotWellFormed):
        parse_header(b"hello")


STANZAS = {
    "default": (b"<message to='a'>", "message"),
    "empty": (b"<presence/>", "presence"),
    "prefix of the header": (b"<c:iq>", "iq"),
    "prefix of its own": (b"<x:iq xmlns:x='jabber:client'>", "iq"),
    "default of its own": (b"<iq xmlns='jabber:client'>", "iq"),
    "another default": (b"<iq xmlns='jabber:server'>", None),
    "another prefix": (b"<stream:iq>", None),
    "unknown prefix": (b"<y:iq>", None),
    "nonza": (b"<r xmlns='urn:xmpp:sm:3'/>", None),
    "features": (b"<stream:features>", None),
    "longer name": (b"<iqx>", None),
    "mentions xmlns": (b"<iq id='xmlns'>", "iq"),
}


@pytest.mark.parametrize(("tag", "name"), STANZAS.values(), ids=STANZAS.keys())
def test_stanzas(tag: bytes, name: str | None) -> None:
    assert is_stanza(tag, parse_header(CLIENT)) == name


def test_without_a_header_the_client_namespace_is_taken() -> None:
    assert is_stanza(b"<iq>", None) == "iq"
    assert namespace_of(b"<c:iq>", None) is None


def test_a_foreign_content_namespace_has_no_stanzas() -> None:
    assert is_stanza(b"<iq>", parse_header(b"<s:stream xmlns='jabber:server' xmlns:s='x'>")) is None


@given(st.binary(max_size=60))
def test_any_tag_is_judged_without_an_error(data: bytes) -> None:
    header = parse_header(CLIENT)
    assert is_stanza(b"<" + data + b">", header) in ("message", "presence", "iq", None)


ONE = b"<stream:stream to='example.org' xmlns='jabber:client' version='1.0'>"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (ONE, True),
        (ONE.replace(b"example.org", b"other.example"), True),
        (ONE.replace(b"'", b'"'), False),
        (ONE.replace(b" version='1.0'", b""), False),
        (ONE.replace(b" to=", b" from='alice@example.org' to="), False),
        (b"<stream:stream version='1.0' to='example.org' xmlns='jabber:client'>", False),
    ],
)
def test_one_software_is_told_from_another_by_how_it_writes_its_header(other: bytes, same: bool) -> None:
    assert (header_shape(ONE) == header_shape(other)) is same
