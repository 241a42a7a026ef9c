"""What a resumed session still knows, and what is said again after it. SM-5, SM-6, PR-7."""

import re

import pytest

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import (
    Answered,
    Bounced,
    CommandTyped,
    Done,
    PresenceSeen,
    RosterSeen,
)
from tests.splice.script import BIND, BOB, BOUND, DELAY, ENABLE, ENABLED, ROSTER_GET, Talk, ids, roster, who
from tests.splice.test_resumption import SM, TO_COMPANION, ack, enabled


@pytest.mark.parametrize("later_s", [1.0, 3000.0])
def test_an_answer_of_ours_that_the_server_sends_again_stays_hidden(later_s: float) -> None:
    """T17, SM-5: it was on its way, or had come and was not acknowledged, when the connection broke."""
    first, virtual = enabled()
    first.ask("bob", force=True)
    id = ids(first.server())[-1]
    first.wait(later_s)
    first.ask("carol", force=True)
    answer = (
        f"<iq type='result' id='{id}' from='bob@example.org' to='alice@example.org/pc'>"
        "<query xmlns='jabber:iq:last' seconds='5'/></iq>"
    )
    first.s(answer)
    assert first.client() == ""
    first.lose()
    again = Talk(sessions=first.sessions)
    again.now = first.now + 1.0
    again.open()
    again.hear()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.client()
    again.s(answer + "<message from='bob@example.org' id='f'/>")
    assert again.client() == "<message from='bob@example.org' id='f'/>"


@pytest.mark.parametrize("handled", [True, False])
@pytest.mark.parametrize(
    "asked",
    [
        "<iq type='get' id='a1' to='quorate@quorate.invalid/q'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<iq type='set' id='a1'><query xmlns='jabber:iq:roster'>"
        "<item jid='quorate@quorate.invalid' name='Q'/></query></iq>",
        "<message type='chat' to='quorate@quorate.invalid' id='a1'><body>help</body>"
        "<request xmlns='urn:xmpp:receipts'/></message>",
    ],
    ids=["ping", "roster set", "receipt"],
)
def test_what_the_companion_is_asked_once_more_after_a_resume_is_answered_once(
    asked: str, handled: bool
) -> None:
    first, virtual = enabled()
    first.c(f"<message to='bob@example.org'/>{asked}")
    assert first.client().count("id='a1'") == 1
    h = first.splice._connection.session.ledger.shown if handled else 0
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='{h}' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.c(f"<message to='bob@example.org'/>{asked}")
    assert again.client().count("id='a1'") == (0 if handled else 1)


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
    before = ids(first.server())
    first.lose()
    again = Talk(sessions=first.sessions)
    again.now = first.now + away_s
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.hear()
    again.s(f"<resumed {SM} h='{handled}' previd='S9'/>")
    sent = again.server()
    assert sent.count("<body>hello</body>") == times
    assert "probe" not in sent
    assert not set(ids(sent)) & set(before), "SM-6: under an id of its own"
    assert again.saw(Done) == []
    if times:
        new = re.search(r"<message[^>]* id='([^']*)'", sent)
        assert new is not None
        again.s(
            f"<message type='error' from='bob@example.org' id='{new[1]}'><error type='cancel'/></message>"
        )
        assert "error" not in again.client()
        assert again.saw(Bounced) == [Bounced(effect="e1")]
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


def test_absence_hidden_before_the_loss_stays_hidden_when_sent_again() -> None:
    first, virtual = enabled()
    first.c(ack(0))
    first.ask("bob", force=True)
    gone = "<presence type='unavailable' from='bob@example.org'/>"
    first.s(gone)
    assert first.client() == ""
    first.lose()
    again = Talk(sessions=first.sessions)
    again.now += 20
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='2' previd='S9'/>")
    again.client()
    again.s(gone)
    assert again.client() == ""


def test_absence_the_client_lost_is_news_when_sent_again() -> None:
    first, virtual = enabled()
    first.s("<presence from='bob@example.org/x'/>")
    first.c(ack(1))
    gone = "<presence from='bob@example.org' type='unavailable'/>"
    first.s(gone)
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='1' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.hear()
    again.s(gone)
    assert again.client() == gone


def test_the_answer_to_a_ping_from_before_the_resume_is_hidden() -> None:
    first, virtual = enabled()
    first.do(first.splice.ring(first.now))
    (ping,) = ids(first.server())
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='1' previd='S9'/>")
    again.hear()
    again.s(f"<iq type='result' id='{ping}' from='alice@example.org' to='alice@example.org/pc'/>")
    assert again.client() == ""


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


