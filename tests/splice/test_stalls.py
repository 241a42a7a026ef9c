"""A stanza of the server that stalls half-way: it is let through, and known all the same. P-3."""

import pytest

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import Answered, Bounced, PresenceSeen, RosterSeen, TextSeen
from tests.splice.script import BIND, BOB, BOUND, DELAY, ITEM, ROSTER_GET, Talk, ids, roster, who

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
