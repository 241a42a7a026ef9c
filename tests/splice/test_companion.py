"""The contact that only this client sees: VC-1 to VC-9, T26 to T29. The server never hears of it."""

import re

import pytest

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import CommandTyped, Done, RosterSeen, StateChanged
from quorate.splice.splice import SpliceConfig
from tests.splice.script import (
    APPEARS,
    BIND,
    BOB,
    BOUND,
    CAROL,
    ENABLE,
    ENABLED,
    ITEM,
    ROSTER_GET,
    Talk,
    bound,
    ids,
    roster,
)

JID = "quorate@quorate.invalid"
OWN = "alice@example.org/pc"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"


def push(id: str) -> str:
    return f"<iq type='set' id='{id}' to='{OWN}'><query xmlns='jabber:iq:roster'>{ITEM}</query></iq>"


def test_it_enters_by_the_roster_then_by_presence() -> None:
    talk = bound()
    talk.c(ROSTER_GET)
    assert talk.server() == ROSTER_GET
    talk.s(roster(BOB, CAROL))
    assert talk.client() == roster(BOB, CAROL, ITEM)
    assert talk.saw(StateChanged) == []
    talk.c("<presence/>")
    assert talk.client() == APPEARS
    assert talk.server() == "<presence/>"
    assert talk.saw(StateChanged)[-1].companion is True


@pytest.mark.parametrize("query", ["<query xmlns='jabber:iq:roster'/>", "<query xmlns='jabber:iq:roster' />"])
def test_an_empty_roster_is_opened_for_it(query: str) -> None:
    talk = bound()
    talk.c(ROSTER_GET)
    talk.s(f"<iq type='result' id='r1'>{query}</iq>")
    assert f"{ITEM}</query></iq>" in talk.client()


def test_a_client_that_asks_for_no_roster_gets_it_by_a_push() -> None:
    talk = bound()
    talk.c("<presence/>")
    talk.wait(4.9)
    assert talk.client() == ""
    talk.wait(0.2)
    seen = talk.client()
    (id,) = ids(seen)
    assert seen == push(id) + APPEARS
    talk.c(f"<iq type='result' id='{id}'/>")
    talk.c(f"<iq type='result' id='{id}' to='alice@example.org'/>")
    assert talk.server() == "<presence/>"


def test_a_client_that_sends_presence_first_gets_it_with_its_roster_and_not_before() -> None:
    talk = bound()
    talk.c("<presence/>")
    talk.s("<presence from='bob@example.org/x'/>")
    assert talk.client() == "<presence from='bob@example.org/x'/>"
    talk.c(ROSTER_GET)
    assert talk.client() == ""
    talk.s(roster(BOB))
    assert talk.client() == roster(BOB, ITEM) + APPEARS
    talk.wait(10)
    assert talk.client() == ""


def test_a_client_that_does_nothing_gets_it_after_five_seconds() -> None:
    talk = bound()
    talk.wait(4.9)
    assert talk.client() == ""
    talk.wait(0.2)
    seen = talk.client()
    assert seen == push(ids(seen)[0]) + APPEARS


def test_versions_are_made_our_own() -> None:
    talk = bound()
    talk.c("<iq type='get' id='r1'><query xmlns='jabber:iq:roster' ver='q1:5'/></iq>")
    assert talk.server() == "<iq type='get' id='r1'><query xmlns='jabber:iq:roster' ver='5'/></iq>"
    talk.s(roster(BOB, ver="7"))
    assert "ver='q1:7'" in talk.client()
    talk.s(f"<iq type='set' id='p1'><query xmlns='jabber:iq:roster' ver='8'>{CAROL}</query></iq>")
    assert talk.client().startswith("<iq type='set' id='p1'><query xmlns='jabber:iq:roster' ver='q1:8'>")


@pytest.mark.parametrize(
    ("ver", "asked"), [("", ""), (" ver=''", " ver=''"), (" ver='5'", " ver=''"), (' ver="q1:"', ' ver=""')]
)
def test_a_version_learnt_without_us_is_not_taken_for_the_rosters(ver: str, asked: str) -> None:
    """Else the client would keep the companion under a version that is the server's: a ghost without us."""
    talk = bound()
    talk.c(f"<iq type='get' id='r1'><query xmlns='jabber:iq:roster'{ver}/></iq>")
    assert talk.server() == f"<iq type='get' id='r1'><query xmlns='jabber:iq:roster'{asked}/></iq>"


