"""XEP-0198 through the splice: exact counts, our own session ids, resumption. T10 to T19."""

import re
from collections.abc import Callable

import pytest

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import (
    Answered,
    Close,
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
from tests.splice.script import BIND, BOB, BOUND, ENABLE, ENABLED, ROSTER_GET, Talk, roster

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


VECTORS = {
    # name: (who sends, what became of it, (h of the receiver, h the sender gets) each in its own session)
    "V1": (up, "FFIF", [(4, 3), (3, 2), (2, 2), (0, 0)]),
    "V2": (up, "FWF", [(0, 0), (1, 2), (2, 3)]),
    "V3": (up, "W", [(0, 1)]),
    "V4": (up, "FIWFI", [(1, 2), (2, 2), (3, 3), (4, 3)]),
    "V5": (up, "IFW", [(0, 0), (1, 0), (2, 2)]),
    "V6": (down, "FWF", [(0, 0), (1, 2), (2, 3)]),
    "V7": (down, "FIF", [(1, 1), (2, 1), (3, 2)]),
    "V8": (down, "WW", [(0, 2)]),
    "V9": (down, "IWF", [(0, 1), (1, 1), (2, 2)]),
}
"""V10 to V15 need counts that begin elsewhere, or are below; the arithmetic alone is tested in tests/wire."""


@pytest.mark.parametrize(
    ("send", "kinds", "h", "want"),
    [
        pytest.param(send, kinds, h, want, id=f"{name} {h}")
        for name, (send, kinds, acks) in VECTORS.items()
        for h, want in acks
    ],
)
def test_vectors(send: Callable[[Talk, str], None], kinds: str, h: int, want: int) -> None:
    """T11: exact counts, and never a second thought about the stream."""
    talk, _ = enabled()
    send(talk, kinds)
    talk.hear()
    (talk.s if send is up else talk.c)(ack(h))
    assert (talk.client() if send is up else talk.server()) == ack(want)
    assert talk.splice.state is StreamState.LIVE


def test_requests_for_acknowledgement_pass_both_ways() -> None:
    talk, _ = enabled()
    talk.c(f"<r {SM}/>")
    talk.s(f"<r {SM}/>")
    assert (talk.server(), talk.client()) == (f"<r {SM}/>", f"<r {SM}/>")


@pytest.mark.parametrize(
    ("send", "first", "then", "want"),
    [(down, 0, 7, 3), (up, 0, 7, 3), (down, 3, 2, 3), (up, 3, 2, 3)],
    ids=["V11 client too high", "server too high", "V12 client too low", "server too low"],
)
def test_a_count_that_cannot_be_is_clamped_and_nothing_more_is_added(
    send: Callable[[Talk, str], None], first: int, then: int, want: int
) -> None:
    """T15: no end ever sees a count that is impossible or smaller than before."""
    talk, _ = enabled()
    send(talk, "FFF")
    say, heard = (talk.s, talk.client) if send is up else (talk.c, talk.server)
    say(ack(first))
    talk.hear()
    say(ack(then))
    assert heard() == ack(want)
    assert (talk.splice.state, talk.saw(StateChanged)[-1].reason) == (StreamState.FROZEN, Reason.DESYNC)
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


@pytest.mark.parametrize("h", ["00000000000001", " 1 "])
def test_a_count_in_unusual_writing_is_a_count(h: str) -> None:
    """XEP-0198 section 12: xs:unsignedInt, which may have zeros in front and space around it."""
    talk, _ = enabled()
    talk.do(talk.splice.say("s1", "hello", talk.now))
    talk.c(f"<a {SM} h='{h}'/>")
    assert talk.server() == ack(0)
    assert talk.splice.state is StreamState.LIVE


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


def test_a_second_enable_counts_if_the_first_is_refused() -> None:
    """XEP-0198 section 3: before the resource is bound it is refused, which a hasty client hears late."""
    talk = Talk()
    talk.open()
    failed = f"<failed {SM}><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
    talk.c(ENABLE + BIND + ENABLE + ROSTER_GET + ENABLE + "<presence/>")
    talk.s(failed + BOUND)
    talk.s(ENABLED + failed)
    talk.s(roster(BOB))
    up(talk, "W")
    talk.hear()
    talk.s(ack(1))
    assert talk.client() == ack(1)
    talk.s(ack(2))
    assert talk.client() == ack(3)


@pytest.mark.parametrize("answer", ["failed", "enabled"])
def test_a_second_enable_changes_no_count(answer: str) -> None:
    """SM-10: whatever the server makes of it, what was counted stays counted."""
    talk, _ = enabled()
    up(talk, "FIF")
    talk.c(ENABLE)
    talk.s(
        ENABLED
        if answer == "enabled"
        else f"<failed {SM}><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
    )
    talk.hear()
    talk.s(ack(3))
    assert talk.client() == ack(2)
    talk.tell("bob", effect="more")
    assert talk.saw(Done)[-1] == Done(effect="more")


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


def test_half_a_stanza_of_a_client_that_will_resume_goes_nowhere() -> None:
    """Prosody 0.12 takes what comes after the resume for the rest of it."""
    first, virtual = enabled()
    first.c("<message to='bob@example.org' id='f1'><body>hal")
    first.lose()
    assert first.server() == ""
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.hear()
    again.c("<message to='bob@example.org' id='f1'><body>half</body></message>")
    again.s(ack(1))
    assert again.server() == "<message to='bob@example.org' id='f1'><body>half</body></message>"
    assert again.client() == ack(1)


def test_of_two_connections_that_resume_a_session_only_the_latter_counts_in_it() -> None:
    """The client gave the first up before the answer was there, which comes all the same (SM-9)."""
    first, virtual = enabled()
    first.lose()
    early, late = Talk(sessions=first.sessions), Talk(sessions=first.sessions)
    for talk in (early, late):
        talk.open()
        talk.hear()
        talk.c(f"<resume {SM} h='0' previd='{virtual}'/>")
        assert talk.server() == f"<resume {SM} h='0' previd='S9'/>"
    resumed = f"<resumed {SM} h='0' previd='S9'/>"
    early.s(resumed + "<message from='bob@example.org' id='f1'/>" * 3)
    late.s(resumed)
    assert (early.client(), late.splice.state) == ("", StreamState.LIVE)
    assert early.saw(Close)
    late.hear()
    late.s("<message from='bob@example.org' id='f1'/>" * 3)
    late.c(ack(2))
    assert late.server() == ack(2)
    early.lose()
    late.c(ack(3))
    assert (late.server(), late.splice.state) == (ack(3), StreamState.LIVE)


@pytest.mark.parametrize(
    ("told", "life_s"), [("", SESSION_LIFE_S), (" max='600'", 660.0), (" max='x'", SESSION_LIFE_S)]
)
def test_a_lost_session_is_kept_as_long_as_the_server_keeps_it(told: str, life_s: float) -> None:
    talk = Talk().log_in()
    talk.c(ENABLE)
    talk.s(ENABLED.replace("/>", f"{told}/>"))
    virtual = re.search(r"id='(q1\.[0-9a-f]+)'", talk.client())
    assert virtual
    talk.lose()
    assert talk.sessions.find(virtual[1], talk.now + life_s - 1.0) is not None
    assert talk.sessions.find(virtual[1], talk.now + life_s + 1.0) is None


def test_sessions_that_live_are_never_dropped_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quorate.splice.session.MAX_SESSIONS", 2)
    sessions = SessionRegistry()
    virtuals = []
    for _ in range(4):
        talk = Talk(sessions=sessions).log_in()
        talk.c(ENABLE)
        talk.s(ENABLED)
        virtual = re.search(r"id='(q1\.[0-9a-f]+)'", talk.client())
        assert virtual
        virtuals.append((talk, virtual[1]))
    assert all(sessions.find(virtual, 100.0) for _, virtual in virtuals)
    for talk, _ in virtuals[:3]:
        talk.lose()
    assert [sessions.find(virtual, 100.0) is not None for _, virtual in virtuals] == [False, True, True, True]


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
