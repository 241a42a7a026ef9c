"""A stream joined in its middle: nothing counted before the counts are known, then like any other."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.arrival import Arrival, Midway
from quorate.splice.effects import (
    Answered,
    LoggedIn,
    OwnPresenceSent,
    PresenceSeen,
    RosterSeen,
    Side,
    StateChanged,
)
from tests.splice.script import BOB, CAROL, DELAY, Talk, ids

R, A = "<r xmlns='urn:xmpp:sm:3'/>", "<a xmlns='urn:xmpp:sm:3' h='{}'/>"
HI = "<message from='bob@example.org/pc' to='alice@example.org/pc'><body>hi</body></message>"
WRITTEN = "<message to='bob@example.org'><body>hello</body></message>"
OWN = "alice@example.org/pc"
NOBODY = "<item jid='eve@example.org' subscription='none'/>"
MANY = 30


def midway(
    *, at_rest: bool = True, chunk: int = 1 << 20, wakes: bool = True, **tables: tuple[tuple[int, int], ...]
) -> Talk:
    known = {Side[name.upper()]: table for name, table in tables.items()}
    return Talk(chunk=chunk, arrival=Arrival(attached=True, midway=Midway(known, at_rest, wakes)))


def listed(talk: Talk, *items: str) -> Talk:
    (id,) = ids(talk.server())
    query = f"<query xmlns='jabber:iq:roster'>{''.join(items or (BOB, CAROL))}</query>"
    talk.s(f"<iq type='result' id='{id}' to='{OWN}'>{query}</iq>")
    return talk


def test_both_counts_are_learnt_twice_and_unseen() -> None:
    talk = midway()
    assert (talk.client(), talk.server()) == (R, "")
    talk.c(A.format(7))
    assert (talk.client(), talk.server()) == (R, R)
    talk.c(A.format(7))
    talk.s(A.format(4))
    assert (talk.client(), talk.server()) == ("", R)
    talk.s(A.format(4))
    assert talk.client() == ""
    roster = talk.server()
    assert "jabber:iq:roster" in roster
    query = f"<query xmlns='jabber:iq:roster'>{NOBODY}</query>"
    talk.s(f"<iq type='result' id='{ids(roster)[0]}' to='{OWN}'>{query}</iq>")
    assert [str(e.own) for e in talk.saw(LoggedIn)] == [OWN]
    assert [len(e.contacts) for e in talk.saw(RosterSeen)] == [1]
    last = talk.saw(StateChanged)[-1]
    assert (last.state, last.reason) == (StreamState.LIVE, Reason.JOINED_MIDSTREAM)
    assert "item" in talk.client()
    # ours up: the roster request; taken out of what came down: its answer. Added: the companion's two
    talk.s(A.format(5))
    assert talk.client() == A.format(4)
    talk.c(A.format(9))
    assert talk.server() == A.format(8)


def live(*items: str, chunk: int = 1 << 20) -> Talk:
    talk = midway(chunk=chunk)
    for _ in range(2):
        talk.c(A.format(7))
    for _ in range(2):
        talk.s(A.format(4))
    request = ids(talk.server())[0]
    query = f"<query xmlns='jabber:iq:roster'>{''.join(items) or NOBODY}</query>"
    talk.s(f"<iq type='result' id='{request}' to='{OWN}'>{query}</iq>")
    talk.client()
    return talk


def test_what_passes_meanwhile_is_counted() -> None:
    talk = midway()
    talk.s(HI)
    talk.c(WRITTEN)
    talk.c(A.format(7))
    talk.s(HI)
    talk.c(A.format(8))
    for _ in range(2):
        talk.c(A.format(9))
    talk.hear()
    talk.c(WRITTEN)
    talk.s(A.format(6))
    talk.c(WRITTEN)
    talk.s(A.format(7))
    assert "<iq" not in talk.server()
    for _ in range(2):
        talk.s(A.format(8))
    assert "jabber:iq:roster" in talk.server()
    talk.s(A.format(9))
    assert talk.client().endswith(A.format(8))


def test_an_answer_to_the_client_is_the_clients() -> None:
    talk = midway()
    talk.c(R)
    talk.c(A.format(7))
    talk.hear()
    talk.s(A.format(4))
    assert talk.client() == A.format(4)
    talk.s(A.format(4))
    assert talk.client() == ""


def test_an_answer_to_a_question_from_before_is_not_taken_for_one_to_ours() -> None:
    """The client had been asked before we came: each of its answers is to the question before."""
    talk = midway()
    talk.c(A.format(5))
    for h in (6, 6, 7):
        talk.s(HI)
        talk.c(A.format(h))
    for h in (8, 9, 9):
        talk.c(A.format(h))
    for _ in range(2):
        talk.s(A.format(4))
    listed(talk)
    talk.hear()
    # the last answer to us goes on in place of the first, which was taken out; the roster was taken out,
    # the companion's two were added
    talk.c(A.format(9))
    talk.c(A.format(11))
    assert talk.server() == A.format(10) * 2


def test_counts_are_learnt_while_stanzas_never_pause() -> None:
    talk = midway()
    for h in range(7, 27):
        talk.c(A.format(h))
        talk.s(HI)
    for _ in range(2):
        talk.s(A.format(4))
    assert "jabber:iq:roster" in talk.server()


@pytest.mark.parametrize("counting", [True, False])
def test_the_roster_is_not_asked_for_inside_what_the_client_says(counting: bool) -> None:
    talk = midway()
    for _ in range(2 if counting else 0):
        talk.c(A.format(7))
    long = f"<message to='bob@example.org'><body>{'x' * 200_000}"
    talk.s(A.format(4) if counting else HI)
    talk.c(long)
    if counting:
        talk.s(A.format(4))
    talk.wait(3.5)
    assert "<iq" not in talk.server()
    talk.c("</body></message>")
    assert talk.server() == "</body></message>"
    talk.wait(0.3)
    listed(talk)
    assert talk.splice.state is StreamState.LIVE


def test_nothing_counted_leaves_before_the_counts_are_known() -> None:
    talk = midway()
    talk.c(A.format(7))
    talk.ask("bob")
    talk.tell("bob")
    talk.wait(1.0)
    assert "<iq" not in talk.server()
    assert "<presence" not in talk.client()


def test_a_stream_that_does_not_count_is_never_asked_to() -> None:
    talk = midway()
    assert talk.client() == R
    talk.wait(2.9)
    assert talk.server() == ""
    talk.wait(0.2)
    listed(talk)
    assert talk.splice.state is StreamState.LIVE
    assert talk.splice.inside.new_tables() == []


def test_a_client_that_has_not_read_the_question_is_not_taken_for_one_that_does_not_count() -> None:
    talk = midway(wakes=False)
    assert talk.client() == R
    talk.wait(60.0)
    assert talk.server() == ""
    talk.s(HI)
    talk.wait(2.9)
    assert talk.server() == ""
    talk.wait(0.2)
    listed(talk)
    assert talk.splice.state is StreamState.LIVE


def test_who_counted_with_an_earlier_quorate_counts_still() -> None:
    talk = midway(wakes=False, client=((10, -3),))
    assert (talk.client(), talk.server()) == (R, R)
    talk.wait(60.0)
    assert talk.server() == ""  # its answer makes the client read
    for _ in range(2):
        talk.s(A.format(13))
        talk.wait(0.3)
        assert talk.server() == R
    talk.wait(60.0)
    assert (talk.client(), talk.server()) == ("", "")


def test_boundaries_are_found_in_what_passes() -> None:
    talk = midway(at_rest=False)
    assert talk.saw(StateChanged)[-1].reason is Reason.WAITING_FOR_TRAFFIC
    half = "llo</body></message>"
    talk.s(half)
    talk.c(WRITTEN)
    assert (talk.client(), talk.server()) == (half, WRITTEN)
    talk.s(HI[:20])
    assert talk.client() == HI[:20]
    talk.s(HI[20:])
    assert talk.client() == HI[20:] + R
    assert talk.saw(StateChanged)[-1].reason is Reason.JOINING


def test_a_client_that_says_nothing_is_made_to() -> None:
    """One that counts answers at once, and only so is it known where its elements begin."""
    talk = midway(at_rest=False)
    talk.s(HI)
    assert talk.client() == R + HI
    for h in (7, 8, 8):
        talk.c(A.format(h))
    assert talk.server() == R
    for _ in range(2):
        talk.s(A.format(4))
    assert "jabber:iq:roster" in talk.server()


@pytest.mark.parametrize("wakes", [True, False])
@pytest.mark.parametrize("answer", ["type='result'/>", "type='error'><error type='cancel'/></iq>"])
def test_a_client_that_says_nothing_and_does_not_count_answers_a_ping(answer: str, wakes: bool) -> None:
    talk = midway(at_rest=False, wakes=wakes)
    talk.s(HI)
    talk.wait(2.9)
    assert talk.client() == R + HI
    talk.wait(0.2)
    (id,) = ids(ping := talk.client())
    assert "urn:xmpp:ping" in ping
    assert talk.server() == ""
    talk.c(f"<iq id='{id}' {answer}")
    talk.wait(0.01)
    listed(talk)
    assert talk.splice.state is StreamState.LIVE
    assert talk.splice.inside.new_tables() == []


def test_a_nested_message_is_no_boundary() -> None:
    talk = midway(at_rest=False)
    talk.c(WRITTEN)
    talk.s("<message from='a@b'><body>x</body></message></forwarded></result></message>")
    assert R not in talk.client()
    talk.s(HI)
    assert talk.client() == R + HI


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_it_goes_on_where_an_earlier_quorate_ended(chunk: int) -> None:
    """The client was given 2 more than the server sent, the server got 3 more than the client sent."""
    talk = midway(chunk=chunk, client=((10, -3),), server=((20, -2),))
    talk.hear()
    for _ in range(2):
        talk.c(A.format(22))
    for _ in range(2):
        talk.s(A.format(13))
    tables = dict(talk.splice.inside.new_tables())
    assert tables[Side.CLIENT][0] == (13, -3)
    assert tables[Side.SERVER][0] == (22, -2)
    listed(talk)
    talk.hear()
    talk.s(A.format(14))
    assert talk.client() == A.format(10)


def test_whoever_was_online_before_is_asked_and_the_answer_hidden() -> None:
    talk = live(BOB)
    request = talk.server()
    assert "type='probe'" in request
    talk.ask("bob")
    assert talk.server() == ""
    talk.s(f"<presence from='bob@example.org/pc' to='{OWN}'><show>dnd</show>{DELAY}</presence>")
    assert talk.client() == ""
    talk.wait(1.0)
    assert [e.presence for e in talk.saw(PresenceSeen)] == [Presence.BUSY]
    assert [e.reason for e in talk.saw(Answered)] == [None]
    # a change is news to the client, and so is what a device says that was asked about before
    talk.s(f"<presence from='bob@example.org/pc' to='{OWN}'/>")
    assert "presence" in talk.client()


def test_a_roster_too_long_to_be_held_joins_as_well() -> None:
    others = [f"<item jid='p{n}@example.org' name='{'x' * 500}' subscription='none'/>" for n in range(500)]
    talk = live(BOB, *others, chunk=4096)
    assert [str(e.own) for e in talk.saw(LoggedIn)] == [OWN]
    assert [len(e.contacts) for e in talk.saw(RosterSeen)] == [501]
    assert talk.saw(StateChanged)[-1].reason is Reason.JOINED_MIDSTREAM
    assert "type='probe'" in talk.server()


def test_the_user_is_there_until_the_client_says_otherwise() -> None:
    talk = live()
    assert talk.splice.own is not None
    assert [(e.presence, e.implied) for e in talk.saw(OwnPresenceSent)] == [(Presence.ONLINE, True)]
    talk.c("<presence><show>dnd</show></presence>")
    assert [(e.presence, e.implied) for e in talk.saw(OwnPresenceSent)] == [(Presence.BUSY, False)]


def test_nobody_is_offline_because_the_login_was_missed() -> None:
    talk = live(BOB)
    talk.wait(30.0)
    assert [(e.presence, e.reason) for e in talk.saw(PresenceSeen)] == [(Presence.UNKNOWN, Reason.TIMEOUT)]


def test_all_are_asked_for_at_the_pace_of_asking_and_a_name_comes_first() -> None:
    people = [f"<item jid='p{n}@example.org' subscription='both'/>" for n in range(MANY)]
    talk = live(*people)
    asked = re.findall(r"probe' id='\S+' to='(\S+)@", first := talk.server())
    for step in range(40):
        for id, contact in re.findall(r"get' id='(\S+)' to='(\S+)'", first):
            last = "<query xmlns='jabber:iq:last' seconds='9'/>"
            talk.s(f"<iq type='result' id='{id}' from='{contact}'>{last}</iq>")
        if step == 2:
            talk.ask("p29")
        talk.wait(0.25)
        more = re.findall(r"probe' id='\S+' to='(\S+)@", first := talk.server())
        assert len(more) <= 5
        asked += more
    assert sorted(asked) == sorted(f"p{n}" for n in range(MANY))
    assert asked.index("p29") < 10
    assert talk.client() == ""


def test_a_name_need_not_wait_however_quickly_the_others_are_answered() -> None:
    talk = live(*(f"<item jid='p{n}@example.org' subscription='both'/>" for n in range(MANY)))
    while sent := re.findall(r"get' id='(\S+)' to='(\S+)'", talk.server()):
        for id, contact in sent:
            last = "<query xmlns='jabber:iq:last' seconds='9'/>"
            talk.s(f"<iq type='result' id='{id}' from='{contact}'>{last}</iq>")
    talk.ask("p29")
    assert "p29@example.org" in talk.server()


DOWN_TEXT = (HI + "<presence from='bob@example.org/pc'><show>away</show></presence> " + HI) * 3
UP_TEXT = (
    WRITTEN + " " + "<iq type='get' id='v1' to='bob@example.org'><query xmlns='jabber:iq:version'/></iq>"
) * 3


@given(data=st.data())
def test_wherever_it_is_joined_and_cut_nothing_is_lost_or_moved(data: st.DataObject) -> None:
    """Only our question is added, and only between elements."""
    talk = midway(at_rest=False)
    texts = {Side.SERVER: DOWN_TEXT, Side.CLIENT: UP_TEXT}
    sent = {}
    for side, text in texts.items():
        sent[side] = text[data.draw(st.integers(0, len(text) // 2)) :]
    rest = dict(sent)
    while any(rest.values()):
        side = data.draw(st.sampled_from([side for side in Side if rest[side]]))
        size = data.draw(st.integers(1, len(rest[side])))
        talk._say(side, rest[side][:size])
        rest[side] = rest[side][size:]
    client, server = talk.client(), talk.server()
    assert (client.replace(R, ""), server) == (sent[Side.SERVER], sent[Side.CLIENT])
    for before in client.split(R)[:-1]:
        assert before == "" or before.endswith(("</message>", "</presence>", " "))
