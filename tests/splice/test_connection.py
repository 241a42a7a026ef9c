"""When a stream cannot be followed, moves to another connection, or ends. P-6, SM-9, SM-11, T34."""

import pytest

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import Close, CommandTyped, Side, StateChanged, TextSeen
from tests.splice.script import Talk
from tests.splice.test_resumption import NOT_FOUND, SM, TO_COMPANION, down, enabled, up

TYPED = TO_COMPANION.format("c1", "status")


def test_the_old_connection_only_hands_on_once_its_session_moved() -> None:
    first, virtual = enabled()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    conflict = "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
    first.hear()
    first.s(conflict)
    assert first.client() == conflict
    first.lose(Side.SERVER)
    assert again.splice.state is StreamState.LIVE
    again.hear()
    again.tell("bob")
    assert "<body>hello</body>" in again.server()


def test_what_the_client_had_sent_before_it_came_back_goes_nowhere_any_more() -> None:
    """Read late, after its <resume/>: it sends it again on the new connection, and it must arrive once."""
    first, virtual = enabled()
    first.c("<message to='bob@example.org' id='half'>")
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    first.c("</message><message to='bob@example.org' id='late'/>")
    first.lose()
    assert first.server() == ""
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.server()
    again.c("<message to='bob@example.org' id='half'></message>")
    assert again.server() == "<message to='bob@example.org' id='half'></message>"


