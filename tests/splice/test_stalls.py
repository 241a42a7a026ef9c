"""A stanza of the server that stalls half-way: it is let through, and known all the same. P-3."""

from quorate.model.evidence import Presence
from quorate.model.stream import StreamState
from quorate.splice.effects import Answered, Bounced, PresenceSeen, TextSeen
from tests.splice.script import DELAY, Talk, ids, who

HERE = "<presence from='bob@example.org/x'><show>away</show></presence>"
STALL_S = 0.3


def split(stanza: str) -> tuple[str, str]:
    at = stanza.rindex("<")
    return stanza[:at], stanza[at:]


def halves(talk: Talk, stanza: str) -> str:
    """What the client is given while the end tag stalls."""
    first, last = split(stanza)
    talk.s(first)
    talk.wait(STALL_S)
    given = talk.client()
    talk.s(last)
    return given


def test_presence_that_stalled_is_learnt() -> None:
    talk = Talk().log_in()
    assert (halves(talk, HERE), talk.client()) == split(HERE)
    (seen,) = talk.saw(PresenceSeen)
    assert (seen.contact, seen.resource, seen.presence) == (who("bob"), "x", Presence.AWAY)


def test_an_answer_that_stalled_is_one_and_what_is_shown_is_not_hidden_again() -> None:
    talk = Talk().log_in()
    talk.ask("bob", force=True)
    (last,) = ids(talk.server())[-1:]
    late = HERE.replace("</presence>", f"{DELAY}</presence>")
    assert halves(talk, late) == split(late)[0]
    talk.wait(1.0)
    assert [a.reason for a in talk.saw(Answered)] == [None]
    idle = "<query xmlns='jabber:iq:last' seconds='0'/>"
    answer = f"<iq type='result' id='{last}' from='bob@example.org'>{idle}</iq>"
    talk.hear()
    assert halves(talk, answer) == ""
    assert talk.client() == "", "nobody but us has something of it, and nothing of half of it"
    talk.s(late)
    assert talk.client() == "", "it has been shown"


def test_what_a_watched_contact_writes_is_read_though_it_stalled() -> None:
    talk = Talk().log_in()
    talk.do(talk.splice.watch(who("bob"), talk.now))
    said = "<message from='bob@example.org/x' id='m1'><body>yes</body></message>"
    assert halves(talk, said) == split(said)[0]
    assert [seen.text for seen in talk.saw(TextSeen)] == ["yes"]


def test_an_error_to_a_message_of_ours_is_told_though_it_stalled() -> None:
    talk = Talk().log_in()
    talk.tell("bob")
    (id,) = ids(talk.server())[-1:]
    error = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    talk.hear()
    bounce = f"<message type='error' from='bob@example.org' id='{id}'>{error}</message>"
    assert (halves(talk, bounce), talk.client()) == ("", "")
    assert [bounced.effect for bounced in talk.saw(Bounced)] == ["e1"]


def test_what_is_not_well_formed_in_parts_has_passed_and_is_said() -> None:
    talk = Talk().log_in()
    bad = HERE.replace("</show>", "</shew>")
    assert halves(talk, bad) + talk.client() == bad
    assert talk.splice.state is StreamState.FROZEN
