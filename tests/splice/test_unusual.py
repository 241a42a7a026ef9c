"""What RFC 6120 and the XEPs allow and few do: prefixes, references, CDATA, haste, old versions."""

import re

import pytest

from quorate.model.stream import StreamState
from quorate.splice.effects import CommandTyped, PresenceSeen, Redirected, RosterSeen
from tests.splice.script import (
    APPEARS,
    BIND,
    BOB,
    BOUND,
    CLIENT_HEADER,
    FEATURES,
    ITEM,
    ROSTER_GET,
    SERVER_HEADER,
    STREAM,
    Talk,
    bound,
    ids,
    roster,
    who,
)

SM = "xmlns='urn:xmpp:sm:3'"
STREAMS = "urn:ietf:params:xml:ns:xmpp-streams"
SESSION = "<iq type='set' id='s1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"


@pytest.mark.parametrize("body", ["<![CDATA[who bob]]>", "who&#32;b&#x6f;b", "who <![CDATA[bo]]>b"])
def test_a_command_may_be_written_in_any_way(body: str) -> None:
    talk = Talk().log_in()
    talk.c(f"<message to='quorate@quorate.invalid' xml:lang='de'><body xml:lang='de'>{body}</body></message>")
    assert [command.text for command in talk.saw(CommandTyped)] == ["who bob"]
    assert talk.server() == ""


def test_a_roster_may_use_prefixes() -> None:
    """RFC 6120 section 4.8.5: with them, too, the companion stands in it, and its version is ours."""
    talk = bound()
    talk.c(ROSTER_GET)
    item = "<r:item jid='bob@example.org' subscription='both'/>"
    talk.s(f"<iq type='result' id='r1'><r:query xmlns:r='jabber:iq:roster' ver='4'>{item}</r:query></iq>")
    assert f"ver='q1:4'>{item}{ITEM}</r:query></iq>" in talk.client()
    push = (
        "<c:iq xmlns:c='jabber:client' type='set' id='x'><r:query xmlns:r='jabber:iq:roster' ver='{}5'>"
        "<r:item jid='bob@example.org' subscription='remove'/></r:query></c:iq>"
    )
    talk.s(push.format(""))
    assert talk.client() == push.format("q1:")
    assert talk.saw(RosterSeen)[-1].removed == (who("bob"),)


def test_the_streams_prefix_may_be_any() -> None:
    talk = Talk()
    stream = STREAM.replace("xmlns:stream", "xmlns:s")
    talk.c(f"\ufeff<?xml version='1.0'?>\n<!-- -->\n<s:stream to='example.org' xml:lang='de' {stream}>")
    talk.s(
        f"<s:stream from='example.org' id='1' {stream}>{FEATURES.replace('stream:features', 's:features')}"
    )
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET)
    talk.s(roster(BOB))
    talk.c("<presence/>")
    assert talk.client().endswith(APPEARS)
    talk.c("</s:stream\n>")
    assert talk.server().endswith("</s:stream\n>")


def test_an_address_may_hold_what_must_be_escaped() -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND.replace("alice@example.org/pc", "al\\27ice@example.org/p&apos;c&amp;<![CDATA[<x>]]>"))
    talk.c(ROSTER_GET)
    talk.s(roster(BOB))
    talk.c("<presence/>")
    assert "to='al\\27ice@example.org/p&apos;c&amp;&lt;x&gt;'><priority>" in talk.client()


def test_a_client_in_a_hurry_sends_all_at_once() -> None:
    """XEP-0305, with the session of RFC 3921: nothing is added before its answers have come."""
    talk = Talk()
    talk.open()
    talk.c(BIND + SESSION + ROSTER_GET + "<presence/>")
    talk.hear()
    talk.s(BOUND)
    assert talk.client() == BOUND
    talk.ask("bob")
    assert talk.server() == ""
    talk.s("<iq type='result' id='s1'/>" + roster(BOB))
    assert APPEARS in talk.client()
    assert len(ids(talk.server())) == 2


