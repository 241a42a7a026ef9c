"""What a few searches find is what the framer finds; whatever is unusual is not found at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.framer import Framer, Piece, PieceKind
from quorate.wire.xmpp.tag import tag_attributes
from quorate.wire.xmpp.usual import acknowledgement, double, plain, single, stanza_attributes, stanza_end

HEADER = b"<stream:stream xmlns='jabber:client' xmlns:stream='s'>"
NAMES = ("message", "presence", "iq")


def found(window: bytes) -> int:
    """Where the usual stanza at the beginning ends; 0 if there is none."""
    start = single(window) or double(window)
    return stanza_end(window, 0, start.end()) if start is not None and plain(window) else 0


def framed(window: bytes) -> int:
    """Where the framer says that it ends; 0 if it does not end in ``window``."""
    framer = Framer(lambda _tag: 1 << 30)
    framer.feed(HEADER)
    out = framer.feed(window)
    first = out[0] if out else None
    return len(first.data) if isinstance(first, Piece) and first.kind is PieceKind.ELEMENT else 0


quotes = st.sampled_from("'\"")
values = st.text(st.sampled_from("ab@./é😀>=- &;'\""), max_size=10)
names = st.sampled_from([*NAMES, "iqx", "presences", "c:iq", "body", "x"])
attribute_names = st.sampled_from(["from", "to", "id", "type", "xml:lang", "xmlns", "other", "c:from"])
space = st.sampled_from([" ", " ", " ", "  ", "\n", ""])


@st.composite
def start_tags(draw: st.DrawFn, name: str) -> str:
    quote = draw(quotes)
    tag = f"<{name}"
    for attribute in draw(st.lists(attribute_names, max_size=4, unique=True)):
        q = quote if draw(st.integers(0, 5)) else draw(quotes)
        value = "jabber:client" if attribute == "xmlns" and draw(st.booleans()) else draw(values)
        value = value.replace("&", "&#38;").replace(q, "")
        tag += f"{draw(space) or ' '}{attribute}={q}{value}{q}"
    return tag + draw(st.sampled_from(["", "", " "]))


@st.composite
def elements(draw: st.DrawFn, depth: int = 2) -> str:
    name = draw(names)
    tag = draw(start_tags(name))
    if draw(st.booleans()):
        return f"{tag}/>"
    inner = st.sampled_from(["", "text", "&amp;", "<![CDATA[</iq>]]>", "<!-- <iq> -->", "<?p </message>?>"])
    content = draw(inner) + (draw(elements(depth - 1)) if depth and draw(st.booleans()) else "") + draw(inner)
    return f"{tag}>{content}</{name}{draw(st.sampled_from(['', '', '', ' ']))}>"


@given(st.lists(elements(), min_size=1, max_size=3).map("".join), st.integers(0, 400))
def test_what_is_found_ends_where_the_framer_ends_it(text: str, cut: int) -> None:
    window = text.encode()
    for shorter in (window, window[: cut % (len(window) + 1)]):
        end = found(shorter)
        assert end in (0, framed(shorter))


@pytest.mark.parametrize(
    "stanza",
    [
        "<message from='a@b/c' to='d@e' type='chat' id='1'><body>hi</body></message>",
        '<message to="a@b" id="1" xml:lang="en" xmlns="jabber:client"><body/></message>',
        "<message><received><message>x</message><message/></received></message>",
        "<presence/>",
        "<presence from='a@b/ü'/>",
        "<iq type='result' id='1' />",
        "<iq><iqx></iqx></iq>",
    ],
)
def test_what_is_usual_is_found(stanza: str) -> None:
    window = stanza.encode()
    assert found(window + b"<iq/>") == len(window)
    assert found(window[:-1]) == 0


@pytest.mark.parametrize(
    "stanza",
    [
        "<c:iq xmlns:c='jabber:client'/>",
        "<iq xmlns='jabber:server'/>",
        "<iq id='&#49;'/>",
        "<iq  id='1'/>",
        "<iq id='1' to=\"a\"/>",
        "<iq other='1'/>",
        "<iq><![CDATA[]]></iq>",
        "<message></message >",
        "<other/>",
    ],
)
def test_what_is_not_usual_is_left_to_the_framer(stanza: str) -> None:
    assert found(stanza.encode()) == 0


@given(st.sampled_from(NAMES).flatmap(start_tags))
def test_the_attributes_of_a_stanza_are_those_of_its_tag(text: str) -> None:
    tag = f"{text}>".encode()
    wanted = ("from", "to", "id", "type")
    known = {name: value for name, value in tag_attributes(tag).items() if name in wanted}
    assert {name: value for name, value in stanza_attributes(tag).items() if name in wanted} == known


@pytest.mark.parametrize(
    ("element", "h"),
    [
        ("<r xmlns='urn:xmpp:sm:3'/>", None),
        ('<r xmlns="urn:xmpp:sm:2" />', None),
        ("<a xmlns='urn:xmpp:sm:3' h='12'/>", "12"),
        ("<a h='12' xmlns='urn:xmpp:sm:3'/>", "12"),
        ('<a xmlns="urn:xmpp:sm:3" h="4294967296"/>', "4294967296"),
    ],
)
def test_acknowledgements(element: str, h: str | None) -> None:
    match = acknowledgement(element.encode() + b"<iq/>")
    assert match is not None
    assert match.end() == len(element)
    assert (match[1] and match[1].decode()) == h


@pytest.mark.parametrize(
    "element",
    [
        "<r/>",
        "<a h='1'/>",
        "<a xmlns='urn:xmpp:sm:3'/>",
        "<a xmlns='urn:xmpp:sm:3' h=''/>",
        "<a xmlns='urn:xmpp:sm:3' h='-1'/>",
        "<a xmlns='urn:xmpp:sm:3' h='12345678901'/>",
        "<a xmlns='urn:xmpp:sm:3' h='1'></a>",
        "<r xmlns='urn:xmpp:sm:4'/>",
        "<rx xmlns='urn:xmpp:sm:3'/>",
    ],
)
def test_what_is_no_usual_acknowledgement(element: str) -> None:
    assert acknowledgement(element.encode()) is None
