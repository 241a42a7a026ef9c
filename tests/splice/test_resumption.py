"""XEP-0198 through the splice: exact counts, our own session ids, resumption. T10 to T19."""

import re

import pytest

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import (
    Answered,
    CommandTyped,
    Done,
    LoggedIn,
    OwnPresenceSent,
    PresenceSeen,
    RosterSeen,
    StateChanged,
)
from quorate.splice.session import SESSION_LIFE_S
from quorate.splice.splice import SessionRegistry
from tests.splice.script import BIND, BOB, BOUND, DELAY, ENABLE, ENABLED, ROSTER_GET, Talk, ids, roster, who

SM = "xmlns='urn:xmpp:sm:3'"
TO_COMPANION = "<message type='chat' to='quorate@quorate.invalid' id='{}'><body>{}</body></message>"
NOT_FOUND = f"<failed {SM}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"


def ack(h: int) -> str:
    return f"<a {SM} h='{h}'/>"


def enabled() -> tuple[Talk, str]:
    """A stream just after <enabled/>, its gate open, the companion shown; and the id the client has."""
    talk = Talk()
    talk.log_in()
    talk.c(ENABLE)
    talk.s(ENABLED)
    virtual = re.search(r"id='(q1\.[0-9a-f]+)'", talk.client())
    assert virtual
    talk.hear()
    return talk, virtual[1]


def up(talk: Talk, kinds: str) -> None:
    """Stanzas of the client forwarded (F) or taken out (W), and ours added (I)."""
    for number, kind in enumerate(kinds):
        if kind == "F":
            talk.c(f"<message to='bob@example.org' id='f{number}'/>")
        elif kind == "W":
            talk.c("<message to='quorate@quorate.invalid'><active/></message>")
        else:
            talk.tell("bob", effect=f"e{number}")


def down(talk: Talk, kinds: str) -> None:
    for number, kind in enumerate(kinds):
        if kind == "F":
            talk.s(f"<message from='bob@example.org' id='f{number}'/>")
        elif kind == "W":
            talk.s("<message from='x@quorate.invalid'/>")
        else:
            talk.do(talk.splice.say(f"s{number}", "hello", talk.now))


@pytest.mark.parametrize(
    ("kinds", "h", "want"),
    [
        ("FFIF", 4, 3),
        ("FFIF", 3, 2),
        ("FFIF", 2, 2),
        ("FFIF", 0, 0),
        ("FWF", 1, 2),
        ("FWF", 2, 3),
        ("W", 0, 1),
        ("FIWFI", 1, 2),
        ("FIWFI", 2, 2),
        ("FIWFI", 3, 3),
        ("FIWFI", 4, 3),
        ("IFW", 1, 0),
        ("IFW", 2, 2),
    ],
)
def test_acknowledgements_of_the_server_count_what_the_client_sent(kinds: str, h: int, want: int) -> None:
    talk, _ = enabled()
    up(talk, kinds)
    talk.hear()
    talk.s(ack(h))
    assert talk.client() == ack(want)
    assert talk.splice.state is StreamState.LIVE


@pytest.mark.parametrize(
    ("kinds", "h", "want"),
    [("FWF", 1, 2), ("FWF", 2, 3), ("FIF", 2, 1), ("FIF", 3, 2), ("WW", 0, 2), ("IWF", 1, 1), ("IWF", 2, 2)],
)
def test_acknowledgements_of_the_client_count_what_the_server_sent(kinds: str, h: int, want: int) -> None:
    talk, _ = enabled()
    down(talk, kinds)
    talk.hear()
    talk.c(ack(h))
    assert talk.server() == ack(want)


def test_requests_for_acknowledgement_pass_both_ways() -> None:
    talk, _ = enabled()
    talk.c(f"<r {SM}/>")
    talk.s(f"<r {SM}/>")
    assert (talk.server(), talk.client()) == (f"<r {SM}/>", f"<r {SM}/>")


def test_a_count_too_high_is_clamped_and_nothing_more_is_added() -> None:
    talk, _ = enabled()
    down(talk, "FFF")
    talk.hear()
    talk.c(ack(7))
    assert talk.server() == ack(3)
    assert talk.saw(StateChanged)[-1].reason is Reason.DESYNC
    talk.tell("bob", effect="late")
    assert talk.saw(Done) == [Done(effect="late", reason=Reason.FROZEN)]
    assert talk.server() == ""


