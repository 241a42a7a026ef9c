"""Logins bound to the TLS channel: what is offered, reported and done next time. CB-1 to CB-4."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.channel_binding import MAX_PROFILES, PROFILE_S, Handling, LoginWatch, Profile, Profiles
from quorate.splice.effects import Connect, Side, StateChanged
from tests.splice.script import BIND, BOUND, CLIENT_HEADER, FEATURES, SERVER_HEADER, Talk

TLS = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
SASL2 = "xmlns='urn:xmpp:sasl:2'"
TYPES = (
    "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-unique'/>"
    "</sasl-channel-binding>"
)
OFFER = (
    f"<stream:features><mechanisms {SASL}><mechanism>SCRAM-SHA-1-PLUS</mechanism>"
    f"<mechanism>SCRAM-SHA-1</mechanism></mechanisms>{TYPES}</stream:features>"
)
OFFER2 = (
    f"<stream:features><authentication {SASL2}><mechanism>SCRAM-SHA-1-PLUS</mechanism>"
    f"<mechanism>SCRAM-SHA-1</mechanism></authentication>{TYPES}</stream:features>"
)
REFUSED = f"<failure {SASL}><malformed-request/></failure>"
REFUSED2 = f"<failure {SASL2}><malformed-request xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>"


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def first(flag: str, mechanism: str = "SCRAM-SHA-1") -> str:
    return f"<auth {SASL} mechanism='{mechanism}'>{coded(f'{flag},,n=alice,r=abc')}</auth>"


def first2(flag: str, mechanism: str = "SCRAM-SHA-1") -> str:
    return (
        f"<authenticate {SASL2} mechanism='{mechanism}'><initial-response>"
        f"{coded(f'{flag},,n=alice,r=abc')}</initial-response></authenticate>"
    )


def challenge(text: str = "r=abc,s=QQ==,i=4096", namespace: str = SASL) -> str:
    return f"<challenge {namespace}>{coded(text)}</challenge>"


def encrypted(profiles: Profiles, header: str = CLIENT_HEADER, offer: str = OFFER) -> Talk:
    """Up to the mechanisms, over STARTTLS; or as far as a tunnelled client comes."""
    talk = Talk(profiles=profiles)
    talk.c(header)
    if talk.splice.state is StreamState.BLIND:
        return talk
    talk.s(f"{SERVER_HEADER}<stream:features><starttls {TLS}/></stream:features>")
    talk.c(f"<starttls {TLS}/>")
    talk.s(f"<proceed {TLS}/>")
    talk.do(talk.splice.tls_ready(Side.SERVER, talk.now))
    talk.do(talk.splice.tls_ready(Side.CLIENT, talk.now))
    talk.c(header)
    talk.hear()
    talk.s(SERVER_HEADER + offer)
    return talk


def reasons(talk: Talk) -> list[Reason | None]:
    return [e.reason for e in talk.all if isinstance(e, StateChanged)]


@pytest.mark.parametrize("offer", [OFFER, OFFER2], ids=["SASL", "SASL2"])
def test_a_first_message_that_comes_late_is_looked_at(offer: str) -> None:
    profiles = Profiles()
    namespace, no = (SASL, REFUSED) if offer is OFFER else (SASL2, REFUSED2)
    name = "auth" if offer is OFFER else "authenticate"
    talk = encrypted(profiles, offer=offer)
    talk.c(f"<{name} {namespace} mechanism='SCRAM-SHA-1'/>")
    talk.s(f"<challenge {namespace}/>")
    talk.c(f"<response {namespace}>{coded('y,,n=alice,r=abc')}</response>")
    assert reasons(talk)[-1] is Reason.CHANNEL_BINDING
    talk.c(f"<response {namespace}>{coded('p=x')}</response>")
    talk.s(no)
    assert "-PLUS" in encrypted(profiles, offer=offer).client()


@pytest.mark.parametrize(("offer", "say", "no"), [(OFFER, first, REFUSED), (OFFER2, first2, REFUSED2)])
def test_a_client_that_only_wants_to_see_plus_gets_it_next_time(offer: str, say: object, no: str) -> None:
    """slixmpp says "y" where it sees no -PLUS, and "n" where it does and has nothing to bind to (TLS 1.3)."""
    assert callable(say)
    profiles = Profiles()
    talk = encrypted(profiles, offer=offer)
    assert "PLUS" not in talk.client()
    talk.c(say("y"))
    assert reasons(talk)[-1] is Reason.CHANNEL_BINDING
    talk.s(no)
    assert talk.client() == no
    again = encrypted(profiles, offer=offer)
    assert again.client() == SERVER_HEADER + offer
    again.c(say("n"))
    assert Reason.CHANNEL_BINDING not in reasons(again)


def test_a_client_that_binds_once_it_sees_plus_is_tunnelled_then() -> None:
    """libstrophe says "y" where it sees no -PLUS, and takes it where it does."""
    profiles = Profiles()
    for flag, mechanism in (("y", "SCRAM-SHA-1"), ("p=tls-exporter", "SCRAM-SHA-1-PLUS")):
        talk = encrypted(profiles)
        talk.hear()
        talk.c(first(flag, mechanism))
        assert talk.server() == first(flag, mechanism)
        talk.s(REFUSED)
        assert talk.client() == REFUSED
        assert talk.server() == "", "nothing is tried again for the client"
    tunnelled = encrypted(profiles)
    assert tunnelled.saw(Connect) == [Connect(domain="example.org", tunnel=True)]
    assert reasons(tunnelled) == [Reason.CHANNEL_BINDING]
    tunnelled.s(SERVER_HEADER + OFFER)
    assert tunnelled.client() == SERVER_HEADER + OFFER
    tunnelled.c(b"\x16\x03\x01 its own TLS")
    assert tunnelled.raw(Side.SERVER) == CLIENT_HEADER.encode() + b"\x16\x03\x01 its own TLS"


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256-PLUS", "EXTERNAL"])
@pytest.mark.parametrize("way", ["SASL", "SASL2"])
def test_a_server_that_takes_nothing_that_can_pass_is_reached_end_to_end_next_time(
    way: str, mechanism: str
) -> None:
    """A client that is offered nothing does not even try (RFC 6120 section 6.3.3)."""
    offered = f"<mechanism>{mechanism}</mechanism>"
    offer = f"<stream:features><mechanisms {SASL}>{offered}</mechanisms></stream:features>"
    if way == "SASL2":
        offer = f"<stream:features><authentication {SASL2}>{offered}</authentication></stream:features>"
    profiles = Profiles()
    talk = encrypted(profiles, offer=offer)
    assert mechanism not in talk.client()
    assert reasons(talk)[-1] is Reason.CHANNEL_BINDING
    talk.c("</stream:stream>")
    talk.lose()
    assert encrypted(profiles).saw(Connect) == [Connect(domain="example.org", tunnel=True)]


def test_only_that_software_at_that_server_is_treated_so() -> None:
    profiles = Profiles()
    talk = encrypted(profiles)
    talk.c(first("p=tls-unique", "SCRAM-SHA-1-PLUS"))
    talk.s(REFUSED)
    assert encrypted(profiles).splice.state is StreamState.BLIND
    for other in (CLIENT_HEADER.replace("'", '"'), CLIENT_HEADER.replace("example.org", "other.example")):
        assert encrypted(profiles, other).splice.state is StreamState.NEGOTIATING


def test_the_splice_is_tried_again_after_a_week() -> None:
    profiles, profile = Profiles(), Profile("example.org", "x")
    profiles.note(profile, Handling.TUNNEL, 100.0)
    assert profiles.handling(profile, 99.0 + PROFILE_S) is Handling.TUNNEL
    assert profiles.handling(profile, 101.0 + PROFILE_S) is Handling.STRIP


def test_any_number_of_clients_fills_no_memory() -> None:
    profiles = Profiles()
    for n in range(3 * MAX_PROFILES):
        profiles.note(Profile("example.org", str(n)), Handling.TUNNEL, 0.0)
    assert len(profiles._known) == MAX_PROFILES


def test_a_server_that_takes_the_flag_goes_on_being_spliced() -> None:
    """ejabberd 23.01: what fails after its challenge is the password."""
    profiles = Profiles()
    talk = encrypted(profiles)
    talk.c(first("y"))
    talk.s(challenge())
    talk.s(f"<failure {SASL}><not-authorized/></failure>")
    again = encrypted(profiles)
    assert "PLUS" not in again.client()
    again.c(first("y"))
    again.s(challenge())
    again.s(f"<success {SASL}/>")
    again.c(CLIENT_HEADER)
    again.s(SERVER_HEADER + FEATURES)
    again.c(BIND)
    again.s(BOUND)
    assert reasons(again)[-1] is None
    assert again.splice.state is StreamState.LIVE


@pytest.mark.parametrize("end", ["failure", "abort", "gone"])
def test_a_hash_of_the_edited_list_is_reported_and_passed_unchanged(end: str) -> None:
    """XEP-0474: the client compares, and gives up."""
    profiles = Profiles()
    talk = encrypted(profiles)
    talk.c(first("n"))
    talk.hear()
    hashed = challenge("r=abc,s=QQ==,i=4096,h=xyz")
    talk.s(hashed)
    assert talk.client() == hashed
    assert reasons(talk)[-1] is Reason.CHANNEL_BINDING
    if end == "failure":
        talk.s(REFUSED)
    elif end == "abort":
        talk.c(f"<abort {SASL}/>")
    else:
        talk.lose()
    assert encrypted(profiles).splice.state is StreamState.BLIND


def test_a_client_that_does_not_compare_the_hash_logs_in_as_before() -> None:
    profiles = Profiles()
    talk = encrypted(profiles)
    talk.c(first("n"))
    talk.s(challenge("r=abc,s=QQ==,i=4096,h=xyz"))
    talk.s(f"<success {SASL}/>")
    talk.lose()
    assert encrypted(profiles).splice.state is StreamState.NEGOTIATING


def test_a_hash_of_a_list_that_was_not_edited_is_nothing() -> None:
    talk = encrypted(Profiles(), offer=OFFER.replace("<mechanism>SCRAM-SHA-1-PLUS</mechanism>", ""))
    talk.c(first("n"))
    talk.s(challenge("r=abc,s=QQ==,i=4096,h=xyz"))
    assert Reason.CHANNEL_BINDING not in reasons(talk)


@pytest.mark.parametrize("payload", ["y,alice\0alice\0secret", "p=x\0p=x\0secret"])
def test_a_user_may_be_called_like_a_flag(payload: str) -> None:
    talk = encrypted(Profiles())
    talk.c(f"<auth {SASL} mechanism='PLAIN'>{coded(payload)}</auth>")
    assert Reason.CHANNEL_BINDING not in reasons(talk)


def test_direct_tls_is_tunnelled_from_its_first_byte_next_time() -> None:
    profiles = Profiles()
    talk = Talk(direct_tls=("example.org", ("xmpp-client",)), profiles=profiles)
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER + OFFER)
    talk.c(first("p=tls-exporter", "SCRAM-SHA-1-PLUS"))
    talk.s(REFUSED)
    again = Talk(direct_tls=("example.org", ("xmpp-client",)), profiles=profiles)
    assert again.saw(Connect) == [Connect(domain="example.org", direct_tls=True, tunnel=True)]
    assert again.splice.state is StreamState.BLIND


@pytest.mark.parametrize("moment", ["in the handshake", "after it"])
def test_a_server_that_wants_a_client_certificate_is_reached_end_to_end_next_time(moment: str) -> None:
    profiles = Profiles()
    if moment == "after it":
        talk = encrypted(profiles)
    else:
        talk = Talk(profiles=profiles)
        talk.c(CLIENT_HEADER)
        talk.s(f"{SERVER_HEADER}<stream:features><starttls {TLS}/></stream:features>")
        talk.c(f"<starttls {TLS}/>")
        talk.s(f"<proceed {TLS}/>")
    talk.hear()
    talk.do(talk.splice.tls_failed(Side.SERVER, Reason.CLIENT_CERTIFICATE, talk.now))
    seen = talk.client()
    assert (f"<failure {TLS}/>" if moment != "after it" else "wants a client certificate") in seen
    assert reasons(talk)[-1] is Reason.CLIENT_CERTIFICATE
    assert encrypted(profiles).splice.state is StreamState.BLIND


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(Handling))
def test_any_payload_is_watched_without_an_error(mechanism: str, payload: str, handling: Handling) -> None:
    watch = LoginWatch()
    watch.handling, watch.stripped = handling, ("SCRAM-SHA-1-PLUS",)
    watch.began(mechanism, payload)
    watch.challenged(payload)
    watch.over()
