"""What happens between a question and its answer, a line and its end, and at other bad moments."""

import pytest

from quorate.model.address import parse_address
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.splice.effects import Answered, Done, OwnPresenceSent, PresenceSeen, RosterSeen, TextSeen
from tests.splice.questions import FAR, asked, failed, last, logged_in, verdict
from tests.splice.script import BIND, BOB, BOUND, ITEM, ROSTER_GET, Talk, roster, who

BLOCK = "<block xmlns='urn:xmpp:blocking'><item jid='bob@example.org'/></block>"
PENDING = (
    "<query xmlns='jabber:iq:roster'>"
    "<item jid='bob@example.org' subscription='from' ask='subscribe'/></query>"
)
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"


@pytest.mark.parametrize(
    ("push", "reason"), [(BLOCK, Reason.BLOCKED), (PENDING, Reason.PENDING)], ids=["blocked", "asked for"]
)
def test_who_must_not_be_asked_any_more_is_not_although_a_question_waited(push: str, reason: Reason) -> None:
    """PRB-1, XEP-0191: another device has blocked them, or asked for their subscription."""
    talk = logged_in()
    for name in ("a", "b", "c", "d", "e"):
        talk.ask(name)
    talk.ask("bob", "waits")
    talk.hear()
    talk.s(f"<iq type='set' id='p1' from='alice@example.org'>{push}</iq>")
    talk.wait(1.1)
    assert talk.server() == ""
    assert [e.reason for e in talk.saw(Answered) if e.request == "waits"] == [reason]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seconds", [0, 77, None])
def test_blocked_while_being_asked_is_blocked_whatever_the_answer(late: bool, seconds: int | None) -> None:
    """XEP-0191: the server answers about the block now, or has answered before it."""
    talk, _, id = asked()
    talk.c(f"<iq type='set' id='k1'>{BLOCK}</iq>")
    talk.s("<iq type='result' id='k1'/>")
    talk.client()
    talk.wait(5.0 if late else 0.0)
    talk.s(failed(id, "not-acceptable") if seconds is None else last(id, seconds))
    talk.wait(5.0)
    assert talk.client() == ""
    (answer,) = talk.saw(Answered)
    assert answer.reason is Reason.BLOCKED
    told = [e for e in talk.saw(PresenceSeen) if e.contact == who("bob")]
    assert (told[-1].presence, told[-1].reason) == (Presence.UNKNOWN, Reason.BLOCKED)


def test_who_was_blocked_while_a_message_waited_is_not_written_to() -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.tell("bob")
    talk.s(f"<iq type='set' id='p1' from='alice@example.org'>{BLOCK}</iq>")
    talk.c(ROSTER_GET)
    talk.s(roster(BOB))
    assert "<message" not in talk.server()
    assert talk.saw(Done) == [Done(effect="e1", reason=Reason.BLOCKED)]


def test_who_is_there_without_a_presence_and_leaves_is_offline() -> None:
    """The server has told nothing of a device, and then that it has left."""
    talk, _, id = asked()
    talk.s(last(id, 0))
    talk.wait(4.0)
    assert verdict(talk) == (Presence.ONLINE, None, True)
    talk.s("<presence type='unavailable' from='bob@example.org/x'/>")
    left = talk.saw(PresenceSeen)
    assert [(e.resource, e.presence) for e in left] == [("x", Presence.OFFLINE), ("", Presence.OFFLINE)]


@pytest.mark.parametrize(
    ("item", "condition", "presence", "reason"),
    [
        (FAR, "remote-server-not-found", Presence.UNREACHABLE, Reason.UNREACHABLE),
        (FAR, "remote-server-timeout", Presence.UNREACHABLE, Reason.UNREACHABLE),
        (FAR, "service-unavailable", Presence.OFFLINE, None),
    ],
)
def test_an_error_instead_of_presence_at_the_login_is_not_silence(
    item: str, condition: str, presence: Presence, reason: Reason | None
) -> None:
    """RFC 6121 section 4.2.2: the server's own probe, or our presence, did not get there."""
    talk = Talk().log_in(BOB, item)
    error = (
        "<presence type='error' from='far@other.example' to='alice@example.org'><error type='cancel'>"
        f"<{condition} xmlns='{STANZAS}'/></error></presence>"
    )
    talk.s(error)
    assert talk.client() == error
    talk.wait(10.0)
    far = parse_address("far@other.example")
    told = [e for e in talk.saw(PresenceSeen) if e.contact == far]
    assert (told[-1].presence, told[-1].reason) == (presence, reason)
    talk.hear()
    talk.do(talk.splice.ask("q", far, talk.now))
    assert "to='far@other.example'" in talk.server()
    talk.s("<presence from='far@other.example/x'/>")
    assert [(e.resource, e.presence) for e in talk.saw(PresenceSeen)] == [("x", Presence.ONLINE)]