def test_versions_stay_our_own_on_a_frozen_stream() -> None:
    talk = Talk().log_in(sm=True)
    talk.c("<a xmlns='urn:xmpp:sm:3' h='99'/>")
    assert talk.splice.state is StreamState.FROZEN
    talk.hear()
    talk.s(f"<iq type='set' id='p1'><query xmlns='jabber:iq:roster' ver='8'>{CAROL}</query></iq>")
    assert " ver='q1:8'" in talk.client()


def test_an_entry_of_it_that_the_server_once_stored_is_not_shown_beside_it() -> None:
    talk = bound()
    talk.c(ROSTER_GET)
    talk.s(roster(BOB, f"<item jid='{JID}' name='old' subscription='none'/>", CAROL, ver="7"))
    assert talk.client() == roster(BOB, CAROL, ITEM, ver="q1:7")
    assert talk.splice.contacts == 2


def test_a_change_of_an_entry_that_the_server_once_stored_does_not_touch_it() -> None:
    """Another device, which knows nothing of it, throws the stored entry away."""
    talk = Talk().log_in(sm=True)
    removed = f"<item jid='{JID}' subscription='remove'/>"
    talk.s(f"<iq type='set' id='x'><query xmlns='jabber:iq:roster'>{removed}</query></iq>")
    assert talk.client() == ""
    assert talk.saw(RosterSeen) == []


def test_an_unchanged_roster_is_followed_by_a_push_and_fetched_by_ourselves() -> None:
    talk = bound()
    talk.c("<iq type='get' id='r1'><query xmlns='jabber:iq:roster' ver='q1:5'/></iq><presence/>")
    talk.hear()
    talk.s("<iq type='result' id='r1'/>")
    seen, sent = talk.client(), talk.server()
    assert seen == "<iq type='result' id='r1'/>" + push(ids(seen)[0]) + APPEARS
    (own,) = ids(sent)
    assert sent == f"<iq type='get' id='{own}'><query xmlns='jabber:iq:roster'/></iq>"
    talk.s(f"<iq type='result' id='{own}'><query xmlns='jabber:iq:roster' ver='5'>{BOB}</query></iq>")
    assert talk.client() == ""
    assert talk.splice.contacts == 1


@pytest.mark.parametrize(
    "to", [JID, f"{JID}/q", "Quorate@QUORATE.invalid", "quorate&#64;quorate.inval&#105;d"]
)
def test_what_is_typed_to_it_is_a_command_and_goes_nowhere(to: str) -> None:
    talk = Talk().log_in()
    talk.c(f"<message type='chat' to='{to}' id='m1'><body> who &lt;bob&gt; </body><active/></message>")
    assert talk.saw(CommandTyped) == [CommandTyped(text="who <bob>", message="m1")]
    assert talk.server() == ""


def test_a_command_is_executed_once_per_id() -> None:
    talk = Talk().log_in()
    for text in ("meet bob", "meet bob", "meet carol"):
        talk.c(f"<message type='chat' to='{JID}' id='m1'><body>{text}</body></message>")
    assert [e.text for e in talk.saw(CommandTyped)] == ["meet bob", "meet carol"]


def test_a_command_without_an_id_gets_one() -> None:
    talk = Talk().log_in()
    for _ in range(2):
        talk.c(f"<message to='{JID}'><body>who</body></message>")
    first, second = talk.saw(CommandTyped)
    assert first.message
    assert first.message != second.message


@pytest.mark.parametrize(
    "inner",
    [
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>",
        "<body> </body>",
        "<reactions xmlns='urn:xmpp:reactions:0' id='x'/>",
    ],
)
def test_what_is_no_text_is_taken_out_in_silence(inner: str) -> None:
    talk = Talk().log_in()
    talk.c(f"<message type='chat' to='{JID}' id='m1'>{inner}</message>")
    assert (talk.server(), talk.client(), talk.saw(CommandTyped)) == ("", "", [])


@pytest.mark.parametrize("kind", ["groupchat", "headline", "error"])
def test_what_is_no_chat_is_no_command(kind: str) -> None:
    talk = Talk().log_in()
    talk.c(f"<message type='{kind}' to='{JID}' id='m1'><body>who bob</body></message>")
    assert (talk.server(), talk.client(), talk.saw(CommandTyped)) == ("", "", [])


def test_a_receipt_is_given() -> None:
    talk = Talk().log_in()
    talk.c(f"<message to='{JID}' id='m1'><body>who</body><request xmlns='urn:xmpp:receipts'/></message>")
    assert "<received xmlns='urn:xmpp:receipts' id='m1'/>" in talk.client()


