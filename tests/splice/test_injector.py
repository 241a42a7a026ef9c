"""What Quorate adds: when it may, and what it never adds or hides. INJ-1 to INJ-8, SUP-1, SUP-4."""

import re

import pytest

from quorate.splice.effects import Side
from tests.splice.script import (
    APPEARS,
    BIND,
    BOB,
    BOUND,
    CAROL,
    DELAY,
    ENABLE,
    ENABLED,
    ROSTER_GET,
    Talk,
    ids,
    roster,
    who,
)

SM = "xmlns='urn:xmpp:sm:3'"
SESSION = "<iq type='set' id='s1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"
STANZA = re.compile(r"<(iq|message|presence)\b[^>]*?(?:/>|>.*?</\1>)", re.DOTALL)

GATES = {
    # name: (what passes after the login, seconds until a message may leave)
    "nothing yet": ([], 5.0),
    "its own roster": ([("c", ROSTER_GET)], 0.0),
    "its own presence": ([("c", "<presence/>")], 0.0),
    "presence to one contact only": ([("c", "<presence to='bob@example.org'/>")], 5.0),
    "a legacy session under way": ([("c", SESSION + ROSTER_GET)], None),
    "a legacy session granted": ([("c", SESSION + ROSTER_GET), ("s", "<iq type='result' id='s1'/>")], 0.0),
    "counting under way": ([("c", ENABLE + ROSTER_GET)], None),
    "counting": ([("c", ENABLE + ROSTER_GET), ("s", ENABLED)], 0.0),
}


@pytest.mark.parametrize(("steps", "seconds"), GATES.values(), ids=GATES)
def test_the_gate(steps: list[tuple[str, str]], seconds: float | None) -> None:
    """INJ-1."""
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    for side, text in steps:
        (talk.c if side == "c" else talk.s)(text)
    talk.hear()
    talk.tell("bob")
    if seconds is None:
        talk.wait(20.0)
        assert talk.server() == ""
    else:
        assert ("<message" in talk.server()) is (seconds == 0.0)
        talk.wait(seconds)
        talk.tell("bob", effect="e2")
        assert "<message" in talk.server()


@pytest.mark.parametrize("side", Side)
def test_never_inside_a_stanza_however_slowly_it_comes(side: Side) -> None:
    """INJ-2, T18: one byte a second, an addition after each."""
    talk = Talk().log_in()
    sender, receiver = ("alice", talk.server) if side is Side.CLIENT else ("bob", talk.client)
    slow = f"<message from='{sender}@example.org/x' to='zed@example.org'><body>a&amp;b</body></message>"
    got = ""
    for number, byte in enumerate(slow):
        (talk.c if side is Side.CLIENT else talk.s)(byte)
        if side is Side.CLIENT:
            talk.tell("carol", str(number), effect=f"e{number}")
        else:
            talk.do(talk.splice.say(f"e{number}", str(number), talk.now))
        talk.wait(1.0)
        got += receiver()
    talk.wait(61.0)
    got += receiver()
    assert slow in got


def everything() -> str:
    """All that Quorate does to a stream; what the server got of it."""
    talk = Talk().log_in(BOB, CAROL, sm=True)
    virtual = next(iter(talk.sessions._sessions))
    talk.do(talk.splice.tell("e1", who("bob"), "come?", talk.now, echo="asked bob", watch=True))
    for name in ("bob", "carol", "stranger"):
        talk.ask(name, name, force=True)
    talk.do(talk.splice.companion_status("1 waiting", talk.now))
    talk.do(talk.splice.say("s1", "Q1 waits", talk.now))
    talk.c("<inactive xmlns='urn:xmpp:csi:0'/>")
    talk.wait(70)
    talk.ask("bob", "again", force=True)
    sent = talk.server()
    talk.lose()
    again = Talk(sessions=talk.sessions)
    again.now = talk.now + 1
    again.open()
    again.c(f"<resume {SM} h='2' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='2' previd='S9'/>")
    again.wait(70)
    again.do(again.splice.retire(again.now))
    return sent + again.server()