def test_a_frozen_stream_is_still_read_and_counted() -> None:
    talk, _ = enabled()
    talk.c(ack(7))
    talk.hear()
    talk.s("<presence from='bob@example.org/x'><show>dnd</show></presence>")
    assert [e.presence for e in talk.saw(PresenceSeen)] == [Presence.BUSY]
    talk.s("<message from='x@quorate.invalid'/>")
    assert talk.client().endswith("<message from='x@quorate.invalid'/>")
    up(talk, "F")
    talk.s(ack(1))
    assert talk.client() == ack(1)


@pytest.mark.parametrize("h", ["", " h='x'", " h='-1'", " h='99999999999'"])
def test_an_acknowledgement_without_a_count_passes(h: str) -> None:
    talk, _ = enabled()
    talk.c(f"<a {SM}{h}/>")
    assert talk.server() == f"<a {SM}{h}/>"


def test_the_client_never_learns_the_servers_session_id() -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.hear()
    talk.c(ENABLE)
    talk.s(f"<enabled {SM} id='S9' location='[::1]:9' resume='true' max='600'/>")
    seen = talk.client()
    assert "S9" not in seen
    assert "location" not in seen
    assert re.fullmatch(rf"<enabled {SM} id='q1\.[0-9a-f]{{20}}' resume='true' max='600'/>", seen)


def test_nothing_is_added_between_enable_and_enabled() -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.hear()
    talk.c(ENABLE + ROSTER_GET + "<presence/>")
    talk.tell("bob")
    assert talk.client() == ""
    assert talk.server() == ENABLE + ROSTER_GET + "<presence/>"
    talk.s(ENABLED)
    assert "<body>hello</body>" in talk.server()
    assert "quorate" not in talk.client(), "the roster is still awaited"


def test_a_refused_enable_ends_counting() -> None:
    talk = Talk().log_in()
    talk.c(ENABLE)
    failed = f"<failed {SM}><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
    talk.s(failed)
    assert talk.client() == failed
    talk.tell("bob")
    talk.s(ack(9))
    assert talk.client().endswith(ack(9))
    assert talk.splice.state is StreamState.LIVE


def test_a_session_goes_on_over_a_new_connection() -> None:
    """V13, V14: the counts of <resume/> and <resumed/>, and a command that is not executed twice."""
    first, virtual = enabled()
    down(first, "FFI")
    first.s("<presence from='quorate.invalid'/>")
    down(first, "F")
    up(first, "FIF")
    first.c(TO_COMPANION.format("m1", "who bob"))
    assert len(first.saw(CommandTyped)) == 1
    first.lose()
    assert first.saw(StateChanged)[-1].state is StreamState.ENDED

    again = Talk(sessions=first.sessions)
    again.open()
    again.hear()
    again.c(f"<resume {SM} h='2' previd='{virtual}'/>")
    assert again.server() == f"<resume {SM} h='3' previd='S9'/>"
    again.s(f"<resumed {SM} h='2' previd='S9'/>")
    assert again.client().startswith(f"<resumed {SM} h='1' previd='{virtual}'/>")
    (login,) = again.saw(LoggedIn)
    assert (login.resumed, str(login.own)) == (True, "alice@example.org/pc")
    assert again.saw(RosterSeen)[-1].full
    assert again.saw(OwnPresenceSent)
    again.c("<message to='bob@example.org' id='f2'/>" + TO_COMPANION.format("m1", "who bob"))
    assert again.server() == "<message to='bob@example.org' id='f2'/>"
    assert again.saw(CommandTyped) == []
    again.s(ack(3))
    assert again.client().endswith(ack(3))
    assert again.splice.state is StreamState.LIVE


def test_a_line_of_the_companion_that_was_lost_is_said_again() -> None:
    first, virtual = enabled()
    first.do(first.splice.say("s1", "still here?", first.now))
    assert "still here?" in first.client()
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    assert again.client().count("still here?") == 1


@pytest.mark.parametrize(
    ("handled", "away_s", "times"),
    [(0, 5.0, 1), (3, 5.0, 0), (0, 120.0, 0)],
    ids=["lost", "handled", "too long ago"],
)
def test_a_message_that_was_lost_on_its_way_to_a_contact_leaves_once_more(
    handled: int, away_s: float, times: int
) -> None:
    first, virtual = enabled()
    first.tell("bob")
    first.ask("bob", force=True)
    assert first.saw(Done) == [Done(effect="e1")]
    message = re.search(r"<message .*?</message>", first.server())
    assert message
    first.lose()
    again = Talk(sessions=first.sessions)
    again.now = first.now + away_s
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.hear()
    again.s(f"<resumed {SM} h='{handled}' previd='S9'/>")
    sent = again.server()
    assert sent.count(message[0]) == times
    assert "probe" not in sent
    assert again.saw(Done) == []
    again.c("<message to='bob@example.org' id='f'/>")
    again.s(ack(handled + times + 1))
    assert again.client().endswith(ack(1))
    assert again.splice.state is StreamState.LIVE