def test_a_stream_that_was_ended_cannot_be_resumed() -> None:
    talk, virtual = enabled()
    talk.c("</stream:stream>")
    talk.lose()
    again = Talk(sessions=talk.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    assert again.client().endswith(NOT_FOUND)


@pytest.mark.parametrize("injected", [False, True])
def test_what_a_client_says_after_it_ended_its_stream_passes_and_means_nothing(injected: bool) -> None:
    """Clients with libstrophe answer an <r/> of the server's also then."""
    talk, _ = enabled()
    up(talk, "I" if injected else "F")
    talk.hear()
    late = f"</stream:stream><a {SM} h='9'/>"
    talk.c(late)
    talk.c("more")
    assert talk.server() == late + "more"
    talk.s(f"<message/><a {SM} h='1'/></stream:stream>")
    assert talk.client().startswith("<message/>")
    assert talk.saw(Close) == []
    assert [told.reason for told in talk.saw(StateChanged) if told.reason] == []


def test_what_cannot_be_followed_any_more_is_cut_if_counts_differ() -> None:
    talk, virtual = enabled()
    up(talk, "I")
    talk.hear()
    talk.c("<!DOCTYPE x>")
    assert talk.saw(Close) == [Close(abort=True)]
    again = Talk(sessions=talk.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    assert again.client().endswith(NOT_FOUND)


def test_what_cannot_be_followed_any_more_is_forwarded_if_counts_agree() -> None:
    talk, _ = enabled()
    up(talk, "F")
    talk.hear()
    talk.c("<!DOCTYPE x><a/>")
    talk.c("more")
    assert talk.server() == "<!DOCTYPE x><a/>more"
    assert talk.saw(StateChanged)[-1].state is StreamState.BLIND
    talk.ask("bob")
    assert talk.server() == ""


@pytest.mark.parametrize("side", list(Side))
def test_tls_that_breaks_in_the_middle_of_a_stream_is_a_lost_connection(side: Side) -> None:
    """``</stream:stream>`` would end the session for good, and with it what was not acknowledged (SM-11)."""
    talk, virtual = enabled()
    talk.s("<message from='bob@example.org'><body>hel")
    talk.hear()
    talk.do(talk.splice.tls_failed(side, Reason.UPSTREAM_UNREACHABLE, talk.now))
    assert (talk.client(), talk.server()) == ("", "")
    assert talk.saw(Close) == [Close()]
    again = Talk(sessions=talk.sessions)
    again.open()
    again.hear()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    assert again.server() == f"<resume {SM} h='0' previd='S9'/>"


@pytest.mark.parametrize("own", [True, False])
def test_a_client_that_resumes_after_its_login_is_answered_by_its_server(own: bool) -> None:
    """An answer of ours could stand in the middle of a stanza (INJ-2), and cost the live session."""
    talk, virtual = enabled()
    talk.s("<message from='eve@example.org'><body>")
    talk.hear()
    asked = f"<resume {SM} h='0' previd='{virtual if own else 'nonsense'}'/>"
    talk.c(asked)
    assert (talk.server(), talk.client()) == (asked, "")
    talk.s(f"</body></message><failed {SM}/>")
    up(talk, "F")
    assert talk.server() == "<message to='bob@example.org' id='f0'/>"
    assert talk.splice.state is StreamState.LIVE


def test_a_count_that_stalls_half_way_never_passes_untranslated() -> None:
    talk, _ = enabled()
    up(talk, "IF")
    talk.hear()
    talk.s(f"<a {SM} h='2'>")
    talk.wait(5.0)
    assert talk.client() == ""
    talk.s("</a>")
    assert talk.client() == f"<a {SM} h='1'></a>"


@pytest.mark.parametrize(("before", "state"), [("I", StreamState.ENDED), ("F", StreamState.FROZEN)])
def test_a_count_too_big_to_be_held_is_cut_off_only_if_counts_differ(before: str, state: StreamState) -> None:
    talk, _ = enabled()
    up(talk, before)
    talk.hear()
    talk.s(f"<a {SM} h='1'>" + " " * 70_000)
    talk.s("</a>")
    assert talk.splice.state is state
    assert bool(talk.client()) is (state is StreamState.FROZEN)


@pytest.mark.parametrize("end", ["", "</stream:stream>"])
def test_what_the_server_acknowledges_after_the_client_has_shut_its_side_is_translated(end: str) -> None:
    talk, _ = enabled()
    up(talk, "FI")
    talk.c(end)
    talk.lose(Side.CLIENT)
    talk.hear()
    talk.s(f"<a {SM} h='2'")
    talk.s("/></stream:stream>")
    assert talk.client() == f"<a {SM} h='1'/></stream:stream>"
    assert talk.splice.state is StreamState.ENDED


def test_what_the_client_acknowledges_after_the_server_has_shut_its_side_is_translated() -> None:
    talk, _ = enabled()
    down(talk, "FIF")
    talk.lose(Side.SERVER)
    talk.c(f"<a {SM} h='3'/>")
    assert talk.server().endswith(f"<a {SM} h='2'/>")


def test_what_still_arrives_after_the_client_has_shut_its_side_is_counted() -> None:
    talk, virtual = enabled()
    talk.s("<message from='bob@example.org' id='half'>")
    talk.lose(Side.CLIENT)
    talk.s("</message><message from='bob@example.org'/><message from='bob@example.org'>")
    assert talk.client().count("<message") == 3
    talk.lose(Side.SERVER)
    again = Talk(sessions=talk.sessions)
    again.open()
    again.hear()
    again.c(f"<resume {SM} h='2' previd='{virtual}'/>")
    assert again.server() == f"<resume {SM} h='2' previd='S9'/>"


def test_what_is_typed_after_the_server_has_shut_its_side_is_done_once() -> None:
    """It is counted, so that it is a repetition when the client sends it again on the next connection."""
    talk, virtual = enabled()
    talk.lose(Side.SERVER)
    talk.server()
    for half in ("<message to='bob@example.org' id='b'/>" + TYPED[:20], TYPED[20:]):
        talk.c(half)
    assert talk.server() == "<message to='bob@example.org' id='b'/>"
    assert [typed.text for typed in talk.saw(CommandTyped)] == ["status"]
    talk.lose(Side.CLIENT)
    again = Talk(sessions=talk.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.hear()
    again.c("<message to='bob@example.org' id='b'/>" + TYPED)
    assert again.server().count("<message") == 1
    assert again.saw(CommandTyped) == []


def test_an_answer_after_the_client_has_shut_its_side_is_heard_once() -> None:
    answer = "<message from='bob@example.org/x' type='chat' id='y'><body>yes</body></message>"
    talk, virtual = enabled()
    talk.tell("bob", watch=True)
    talk.lose(Side.CLIENT)
    talk.s(answer)
    assert [seen.text for seen in talk.saw(TextSeen)] == ["yes"]
    talk.lose(Side.SERVER)
    again = Talk(sessions=talk.sessions)
    again.open()
    again.hear()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='1' previd='S9'/>" + answer)
    assert "<body>yes</body>" in again.client()
    assert again.saw(TextSeen) == []


def test_what_cannot_be_followed_after_one_side_has_ended_passes_or_ends_both() -> None:
    for before, passes in (("", True), ("I", False)):
        talk, _ = enabled()
        up(talk, before)
        talk.lose(Side.CLIENT)
        talk.hear()
        talk.s("<!DOCTYPE x>")
        talk.s("<more")
        assert talk.client() == ("<!DOCTYPE x><more" if passes else "<!DOCTYPE x>")
        assert talk.saw(Close) == ([] if passes else [Close(abort=True)])
        assert talk.splice.state is StreamState.ENDED
