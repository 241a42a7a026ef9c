"""From the first byte to the login: whom to connect to, STARTTLS in its order, features. T1 to T9."""

import base64
import gc
from collections.abc import Iterator
from types import FunctionType, ModuleType

import pytest

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.arrival import Arrival
from quorate.splice.effects import (
    Close,
    Connect,
    LoggedIn,
    OwnPresenceSent,
    Redirected,
    Side,
    StartTls,
    StateChanged,
)
from tests.splice.script import (
    BIND,
    BOUND,
    CLIENT_HEADER,
    ENABLE,
    ENABLED,
    FEATURES,
    SERVER_HEADER,
    STREAM,
    Talk,
)

TLS = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
STARTTLS_OFFERED = f"<stream:features><starttls {TLS}/></stream:features>"
MECHANISMS = (
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>SCRAM-SHA-1-PLUS</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms>"
    "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-unique'/>"
    "</sasl-channel-binding></stream:features>"
)


def asked_for_tls(chunk: int = 1 << 20) -> Talk:
    talk = Talk(chunk=chunk)
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER + STARTTLS_OFFERED)
    talk.c(f"<starttls {TLS}/>")
    talk.hear()
    return talk


def secured() -> Talk:
    talk = asked_for_tls()
    talk.s(f"<proceed {TLS}/>")
    talk.do(talk.splice.tls_ready(Side.SERVER, talk.now))
    talk.do(talk.splice.tls_ready(Side.CLIENT, talk.now))
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER)
    talk.hear()
    return talk


def test_connects_to_the_domain_of_the_header_and_forwards_it_unchanged() -> None:
    talk = Talk()
    talk.c("<?xml version='1.0'?>" + CLIENT_HEADER)
    assert talk.saw(Connect) == [Connect(domain="example.org")]
    assert talk.server() == "<?xml version='1.0'?>" + CLIENT_HEADER


def test_a_client_that_begins_with_tls_is_connected_at_once() -> None:
    talk = Talk(direct_tls=("example.org", ("xmpp-client",)))
    assert talk.saw(Connect) == [Connect(domain="example.org", direct_tls=True, alpn=("xmpp-client",))]
    talk.c(CLIENT_HEADER)
    assert talk.saw(Connect) == []
    assert talk.server() == CLIENT_HEADER


def test_a_client_that_refuses_our_certificate_is_named_as_the_reason() -> None:
    talk = asked_for_tls()
    talk.s(f"<proceed {TLS}/>")
    talk.do(talk.splice.tls_ready(Side.SERVER, talk.now))
    talk.do(talk.splice.tls_failed(Side.CLIENT, Reason.CLIENT_DISTRUST, talk.now))
    assert talk.saw(StateChanged)[-1].reason is Reason.CLIENT_DISTRUST
    assert talk.saw(Close) == [Close()]


def test_an_unreachable_server_is_told_in_a_sentence_the_client_can_show() -> None:
    talk = Talk()
    talk.c(CLIENT_HEADER)
    text = "example.org cannot be reached <now>."
    talk.do(talk.splice.connect_failed(Reason.UPSTREAM_UNREACHABLE, text, talk.now))
    seen = talk.client()
    assert seen.startswith("<?xml version='1.0'?><stream:stream ")
    assert "<remote-connection-failed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>" in seen
    assert ">example.org cannot be reached &lt;now&gt;.</text></stream:error></stream:stream>" in seen
    assert talk.splice.state is StreamState.ENDED


@pytest.mark.parametrize("to", ["", " to=''", " to='@'"])
def test_a_header_without_a_server_gets_a_stream_error(to: str) -> None:
    talk = Talk()
    talk.c(f"<stream:stream{to} {STREAM}>")
    assert "<improper-addressing " in talk.client()
    assert talk.server() == ""
    assert talk.saw(Close) == [Close()]


def test_what_is_no_xmpp_at_all_is_closed() -> None:
    talk = Talk()
    talk.c("GET / HTTP/1.1\r\n\r\n")
    assert talk.saw(Close) == [Close()]
    assert talk.saw(StateChanged)[-1].reason is Reason.NOT_XMPP


