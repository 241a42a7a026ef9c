"""Whether and when somebody is asked about in the stream. PRB-1 to 5, INJ-4 to 6, T18 to T25."""

import pytest

from quorate.model.address import Jid, parse_address
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.splice.asking import Asking
from quorate.splice.backing_off import BackingOff
from quorate.splice.effects import Answered, PresenceSeen
from tests.splice.questions import asked, failed, last, logged_in, verdict
from tests.splice.script import BIND, BOB, BOUND, DELAY, ROSTER_GET, Talk, ids, roster, who

MANY = 100
SUBSCRIBE = "<presence type='subscribe' id='s1' to='bob@example.org'/>"


def test_what_the_stream_said_is_not_asked() -> None:
    talk = logged_in()
    talk.s("<presence from='bob@example.org/x'/>")
    talk.ask("bob")
    assert talk.saw(Answered) == [Answered(request="q1", contact=who("bob"), reason=None, asked=False)]
    assert talk.server() == ""


def test_silence_of_the_burst_implies_offline_and_is_asked_all_the_same() -> None:
    talk = logged_in()
    talk.wait(5.1)
    implied = {str(e.contact) for e in talk.saw(PresenceSeen) if e.implied}
    assert implied == {"xmpp:bob@example.org", "xmpp:far@other.example"}
    talk.ask("bob")
    assert "type='probe'" in talk.server()


def test_no_probe_without_subscription() -> None:
    talk = logged_in()
    talk.ask("dave")
    sent = talk.server()
    assert "probe" not in sent
    (id,) = ids(sent)
    talk.s(failed(id, "forbidden", "auth", sender="dave@example.org"))
    assert verdict(talk) == (Presence.UNKNOWN, Reason.NOT_SUBSCRIBED, True)


def test_a_pending_contact_is_not_touched() -> None:
    talk = logged_in()
    talk.ask("eve")
    assert talk.server() == ""
    assert verdict(talk) == (Presence.UNKNOWN, Reason.PENDING, False)


def test_a_pending_contact_that_is_said_to_be_unavailable_is_pending_all_the_same() -> None:
    """Prosody says so to every device when another one logs in."""
    talk = Talk().log_in("<item jid='gina@example.org' subscription='none' ask='subscribe'/>")
    talk.s("<presence to='alice@example.org' type='unavailable' from='gina@example.org'/>")
    assert talk.saw(PresenceSeen)[-1].reason is Reason.PENDING


def push(item: str) -> str:
    return f"<iq type='set' id='p1'><query xmlns='jabber:iq:roster'>{item}</query></iq>"


def test_a_subscription_just_asked_for_is_pending_before_the_server_says_so() -> None:
    """Prosody answers a probe that overtakes its roster push by cancelling the request (section 3.1)."""
    talk = logged_in()
    talk.c(SUBSCRIBE)
    assert talk.server() == SUBSCRIBE
    talk.ask("bob", force=True)
    assert talk.server() == ""
    (answer,) = talk.saw(Answered)
    assert (answer.reason, answer.asked) == (Reason.PENDING, False)
    talk.s(push("<item jid='bob@example.org' subscription='to'/>"))
    talk.ask("bob", force=True)
    assert "type='probe'" in talk.server()


def test_nor_is_a_question_sent_that_waited_when_the_client_asked_for_it() -> None:
    talk = logged_in()
    for name in ("a", "b", "c", "d", "e"):
        talk.ask(name)
    talk.ask("bob", "waits")
    talk.hear()
    talk.c(SUBSCRIBE)
    talk.wait(1.1)
    assert talk.server() == SUBSCRIBE
    assert [e.reason for e in talk.saw(Answered) if e.request == "waits"] == [Reason.PENDING]


def test_a_server_that_says_nothing_to_it_does_not_end_the_asking() -> None:
    talk = logged_in()
    talk.c(SUBSCRIBE)
    talk.hear()
    talk.wait(10.1)
    talk.ask("bob", force=True)
    assert "type='probe'" in talk.server()


