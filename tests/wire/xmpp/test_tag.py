"""Start tags: reading and editing bytes."""

from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.tag import (
    escape,
    qname,
    remove_attribute,
    replace_attribute,
    start_tag_end,
    tag_attributes,
)

ATTRIBUTES = {
    "both quotes": (b"<iq id='1' to=\"a@b\">", {"id": "1", "to": "a@b"}),
    "angle and slash inside": (b"<iq a='x>y/' b='>'/>", {"a": "x>y/", "b": ">"}),
    "other quote inside": (b"<iq a='\"' b=\"'\"/>", {"a": '"', "b": "'"}),
    "references": (b"<iq a='&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;'/>", {"a": "<>&\"'A\U0001f600"}),
    "space around": (b"<iq\n a\t=\r\n 'x' >", {"a": "x"}),
    "newline in value": (b"<iq a='x\ny'/>", {"a": "x y"}),
    "looks like one inside": (b"<iq a=\" b='1'\" c='2'/>", {"a": " b='1'", "c": "2"}),
    "first of two": (b"<iq a='1' a='2'/>", {"a": "1"}),
    "unknown reference": (b"<iq a='&foo;&#x110000;'/>", {"a": "&foo;&#x110000;"}),
    "only the first tag": (b"<iq a='1'><b c='2'/></iq>", {"a": "1"}),
    "none": (b"<iq/>", {}),
    "not a tag": (b"hello", {}),
    "not ended": (b"<iq a='1'", {}),
    "not utf-8": (b"<iq a='\xff'/>", {"a": "\ufffd"}),
    "prefixed": (b"<c:iq xmlns:c='jabber:client'>", {"xmlns:c": "jabber:client"}),
}


@pytest.mark.parametrize(("tag", "expected"), ATTRIBUTES.values(), ids=ATTRIBUTES.keys())
def test_attributes(tag: bytes, expected: dict[str, str]) -> None:
    assert tag_attributes(tag) == expected


@pytest.mark.parametrize(
    ("tag", "name"),
    [(b"<iq>", b"iq"), (b"<c:iq a='1'/>", b"c:iq"), (b"<iq/>", b"iq"), (b"</iq>", b""), (b"x", b"")],
)
def test_qname(tag: bytes, name: bytes) -> None:
    assert qname(tag) == name


EDITS = {
    "single": (b"<a  h = '4' />tail", "h", "3", b"<a  h = '3' />tail"),
    "double": (b'<a h="4"/>', "h", "30", b'<a h="30"/>'),
    "empty": (b"<a h=''/>", "h", "3", b"<a h='3'/>"),
    "escaped": (b"<a h='4'/>", "h", "'<\"&", b"<a h='&apos;&lt;&quot;&amp;'/>"),
    "exact name": (b"<a xh='1' h='4'/>", "h", "3", b"<a xh='1' h='3'/>"),
    "not inside another": (b"<a b=\" h='1'\" h='4'/>", "h", "3", b"<a b=\" h='1'\" h='3'/>"),
}


@pytest.mark.parametrize(("data", "name", "value", "expected"), EDITS.values(), ids=EDITS.keys())
def test_replace_attribute(data: bytes, name: str, value: str, expected: bytes) -> None:
    assert replace_attribute(data, name, value) == expected


@pytest.mark.parametrize("data", [b"<a/>", b"<a b='1'><c h='4'/></a>", b"h='4'", b""])
def test_replace_attribute_needs_the_attribute(data: bytes) -> None:
    with pytest.raises(LookupError):
        replace_attribute(data, "h", "3")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<a h='4' b='1'/>", b"<a b='1'/>"),
        (b"<a b='1'\n h='4'>x", b"<a b='1'\n>x"),
        (b"<a><b h='1'/></a>", b"<a><b h='1'/></a>"),
    ],
)
def test_remove_attribute(data: bytes, expected: bytes) -> None:
    assert remove_attribute(data, "h") == expected


def test_start_tag_end() -> None:
    assert start_tag_end(b"xx<a b='>'>y", 2) == 11
    assert start_tag_end(b"xx", 0) == 0


@given(st.text())
def test_escaped_text_is_read_back(text: str) -> None:
    """What XML 1.0 section 2.2 forbids is dropped, everything else arrives."""
    element = fromstring(f"<a b='{escape(text)}'>{escape(text)}</a>".encode())
    kept = "".join(
        c
        for c in text
        if c in "\t\n\r" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff")
    )
    assert (element.text or "") == kept
    assert (element.get("b") or "") == kept.replace("\t", " ").replace("\n", " ")


@given(st.dictionaries(st.text(st.sampled_from("abc:-."), min_size=1), st.text(), max_size=5))
def test_attributes_written_are_read(given: dict[str, str]) -> None:
    tag = "<iq" + "".join(f" {name}='{escape(value)}'" for name, value in given.items()) + ">"
    for name, value in tag_attributes(tag.encode()).items():
        assert escape(value) == escape(given[name]).replace("\t", " ").replace("\n", " ")
    assert tag_attributes(tag.encode()).keys() == given.keys()


@given(st.binary(max_size=80))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    for tag in (data, b"<" + data, b"<iq " + data + b">"):
        assert isinstance(tag_attributes(tag), dict)
        assert isinstance(qname(tag), bytes)
        assert remove_attribute(tag, "a") in tag or b"a" in tag
