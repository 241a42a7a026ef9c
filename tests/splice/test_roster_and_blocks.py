"""What the stream says of the roster and of who is blocked. RFC 6121 section 2, XEP-0191."""

import pytest

from quorate.model.evidence import Presence
from quorate.model.person import Subscription
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import Answered, Close, Done, PresenceSeen, RosterSeen
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
    ids,
    roster,
    who,
)

BLOCKING = "xmlns='urn:xmpp:blocking'"
WITHOUT_BOB = {
    "asked for": [
        ("c", f"<iq type='set' id='x'><block {BLOCKING}><item jid='bob@example.org'/></block></iq>"),
        ("s", "<iq type='result' id='x'/>"),
    ],
    "on another device": [
        ("s", f"<iq type='set' id='x'><block {BLOCKING}><item jid='Bob@example.org'/></block></iq>"),
    ],
    "long ago": [
        ("c", f"<iq type='get' id='x'><blocklist {BLOCKING}/></iq>"),
        (
            "s",
            f"<iq type='result' id='x'><blocklist {BLOCKING}><item jid='bob@example.org'/></blocklist></iq>",
        ),
    ],
}


def test_the_roster_is_told_with_groups_and_subscription() -> None:
    talk = Talk()
    talk.log_in()
    (full,) = [e for e in talk.all if isinstance(e, RosterSeen)]
    bob = full.contacts[0]
    assert full.full
    assert (bob.address, bob.name, bob.groups, bob.subscription) == (
        who("bob"),
        "Bob",
        ("dba",),
        Subscription.BOTH,
    )
    assert talk.splice.contacts == 2


@pytest.mark.parametrize("sender", ["", " from='alice@example.org'"])
def test_changes_of_the_roster_are_told(sender: str) -> None:
    talk = Talk().log_in()
    talk.s(
        f"<iq type='set' id='p'{sender}><query xmlns='jabber:iq:roster'>"
        "<item jid='dave@example.org' name='Dave' subscription='to'/></query></iq>"
    )
    (change,) = talk.saw(RosterSeen)
    assert (change.full, [c.name for c in change.contacts]) == (False, ["Dave"])
    assert talk.splice.contacts == 3


def test_who_is_missing_from_a_roster_read_anew_is_unknown() -> None:
    """Another device may have changed it while this one was away."""
    talk = Talk().log_in()
    talk.s("<presence from='bob@example.org/x'/><presence from='carol@example.org/x'/>")
    talk.hear()
    talk.c(ROSTER_GET)
    talk.s(roster(BOB))
    assert {(e.contact, e.presence, e.reason) for e in talk.saw(PresenceSeen)} == {
        (who("carol"), Presence.UNKNOWN, Reason.NOT_SUBSCRIBED)
    }


def test_a_roster_push_of_a_stranger_is_not_believed() -> None:
    talk = Talk().log_in()
    stanza = (
        "<iq type='set' id='p' from='eve@example.net'><query xmlns='jabber:iq:roster'>"
        "<item jid='dave@example.org' subscription='both'/></query></iq>"
    )
    talk.s(stanza)
    assert talk.client() == stanza
    assert talk.saw(RosterSeen) == []


@pytest.mark.parametrize("sender", ["mallory@example.net/x", "alice@example.org.evil"])
def test_a_roster_of_a_stranger_is_not_believed(sender: str) -> None:
    """RFC 6120 section 8.1.2: who guesses the id of the request is still somebody else."""
    talk = unlisted()
    forged = roster(BOB).replace("<iq ", f"<iq from='{sender}' ")
    talk.s(forged)
    assert talk.client() == forged
    assert talk.saw(RosterSeen) == []
    talk.s(roster(CAROL))
    assert ITEM in talk.client()
    assert [c.name for c in talk.saw(RosterSeen)[-1].contacts] == ["Carol"]


def test_a_roster_of_two_thousand_is_held_and_read() -> None:
    talk = Talk(chunk=4096)
    items = [f"<item jid='p{n}@example.org' subscription='both'/>" for n in range(2000)]
    talk.log_in(BOB, *items)
    assert talk.splice.contacts == 2001


def test_a_roster_that_stalls_passes_and_is_read_all_the_same() -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET)
    talk.hear()
    answer = roster(BOB)
    talk.s(answer[:70])
    talk.wait(1.0)
    assert talk.client() == answer[:70]
    talk.s(answer[70:])
    rest = talk.client()
    assert rest.startswith(answer[70:])
    assert ITEM in rest
    assert talk.server() == ""
    assert [c.name for c in talk.saw(RosterSeen)[-1].contacts] == ["Bob"]