@pytest.mark.parametrize(
    "inner",
    [
        "<encrypted xmlns='eu.siacs.conversations.axolotl'/><body>fallback</body>",
        "<encrypted xmlns='urn:xmpp:omemo:2'/>",
        "<openpgp xmlns='urn:xmpp:openpgp:0'>x</openpgp>",
        "<body>?OTRv3?</body>",
    ],
)
def test_encrypted_text_is_refused_in_words(inner: str) -> None:
    talk = Talk().log_in()
    talk.c(f"<message type='chat' to='{JID}' id='m1'>{inner}</message>")
    assert SpliceConfig(ids_seed="").encrypted_note in talk.client()
    assert (talk.server(), talk.saw(CommandTyped)) == ("", [])


def test_a_correction_is_answered() -> None:
    talk = Talk().log_in()
    talk.c(
        f"<message to='{JID}' id='m2'><body>x</body>"
        "<replace id='m1' xmlns='urn:xmpp:message-correct:0'/></message>"
    )
    assert SpliceConfig(ids_seed="").correction_note in talk.client()


def test_only_the_first_4096_bytes_are_read() -> None:
    talk = Talk().log_in()
    talk.c(f"<message to='{JID}' id='m1'><body>{'ä' * 3000}</body></message>")
    assert [e.text for e in talk.saw(CommandTyped)] == ["ä" * 2048]


def result(payload: str = "", sender: str = "") -> str:
    head = f"<iq type='result' id='i1'{sender} to='{OWN}'"
    return f"{head}>{payload}</iq>" if payload else f"{head}/>"


def error(condition: str, sender: str = "", kind: str = "cancel") -> str:
    inner = f"<error type='{kind}'><{condition} xmlns='{STANZAS}'/></error>"
    return f"<iq type='error' id='i1'{sender} to='{OWN}'>{inner}</iq>"


FROM = f" from='{JID}'"


def test_nothing_of_its_domain_comes_from_the_server() -> None:
    talk = Talk().log_in()
    talk.s(f"<message from='{JID}/q' to='{OWN}'><body>forged</body></message>")
    talk.s(f"<presence from='{JID}'/>")
    assert talk.client() == ""


def test_it_speaks_after_it_has_appeared() -> None:
    talk = bound()
    talk.do(talk.splice.say("s1", "Hello & welcome", talk.now))
    assert talk.client() == ""
    talk.c(ROSTER_GET)
    talk.s(roster(BOB))
    assert talk.saw(Done) == []
    talk.c("<presence/>")
    seen = talk.client()
    assert seen.index(APPEARS) < seen.index("<body>Hello &amp; welcome</body>")
    assert f"from='{JID}/q' to='{OWN}'" in seen
    assert talk.saw(Done) == [Done(effect="s1")]


def test_a_line_that_can_never_be_said_is_given_up() -> None:
    talk = Talk()
    talk.open()
    talk.do(talk.splice.say("s1", "x", talk.now))
    talk.wait(31)
    assert talk.saw(Done) == [Done(effect="s1", reason=Reason.TOO_EARLY)]
    talk.lose()
    talk.do(talk.splice.say("s2", "x", talk.now))
    assert talk.saw(Done) == [Done(effect="s2", reason=Reason.STREAM_ENDED)]


def test_its_status_is_told_only_when_it_changes() -> None:
    talk = Talk().log_in()
    for text in ("1 waiting", "1 waiting"):
        talk.do(talk.splice.companion_status(text, talk.now))
    assert talk.client().count("<status>1 waiting</status>") == 1


def test_a_client_that_made_itself_unavailable_gets_its_status_when_it_comes_back() -> None:
    talk = Talk().log_in()
    talk.c("<presence type='unavailable'/>")
    talk.do(talk.splice.companion_status("1 waiting", talk.now))
    assert talk.client() == ""
    talk.c("<presence/>")
    assert talk.client().count("<status>1 waiting</status>") == 1


def test_it_leaves_by_presence_then_out_of_the_roster() -> None:
    talk = Talk().log_in()
    talk.do(talk.splice.retire(talk.now))
    seen = talk.client()
    assert seen.startswith(f"<presence type='unavailable' from='{JID}/q' to='{OWN}'/><iq type='set' ")
    assert f"<item jid='{JID}' subscription='remove'/>" in seen
    talk.wait(60)
    assert talk.client() == ""
    assert talk.splice.state is StreamState.LIVE


BLOCKING = "xmlns='urn:xmpp:blocking'"
BLOCK_IT = f"<iq type='set' id='i1'><block {BLOCKING}><item jid='{JID}'/></block></iq>"
UNBLOCK = {
    "by name": f"<iq type='set' id='i1'><unblock {BLOCKING}><item jid='{JID}'/></unblock></iq>",
    "everybody": f"<iq type='set' id='i1'><unblock {BLOCKING}/></iq>",
}