def test_a_lost_line_is_said_again_even_if_the_first_resume_breaks_off() -> None:
    first, virtual = enabled()
    first.do(first.splice.say("s1", "still here?", first.now))
    first.lose()
    for _ in range(2):
        broken = Talk(sessions=first.sessions)
        broken.open()
        broken.c(f"<resume {SM} h='0' previd='{virtual}'/>")
        broken.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    assert again.client().count("still here?") == 1


def test_a_session_whose_first_resume_breaks_off_is_kept_for_the_next() -> None:
    """The client is back before we have noticed that its old connection is dead (SM-9)."""
    first, virtual = enabled()
    broken = Talk(sessions=first.sessions)
    broken.now = first.now + SESSION_LIFE_S + 1.0
    broken.open()
    broken.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    broken.lose()
    again = Talk(sessions=first.sessions)
    again.now = broken.now + 1.0
    again.open()
    again.hear()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    assert again.server() == f"<resume {SM} h='0' previd='S9'/>"


def test_a_session_that_was_taken_over_and_never_resumed_is_forgotten_in_time() -> None:
    first, virtual = enabled()
    broken = Talk(sessions=first.sessions)
    broken.open()
    broken.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    broken.lose()
    assert first.sessions.find(virtual, broken.now + SESSION_LIFE_S - 1.0) is not None
    assert first.sessions.find(virtual, broken.now + SESSION_LIFE_S + 1.0) is None


def test_what_waits_is_given_up_once_another_connection_takes_the_session_over() -> None:
    """Else it would be told as lost with the old stream, and leave on the new one all the same."""
    first, virtual = enabled()
    first.c("<message to='bob@example.org'><body>" + "x" * 300_000)
    first.tell("bob", effect="late")
    first.ask("carol", "q9", force=True)
    again = Talk(sessions=first.sessions)
    again.open()
    again.hear()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.wait(1.0)
    assert "hello" not in again.server()
    first.s(" ")
    assert [(d.effect, d.reason) for d in first.saw(Done)] == [("late", Reason.STREAM_ENDED)]
    assert [a.reason for a in first.saw(Answered)] == [Reason.STREAM_ENDED]


def test_an_answer_hidden_before_the_loss_stays_hidden_when_sent_again() -> None:
    first, virtual = enabled()
    first.s("<presence from='bob@example.org/x'/>")
    first.c(ack(1))
    first.s("<message from='bob@example.org' id='unacked'/>")
    first.ask("bob", force=True)
    last = ids(first.server())[-1]
    first.hear()
    presence = f"<presence from='bob@example.org/x'>{DELAY}</presence>"
    answer = f"<iq type='result' id='{last}' from='bob@example.org'><query xmlns='jabber:iq:last'/></iq>"
    first.s(presence + answer)
    assert first.client() == ""
    first.lose()
    again = Talk(sessions=first.sessions)
    again.now += 20
    again.open()
    again.c(f"<resume {SM} h='1' previd='{virtual}'/>")
    assert again.server().endswith(f"<resume {SM} h='1' previd='S9'/>")
    again.s(f"<resumed {SM} h='2' previd='S9'/>")
    again.client()
    again.s("<message from='bob@example.org' id='unacked'/>" + presence + answer)
    assert again.client() == "<message from='bob@example.org' id='unacked'/>"
    again.c(ack(2))
    assert again.server().endswith(ack(4))


def test_presence_the_client_lost_is_not_taken_for_an_answer_it_has() -> None:
    first, virtual = enabled()
    first.c(ack(0))
    first.s("<presence from='bob@example.org/x'/>")
    first.ask("bob", force=True)
    first.s(f"<presence from='bob@example.org/x'>{DELAY}</presence>")
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='2' previd='S9'/>")
    again.client()
    again.s(f"<presence from='bob@example.org/x'>{DELAY}</presence>")
    assert again.client() == f"<presence from='bob@example.org/x'>{DELAY}</presence>"


@pytest.mark.parametrize("previd", ["unknown", "S9"])
def test_a_session_we_do_not_know_is_refused_by_us(previd: str) -> None:
    talk = Talk(sessions=SessionRegistry())
    talk.open()
    talk.hear()
    talk.c(f"<resume {SM} h='3' previd='{previd}'/>")
    assert talk.client() == NOT_FOUND
    assert talk.server() == ""
    talk.c(BIND)
    talk.s(BOUND)
    assert talk.saw(LoggedIn)[-1].resumed is False


