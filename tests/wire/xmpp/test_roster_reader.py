"""A roster read in parts says the same as one read whole, whatever its length."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.element import NotWellFormed, parse
from quorate.wire.xmpp.roster import MAX_ITEM, MAX_ROSTER, RosterReader, parse_roster

ITEMS = (
    "<item jid='bob@example.org' name='B&lt;ob' subscription='both'><group>dba</group></item>",
    "<item jid='carol@example.org' ask='subscribe'/> \n",
    "<item jid='@'/>",
    "<other xmlns='x'><item jid='no@a'/><query xmlns='jabber:iq:roster'><item jid='n@o'/></query></other>",
    "<item jid='émile@example.org' name='É'/><!-- a comment --><![CDATA[<item jid='no@no'/>]]>",
)
BEGIN = "<iq type='result' id='r'><query xmlns='jabber:iq:roster' ver='7'>"
END = "</query></iq>"


def in_parts(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@given(st.lists(st.sampled_from(ITEMS), max_size=12), st.integers(1, 200))
def test_the_parts_say_what_the_whole_says(items: list[str], size: int) -> None:
    data = (BEGIN + "".join(items) + END).encode()
    reader = RosterReader(None)
    for part in in_parts(data, size):
        reader.feed(part)
    assert reader.finish() == parse_roster(parse(data, None))


def test_an_answer_without_a_roster_is_none() -> None:
    reader = RosterReader(None)
    reader.feed(b"<iq type='result' id='r'/>")
    assert reader.finish() is None


@pytest.mark.parametrize(
    "data",
    [
        BEGIN + "<item></query></iq>",
        BEGIN + "<item jid='" + "x" * 3 * MAX_ITEM,
        BEGIN + "<item jid='a@b'>" + "<g/>" * MAX_ITEM,
        BEGIN + ("<item jid='a@b' name='" + "x" * 500 + "'/>") * (MAX_ROSTER // 500),
    ],
    ids=["no XML", "a long item", "an item of many", "a long roster"],
)
def test_what_cannot_be_read_is_refused(data: str) -> None:
    def read() -> None:
        reader = RosterReader(None)
        for part in in_parts(data.encode(), 65536):
            reader.feed(part)

    with pytest.raises(NotWellFormed):
        read()