def test_a_stream_of_another_kind_is_only_forwarded() -> None:
    talk = Talk()
    header = CLIENT_HEADER.replace("jabber:client", "jabber:component:accept")
    talk.c(header + "<handshake/>")
    assert talk.server() == header + "<handshake/>"
    assert talk.splice.state is StreamState.BLIND
    assert talk.saw(StateChanged)[-1].reason is Reason.UNKNOWN_NAMESPACE


@pytest.mark.parametrize("side", Side)
def test_a_stream_that_names_its_stanzas_by_a_prefix_is_only_forwarded(side: Side) -> None:
    """What we would add has no prefix."""
    talk = Talk()
    talk.c(CLIENT_HEADER.replace("xmlns=", "xmlns:c=") if side is Side.CLIENT else CLIENT_HEADER)
    talk.s(SERVER_HEADER.replace("xmlns=", "xmlns:c="))
    assert talk.splice.state is StreamState.BLIND


def test_features_lose_channel_binding_only_where_tls_ends_at_us() -> None:
    plain, tls = Talk(), secured()
    plain.c(CLIENT_HEADER)
    plain.s(SERVER_HEADER)
    plain.hear()
    for talk in (plain, tls):
        talk.s(MECHANISMS)
    assert plain.client() == MECHANISMS
    offered = tls.client()
    assert "PLUS" not in offered
    assert "sasl-channel-binding" not in offered
    assert "<mechanism>SCRAM-SHA-1</mechanism>" in offered


def stream_error(text: str) -> str:
    return (
        "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
        f"{text}</see-other-host></stream:error></stream:stream>"
    )


@pytest.mark.parametrize("chunk", [1 << 20, 1])
@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("im2.example.org", "im2.example.org", 5222),
        (" im2.example.org:5299 ", "im2.example.org", 5299),
        ("[2001:db8::7]:5223", "2001:db8::7", 5223),
        ("192.0.2.7", "192.0.2.7", 5222),
    ],
)
def test_a_redirect_leads_the_client_back_to_us_and_us_to_the_other_host(
    text: str, host: str, port: int, chunk: int
) -> None:
    talk = Talk(chunk=chunk)
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER + stream_error(text))
    assert talk.saw(Redirected) == [Redirected(domain="example.org", host=host, port=port)]
    assert talk.client() == SERVER_HEADER + stream_error("127.0.0.1:5221")


@pytest.mark.parametrize("text", ["", "http://x/", "a b", "h:99999", "<b/>"])
def test_a_redirect_to_nowhere_passes_as_it_is(text: str) -> None:
    talk = Talk()
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER + stream_error(text))
    assert talk.saw(Redirected) == []
    assert talk.client() == SERVER_HEADER + stream_error(text)


@pytest.mark.parametrize("enabled", [False, True])
def test_a_client_that_chose_the_host_itself_is_not_led_back(enabled: bool) -> None:
    talk = Talk(arrival=Arrival(destination="im.example.org:5222", here="127.0.0.1:5221"))
    if enabled:
        talk.log_in()
        talk.c(ENABLE)
        talk.s(ENABLED.replace("/>", " location='im2.example.org:5222'/>"))
        assert " location='im2.example.org:5222'/>" in talk.client()
    else:
        talk.c(CLIENT_HEADER)
        talk.hear()
    talk.s(stream_error("im2.example.org"))
    assert talk.client() == stream_error("im2.example.org")
    assert talk.saw(Redirected) == []


def test_a_location_for_the_next_connection_is_taken_out() -> None:
    talk = Talk().log_in()
    talk.c(ENABLE)
    talk.s(ENABLED.replace("/>", " location='im2.example.org:5222'/>"))
    assert "location" not in talk.client()


