"""When a stream cannot be followed, moves to another connection, or ends. P-6, SM-9, SM-11, T34."""

from quorate.model.stream import StreamState
from quorate.splice.effects import Close, Side, StateChanged
from tests.splice.script import Talk
from tests.splice.test_resumption import NOT_FOUND, SM, enabled, up


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