def test_two_who_ask_share_one_question() -> None:
    talk, _, id = asked()
    talk.ask("bob", "q2")
    assert talk.server() == ""
    talk.s(last(id, 5))
    assert [e.request for e in talk.saw(Answered)] == ["q1", "q2"]


def test_asking_again_too_soon_is_not_asked() -> None:
    talk, _, _ = asked()
    talk.wait(3.1)
    talk.hear()
    talk.ask("bob", "q2")
    assert verdict(talk) == (None, Reason.RATE_LIMITED, False)
    talk.wait(60)
    talk.ask("bob", "q3")
    assert "probe" in talk.server()


def test_asking_again_soon_after_an_answer_has_the_answer() -> None:
    talk, _, id = asked()
    talk.s(last(id, 5))
    talk.hear()
    talk.ask("bob", "q2", force=True)
    assert talk.saw(Answered) == [Answered(request="q2", contact=who("bob"), reason=None, asked=False)]


def test_five_questions_a_second_and_the_rest_in_turn() -> None:
    people = [f"<item jid='p{n}@example.org' subscription='both'/>" for n in range(40)]
    talk = Talk().log_in(*people)
    for n in range(40):
        talk.ask(f"p{n}", f"q{n}")
    assert talk.server().count("probe") == 5
    talk.wait(1.01)
    assert talk.server().count("probe") == 5
    talk.wait(10)
    reasons = [e.reason for e in talk.saw(Answered)]
    assert len(reasons) == 40
    assert reasons.count(Reason.RATE_LIMITED) >= 20
    assert reasons.count(Reason.TIMEOUT) == 40 - reasons.count(Reason.RATE_LIMITED)


def test_a_server_that_says_slow_down_is_left_alone() -> None:
    talk, _, id = asked()
    talk.s(failed(id, "policy-violation", "wait"))
    talk.wait(4)
    talk.hear()
    talk.do(talk.splice.ask("q2", who("far"), talk.now))
    assert verdict(talk) == (None, Reason.RATE_LIMITED, False)
    talk.do(talk.splice.ask("q3", parse_address("zoe@elsewhere.net"), talk.now))
    assert "zoe@elsewhere.net" in talk.server(), "what one server says is not for others"


def test_it_is_left_alone_for_longer_each_time_and_forgets() -> None:
    backing_off = BackingOff()
    quiet_s, now = [], 0.0
    for _ in range(8):
        backing_off.heard("example.org", "resource-constraint", now)
        backing_off.heard("example.org", "resource-constraint", now + 1)
        until = next(s for s in range(10_000) if not backing_off.quiet("example.org", now + s))
        quiet_s.append(until)
        now += until
    assert quiet_s == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    backing_off.heard("example.org", "resource-constraint", now + 3600)
    assert not backing_off.quiet("example.org", now + 3660)
    backing_off.heard("example.net", "forbidden", now)
    assert not backing_off.quiet("example.net", now)


def test_before_the_login_a_question_waits_and_is_given_up() -> None:
    talk = Talk()
    talk.open()
    talk.hear()
    talk.ask("bob")
    talk.wait(3.1)
    assert talk.saw(Answered) == [
        Answered(request="q1", contact=who("bob"), reason=Reason.TOO_EARLY, asked=False)
    ]
    assert talk.server() == ""


@pytest.mark.parametrize("answer", [roster(BOB), "<iq type='result' id='r1'/>", "<iq type='error' id='r1'/>"])
def test_a_question_waits_for_the_roster_which_says_whom_to_probe(answer: str) -> None:
    """PRB-1: also for the one we ask for, as the client has its own already (RFC 6121 section 2.6)."""
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET + "<presence/>")
    talk.ask("bob")
    talk.hear()
    talk.s(answer)
    sent = talk.server()
    if "type='result' id='r1'/>" in answer:
        assert "jabber:iq:last" not in sent
        (own,) = ids(sent)
        talk.s(roster(BOB).replace("'r1'", f"'{own}'"))
        sent = talk.server()
    assert "jabber:iq:last" in sent
    assert ("type='probe'" in sent) is ("error" not in answer)