def test_a_client_in_a_hurry_does_not_wait_for_its_login_either() -> None:
    """XEP-0305: the new header (RFC 6120 section 6.4.6) and all that follows come before <success/>."""
    sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
    talk = Talk()
    login = f"<auth {sasl} mechanism='PLAIN'>AGEAYg==</auth>{CLIENT_HEADER}{BIND}{ROSTER_GET}<presence/>"
    talk.c(CLIENT_HEADER + login)
    assert talk.server() == CLIENT_HEADER + login
    mechanisms = (
        f"<stream:features><mechanisms {sasl}><mechanism>PLAIN</mechanism></mechanisms></stream:features>"
    )
    talk.s(f"{SERVER_HEADER}{mechanisms}<success {sasl}/>{SERVER_HEADER}{FEATURES}{BOUND}{roster(BOB)}")
    assert talk.client().endswith(f"{roster(BOB, ITEM)}{APPEARS}")


def test_a_session_may_be_counted_and_not_be_resumable() -> None:
    talk = bound()
    talk.c(f"<enable {SM}/>")
    talk.s(f"<enabled {SM}/>")
    talk.c(ROSTER_GET)
    talk.s(roster(BOB))
    talk.c("<presence/><message to='quorate@quorate.invalid' id='m'><body>who</body></message>")
    talk.client()
    talk.s(f"<a {SM} h='2'/>")
    assert talk.client() == f"<a {SM} h='3'/>"


def test_the_second_version_of_stream_management_is_one_too() -> None:
    old = SM.replace("3", "2")
    talk = bound()
    talk.c(f"<enable {old} resume='1'/>")
    talk.s(f"<enabled {old} id='S9' resume='1'/>")
    virtual = re.search(r"id='(q1\.[0-9a-f]+)'", talk.client())
    assert virtual
    talk.lose()
    again = Talk(sessions=talk.sessions)
    again.open()
    again.hear()
    again.c(f"<resume {old} h='0' previd='{virtual[1]}'/>")
    assert again.server() == f"<resume {old} h='0' previd='S9'/>"
    again.s(f"<resumed {old} h='0' previd='S9'/>")
    assert again.client() == f"<resumed {old} h='0' previd='{virtual[1]}'/>"


def test_a_stream_error_passes_with_its_text() -> None:
    """RFC 6120 section 4.9.2; what is only said in it leads nowhere."""
    talk = Talk().log_in(sm=True)
    error = (
        f"<stream:error><conflict xmlns='{STREAMS}'/><text xmlns='{STREAMS}' xml:lang='en'>see-other-host"
        "</text><app xmlns='urn:x'/></stream:error></stream:stream>"
    )
    talk.s(error)
    assert talk.client() == error
    assert talk.saw(Redirected) == []


@pytest.mark.parametrize("alpn", [(), ("xmpp-client",)])
def test_a_server_may_send_its_clients_elsewhere_at_any_time(alpn: tuple[str, ...]) -> None:
    """NEG-5: inside TLS and after the login, to an IPv6 address."""
    talk = Talk(direct_tls=("example.org", alpn)).log_in()
    host = f"<see-other-host xmlns='{STREAMS}'>{{}}</see-other-host>"
    talk.s(f"<stream:error>{host.format('[2001:db8::1]:5999')}</stream:error></stream:stream>")
    assert host.format("127.0.0.1:5221") in talk.client()
    assert talk.saw(Redirected) == [Redirected(domain="example.org", host="2001:db8::1", port=5999)]


def test_a_room_that_refuses_the_client_says_nothing_about_anybody() -> None:
    talk = Talk().log_in()
    talk.c("<presence to='room@conf.example.org/me'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    refused = (
        "<presence type='error' from='room@conf.example.org/me'><error type='cancel'>"
        "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>"
    )
    talk.s(refused)
    talk.s("<presence from='room@conf.example.org/bob'><show>dnd</show></presence>")
    assert talk.client().startswith(refused)
    assert talk.saw(PresenceSeen) == []


def test_a_header_may_come_byte_by_byte() -> None:
    talk = Talk(chunk=1)
    talk.c(f"<?xml version='1.0'?><stream:stream\tto = 'example.org'\n{STREAM} >")
    talk.s(SERVER_HEADER + FEATURES)
    assert talk.splice.state is StreamState.NEGOTIATING
    assert talk.splice.domain == "example.org"