@pytest.mark.parametrize("namespace", ["urn:xmpp:sm:2", "urn:xmpp:sm:3"])
def test_a_refusal_speaks_the_clients_version(namespace: str) -> None:
    talk = Talk()
    talk.open()
    talk.hear()
    talk.c(f"<resume xmlns='{namespace}' h='0' previd='gone'/>")
    assert talk.client().startswith(f"<failed xmlns='{namespace}'>")


def test_a_session_the_server_has_forgotten_is_dropped_with_its_true_count() -> None:
    first, virtual = enabled()
    up(first, "FWF")
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.hear()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<failed {SM} h='1'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
    assert "<failed xmlns='urn:xmpp:sm:3' h='2'>" in again.client()
    third = Talk(sessions=first.sessions)
    third.open()
    third.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    assert third.client().endswith(NOT_FOUND)


def test_a_command_sent_again_in_a_new_session_is_not_executed_twice() -> None:
    first, virtual = enabled()
    first.c(TO_COMPANION.format("m1", "meet bob"))
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<failed {SM}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
    again.c(BIND)
    again.s(BOUND)
    again.c(TO_COMPANION.format("m1", "meet bob"))
    assert again.saw(CommandTyped) == []
    again.c(TO_COMPANION.format("m2", "meet bob"))
    assert [e.message for e in again.saw(CommandTyped)] == ["m2"]


def test_sasl2_resumes_inside_authenticate() -> None:
    first, virtual = enabled()
    up(first, "FIF")
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.hear()
    again.c(
        f"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><resume {SM} h='0' previd='{virtual}'/>"
        "</authenticate>"
    )
    assert f"<resume {SM} h='0' previd='S9'/></authenticate>" in again.server()
    again.s(f"<success xmlns='urn:xmpp:sasl:2'><resumed {SM} h='2' previd='S9'/></success>")
    seen = again.client()
    assert f"<resumed {SM} h='1' previd='{virtual}'/></success>" in seen
    assert again.saw(LoggedIn)[-1].resumed


def test_sasl2_with_an_unknown_session_binds_instead() -> None:
    talk = Talk()
    talk.open()
    talk.hear()
    talk.c(
        f"<authenticate xmlns='urn:xmpp:sasl:2'><resume {SM} h='0' previd='q1.x'/>"
        "<bind xmlns='urn:xmpp:bind:0'/></authenticate>"
    )
    assert talk.server() == (
        "<authenticate xmlns='urn:xmpp:sasl:2'><bind xmlns='urn:xmpp:bind:0'/></authenticate>"
    )


def test_presence_is_kept_over_a_resume() -> None:
    first, virtual = enabled()
    first.s("<presence from='bob@example.org/x'><show>away</show></presence>")
    first.lose()
    assert [e.stale for e in first.saw(PresenceSeen) if e.resource == "x"][-1]
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='1' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    seen = [e for e in again.saw(PresenceSeen) if e.contact == who("bob")]
    assert [(e.presence, e.stale) for e in seen] == [(Presence.AWAY, False)]


def test_our_own_roster_request_is_made_again() -> None:
    first = Talk()
    first.open()
    first.c(BIND)
    first.s(BOUND)
    first.c(ENABLE)
    first.s(ENABLED)
    virtual = re.search(r"id='(q1\.[0-9a-f]+)'", first.client())
    assert virtual
    first.c(ROSTER_GET)
    first.s("<iq type='result' id='r1'/>")
    (id,) = ids(first.server())
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='1' previd='{virtual[1]}'/>")
    again.s(f"<resumed {SM} h='1' previd='S9'/>")
    assert f"<iq type='get' id='{id}'><query xmlns='jabber:iq:roster'/></iq>" in again.server()
    for _ in range(2):
        again.s(roster(BOB).replace("id='r1'", f"id='{id}'"))
    assert "bob@example.org" not in again.client()
    assert [c.name for c in again.saw(RosterSeen)[-1].contacts] == ["Bob"]


def test_a_roster_answer_sent_again_has_the_companion_in_it_again() -> None:
    first = Talk()
    first.open()
    first.c(BIND)
    first.s(BOUND)
    first.c(ENABLE)
    first.s(ENABLED)
    virtual = re.search(r"id='(q1\.[0-9a-f]+)'", first.client())
    assert virtual
    first.c(ROSTER_GET)
    first.s(roster(BOB))
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual[1]}'/>")
    again.s(f"<resumed {SM} h='1' previd='S9'/>")
    again.client()
    again.s(roster(BOB))
    assert again.client().count("quorate@quorate.invalid'") == 1