def test_a_roster_that_does_not_come_ends_the_question() -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET)
    talk.ask("bob")
    talk.wait(6.0)
    assert [a.reason for a in talk.saw(Answered)] == [Reason.TOO_EARLY]
    talk.wait(5.0)
    talk.hear()
    talk.ask("bob", "later")
    assert "jabber:iq:last" in talk.server()


def test_before_the_client_has_asked_for_its_roster_nothing_is_added_for_five_seconds() -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.hear()
    talk.wait(3)
    talk.ask("bob")
    assert talk.server() == ""
    talk.wait(2.1)
    assert "jabber:iq:last" in talk.server()


def test_a_question_waits_for_the_end_of_a_stanza_that_is_passing() -> None:
    """Stanzas of the client are held whole; one too big to hold passes in parts, and we wait."""
    talk = logged_in()
    start = "<message to='bob@example.org'><body>" + "x" * 300_000
    talk.c(start)
    assert talk.server() == start
    talk.ask("bob")
    assert talk.server() == ""
    talk.c("</body></message>")
    sent = talk.server()
    assert sent.startswith("</body></message><presence type='probe'")


def test_while_the_client_is_inactive_what_is_known_is_stale_and_asked() -> None:
    talk = logged_in()
    talk.s("<presence from='bob@example.org/x'/>")
    talk.hear()
    talk.c("<inactive xmlns='urn:xmpp:csi:0'/>")
    assert [e.stale for e in talk.saw(PresenceSeen)] == [True]
    assert talk.server() == "<inactive xmlns='urn:xmpp:csi:0'/>"
    talk.ask("bob")
    sent = talk.server()
    assert "probe" in sent
    assert "active" not in sent
    talk.s(f"<presence from='bob@example.org/x'><show>dnd</show>{DELAY}</presence>")
    talk.wait(0.3)
    assert verdict(talk) == (Presence.BUSY, None, True)
    talk.c("<active xmlns='urn:xmpp:csi:0'/>")
    assert [e.stale for e in talk.saw(PresenceSeen)] == [False]


def test_when_the_stream_ends_every_question_is_answered() -> None:
    talk, _, _ = asked()
    talk.lose()
    assert [e.reason for e in talk.saw(Answered)] == [Reason.STREAM_ENDED]
    talk.ask("bob", "q2")
    assert [e.reason for e in talk.saw(Answered)] == [Reason.STREAM_ENDED]


def test_asking_about_oneself_or_the_companion_adds_nothing() -> None:
    talk = logged_in()
    talk.ask("alice")
    assert [e.reason for e in talk.saw(Answered)] == [None]
    assert talk.server() == ""


def test_what_many_questions_cost_grows_with_their_number_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each one asked used to look at all that wait: 240 ms with 250, for which nobody's bytes passed."""
    looks = 0
    refusal = Asking._refusal

    def counted(asking: Asking, contact: Jid) -> Reason | None:
        nonlocal looks
        looks += 1
        return refusal(asking, contact)

    monkeypatch.setattr(Asking, "_refusal", counted)
    talk = Talk().log_in(*(f"<item jid='p{n}@example.org' subscription='both'/>" for n in range(MANY)))
    for number in range(MANY):
        talk.ask(f"p{number}", f"q{number}", force=True)
    for _ in range(50):
        talk.s("<message from='bob@example.org'><body>hi</body></message>")
        talk.c("<message to='bob@example.org'><body>hi</body></message>")
    talk.wait(10.0)
    assert len({e.request for e in talk.saw(Answered)}) == MANY
    assert looks <= 3 * MANY
