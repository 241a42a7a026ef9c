"""Spans of elements inside one stanza, and edits by them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.edit import append_child, cut, spans
from quorate.wire.xmpp.element import MAX_DEPTH, NotWellFormed, parse

DATA = (
    "<iq id='é'><query xmlns='jabber:iq:roster' ver='1'><item a='>'/>\n"
    "<item ><group>x</group >t</item><!-- <item/> --></query></iq>"
).encode()


def test_each_element_is_found_with_its_bytes() -> None:
    found = [(span.name.rpartition("}")[2], DATA[span.start : span.end]) for span in spans(DATA, None)]
    assert [name for name, _ in found] == ["iq", "query", "item", "item", "group"]
    assert found[0][1] == DATA
    assert found[2][1] == b"<item a='>'/>"
    assert found[3][1] == b"<item ><group>x</group >t</item>"
    assert found[4][1] == b"<group>x</group >"


def test_a_span_knows_its_place_attributes_and_text() -> None:
    iq, query, first, second, group = spans(DATA, None)
    assert iq.attributes == {"id": "é"}
    assert query.path == ("{jabber:client}iq", "{jabber:iq:roster}query")
    assert first.content == first.end
    assert DATA[second.start : second.content] == b"<item >"
    assert (second.text, group.text) == ("t", "x")
    assert group.path[-2:] == ("{jabber:iq:roster}item", "{jabber:iq:roster}group")


@pytest.mark.parametrize(
    "data", [b"", b"x", b"<a/><b/>", b"<a>", b"<!DOCTYPE a><a/>", b"<a>" * 200 + b"</a>" * 200]
)
def test_refused(data: bytes) -> None:
    with pytest.raises(NotWellFormed):
        spans(data, None)


def test_the_depth_allowed_is_that_of_parse() -> None:
    data = b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH
    assert len(spans(data, None)) == len(list(parse(data, None).iter()))


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([], b"0123456789"),
        ([(2, 4), (6, 7)], b"0145789"),
        ([(6, 7), (2, 4)], b"0145789"),
        ([(1, 8), (2, 4)], b"089"),
        ([(0, 10)], b""),
    ],
)
def test_cut(ranges: list[tuple[int, int]], expected: bytes) -> None:
    assert cut(b"0123456789", ranges) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<a><q x='1'></q></a>", b"<a><q x='1'><n/></q></a>"),
        (b"<a><q x='/>'/></a>", b"<a><q x='/>'><n/></q></a>"),
        (b"<a><q  /><b/></a>", b"<a><q><n/></q><b/></a>"),
        (b"<a><q/></a>", b"<a><q><n/></q></a>"),
        (b"<a><q><b></b></q\n></a>", b"<a><q><b></b><n/></q\n></a>"),
    ],
)
def test_append_child(data: bytes, expected: bytes) -> None:
    assert append_child(data, spans(data, None)[1], b"<n/>") == expected


names = st.sampled_from(["a", "b", "é"])
trees = st.recursive(
    st.builds(lambda name, text: f"<{name} x='>/'>{text}</{name}>", names, st.sampled_from(["", "/>", "é"]))
    | names.map(lambda name: f"<{name} />"),
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", names, st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


@given(trees)
def test_every_span_is_an_element_of_its_own(document: str) -> None:
    data = document.encode()
    found = spans(data, None)
    assert len(found) == len(list(parse(data, None).iter()))
    for span in found:
        assert parse(data[span.start : span.end], None).tag == span.name
        more = parse(append_child(data, span, b"<n/>"), None)
        assert len(list(more.iter())) == len(found) + 1


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    wrapped = b"<a>" + data + b"</a>"
    try:
        found = spans(wrapped, None)
    except NotWellFormed:
        return
    assert (found[0].start, found[0].end) == (0, len(wrapped))
