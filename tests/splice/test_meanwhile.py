"""What happens between a question and its answer, a line and its end, and at other bad moments."""

import pytest

from quorate.model.address import parse_address
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.splice.effects import Answered, Done, OwnPresenceSent, PresenceSeen
from tests.splice.questions import FAR, asked, failed, last, logged_in, verdict
from tests.splice.script import BIND, BOB, BOUND, ROSTER_GET, Talk, roster, who

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