def test_starttls_is_not_offered_inside_tls_and_not_begun() -> None:
    talk = Talk(direct_tls=("example.org", ()))
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER + STARTTLS_OFFERED)
    assert talk.client() == SERVER_HEADER + "<stream:features></stream:features>"
    talk.hear()
    talk.c(f"<starttls {TLS}/>")
    talk.s(f"<failure {TLS}/>")
    assert talk.server() == f"<starttls {TLS}/>"
    assert talk.client() == f"<failure {TLS}/>"
    assert talk.saw(StartTls) == []


def test_starttls_is_never_taken_out_of_plain_features() -> None:
    talk = Talk()
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER + STARTTLS_OFFERED)
    assert talk.client() == SERVER_HEADER + STARTTLS_OFFERED


def test_external_is_not_offered_where_tls_ends_at_us() -> None:
    talk = secured()
    talk.s(MECHANISMS.replace("SCRAM-SHA-1-PLUS", "EXTERNAL"))
    assert "EXTERNAL" not in talk.client()


def test_what_the_client_chose_goes_on_as_a_tunnel_if_it_is_no_xmpp() -> None:
    for begin in ("<!DOCTYPE x>", f"<stream:stream {STREAM}>"):
        talk = Talk(arrival=Arrival(destination="[::1]:5222"))
        talk.c(begin)
        talk.c(b"\x00more")
        assert talk.saw(Connect) == [Connect(domain="[::1]", tunnel=True)]
        assert talk.raw(Side.SERVER) == begin.encode() + b"\x00more"
        assert talk.splice.state is StreamState.BLIND


@pytest.mark.parametrize(
    ("headers", "reason", "expected", "condition"),
    [
        ("both", Reason.LOGIN_TIMEOUT, Reason.LOGIN_TIMEOUT, "connection-timeout"),
        ("client", Reason.LOGIN_TIMEOUT, Reason.UPSTREAM_SILENT, "remote-connection-failed"),
        ("both", Reason.CROWDED_OUT, Reason.CROWDED_OUT, "resource-constraint"),
    ],
)
def test_who_is_put_out_is_told_why(headers: str, reason: Reason, expected: Reason, condition: str) -> None:
    talk = Talk()
    talk.c(CLIENT_HEADER)
    if headers == "both":
        talk.s(SERVER_HEADER)
    talk.do(talk.splice.put_out(reason, "It took too long.", talk.now))
    assert f"<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>" in talk.client()
    assert talk.saw(Close) == [Close()]
    assert talk.saw(StateChanged)[-1].reason is expected


def test_a_tunnel_is_put_out_without_a_word() -> None:
    talk = Talk(arrival=Arrival(destination="h:5222", unread=Reason.NOT_XMPP))
    talk.do(talk.splice.put_out(Reason.CROWDED_OUT, "Too many.", talk.now))
    assert (talk.client(), talk.server()) == ("", "")
    assert talk.saw(Close) == [Close()]


def reachable(root: object) -> Iterator[object]:
    """Every object that can be got at from ``root``, code and modules aside."""
    seen: set[int] = set()
    todo = [root]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, type | ModuleType):
            continue
        if isinstance(thing, FunctionType):
            todo += thing.__closure__ or ()
            continue
        seen.add(id(thing))
        yield thing
        todo += gc.get_referents(thing)


def test_nothing_of_a_login_is_kept_once_it_has_passed() -> None:
    """NEG-7: passwords, tokens and proofs, also where they came in pieces."""
    talk = secured()
    talk.s(MECHANISMS)
    payload = base64.b64encode(b"n,,n=alice,r=abcdef-secret").decode()
    fast = f"<token xmlns='urn:xmpp:fast:0' token='{payload}' expiry='2030-01-01T00:00:00Z'/>"
    for part in (f"<auth {SASL} mechanism='SCRAM-SHA-1'>{payload[:9]}", f"{payload[9:]}</auth>"):
        talk.c(part)
    talk.s(f"<challenge {SASL}>{payload}</challenge>")
    talk.c(f"<response {SASL}>{payload}</response>")
    talk.s(f"<success xmlns='urn:xmpp:sasl:2'>{fast}</success>")
    assert payload in talk.server()
    assert payload in talk.client()
    talk.effects.clear()
    talk.all.clear()
    texts = [x for x in reachable(talk.splice) if isinstance(x, bytes | bytearray | str)]
    assert "example.org" in texts
    for text in texts:
        held = text.encode() if isinstance(text, str) else bytes(text)
        assert payload[:9].encode() not in held