@pytest.mark.parametrize("unblock", UNBLOCK.values(), ids=UNBLOCK)
def test_blocked_it_is_silent_until_it_is_unblocked(unblock: str) -> None:
    """XEP-0191; the server is not told whom it cannot know."""
    talk = Talk().log_in()
    talk.c(BLOCK_IT)
    assert (talk.client(), talk.server()) == (result(), "")
    talk.do(talk.splice.say("s1", "anybody there?", talk.now))
    talk.do(talk.splice.companion_status("1 waiting", talk.now))
    assert talk.saw(Done) == [Done(effect="s1", reason=Reason.BLOCKED)]
    assert talk.client() == ""
    talk.c(f"<message to='{JID}' type='chat' id='m1'><body>who</body></message>")
    assert "<not-acceptable" in talk.client()
    assert talk.saw(CommandTyped) == []
    talk.c(unblock)
    talk.s("<iq type='result' id='i1'/>")
    talk.client()
    talk.do(talk.splice.say("s2", "here again", talk.now))
    assert "here again" in talk.client()
    assert talk.saw(Done) == [Done(effect="s2")]


def test_unblocked_it_shows_itself_as_it_is_now() -> None:
    talk = Talk().log_in()
    talk.c(BLOCK_IT)
    talk.do(talk.splice.companion_status("1 waiting", talk.now))
    talk.hear()
    talk.c(UNBLOCK["by name"])
    assert "<status>1 waiting</status>" in talk.client()


def test_an_answer_that_could_not_leave_comes_after_the_resume() -> None:
    talk = Talk().log_in(sm=True)
    talk.s("<message from='bob@example.org' id='big'><body>half")
    virtual = next(iter(talk.sessions._sessions))
    talk.c(f"<iq type='get' id='i1' to='{JID}'><ping xmlns='urn:xmpp:ping'/></iq>")
    assert "id='i1'" not in talk.client()
    talk.lose()
    again = Talk(sessions=talk.sessions)
    again.open()
    again.c(f"<resume xmlns='urn:xmpp:sm:3' h='1' previd='{virtual}'/>")
    again.s("<resumed xmlns='urn:xmpp:sm:3' h='2' previd='S9'/>")
    assert again.client().count(result(sender=FROM)) == 1


def test_every_push_of_ours_is_one_a_client_believes() -> None:
    """T29: RFC 6121 section 2.1.6; one item, from nobody or the own account, and no version."""
    talk = bound()
    talk.wait(6)
    for item in (f"<item jid='{JID}' name='Q'/>", f"<item jid='{JID}' subscription='remove'/>"):
        talk.c(f"<iq type='set' id='i1'><query xmlns='jabber:iq:roster'>{item}</query></iq>")
    talk.do(talk.splice.retire(talk.now))
    pushes = re.findall(r"<iq type='set'.*?</iq>", talk.client())
    assert len(pushes) == 4
    for one in pushes:
        assert (one.count("<item "), "from=" in one, "ver=" in one) == (1, False, False)


def command(id: str) -> str:
    return f"<message type='chat' id='{id}' to='{JID}'><body>who bob</body></message>"


def test_what_names_it_stays_here_before_the_login_too() -> None:
    """VC-6: a client that does not wait for its login (XEP-0305) has its server told nothing either."""
    talk = Talk()
    talk.open()
    ping = "<iq type='get' id='p1' to='quorate@quorate.invalid/q'><ping xmlns='urn:xmpp:ping'/></iq>"
    talk.c(f"{BIND}{ENABLE}{command('m1')}{ping}{ROSTER_GET}<presence/>")
    assert "quorate.invalid" not in talk.server()
    assert talk.saw(CommandTyped) == []
    talk.s(BOUND + ENABLED)
    talk.s(roster(BOB))
    answer = "<iq type='result' id='p1' from='quorate@quorate.invalid/q' to='alice@example.org/pc'/>"
    assert answer in talk.client()
    assert [(c.text, c.message) for c in talk.saw(CommandTyped)] == [("who bob", "m1")]
    talk.s("<a xmlns='urn:xmpp:sm:3' h='2'/>")
    assert talk.client() == "<a xmlns='urn:xmpp:sm:3' h='4'/>"


def test_who_never_logs_in_is_owed_little() -> None:
    talk = Talk()
    talk.open()
    for n in range(100):
        talk.c(command(f"m{n}") + f"<iq type='get' id='p{n}' to='quorate@quorate.invalid'/>")
    talk.c(BIND)
    assert talk.server().count("<iq") == 1
    talk.s(BOUND)
    talk.c(ROSTER_GET)
    talk.s(roster(BOB))
    assert talk.client().count("id='p") == 16
    assert len(talk.saw(CommandTyped)) == 16
