"""SASL2 with Bind2, inline stream management and FAST against a scripted server. S2-1, S2-2, T10."""

import pytest

from quorate.model.stream import StreamState
from quorate.splice.effects import LoggedIn, StateChanged
from tests.splice.script import (
    BIND,
    BOB,
    BOUND,
    CLIENT_HEADER,
    ENABLE,
    ROSTER_GET,
    SERVER_HEADER,
    Talk,
    roster,
)

SASL2 = "xmlns='urn:xmpp:sasl:2'"
BIND2 = "xmlns='urn:xmpp:bind:0'"
FAST = "xmlns='urn:xmpp:fast:0'"
SM = "xmlns='urn:xmpp:sm:3'"
NOT_FOUND = f"<failed {SM}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
IDENTITY = "<authorization-identifier>alice@example.org/pc.1</authorization-identifier>"
AGENT = "<user-agent id='d4565fa7'><software>AwesomeXMPP</software><device>Kiva</device></user-agent>"
TOKEN = f"<token {FAST} expiry='2030-03-12T14:36:15Z' token='WXZzciBwYmFmdmZnZiBqdmd1'/>"
ENABLED = f"<enabled {SM} id='S9' resume='true' max='300'/>"
OFFERED = (
    f"<stream:features><authentication {SASL2}><mechanism>SCRAM-SHA-1</mechanism><inline>"
    f"<bind {BIND2}><inline><feature var='urn:xmpp:sm:3'/></inline></bind><sm {SM}/>"
    f"<fast {FAST}><mechanism>HT-SHA-256-NONE</mechanism></fast></inline></authentication></stream:features>"
)


def authenticate(inline: str, more: str = "", mechanism: str = "SCRAM-SHA-1") -> str:
    return (
        f"<authenticate {SASL2} mechanism='{mechanism}'><initial-response>biwsbj1hbGljZQ=="
        f"</initial-response>{AGENT}{more}{inline}</authenticate>"
    )


def bind(inline: str = f"<enable {SM} resume='true'/>") -> str:
    return f"<bind {BIND2}><tag>AwesomeXMPP</tag>{inline}</bind>"


def success(inline: str) -> str:
    return f"<success {SASL2}>{IDENTITY}{inline}</success>"


def opened(**options: object) -> Talk:
    talk = Talk(**options)  # type: ignore[arg-type]
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER + OFFERED)
    assert talk.client() == SERVER_HEADER + OFFERED
    talk.server()
    return talk


def ready(talk: Talk) -> Talk:
    """Roster and initial presence; the companion is there then."""
    talk.c(ROSTER_GET)
    talk.s(roster(BOB))
    talk.c("<presence/>")
    return talk


def bound(**options: object) -> tuple[Talk, str]:
    """Logged in with counting; and the id the client was given."""
    talk = opened(**options)
    talk.c(authenticate(bind()))
    talk.hear()
    talk.s(success(f"<bound {BIND2}>{ENABLED}</bound>"))
    seen = talk.client()
    virtual = seen.partition(" id='")[2].partition("'")[0]
    assert seen == success(f"<bound {BIND2}>{ENABLED.replace('S9', virtual)}</bound>")
    assert virtual.startswith("q1.")
    return talk, virtual


@pytest.mark.parametrize("chunk", [1 << 20, 1, 11])
def test_bound_in_one_go_and_counted_from_there_on(chunk: int) -> None:
    """No new header comes after <success/> (XEP-0388 section 2.6); what follows it counts at once."""
    talk, _ = bound(chunk=chunk)
    assert [str(e.own) for e in talk.saw(LoggedIn)] == ["alice@example.org/pc.1"]
    talk.s("<stream:features><mobile xmlns='x'/></stream:features>")
    ready(talk)
    talk.hear()
    talk.s(f"<a {SM} h='2'/>")
    assert talk.client() == f"<a {SM} h='2'/>"
    talk.tell("bob")
    assert "<body>hello</body>" in talk.server()
    talk.c(f"<r {SM}/>")
    talk.s(f"<a {SM} h='3'/>")
    assert talk.client() == f"<a {SM} h='2'/>", "our message is not the client's"
    assert talk.splice.state is StreamState.LIVE


def test_the_user_agent_is_passed_and_names_the_client() -> None:
    talk = opened()
    talk.c(authenticate(bind()))
    assert talk.server() == authenticate(bind())
    assert talk.saw(StateChanged)[-1].client == "AwesomeXMPP"


def test_a_session_is_resumed_inside_authenticate() -> None:
    first, virtual = bound()
    ready(first)
    first.hear()
    first.lose()
    again = opened(sessions=first.sessions)
    again.c(authenticate(f"<resume {SM} h='1' previd='{virtual}'/>"))
    assert f"<resume {SM} h='1' previd='S9'/>" in again.server()
    again.s(success(f"<resumed {SM} h='2' previd='S9'/>"))
    assert again.client().startswith(success(f"<resumed {SM} h='2' previd='{virtual}'/>"))
    assert [(str(e.own), e.resumed) for e in again.saw(LoggedIn)] == [("alice@example.org/pc.1", True)]


def test_a_session_the_server_has_lost_is_replaced_in_the_same_breath() -> None:
    """<failed/> for the old session and <bound/> with the new one, both in one <success/>."""
    first, virtual = bound()
    first.lose()
    again = opened(sessions=first.sessions)
    again.c(authenticate(f"<resume {SM} h='0' previd='{virtual}'/>{bind()}"))
    again.hear()
    again.s(success(f"{NOT_FOUND}<bound {BIND2}>{ENABLED.replace('S9', 'S10')}</bound>"))
    seen = again.client()
    assert NOT_FOUND in seen
    assert "S10" not in seen
    assert "id='q1." in seen
    assert [(str(e.own), e.resumed) for e in again.saw(LoggedIn)] == [("alice@example.org/pc.1", False)]