def test_nothing_is_ever_added_that_the_account_would_be_seen_by() -> None:
    """INJ-3, INJ-4, INJ-7: no presence but a probe to somebody, no subscription, no roster change."""
    ours = [found[0] for found in STANZA.finditer(everything()) if ids(found[0])]
    kinds = [re.sub(r"(id|to)='[^']*'", r"\1=''", stanza) for stanza in ours]
    assert len(ours) >= 7
    message = next(kind for kind in kinds if kind.startswith("<message"))
    assert set(kinds) == {
        "<presence type='probe' id='' to=''/>",
        "<iq type='get' id='' to=''><query xmlns='jabber:iq:last'/></iq>",
        message,
    }
    assert message.endswith(
        "</body><private xmlns='urn:xmpp:carbons:2'/><no-copy xmlns='urn:xmpp:hints'/>"
        "<no-store xmlns='urn:xmpp:hints'/></message>"
    )
    assert not any(" from=" in stanza for stanza in ours)
    assert len({id for stanza in ours for id in ids(stanza)}) == len(ours)


ROOM = "<x xmlns='http://jabber.org/protocol/muc#user'/>"
NEVER_HIDDEN = {
    "what a contact writes": "<message from='bob@example.org/x' type='chat' id='1'><body>hi</body></message>",
    "a request to share presence": "<presence type='subscribe' from='bob@example.org'/>",
    "an end of sharing": "<presence type='unsubscribed' from='bob@example.org'/>",
    "a new device": f"<presence from='bob@example.org/new'>{DELAY}</presence>",
    "a change": "<presence from='bob@example.org/x'><show>dnd</show></presence>",
    "a device that leaves": "<presence type='unavailable' from='bob@example.org/x'/>",
    "an entry of the roster": f"<iq type='set' id='p'><query xmlns='jabber:iq:roster'>{CAROL}</query></iq>",
    "a request to the client": "<iq type='get' id='v' from='bob@example.org/x'><time/></iq>",
    "an error of the stream": "<stream:error><reset/></stream:error>",
    "an answer to the client": "<iq type='result' id='own' from='bob@example.org'><ping/></iq>",
    "presence of a room": f"<presence from='room@muc.example.org/bob'>{ROOM}</presence>",
}


@pytest.mark.parametrize("stanza", NEVER_HIDDEN.values(), ids=NEVER_HIDDEN)
def test_never_hidden_while_an_answer_is_awaited(stanza: str) -> None:
    """SUP-1."""
    talk = Talk().log_in()
    talk.s("<presence from='bob@example.org/x'/>")
    talk.ask("bob", force=True)
    talk.tell("bob", watch=True)
    talk.hear()
    talk.s(stanza)
    assert talk.client() == stanza


@pytest.mark.parametrize("state", ["active", "inactive"])
def test_what_a_client_says_about_its_own_activity_passes_and_is_never_said_for_it(state: str) -> None:
    """SUP-4."""
    talk = Talk().log_in()
    talk.c(f"<{state} xmlns='urn:xmpp:csi:0'/>")
    assert talk.server() == f"<{state} xmlns='urn:xmpp:csi:0'/>"
    talk.ask("bob", force=True)
    talk.tell("bob")
    talk.wait(120)
    assert "csi" not in talk.server()


def test_the_companion_comes_after_its_place_in_the_roster_whatever_the_order() -> None:
    """VC-2."""
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c("<presence/>" + ROSTER_GET)
    talk.do(talk.splice.say("s1", "hello", talk.now))
    talk.s(roster(BOB))
    seen = talk.client()
    assert (
        seen.index("jid='quorate@quorate.invalid'") < seen.index(APPEARS) < seen.index("<body>hello</body>")
    )
