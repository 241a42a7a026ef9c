"""Parsing one element under its stream's namespaces."""

from xml.etree.ElementTree import Element, tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.element import MAX_DEPTH, MAX_SIZE, NotWellFormed, parse
from quorate.wire.xmpp.header import parse_header

HEADER = parse_header(b"<s:stream xmlns='jabber:client' xmlns:s='http://x/&amp;&apos;' xmlns:c='urn:c'>")


def test_names_carry_the_namespaces_of_the_header() -> None:
    element = parse(b"<iq c:a='1'><s:b/><c xmlns='urn:d'/></iq>", HEADER)
    assert element.tag == "{jabber:client}iq"
    assert element.attrib == {"{urn:c}a": "1"}
    assert [child.tag for child in element] == ["{http://x/&'}b", "{urn:d}c"]
    assert element.tail is None


def test_without_a_header_it_is_a_client_stream() -> None:
    element = parse(b"<stream:features/>", None)
    assert element.tag == "{http://etherx.jabber.org/streams}features"


def test_text_is_read_whole() -> None:
    element = parse("<a>é&#128512;<!-- no -->&amp;<![CDATA[</a>]]><?no?></a>".encode(), None)
    assert element.text == "é😀&</a>"


REFUSED = {
    "nothing": b"",
    "text": b"hello",
    "two": b"<a/><b/>",
    "text before": b"x<a/>",
    "text after": b"<a/>x",
    "not closed": b"<a>",
    "doctype": b"<!DOCTYPE a><a/>",
    "entity": b"<a>&foo;</a>",
    "declared entity": b"<!DOCTYPE a [<!ENTITY foo 'bar'>]><a>&foo;</a>",
    "declaration": b"<?xml version='1.0'?><a/>",
    "bad utf-8": b"<a>\xff</a>",
    "doubled attribute": b"<a b='1' b='2'/>",
    "unknown prefix": b"<zz:a/>",
    "out of the wrapper": b"<a/></stream><stream><b/>",
    "control character": b"<a>\x00</a>",
    "too deep": b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
    "too big": b"<a>" + b" " * MAX_SIZE + b"</a>",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_refused(data: bytes) -> None:
    with pytest.raises(NotWellFormed):
        parse(data, HEADER)


def test_many_tags_that_are_not_deep_pass() -> None:
    assert len(parse(b"<a>" + b"<b/>" * 5000 + b"</a>", HEADER)) == 5000
    deepest = parse(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH, HEADER)
    assert len(list(deepest.iter())) == MAX_DEPTH


@given(st.binary(max_size=80))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    for given_bytes in (data, b"<a>" + data + b"</a>", b"<a " + data + b"/>"):
        try:
            element = parse(given_bytes, HEADER)
        except NotWellFormed:
            continue
        assert isinstance(element, Element)
        assert tostring(element)
