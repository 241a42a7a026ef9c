"""Determine from the stream, else ask in it and hide the answer. PRB-1 to 5, INJ-4 to 6, T18 to T25."""

import pytest

from quorate.model.address import parse_address
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.splice.backing_off import BackingOff
from quorate.splice.effects import Answered, PresenceSeen
from tests.splice.script import BIND, BOB, BOUND, DELAY, ROSTER_GET, Talk, ids, roster, who

DAVE = "<item jid='dave@example.org' subscription='from'/>"
EVE = "<item jid='eve@example.org' subscription='to' ask='subscribe'/>"
FAR = "<item jid='far@other.example' subscription='both'/>"


def logged_in() -> Talk:
    return Talk().log_in(BOB, DAVE, EVE, FAR)


def asked(name: str = "bob", *, force: bool = False) -> tuple[Talk, str, str]:
    """A question on the wire, with the ids of the probe and of the last activity request."""
    talk = logged_in()
    talk.ask(name, force=force)
    sent = talk.server()
    first, second = ids(sent)
    assert sent == (
        f"<presence type='probe' id='{first}' to='{name}@example.org'/>"
        f"<iq type='get' id='{second}' to='{name}@example.org'><query xmlns='jabber:iq:last'/></iq>"
    )
    return talk, first, second


def last(id: str, seconds: int, sender: str = "bob@example.org") -> str:
    return (
        f"<iq type='result' id='{id}' from='{sender}' to='alice@example.org/pc'>"
        f"<query xmlns='jabber:iq:last' seconds='{seconds}'/></iq>"
    )