@pytest.mark.parametrize(
    "to", ["", *(f" to='{to}'" for to in ("alice@example.org", "alice@example.org/pc", "Alice@Example.org"))]
)
def test_a_roster_asked_of_the_own_account_is_read(to: str) -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET.replace("type=", f"{to} type=".lstrip()))
    talk.s(roster(BOB))
    assert [c.name for c in talk.saw(RosterSeen)[-1].contacts] == ["Bob"]
    assert ITEM in talk.client()


def test_a_roster_asked_for_before_the_resource_is_bound_is_read() -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND + ROSTER_GET + "<presence/>")
    assert talk.server().endswith(BIND + ROSTER_GET + "<presence/>")
    talk.s(BOUND + roster(BOB))
    assert [c.name for c in talk.saw(RosterSeen)[-1].contacts] == ["Bob"]
    assert ITEM in talk.client()


LONG = [f"<item jid='p{n}@example.org' name='{'x' * 500}' subscription='both'/>" for n in range(2100)]


def unlisted() -> Talk:
    """Logged in, with the client's roster still to come."""
    talk = Talk(chunk=4096)
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET + "<presence/>")
    talk.hear()
    return talk


def test_a_roster_too_long_to_hold_is_read_as_it_passes_and_the_companion_is_pushed() -> None:
    """VC-4: under a version of our own, lest the companion stays in the client's cache without us."""
    talk, long = unlisted(), roster(*LONG, ver="q1:7")
    talk.s(roster(*LONG, ver="7"))
    got = talk.client()
    assert got.startswith(long)
    assert ITEM in got[len(long) :]
    assert talk.splice.contacts == len(LONG)


def test_who_fetches_a_long_roster_again_gets_the_companion_again() -> None:
    talk, long = Talk(chunk=4096).log_in(), roster(*LONG)
    talk.c(ROSTER_GET)
    talk.s(long)
    rest = talk.client().removeprefix(long)
    assert ITEM in rest
    assert rest.endswith(APPEARS)


@pytest.mark.parametrize("sm", [False, True])
def test_a_long_roster_we_asked_for_is_read_and_does_not_reach_the_client(sm: bool) -> None:
    talk = Talk(chunk=4096)
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    if sm:
        talk.c(ENABLE)
        talk.s(ENABLED)
    talk.c(ROSTER_GET)
    talk.s("<iq type='result' id='r1'/>")
    (id,) = ids(talk.server())
    talk.hear()
    talk.s(roster(*LONG).replace("'r1'", f"'{id}'"))
    assert talk.client() == ""
    assert talk.splice.contacts == len(LONG)
    talk.s("<message from='bob@example.org/x'><body>next</body></message>")
    assert talk.client() == "<message from='bob@example.org/x'><body>next</body></message>"


def test_what_cannot_be_followed_inside_an_answer_that_is_taken_out_ends_the_connection() -> None:
    """The rest of it would be no XML for the client."""
    talk = Talk(chunk=4096)
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET)
    talk.s("<iq type='result' id='r1'/>")
    (id,) = ids(talk.server())
    talk.hear()
    talk.s(roster(*LONG).replace("'r1'", f"'{id}'")[:400_000])
    talk.do(talk.splice.abandon(talk.now))
    talk.s("<item jid='late@example.org'/>")
    assert talk.client() == ""
    assert talk.saw(Close)


def test_a_roster_with_an_item_nobody_can_read_passes_all_the_same() -> None:
    talk = unlisted()
    endless = roster(f"<item jid='p@example.org' name='{'x' * 500_000}'/>")
    talk.s(endless)
    got = talk.client()
    assert got.startswith(endless)
    assert ITEM in got[len(endless) :]
    assert talk.splice.state is StreamState.LIVE