@pytest.mark.parametrize("to", ["", "room@conf.example.org/" + "n" * 1100, "a b@conf.example.org/n"])
@pytest.mark.parametrize("kind", ["", " type='unavailable'"])
def test_presence_to_an_address_nobody_can_read_is_not_the_users_own(to: str, kind: str) -> None:
    talk = Talk().log_in()
    left = f"<presence{kind} to='{to}'/>"
    talk.c(left)
    assert talk.server() == left
    assert talk.saw(OwnPresenceSent) == []
    assert talk.saw(PresenceSeen) == []


def stalling(talk: Talk, stanza: str, at: int) -> str:
    """The server says it in two parts with a second between them; what the client gets of it."""
    talk.s(stanza[:at])
    talk.wait(1.0)
    first = talk.client()
    talk.s(stanza[at:])
    return first + talk.client()


@pytest.mark.parametrize("at", [20, 50])
def test_presence_that_stalls_is_learnt_once_it_is_whole(at: int) -> None:
    """P-3: it passes after 250 ms as far as it has come, and says what it says."""
    talk = Talk().log_in(sm=True)
    talk.s("<presence from='bob@example.org/x'/>")
    talk.hear()
    busy = "<presence from='bob@example.org/x'><show>dnd</show></presence>"
    assert stalling(talk, busy, at) == busy
    assert [(e.resource, e.presence) for e in talk.saw(PresenceSeen)] == [("x", Presence.BUSY)]
    talk.c("<a xmlns='urn:xmpp:sm:3' h='4'/>")
    assert talk.server() == "<a xmlns='urn:xmpp:sm:3' h='3'/>"


def test_an_answer_that_stalls_answers_the_question() -> None:
    talk, _, id = asked()
    stalling(talk, last(id, 77), 90)
    assert verdict(talk) == (Presence.OFFLINE, None, True)


def test_a_reply_that_stalls_is_read() -> None:
    talk = Talk().log_in()
    talk.do(talk.splice.watch(who("bob"), talk.now))
    reply = "<message type='chat' from='bob@example.org/x'><body>yes</body></message>"
    assert stalling(talk, reply, 50) == reply
    assert [e.text for e in talk.saw(TextSeen)] == ["yes"]


@pytest.mark.parametrize("at", [30, 60, 77, 100])
def test_a_push_that_stalls_is_learnt_and_its_version_made_our_own(at: int) -> None:
    """VC-4: wherever it stalls, the client never has the companion under a version of the server's."""
    talk = Talk().log_in(ver="8")
    push = (
        "<iq type='set' id='p9'><query xmlns='jabber:iq:roster' ver='{}9'>"
        "<item jid='bob@example.org' subscription='remove'/></query></iq>"
    )
    assert stalling(talk, push.format(""), at) == push.format("q1:")
    assert talk.saw(RosterSeen)[-1].removed == (who("bob"),)


@pytest.mark.parametrize("at", [20, 40, 59, 66, 90])
def test_a_roster_that_stalls_comes_under_a_version_of_our_own(at: int) -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET)
    talk.hear()
    got = stalling(talk, roster(BOB, ver="9"), at)
    assert "ver='q1:9'" in got
    assert ITEM in got
    assert [c.name for c in talk.saw(RosterSeen)[-1].contacts] == ["Bob"]


def test_what_is_blocked_is_known_although_the_answer_stalls() -> None:
    talk = Talk().log_in()
    talk.c("<iq type='get' id='k1'><blocklist xmlns='urn:xmpp:blocking'/></iq>")
    answer = (
        "<iq type='result' id='k1'><blocklist xmlns='urn:xmpp:blocking'>"
        "<item jid='bob@example.org'/></blocklist></iq>"
    )
    assert stalling(talk, answer, 75) == answer
    talk.ask("bob")
    assert [e.reason for e in talk.saw(Answered)] == [Reason.BLOCKED]


def test_what_names_the_companion_and_stalls_goes_nowhere() -> None:
    """VC-1: what comes from its domain is nobody's."""
    talk = Talk().log_in(sm=True)
    bounce = f"<message type='error' from='quorate@quorate.invalid'><body>{'x' * 100}</body></message>"
    assert stalling(talk, bounce, 90) == ""
    talk.c("<a xmlns='urn:xmpp:sm:3' h='1'/>")
    assert talk.server() == "<a xmlns='urn:xmpp:sm:3' h='2'/>"