@pytest.mark.parametrize("asleep", ["<inactive xmlns='urn:xmpp:csi:0'/>", "<presence type='unavailable'/>"])
def test_what_was_stale_before_a_resume_is_stale_after_it(asleep: str) -> None:
    talk, virtual = enabled()
    talk.s("<presence from='bob@example.org/x'/>")
    talk.c(asleep)
    talk.lose()
    again = Talk(sessions=talk.sessions)
    again.open()
    again.c(f"<resume {SM} h='1' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    assert {e.stale for e in again.saw(PresenceSeen)} == {True}


def test_a_status_that_changed_while_the_connection_was_lost_is_told_after_the_resume() -> None:
    talk, virtual = enabled()
    talk.lose()
    talk.do(talk.splice.companion_status("2 ready", talk.now))
    again = Talk(sessions=talk.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.hear()
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    assert "<status>2 ready</status>" in again.client()


def test_a_question_that_was_out_when_the_connection_broke_may_be_asked_again() -> None:
    """INJ-6: whether it had arrived nobody knows."""
    talk, virtual = enabled()
    talk.ask("bob")
    assert len(ids(talk.server())) == 2
    talk.lose()
    assert [e.reason for e in talk.saw(Answered)] == [Reason.STREAM_ENDED]
    again = Talk(sessions=talk.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.hear()
    for asked in (2, 0):
        again.ask("bob", force=True)
        assert len(ids(again.server())) == asked
        again.wait(5.0)
    assert [e.reason for e in again.saw(Answered)] == [Reason.TIMEOUT, Reason.RATE_LIMITED]


def test_nobody_is_taken_for_offline_while_the_server_sends_the_rest_of_the_burst_again() -> None:
    first, virtual = enabled()
    first.lose()
    again = Talk(sessions=first.sessions)
    again.now = first.now + 20.0
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.s("<presence from='bob@example.org/x'/>")
    again.wait(4.0)
    assert not [e for e in again.saw(PresenceSeen) if e.implied]
    again.wait(2.0)
    assert {e.contact for e in again.saw(PresenceSeen) if e.implied} == {who("carol")}


def test_what_is_typed_after_a_resume_is_done_though_the_client_sends_not_all_again() -> None:
    """XEP-0198 section 5 wants it to; a command is known by its id, too."""
    first, virtual = enabled()
    first.c("<message to='bob@example.org'/><message to='bob@example.org'/>")
    first.c(TO_COMPANION.format("m1", "who bob"))
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.hear()
    for id in ("m1", "m2"):
        again.c(TO_COMPANION.format(id, "who bob"))
    assert [c.message for c in again.saw(CommandTyped)] == ["m2"]


def test_what_is_typed_without_an_id_is_done_once_over_a_resume() -> None:
    first, virtual = enabled()
    typed = "<message to='quorate@quorate.invalid'><body>who bob</body></message>"
    before = "<message to='bob@example.org'/>"
    first.c(before + typed)
    assert len(first.saw(CommandTyped)) == 1
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    again.c(before + typed)
    assert again.saw(CommandTyped) == []
    again.c(typed)
    assert len(again.saw(CommandTyped)) == 1


def before_the_roster() -> tuple[Talk, str]:
    """Stream management is on, the roster not asked for; with the session's id."""
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ENABLE)
    talk.s(ENABLED)
    virtual = re.search(r"id='(q1\.[0-9a-f]+)'", talk.client())
    assert virtual
    return talk, virtual[1]


def test_our_own_roster_request_is_made_again() -> None:
    first, virtual = before_the_roster()
    first.c(ROSTER_GET)
    first.s("<iq type='result' id='r1'/>")
    (id,) = ids(first.server())
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='1' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='1' previd='S9'/>")
    assert f"<iq type='get' id='{id}'><query xmlns='jabber:iq:roster'/></iq>" in again.server()
    for _ in range(2):
        again.s(roster(BOB).replace("id='r1'", f"id='{id}'"))
    assert "bob@example.org" not in again.client()
    assert [c.name for c in again.saw(RosterSeen)[-1].contacts] == ["Bob"]


def test_a_roster_answer_sent_again_has_the_companion_in_it_again() -> None:
    first, virtual = before_the_roster()
    first.c(ROSTER_GET)
    first.s(roster(BOB))
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='1' previd='S9'/>")
    again.client()
    again.s(roster(BOB))
    assert again.client().count("quorate@quorate.invalid'") == 1