@pytest.mark.parametrize("chunk", [1 << 20, 1])
def test_a_session_we_do_not_know_is_refused_by_us_inside_success(chunk: int) -> None:
    """SM-8: the server never sees that <resume/>, the client learns what became of it."""
    talk = opened(chunk=chunk)
    talk.c(authenticate(f"<resume {SM} h='5' previd='q1.of-another-life'/>{bind()}"))
    assert talk.server() == authenticate(bind())
    talk.s(success(f"<bound {BIND2}>{ENABLED}</bound>"))
    seen = talk.client()
    assert seen.endswith(f"</bound>{NOT_FOUND}</success>")
    assert "id='q1." in seen
    assert talk.splice.state is StreamState.LIVE


def test_a_refused_login_forgets_what_was_asked_inside_it() -> None:
    talk = opened()
    talk.c(authenticate(f"<resume {SM} h='5' previd='q1.of-another-life'/>{bind()}"))
    failure = f"<failure {SASL2}><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>"
    talk.s(failure)
    assert talk.client() == failure
    talk.c(authenticate(bind()))
    talk.s(success(f"<bound {BIND2}/>"))
    assert talk.client() == success(f"<bound {BIND2}/>")


def test_without_counting_it_is_a_login_all_the_same() -> None:
    talk = opened()
    talk.c(authenticate(bind("")))
    talk.s(success(f"<bound {BIND2}/>"))
    assert talk.splice.state is StreamState.LIVE


def test_counting_may_be_refused() -> None:
    talk = opened()
    talk.c(authenticate(bind()))
    refused = f"<failed {SM}><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
    talk.s(success(f"<bound {BIND2}>{refused}</bound>"))
    assert refused in talk.client()
    ready(talk)
    talk.hear()
    talk.tell("bob")
    assert "<body>hello</body>" in talk.server()


def test_further_tasks_pass_and_the_login_comes_after_them() -> None:
    """XEP-0388 section 2.6.3."""
    talk = opened()
    talk.c(authenticate(bind()))
    talk.hear()
    steps = (
        (talk.s, talk.client, f"<continue {SASL2}><additional-data>U1M=</additional-data><tasks>"
         "<task>HOTP-EXAMPLE</task></tasks></continue>"),
        (talk.c, talk.server, f"<next {SASL2} task='HOTP-EXAMPLE'><data xmlns='x'>U1M=</data></next>"),
    )  # fmt: skip
    for say, heard, step in steps:
        say(step)
        assert heard() == step
    assert talk.saw(LoggedIn) == []
    talk.s(success(f"<bound {BIND2}/>"))
    assert len(talk.saw(LoggedIn)) == 1


def test_fast_tokens_are_asked_for_given_and_used_unchanged() -> None:
    talk = opened()
    asks = authenticate(bind(), f"<request-token {FAST} mechanism='HT-SHA-256-NONE'/>")
    talk.c(asks)
    assert talk.server() == asks
    talk.s(success(f"<bound {BIND2}/>{TOKEN}"))
    assert TOKEN in talk.client()
    again = opened()
    uses = authenticate(bind(), f"<fast {FAST} count='1'/>", "HT-SHA-256-NONE")
    again.c(uses)
    assert again.server() == uses


def test_a_token_bound_to_a_channel_fails_once_and_is_no_attack() -> None:
    """S2-2: it was given without Quorate; the client falls back to the password in the same stream."""
    talk = opened(direct_tls=("example.org", ()))
    talk.c(authenticate(bind(), f"<fast {FAST} count='1'/>", "HT-SHA-256-EXPR"))
    talk.s(f"<failure {SASL2}><credentials-expired xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>")
    talk.c(authenticate(bind()))
    talk.s(success(f"<bound {BIND2}/>"))
    assert talk.splice.state is StreamState.LIVE
    assert all(e.reason is None for e in talk.all if isinstance(e, StateChanged))


def test_counting_that_a_failed_login_would_have_begun_begins_with_the_next_one() -> None:
    """A token expires, the client logs in with its password after RFC 6120 and enables counting later."""
    talk = opened()
    talk.c(authenticate(bind(), mechanism="HT-SHA-256-NONE"))
    talk.s(f"<failure {SASL2}><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>")
    talk.c("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>")
    talk.s("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    ready(talk)
    talk.c(ENABLE)
    talk.s(ENABLED)
    talk.tell("bob")
    talk.c("<message to='bob@example.org'/>")
    talk.hear()
    talk.s(f"<a {SM} h='1'/>")
    assert talk.client() == f"<a {SM} h='0'/>", "only our message has arrived"


def test_a_session_asked_for_in_a_failed_login_can_still_be_resumed() -> None:
    first, virtual = bound()
    ready(first)
    first.lose()
    again = opened(sessions=first.sessions)
    resume = f"<resume {SM} h='1' previd='{virtual}'/>"
    again.c(authenticate(resume))
    again.s(f"<failure {SASL2}><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>")
    again.hear()
    again.c(authenticate(resume))
    assert f"<resume {SM} h='1' previd='S9'/>" in again.server()
    again.s(success(f"<resumed {SM} h='2' previd='S9'/>"))
    assert [e.resumed for e in again.saw(LoggedIn)] == [True]
