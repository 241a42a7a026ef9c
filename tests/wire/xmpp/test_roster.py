"""Roster results and pushes as contacts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.address import xmpp
from quorate.model.person import Contact, Subscription
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.roster import RosterQuery, parse_roster
from quorate.wire.xmpp.tag import escape


def read(items: str, attributes: str = "") -> RosterQuery:
    data = f"<iq type='result'><query xmlns='jabber:iq:roster' {attributes}>{items}</query></iq>"
    roster = parse_roster(parse(data.encode(), None))
    assert roster is not None
    return roster


BOB = xmpp("bob@example.org")
ITEMS = {
    "bare minimum": ("<item jid='bob@example.org'/>", Contact(address=BOB)),
    "all of it": (
        "<item jid='bob@example.org' name=' Bob ' subscription='both'>"
        "<group>dba</group><group>ops</group></item>",
        Contact(address=BOB, name="Bob", groups=("dba", "ops"), subscription=Subscription.BOTH),
    ),
    "pending": (
        "<item jid='bob@example.org' subscription='none' ask='subscribe'/>",
        Contact(address=BOB, pending=True),
    ),
    "normalised": (
        "<item jid='BOB@Example.ORG/x' subscription='to'/>",
        Contact(address=BOB, subscription=Subscription.TO),
    ),
    "groups once, not empty": (
        "<item jid='bob@example.org'><group>a</group><group> a </group><group/></item>",
        Contact(address=BOB, groups=("a",)),
    ),
    "strange subscription": ("<item jid='bob@example.org' subscription='ask'/>", Contact(address=BOB)),
    "strange children": ("<item jid='bob@example.org'><x xmlns='y'/></item>", Contact(address=BOB)),
}


@pytest.mark.parametrize(("items", "contact"), ITEMS.values(), ids=ITEMS.keys())
def test_items(items: str, contact: Contact) -> None:
    roster = read(items)
    assert roster.contacts == (contact,)
    assert roster.removed == ()


def test_removed_is_told_apart() -> None:
    roster = read("<item jid='bob@example.org' subscription='remove'/><item jid='eve@example.org'/>")
    assert roster.removed == (BOB,)
    assert [contact.address for contact in roster.contacts] == [xmpp("eve@example.org")]


@pytest.mark.parametrize(
    "items", ["<item/>", "<item jid=''/>", "<item jid='@'/>", "<item xmlns='y' jid='a@b'/>"]
)
def test_what_is_no_contact_is_left_out(items: str) -> None:
    assert read(items).contacts == ()


@pytest.mark.parametrize(("attributes", "ver"), [("ver='q1:5'", "q1:5"), ("ver=''", ""), ("", None)])
def test_version(attributes: str, ver: str | None) -> None:
    assert read("", attributes).ver == ver


def test_other_queries_are_no_roster() -> None:
    assert parse_roster(parse(b"<iq type='result'/>", None)) is None
    assert parse_roster(parse(b"<iq><query xmlns='jabber:iq:last'/></iq>", None)) is None


def test_the_query_alone_is_read_too() -> None:
    roster = parse_roster(
        parse(b"<query xmlns='jabber:iq:roster'><item jid='bob@example.org'/></query>", None)
    )
    assert roster is not None
    assert len(roster.contacts) == 1


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=8), st.text(max_size=8)), max_size=4))
def test_any_items_are_read_without_an_error(items: list[tuple[str, str, str]]) -> None:
    text = "".join(
        f"<item jid='{escape(jid)}' name='{escape(name)}' subscription='{escape(name)}'>"
        f"<group>{escape(group)}</group></item>"
        for jid, name, group in items
    )
    roster = read(text)
    assert len(roster.contacts) + len(roster.removed) <= len(items)