def failed(id: str, condition: str, kind: str = "cancel", sender: str = "bob@example.org") -> str:
    return (
        f"<iq type='error' id='{id}' from='{sender}'><error type='{kind}'>"
        f"<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    )


def verdict(talk: Talk) -> tuple[Presence | None, Reason | None, bool]:
    """(presence last seen, reason, asked) once the question is over."""
    (answer,) = talk.saw(Answered)
    seen = talk.saw(PresenceSeen)
    return (seen[-1].presence if seen else None, answer.reason, answer.asked)


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


def test_offline_comes_from_the_definite_half_and_nothing_is_seen_of_it() -> None:
    talk, _, id = asked()
    talk.s(last(id, 77))
    assert verdict(talk) == (Presence.OFFLINE, None, True)
    assert talk.client() == ""


def test_presence_is_the_answer_and_its_duplicate_is_hidden() -> None:
    talk = logged_in()
    talk.s("<presence from='bob@example.org/x'><show>away</show><priority>3</priority></presence>")
    talk.hear()
    talk.ask("bob", force=True)
    id = ids(talk.server())[1]
    talk.s(
        f"<presence to='alice@example.org/pc' from='bob@example.org/x'>{DELAY}<priority>3</priority>"
        "<show>away</show></presence>"
    )
    talk.s(last(id, 0))
    assert verdict(talk) == (Presence.AWAY, None, True)
    assert talk.client() == ""


def back_again() -> tuple[Talk, str]:
    """Bob was seen, had logged out before, and is asked about; with the id of the second half."""
    talk = logged_in()
    talk.s("<presence from='bob@example.org/x'><show>dnd</show></presence>")
    talk.hear()
    talk.ask("bob", force=True)
    return talk, ids(talk.server())[1]


def test_presence_outweighs_a_server_that_counts_from_the_last_logout() -> None:
    """Prosody's mod_lastactivity tells when somebody last logged out, also while they are back."""
    talk, id = back_again()
    talk.s(f"<presence from='bob@example.org/x'><show>dnd</show>{DELAY}</presence>")
    talk.s(last(id, 7))
    assert verdict(talk) == (Presence.BUSY, None, True)
    assert talk.client() == ""


def test_not_even_a_late_second_half_outweighs_presence() -> None:
    talk, id = back_again()
    talk.s(f"<presence from='bob@example.org/x'><show>dnd</show>{DELAY}</presence>")
    talk.wait(3.1)
    assert verdict(talk) == (Presence.BUSY, None, True)
    talk.s(last(id, 7))
    assert talk.saw(PresenceSeen) == []
    assert talk.client() == ""


def test_all_devices_are_heard_before_the_question_is_over() -> None:
    talk = logged_in()
    talk.ask("bob")
    id = ids(talk.server())[1]
    talk.s(f"<presence from='bob@example.org/x'><show>away</show>{DELAY}</presence>")
    assert talk.saw(Answered) == []
    talk.s(f"<presence from='bob@example.org/y'><show>dnd</show>{DELAY}</presence>")
    talk.s(last(id, 0))
    assert verdict(talk) == (Presence.BUSY, None, True)


def test_presence_alone_is_an_answer_after_a_moment() -> None:
    talk, _, _ = asked()
    talk.s(f"<presence from='bob@example.org/x'><show>away</show>{DELAY}</presence>")
    talk.wait(0.3)
    assert verdict(talk) == (Presence.AWAY, None, True)


@pytest.mark.parametrize(
    "news",
    [
        f"<presence from='bob@example.org/x'><show>dnd</show>{DELAY}</presence>",
        f"<presence from='bob@example.org/other'><show>away</show>{DELAY}</presence>",
        f"<presence from='bob@example.org/x'><show>away</show><status>hi</status>{DELAY}</presence>",
        "<presence from='bob@example.org/x'><show>away</show></presence>",
    ],
    ids=["changed", "another device", "a status", "a broadcast"],
)
def test_news_is_never_hidden(news: str) -> None:
    talk = logged_in()
    talk.s("<presence from='bob@example.org/x'><show>away</show></presence>")
    talk.ask("bob", force=True)
    talk.hear()
    talk.s(news)
    assert talk.client() == news


def test_a_duplicate_without_a_question_is_not_hidden() -> None:
    talk = logged_in()
    presence = f"<presence from='bob@example.org/x'>{DELAY}</presence>"
    talk.s(presence + presence)
    assert talk.client() == presence + presence


def test_unavailable_from_the_whole_account_is_hidden_if_the_client_knows_nobody_there() -> None:
    talk, _, _ = asked()
    talk.s("<presence type='unavailable' from='bob@example.org' to='alice@example.org/pc'/>")
    talk.wait(0.3)
    assert talk.client() == ""
    assert verdict(talk) == (Presence.OFFLINE, None, True)


def test_a_duplicate_from_far_away_is_hidden_although_nobody_waits_any_more() -> None:
    talk = logged_in()
    shown = "<presence from='bob@example.org/x'><show>away</show></presence>"
    talk.s(shown)
    talk.ask("bob", force=True)
    talk.hear()
    talk.wait(7)
    talk.s(f"<presence from='bob@example.org/x'><show>away</show>{DELAY}</presence>")
    assert talk.client() == ""


def test_unavailable_is_news_if_the_client_thinks_they_are_there() -> None:
    talk = logged_in()
    talk.s("<presence from='bob@example.org/x'/>")
    talk.ask("bob", force=True)
    talk.hear()
    gone = "<presence type='unavailable' from='bob@example.org'/>"
    talk.s(gone)
    assert talk.client() == gone


def test_online_without_presence_is_believed_at_the_deadline() -> None:
    talk, _, id = asked()
    talk.s(last(id, 0))
    assert talk.saw(Answered) == []
    talk.wait(3.1)
    assert verdict(talk) == (Presence.ONLINE, None, True)


def test_no_answer_is_unknown_and_never_offline() -> None:
    talk, _, _ = asked()
    talk.wait(3.1)
    assert verdict(talk) == (Presence.UNKNOWN, Reason.TIMEOUT, True)


def test_no_answer_does_not_undo_what_the_stream_said() -> None:
    talk = logged_in()
    talk.s("<presence from='bob@example.org/x'/>")
    talk.hear()
    talk.ask("bob", force=True)
    talk.wait(3.1)
    assert verdict(talk) == (None, Reason.TIMEOUT, True)


@pytest.mark.parametrize(
    ("condition", "kind", "presence", "reason"),
    [
        ("remote-server-not-found", "cancel", Presence.UNREACHABLE, Reason.UNREACHABLE),
        ("remote-server-timeout", "wait", Presence.UNREACHABLE, Reason.UNREACHABLE),
        ("service-unavailable", "cancel", Presence.UNKNOWN, Reason.TIMEOUT),
        ("forbidden", "auth", Presence.UNKNOWN, Reason.NOT_SUBSCRIBED),
    ],
)
def test_errors_are_read_and_hidden(condition: str, kind: str, presence: Presence, reason: Reason) -> None:
    talk, _, id = asked()
    talk.s(failed(id, condition, kind))
    talk.wait(3.1)
    assert talk.client() == ""
    assert verdict(talk) == (presence, reason, True)


def test_an_error_to_the_probe_is_hidden() -> None:
    talk, probe, _ = asked()
    talk.s(
        f"<presence type='error' id='{probe}' from='bob@example.org'><error type='cancel'>"
        "<remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>"
    )
    assert talk.client() == ""
    assert verdict(talk) == (Presence.UNREACHABLE, Reason.UNREACHABLE, True)


def test_an_answer_of_somebody_else_is_forwarded_and_the_question_stays_open() -> None:
    talk, _, id = asked()
    foreign = last(id, 5, sender="mallory@example.net/x")
    talk.s(foreign)
    assert talk.client() == foreign
    assert talk.saw(Answered) == []
    talk.s(last(id, 5))
    assert verdict(talk) == (Presence.OFFLINE, None, True)


def test_late_answers_are_still_hidden_and_still_believed() -> None:
    talk, _, id = asked()
    talk.wait(3.1)
    talk.hear()
    talk.s(last(id, 5))
    assert talk.client() == ""
    assert [e.presence for e in talk.saw(PresenceSeen)] == [Presence.OFFLINE]


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


SUBSCRIBE = "<presence type='subscribe' id='s1' to='bob@example.org'/>"


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


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_what_the_client_asks_for_itself_is_not_hidden_from_it(first: bool) -> None:
    """Two probes have two answers, and nobody can tell which is whose."""
    talk = logged_in()
    talk.s("<presence from='bob@example.org/x'/>")
    probe = "<presence to='bob@example.org' type='probe'/>"
    if first:
        talk.c(probe)
    talk.ask("bob", force=True)
    if not first:
        talk.c(probe)
    talk.hear()
    answer = f"<presence from='bob@example.org/x'>{DELAY}</presence>"
    talk.s(answer)
    assert talk.client() == answer
    talk.wait(70)
    talk.ask("bob", force=True)
    talk.s(answer)
    assert talk.client() == ""


@pytest.mark.parametrize(
    "before", ["", "<presence/><presence type='unavailable'/>"], ids=["not yet", "no more"]
)
def test_a_client_that_is_not_available_sees_no_answer_and_all_presence_once_it_is(before: str) -> None:
    """RFC 6121 sections 4.2 and 4.5: its server tells it nobody's presence."""
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET)
    talk.s(roster(BOB))
    talk.c(before)
    talk.ask("bob")
    talk.hear()
    answer = f"<presence from='bob@example.org/x'><show>away</show>{DELAY}</presence>"
    talk.s(answer)
    assert talk.client() == ""
    assert [e.presence for e in talk.saw(PresenceSeen)] == [Presence.AWAY]
    talk.c("<presence/>")
    talk.hear()
    talk.s(answer)
    assert talk.client() == answer


def test_an_error_to_the_probe_without_a_sender_is_the_servers_and_hidden() -> None:
    talk, probe, _ = asked()
    talk.s(f"<presence type='error' id='{probe}'><error type='modify'/></presence>")
    assert talk.client() == ""


def test_the_answer_to_a_ping_of_ours_is_hidden_and_nothing_else_of_its_id() -> None:
    talk = logged_in()
    talk.do(talk.splice.ring(talk.now))
    (ping,) = ids(talk.server())
    foreign = f"<iq type='result' id='{ping}' from='mallory@example.net/x'/>"
    talk.s(foreign)
    assert talk.client() == foreign
    talk.s(f"<iq type='result' id='{ping}' from='example.org' to='alice@example.org/pc'/>")
    assert talk.client() == ""
