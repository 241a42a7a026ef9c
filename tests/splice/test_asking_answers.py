"""What comes back is hidden, and what it means; what is news passes. PRB-1 to 5, INJ-4 to 6, T18 to T25."""

import pytest

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.splice.effects import Answered, PresenceSeen
from tests.splice.questions import asked, failed, last, logged_in, verdict
from tests.splice.script import BIND, BOB, BOUND, DELAY, ROSTER_GET, Talk, ids, roster


def test_offline_comes_from_the_definite_half_and_nothing_is_seen_of_it() -> None:
    talk, _, id = asked()
    talk.s(last(id, 77))
    assert verdict(talk) == (Presence.OFFLINE, None, True)
    assert talk.client() == ""


@pytest.mark.parametrize(("seconds", "ago"), [(77, 77.0), (10**11, 0.0)])
@pytest.mark.parametrize("late_s", [0.0, 5.0])
def test_offline_for_how_long_is_told(seconds: int, ago: float, late_s: float) -> None:
    """XEP-0012 section 3: since the logout; more than ten years is nonsense."""
    talk, _, id = asked()
    talk.wait(late_s)
    talk.s(last(id, seconds))
    seen = talk.saw(PresenceSeen)[-1]
    assert (seen.presence, seen.began) == (Presence.OFFLINE, talk.now - ago)


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
    for _ in range(2):
        talk.do(talk.splice.ring(talk.now))
    (ping,) = ids(talk.server())  # one at a time
    foreign = f"<iq type='result' id='{ping}' from='mallory@example.net/x'/>"
    talk.s(foreign)
    assert talk.client() == foreign
    talk.s(f"<iq type='result' id='{ping}' from='example.org' to='alice@example.org/pc'/>")
    assert talk.client() == ""
