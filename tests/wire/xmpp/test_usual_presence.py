"""A presence read from its bytes says what a parser says, or is left to the parser."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.wire.xmpp.element import NotWellFormed, parse
from quorate.wire.xmpp.presence import parse_presence
from quorate.wire.xmpp.usual_presence import read_presence, without_delay

CAPS = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://x.example' ver='q07='/>"
PHOTO = "<x xmlns='vcard-temp:x:update'><photo>0a1b</photo></x>"
DELAY = "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>"
IDLE = "<idle xmlns='urn:xmpp:idle:1' since='2026-01-01T00:00:00.5+01:00'/>"
SHOWN = "<show>away</show><status>lunch, é</status><priority>-5</priority>"

USUAL = [
    "<presence/>",
    "<presence></presence>",
    "<presence from='bob@example.org/x' to='alice@example.org' id='1' xml:lang='en'/>",
    f"<presence from='Bob@Example.org/X'>{SHOWN}{CAPS}{PHOTO}{DELAY}{IDLE}</presence>",
    f"<presence from='bob@example.org/x'>{IDLE}{DELAY}{PHOTO}{CAPS}{SHOWN}</presence>".replace("'", '"'),
    "<presence type='unavailable' from='bob@example.org/ü'><status/></presence>",
    "<presence type='error' id='q-1-1' from='no address@'/>",
    "<presence><show>strange</show><priority>128</priority></presence>",
    "<presence><show> dnd\n</show><priority> 7 </priority><status>a</status><status>b</status></presence>",
    "<presence><show/><priority/><x xmlns='vcard-temp:x:update'/></presence>",
    "<presence><x xmlns='vcard-temp:x:update'><photo/></x></presence>",
    "<presence><delay stamp='nonsense' from='a' xmlns='urn:xmpp:delay'>late</delay></presence>",
    "<presence><c ver='v' node='n' ext='e' xmlns='http://jabber.org/protocol/caps' /></presence>",
    "<presence><c xmlns='http://jabber.org/protocol/caps'/><idle xmlns='urn:xmpp:idle:1'/></presence>",
]
UNUSUAL = [
    "<presence><show>away</show><show>dnd</show></presence>",
    "<presence><show xmlns='urn:x'>dnd</show></presence>",
    "<presence><show>a&#119;ay</show></presence>",
    "<presence><show><![CDATA[away]]></show></presence>",
    "<presence><!-- <show>away</show> --></presence>",
    "<presence><x xmlns='urn:x'><show>dnd</show></x></presence>",
    "<presence><x xmlns='http://jabber.org/protocol/muc#user'/></presence>",
    "<presence><query xmlns='jabber:iq:last' seconds='3'/></presence>",
    "<presence><x xmlns='jabber:x:delay' stamp='20260301T11:50:00'/></presence>",
    f"<presence>{DELAY}{DELAY}</presence>",
    "<presence><delay xmlns='urn:x' stamp='2026-01-01T00:00:00Z'/></presence>",
    "<presence><c node='n' ver='v'/></presence>",
    "<presence><idle since='2026-01-01T00:00:00Z'/></presence>",
    "<presence> <show>away</show></presence>",
    "<presence><priority>5</priority >" + "</presence>",
    "<presence xmlns='jabber:client' other='1'/>",
    "<c:presence xmlns:c='jabber:client'/>",
    "<presence from='a&amp;b@c'/>",
    "<presence><status>\x00</status></presence>",
    "<presence/><presence/>",
    "<message/>",
    "<presences/>",
]


@pytest.mark.parametrize("text", USUAL)
def test_the_usual_is_read_like_a_parser_reads_it(text: str) -> None:
    data = text.encode()
    assert read_presence(data) == parse_presence(parse(data, None))


@pytest.mark.parametrize("text", UNUSUAL)
def test_the_unusual_is_left_to_the_parser(text: str) -> None:
    assert read_presence(text.encode()) is None


def test_bytes_that_are_no_text_are_left_to_the_parser() -> None:
    assert read_presence(b"<presence id='\xff'/>") is None


words = st.text(st.sampled_from("awaydnxchtou05- é😀>'\"\n\t\r]"), max_size=6)
pieces = st.sampled_from(
    [
        *("<show>", "</show>", "<show>away</show>", "<show>dnd</show>", "<show/>", "<show >xa</show>"),
        *("<status>at ü</status>", "<status xml:lang='en'>x</status>", "<status/>"),
        *("<priority>5</priority>", "<priority>-200</priority>", "<priority>x</priority>"),
        *(CAPS, CAPS.replace("'", '"'), PHOTO, DELAY, DELAY.replace("00:00Z", "00:60Z"), IDLE),
        *(DELAY.replace("2026", "2025"), DELAY.replace("/>", ">Offline</delay>"), IDLE.replace("5+", "7-")),
        *("<x xmlns='http://jabber.org/protocol/muc#user'/>", "<query xmlns='jabber:iq:last' seconds='9'/>"),
        *("<x xmlns='urn:x'>", "</x>", "&amp;", "&#65;", "<![CDATA[a]]>", "<!-- c -->", "<?p i?>", " "),
        *("<c:show xmlns:c='jabber:client'>dnd</c:show>", "<c a=' xmlns=' xmlns='http://x'/>"),
    ]
)
attributes = st.lists(
    st.sampled_from(
        [
            *(" from='bob@example.org/x'", ' from="bob@example.org/é"', " from='a b'", " from=' '"),
            *(" to='a@b'", " id='1'", ' id="1"', " type='unavailable'", " type=''", " type='Error'"),
            *(
                " xmlns='jabber:client'",
                " xmlns='urn:x'",
                " xml:lang='en'",
                " x='>'",
                "  id='2'",
                " id='&#49;'",
            ),
            *(" id='a\tb'", " from='&lt;@b'"),
        ]
    ),
    max_size=4,
).map("".join)


@settings(max_examples=400)
@given(attributes, st.lists(pieces | words, max_size=7).map("".join), st.sampled_from(["", " "]))
def test_whatever_is_read_is_what_a_parser_reads(given: str, content: str, space: str) -> None:
    data = f"<presence{given}{space}>{content}</presence>".encode()
    stanza = read_presence(data)
    try:
        expected = parse_presence(parse(data, None))
    except NotWellFormed:
        return  # no end takes it, so it does not matter what we make of it
    assert stanza in (None, expected)


@pytest.mark.parametrize("delay", ["", DELAY, DELAY.replace("/>", " from='example.org' />")])
def test_a_presence_without_its_delay(delay: str) -> None:
    text = f"<presence from='bob@example.org/x'><show>away</show>{delay}</presence>"
    assert without_delay(text.encode()) == text.replace(delay, "").encode()