@pytest.mark.parametrize("offered", [True, False])
def test_compression_is_taken_out_and_a_stray_request_refused_by_us(offered: bool) -> None:
    talk = Talk()
    talk.c(CLIENT_HEADER)
    talk.s(
        SERVER_HEADER + "<stream:features><compression xmlns='http://jabber.org/features/compress'>"
        "<method>zlib</method></compression></stream:features>"
        if offered
        else SERVER_HEADER + FEATURES
    )
    assert "compression" not in talk.client()
    talk.server()
    talk.c("<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>")
    assert talk.server() == ""
    assert "<unsupported-method/>" in talk.client()


COMPRESS = "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>"


def test_an_answer_of_ours_stands_inside_nothing_the_server_says() -> None:
    talk = Talk().log_in()
    talk.s("<message from='bob@example.org/x'><body>be")
    talk.c(COMPRESS)
    talk.s("gun")
    assert talk.client() == "<message from='bob@example.org/x'><body>begun"
    talk.s("</body></message><r xmlns='urn:xmpp:sm:3'/>")
    rest = talk.client()
    assert rest.startswith("</body></message><failure xmlns='http://jabber.org/protocol/compress'>")
    assert rest.endswith("</failure><r xmlns='urn:xmpp:sm:3'/>")


def test_an_answer_of_ours_comes_after_the_servers_header() -> None:
    talk = Talk()
    talk.c(CLIENT_HEADER + COMPRESS)
    assert talk.client() == ""
    talk.s(SERVER_HEADER)
    assert talk.client().startswith(SERVER_HEADER + "<failure xmlns='http://jabber.org/protocol/compress'>")


@pytest.mark.parametrize("chunk", [1 << 20, 1, 13])
def test_a_login_restarts_the_stream_and_binds(chunk: int) -> None:
    talk = Talk(chunk=chunk)
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER)
    talk.c(f"<auth {SASL} mechanism='PLAIN'>AGEAYg==</auth>")
    talk.s(f"<success {SASL}/>")
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER + FEATURES)
    talk.c(BIND)
    talk.s(BOUND)
    assert talk.server().endswith(CLIENT_HEADER + BIND)
    assert talk.client().endswith(SERVER_HEADER + FEATURES + BOUND)
    (login,) = talk.saw(LoggedIn)
    assert (str(login.own), login.resumed) == ("alice@example.org/pc", False)
    assert talk.splice.state is StreamState.LIVE


def test_a_prefix_of_the_header_may_stand_before_what_sasl_says() -> None:
    talk = Talk()
    talk.c(f"{CLIENT_HEADER[:-1]} xmlns:sasl='urn:ietf:params:xml:ns:xmpp-sasl'>")
    talk.s(f"{SERVER_HEADER[:-1]} xmlns:sasl='urn:ietf:params:xml:ns:xmpp-sasl'>")
    talk.c("<sasl:auth mechanism='SCRAM-SHA-1'>biws</sasl:auth>")
    talk.s("<sasl:challenge>cj14</sasl:challenge>")
    assert talk.splice.state is StreamState.NEGOTIATING


def test_the_users_own_presence_and_software_are_seen() -> None:
    talk = Talk()
    talk.log_in()
    assert {e.client for e in talk.all if isinstance(e, StateChanged)} == {"pc"}
    caps = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://gajim.org' ver='x'/>"
    talk.c(f"<presence><show>dnd</show><priority>5</priority>{caps}</presence>")
    (sent,) = talk.saw(OwnPresenceSent)
    assert (sent.presence, sent.priority) == (Presence.BUSY, 5)
    assert talk.saw(StateChanged)[-1].client == "gajim.org"
    talk.c("<presence type='unavailable'/>")
    assert [e.presence for e in talk.saw(OwnPresenceSent)] == [Presence.OFFLINE]