@pytest.mark.parametrize("steps", WITHOUT_BOB.values(), ids=WITHOUT_BOB)
def test_who_is_blocked_is_unknown_and_left_in_peace(steps: list[tuple[str, str]]) -> None:
    """XEP-0191: the server shows nothing of them, and takes nothing for them."""
    talk = Talk().log_in()
    talk.s("<presence from='bob@example.org/x'/>")
    talk.hear()
    for side, text in steps:
        (talk.c if side == "c" else talk.s)(text)
    told = talk.saw(PresenceSeen)
    assert {(e.contact, e.presence, e.reason) for e in told} == {
        (who("bob"), Presence.UNKNOWN, Reason.BLOCKED)
    }
    talk.hear()
    talk.ask("bob", force=True)
    talk.tell("bob")
    assert talk.server() == ""
    assert [a.reason for a in talk.saw(Answered)] == [Reason.BLOCKED]
    assert [d.reason for d in talk.saw(Done)] == [Reason.BLOCKED]
    talk.s(f"<iq type='set' id='u'><unblock {BLOCKING}><item jid='bob@example.org'/></unblock></iq>")
    talk.ask("bob", "q2", force=True)
    assert "type='probe'" in talk.server()


def test_a_block_that_was_refused_changes_nothing() -> None:
    talk = Talk().log_in()
    talk.c(f"<iq type='set' id='x'><block {BLOCKING}><item jid='bob@example.org'/></block></iq>")
    talk.s("<iq type='error' id='x'><error type='cancel'/></iq>")
    talk.ask("bob", force=True)
    assert "type='probe'" in talk.server()


def test_a_blocked_domain_means_everybody_in_it_and_nobody_else() -> None:
    talk = Talk().log_in(BOB, "<item jid='zed@example.net' subscription='both'/>")
    talk.s(f"<iq type='set' id='x'><block {BLOCKING}><item jid='example.net'/></block></iq>")
    talk.wait(6)
    assert [(e.contact.account, e.presence) for e in talk.saw(PresenceSeen)] == [
        ("zed@example.net", Presence.UNKNOWN),
        ("bob@example.org", Presence.OFFLINE),
    ]


@pytest.mark.parametrize("sender", ["eve@example.net", "alice@example.org/phone"])
def test_a_block_push_of_anybody_else_is_not_believed(sender: str) -> None:
    talk = Talk().log_in()
    talk.s(
        f"<iq type='set' id='x' from='{sender}'><block {BLOCKING}><item jid='bob@example.org'/></block></iq>"
    )
    talk.ask("bob", force=True)
    assert "type='probe'" in talk.server()


REFUSED = (
    "<iq type='error' id='{}' to='alice@example.org/pc'><query xmlns='jabber:iq:roster'/><error type='wait'>"
    "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
)


def test_a_refused_request_that_is_repeated_in_the_error_is_no_empty_roster() -> None:
    """RFC 6120 section 8.3.1: an error may hold what was asked."""
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET)
    talk.hear()
    talk.s(REFUSED.format("r1"))
    assert talk.client().startswith(REFUSED.format("r1") + "<iq type='set'"), "the companion comes by a push"
    assert talk.saw(RosterSeen) == []


def test_our_own_request_refused_is_no_empty_roster_either() -> None:
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c("<iq type='get' id='r1'><query xmlns='jabber:iq:roster' ver='q1:5'/></iq>")
    talk.hear()
    talk.s("<iq type='result' id='r1'/>")
    (own,) = ids(talk.server())
    talk.hear()
    talk.s(REFUSED.format(own))
    assert talk.client() == ""
    assert talk.saw(RosterSeen) == []


def test_who_is_in_their_own_roster_is_not_taken_for_offline() -> None:
    talk = Talk().log_in(BOB, "<item jid='alice@example.org' subscription='both'/>")
    talk.s("<presence from='alice@example.org/pc' to='alice@example.org/pc'/>")
    talk.wait(6)
    assert [e.contact for e in talk.saw(PresenceSeen)] == [who("bob")]


def test_who_was_blocked_before_the_roster_came_is_not_taken_for_offline() -> None:
    """A client may ask for both lists in any order."""
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.c("<iq type='get' id='k1'><blocklist xmlns='urn:xmpp:blocking'/></iq>")
    talk.s(
        "<iq type='result' id='k1'><blocklist xmlns='urn:xmpp:blocking'><item jid='bob@example.org'/>"
        "</blocklist></iq>"
    )
    talk.c(ROSTER_GET + "<presence/>")
    talk.s(roster(BOB))
    talk.wait(6.0)
    told = [(e.presence, e.reason) for e in talk.saw(PresenceSeen)]
    assert told == [(Presence.UNKNOWN, Reason.BLOCKED)]
