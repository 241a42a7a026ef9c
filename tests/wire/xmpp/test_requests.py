"""The bytes Quorate adds: each one well-formed element, saying what it should."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.address import parse_jid
from quorate.wire.xmpp import requests
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.framer import Framer, Piece, PieceKind
from quorate.wire.xmpp.iq import parse_last, stanza_error
from quorate.wire.xmpp.presence import parse_presence
from quorate.wire.xmpp.requests import Ids, RosterItem
from quorate.wire.xmpp.roster import parse_roster
from quorate.wire.xmpp.tag import escape

BOB = parse_jid("bob@example.org/a'b\"<&")
OWN = parse_jid("alice@example.org/desk")
COMPANION = parse_jid("quorate@quorate.invalid/q")
ITEM = RosterItem(jid=COMPANION, name="Quorate <1>", group="R & D")

BYTES = {
    "probe": (requests.presence_probe("q-1", BOB), b"<presence type='probe' id='q-1' to='bob@example.org'/>"),
    "last": (
        requests.last_activity("q-1-1", BOB),
        b"<iq type='get' id='q-1-1' to='bob@example.org'><query xmlns='jabber:iq:last'/></iq>",
    ),
    "message": (
        requests.message("q-1-1", BOB.bare, "now & <here>"),
        b"<message type='chat' id='q-1-1' to='bob@example.org'><body>now &amp; &lt;here&gt;</body>"
        b"<private xmlns='urn:xmpp:carbons:2'/><no-copy xmlns='urn:xmpp:hints'/>"
        b"<no-store xmlns='urn:xmpp:hints'/></message>",
    ),
    "message for all devices": (
        requests.message("q-1-1", BOB.bare, "hi", private=False),
        b"<message type='chat' id='q-1-1' to='bob@example.org'><body>hi</body></message>",
    ),
    "chat": (
        requests.chat("q-1-2", COMPANION, OWN, "hi"),
        b"<message type='chat' id='q-1-2' from='quorate@quorate.invalid/q' to='alice@example.org/desk'>"
        b"<body>hi</body></message>",
    ),
    "receipt": (
        requests.receipt("q-1-3", COMPANION, OWN, "a'b"),
        b"<message type='chat' id='q-1-3' from='quorate@quorate.invalid/q' to='alice@example.org/desk'>"
        b"<received xmlns='urn:xmpp:receipts' id='a&apos;b'/></message>",
    ),
    "remove": (
        requests.roster_push_remove("q-1-4", COMPANION),
        b"<iq type='set' id='q-1-4'><query xmlns='jabber:iq:roster'>"
        b"<item jid='quorate@quorate.invalid' subscription='remove'/></query></iq>",
    ),
    "gone": (
        requests.presence_unavailable(COMPANION, OWN),
        b"<presence type='unavailable' from='quorate@quorate.invalid/q' to='alice@example.org/desk'/>",
    ),
    "result": (
        requests.iq_result("7", COMPANION, OWN, b"<ok/>"),
        b"<iq type='result' id='7' from='quorate@quorate.invalid/q' to='alice@example.org/desk'><ok/></iq>",
    ),
    "tls failure": (
        requests.starttls_failure(),
        b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>",
    ),
    "compression failure": (
        requests.compress_failure(),
        b"<failure xmlns='http://jabber.org/protocol/compress'><unsupported-method/></failure>",
    ),
    "nothing to resume": (
        requests.sm_failed_item_not_found(),
        b"<failed xmlns='urn:xmpp:sm:3'>"
        b"<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>",
    ),
}


@pytest.mark.parametrize(("made", "expected"), BYTES.values(), ids=BYTES.keys())
def test_bytes(made: bytes, expected: bytes) -> None:
    assert made == expected


def test_a_roster_push_is_read_as_one_contact() -> None:
    roster = parse_roster(parse(requests.roster_push("q-1-1", ITEM, OWN), None))
    assert roster is not None
    assert roster.ver is None
    (contact,) = roster.contacts
    assert (contact.name, contact.groups, contact.pushes_presence) == ("Quorate <1>", ("R & D",), True)
    assert str(contact.address) == "xmpp:quorate@quorate.invalid"


def test_an_item_without_a_group() -> None:
    item = RosterItem(jid=COMPANION, name="Q")
    assert parse(requests.roster_item(item), None).findall("*") == []


def test_the_companion_is_available() -> None:
    data = requests.presence_available(COMPANION, OWN, "1 waiting")
    element = parse(data, None)
    presence = parse_presence(element)
    assert (presence.from_, presence.to) == (COMPANION, OWN)
    assert element.findtext("{jabber:client}status") == "1 waiting"
    assert (presence.type, presence.priority, presence.caps) == (None, 0, None)


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ("service-unavailable", "cancel"),
        ("item-not-found", "cancel"),
        ("forbidden", "auth"),
        ("bad-request", "modify"),
    ],
)
def test_an_iq_error_is_read_as_one(condition: str, kind: str) -> None:
    error = stanza_error(parse(requests.iq_error("1", COMPANION, OWN, condition), None))
    assert error is not None
    assert (error.type, error.condition) == (kind, condition)


MAKERS: dict[str, Callable[[str], bytes]] = {
    "message": lambda text: requests.message(text, BOB, text),
    "chat": lambda text: requests.chat(text, COMPANION, OWN, text),
    "receipt": lambda text: requests.receipt(text, COMPANION, OWN, text),
    "last": lambda text: requests.last_activity(text, BOB),
    "push": lambda text: requests.roster_push(text, RosterItem(jid=COMPANION, name=text, group=text)),
    "presence": lambda text: requests.presence_available(COMPANION, OWN, text),
    "error": lambda text: requests.iq_error(text, COMPANION, OWN, "forbidden"),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
@given(st.text(max_size=30))
def test_any_text_makes_one_whole_stanza(make: Callable[[str], bytes], text: str) -> None:
    data = make(text)
    framer = Framer(lambda tag: 0)
    framer.feed(b"<stream xmlns='jabber:client'>")
    (piece,) = framer.feed(data)
    assert isinstance(piece, Piece)
    assert (piece.kind, piece.data, piece.whole) == (PieceKind.ELEMENT, data, True)
    assert parse(data, None).tag.startswith("{jabber:client}")


@given(st.text(max_size=30))
def test_a_body_arrives_as_it_was(text: str) -> None:
    body = parse(requests.chat("1", COMPANION, OWN, text), None).find("{jabber:client}body")
    assert body is not None
    assert escape(body.text or "") == escape(text)


def test_ids_are_counted_and_recognised() -> None:
    ids = Ids("5f")
    assert [ids.next(), ids.next()] == ["q-5f-1", "q-5f-2"]
    assert ids.is_ours("q-5f-2")


@pytest.mark.parametrize("id", [None, "", "q-5f-", "q-5f-x", "q-5e-1", "q-5f", "xq-5f-1"])
def test_ids_of_others_are_not_ours(id: str | None) -> None:
    assert not Ids("5f").is_ours(id)


def test_a_refused_request_says_nothing_about_presence() -> None:
    answer = parse_last(parse(requests.iq_error("1", None, None, "service-unavailable"), None))
    assert answer.presence is None
