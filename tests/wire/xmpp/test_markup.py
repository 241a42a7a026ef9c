"""Where elements end, in bytes that may not hold the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.markup import START_TAG, element_end

ELEMENTS = {
    "plain": b"<iq>x</iq>",
    "space in the end tag": b"<iq></iq \n>",
    "same name inside": b"<iq><iq></iq><iq a='/'></iq><iq/></iq>",
    "longer names": b"<iq></iqx><iq-y></iq>",
    "ends inside a comment": b"<iq><!-- </iq> --></iq>",
    "ends inside cdata": b"<iq><![CDATA[</iq>]]]></iq>",
    "ends inside an instruction": b"<iq><?x </iq>?></iq>",
    "angle inside quotes": b"<iq><iq a='>' b=\"/>\"></iq></iq>",
    "several lines": b"<iq><!--\n\n--><![CDATA[\n]]>\n</iq>",
}


@pytest.mark.parametrize("data", ELEMENTS.values(), ids=ELEMENTS.keys())
def test_the_end_is_found_only_when_it_is_there(data: bytes) -> None:
    for end in range(4, len(data)):
        assert element_end(data[:end], 4, b"iq") == 0
    assert element_end(data, 4, b"iq") == len(data)
    assert element_end(data + b"</iq>", 4, b"iq") == len(data)


@given(st.text(st.sampled_from("<>/iq!-[]CDATA?'\" "), max_size=60))
def test_any_bytes_have_an_end_inside_them_or_none(text: str) -> None:
    data = b"<iq>" + text.encode()
    end = element_end(data, 4, b"iq")
    assert end == 0 or data[:end].endswith(b">")


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"<a>", b"a"), (b"<a b='>' c=\"'\"/>", b"a"), (b"<c:\xc3\xa9\n>", b"c:\xc3\xa9")],
)
def test_start_tags(data: bytes, name: bytes) -> None:
    found = START_TAG.fullmatch(data)
    assert found is not None
    assert found[1] == name


@pytest.mark.parametrize("data", [b"<>", b"< a>", b"</a>", b"<!a>", b"<a", b"<a b='>", b"<a <b>", b"<a'b'>"])
def test_no_start_tags(data: bytes) -> None:
    assert START_TAG.match(data) is None
