"""What a presence says, and when two say the same (PRB-5)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.evidence import Presence
from quorate.wire.xmpp.element import NotWellFormed, parse
from quorate.wire.xmpp.presence import PresenceStanza, address, fingerprint, parse_presence, software_name

HEARD = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def read(content: str = "", attributes: str = "", heard: datetime | None = HEARD) -> PresenceStanza:
    return parse_presence(parse(f"<presence {attributes}>{content}</presence>".encode(), None), heard)


@pytest.mark.parametrize(
    ("show", "presence"),
    [
        ("", Presence.ONLINE),
        ("<show/>", Presence.ONLINE),
        ("<show>chat</show>", Presence.FREE),
        ("<show> away\n</show>", Presence.AWAY),
        ("<show>xa</show>", Presence.XA),
        ("<show>dnd</show>", Presence.BUSY),
        ("<show>gone fishing</show>", Presence.ONLINE),
        ("<show xmlns='urn:x'>dnd</show>", Presence.ONLINE),
    ],
)
def test_show(show: str, presence: Presence) -> None:
    assert read(show).presence is presence


@pytest.mark.parametrize(
    ("kind", "presence"),
    [
        ("unavailable", Presence.OFFLINE),
        ("error", Presence.UNKNOWN),
        ("unsubscribed", Presence.UNKNOWN),
        ("subscribe", Presence.UNKNOWN),
        ("strange", Presence.UNKNOWN),
    ],
)
def test_type(kind: str, presence: Presence) -> None:
    stanza = read("<show>chat</show>", f"type='{kind}'")
    assert (stanza.type, stanza.presence) == (kind, presence)


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("5", 5),
        (" -1 ", -1),
        ("128", 127),
        ("-129", -128),
        ("junk", 0),
        ("", 0),
        ("1.5", 0),
        ("9" * 5000, 127),
    ],
)
def test_priority(text: str, priority: int) -> None:
    assert read(f"<priority>{text}</priority>").priority == priority


def test_addresses_and_caps() -> None:
    stanza = read(
        "<c xmlns='http://jabber.org/protocol/caps' node='http://x' ver='v='/>",
        "from='Bob@Example.org/Phone' to='alice@example.org' id='7'",
    )
    assert (str(stanza.from_), str(stanza.to), stanza.id) == (
        "bob@example.org/Phone",
        "alice@example.org",
        "7",
    )
    assert (stanza.caps, stanza.muc) == ("http://x#v=", False)


@pytest.mark.parametrize(
    ("caps", "name"),
    [
        ("http://www.profanity.im#abc=", "profanity.im"),
        ("https://gajim.org#abc=", "gajim.org"),
        ("http://psi-im.org/caps#a", "psi-im.org/caps"),
        ("https://dino.im/#a", "dino.im"),
        ("libpurple#", "libpurple"),
        ("urn:x://y#1", "urn:x://y"),
        ("http://a\u202e\x1b[31mb\n.org#1", "a[31mb.org"),
        (f"http://{'x' * 5000}#1", "x" * 64),
        ("https://#1", ""),
        ("#", ""),
    ],
)
def test_what_a_client_calls_itself(caps: str, name: str) -> None:
    assert software_name(caps) == name


@given(st.text())
def test_whatever_a_client_calls_itself_fits_in_one_line(node: str) -> None:
    name = software_name(f"{node}#v")
    assert len(name) <= 64
    assert name == "" or name.isprintable()


def test_nothing_given() -> None:
    stanza = read()
    assert (stanza.from_, stanza.to, stanza.id, stanza.type) == (None,) * 4
    assert (stanza.delay, stanza.idle_since, stanza.caps) == (None,) * 3


@pytest.mark.parametrize("text", [None, "", "@", "a@b@", "a b@c"])
def test_no_address(text: str | None) -> None:
    assert address(text) is None


@pytest.mark.parametrize("namespace", ["muc", "muc#user"])
def test_rooms(namespace: str) -> None:
    assert read(f"<x xmlns='http://jabber.org/protocol/{namespace}'/>").muc


def delay(minutes: int) -> str:
    stamp = (HEARD - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"<delay xmlns='urn:xmpp:delay' stamp='{stamp}'/>"


@pytest.mark.parametrize(
    ("content", "minutes"),
    [
        (delay(5), 5),
        (delay(5) + delay(9) + delay(7), 9),
        (delay(5) + "<x xmlns='jabber:x:delay' stamp='20260301T11:50:00'/>", 10),
        (delay(-5), 0),
        (delay(-48 * 60), None),
        ("<delay xmlns='urn:xmpp:delay' stamp='yesterday'/>", None),
        ("<delay xmlns='urn:xmpp:delay'/>", None),
    ],
)
def test_the_oldest_delay_counts_and_never_lies_ahead(content: str, minutes: int | None) -> None:
    expected = None if minutes is None else HEARD - timedelta(minutes=minutes)
    assert read(content).delay == expected


def idle(minutes: int) -> str:
    since = (HEARD - timedelta(minutes=minutes)).isoformat()
    return f"<idle xmlns='urn:xmpp:idle:1' since='{since}'/>"


AUTO_AWAY = "<show>away</show><query xmlns='jabber:iq:last' seconds='600'/>"
"""XEP-0256 section 3; without a show it says how long somebody was gone before the login."""


@pytest.mark.parametrize(
    ("content", "minutes"),
    [
        (idle(30), 30),
        (idle(-30), 0),
        (idle(-25 * 60), None),
        (AUTO_AWAY, 10),
        (AUTO_AWAY.replace("away", "xa"), 10),
        (AUTO_AWAY + delay(60), 70),
        (idle(3) + AUTO_AWAY, 3),
        (AUTO_AWAY.replace("600", "-1"), None),
        (AUTO_AWAY.replace("600", "9" * 50), None),
        (AUTO_AWAY.replace("away", "dnd"), None),
        ("<query xmlns='jabber:iq:last' seconds='600'/>", None),
        (delay(5), None),
    ],
)
def test_idle_is_its_own_statement(content: str, minutes: int | None) -> None:
    expected = None if minutes is None else HEARD - timedelta(minutes=minutes)
    assert read(content).idle_since == expected


def test_without_a_wall_clock_dates_are_taken_as_sent() -> None:
    stanza = read(idle(-30) + delay(-30), heard=None)
    assert stanza.idle_since == stanza.delay == HEARD + timedelta(minutes=30)
    without = read(AUTO_AWAY, heard=None)
    assert (without.idle_since, without.idle_s) == (None, 600.0), "whoever has a clock can count back"
    assert read(AUTO_AWAY + delay(60), heard=None).idle_s is None


SAME = "<show>away</show><status>lunch</status><priority>5</priority>"


def print_of(content: str, attributes: str = "") -> bytes:
    return fingerprint(parse(f"<presence {attributes}>{content}</presence>".encode(), None))


@pytest.mark.parametrize(
    ("content", "attributes"),
    [
        (SAME + delay(5), ""),
        (SAME, "id='1' to='a@b/c' from='d@e/f' xml:lang='en'"),
        ("<priority>5</priority>\n<status>lunch</status>\n<show>away</show>", ""),
        (SAME + "<x xmlns='jabber:x:delay' stamp='20260301T11:50:00'/>", ""),
    ],
)
def test_the_same_to_the_user(content: str, attributes: str) -> None:
    assert print_of(content, attributes) == print_of(SAME)


@pytest.mark.parametrize(
    ("content", "attributes"),
    [
        ("<show>dnd</show><status>lunch</status><priority>5</priority>", ""),
        ("<show>away</show><status>tea</status><priority>5</priority>", ""),
        ("<show>away</show><status>lunch</status><priority>6</priority>", ""),
        (SAME, "type='unavailable'"),
        (SAME + "<c xmlns='http://jabber.org/protocol/caps' node='x' ver='y'/>", ""),
        (SAME + "<x xmlns='vcard-temp:x:update'><photo>1</photo></x>", ""),
        ("<show>away</show>", ""),
    ],
)
def test_news(content: str, attributes: str) -> None:
    assert print_of(content, attributes) != print_of(SAME)


@given(st.text(st.sampled_from("<>/='\" abdelayshowidnce:09"), max_size=60))
def test_any_presence_is_read_without_an_error(content: str) -> None:
    try:
        element = parse(f"<presence>{content}</presence>".encode(), None)
    except NotWellFormed:
        return
    assert -128 <= parse_presence(element, HEARD).priority <= 127
    assert len(fingerprint(element)) == 16


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_values_are_read_without_an_error(first: str, second: str, third: str) -> None:
    element = parse(b"<presence><priority/><show/><idle xmlns='urn:xmpp:idle:1'/></presence>", None)
    element[0].text, element[1].text = first, second
    element[2].set("since", third)
    element.set("from", third)
    assert parse_presence(element, HEARD).presence in Presence
