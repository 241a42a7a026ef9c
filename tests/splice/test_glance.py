"""A glance changes nothing: with and without it the same bytes, counts and evidence come out."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import PresenceSeen, Side, SpliceEffect, StateChanged
from quorate.splice.glance import Glance
from tests.splice.script import BOB, CAROL, DELAY, Talk, ids, who

SM = "xmlns='urn:xmpp:sm:3'"
AWAY = "<show>away</show><status>é</status><priority>5</priority>"
CAPS = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='x' ver='y='/>"
LATER = DELAY.replace("2026-01-01", "2026-01-02")
DOWN = [
    "<message from='bob@example.org/x' type='chat' id='1'><body>hi!</body></message>",
    '<message from="bob@example.org/ü" to="alice@example.org/pc"><body>hi?</body></message>',
    "<message from='alice@example.org'><received xmlns='urn:xmpp:carbons:2'><message/></received></message>",
    "<message from='x@quorate.invalid'><body>no</body></message>",
    "<message from='X@Quorate.Invalid/q'/>",
    "<message><![CDATA[</message>]]></message>",
    "<message from='eve@example.org' id='&#49;'/>",
    f"<presence from='bob@example.org/x'>{AWAY}</presence>",
    f"<presence from='bob@example.org/x'>{AWAY}{DELAY}</presence>",
    f"<presence from='bob@example.org/x'>{AWAY}{LATER}</presence>",
    f"<presence from='bob@example.org/x' to='alice@example.org/pc'>{AWAY}{CAPS}</presence>",
    "<presence from='bob@example.org/x'><show>dnd</show></presence>",
    "<presence from='bob@example.org/x'><query xmlns='jabber:iq:last' seconds='9'/></presence>",
    "<presence from='bob@example.org/é'><show><![CDATA[xa]]></show></presence>",
    "<presence from='bob@example.org/x' type='unavailable'/>",
    "<presence from='bob@example.org' type='unavailable'/>",
    "<presence from='carol@example.org/y'/>",
    "<presence from='eve@example.net/z'><show>chat</show></presence>",
    "<presence from='eve@example.net/z' type='unsubscribed'/>",
    "<presence from='room@muc.example.org/a'><x xmlns='http://jabber.org/protocol/muc#user'/></presence>",
    "<presence from='room@muc.example.org/a'/>",
    "<presence from='alice@example.org/phone'/>",
    "<presence from='q@quorate.invalid/q'/>",
    "<iq type='result' id='v1' from='bob@example.org/x'><query xmlns='jabber:iq:version'/></iq>",
    "<iq type='result' id='r1'/>",
    "<iq type='result' id='r2'><x xmlns='jabber:iq:private'/></iq>",
    "<iq type='set' id='p1'><query xmlns='jabber:iq:roster'><item jid='d@e' subscription='to'/></query></iq>",
    "<iq type='get' id='p2' from='example.org'><ping xmlns='urn:xmpp:ping'/></iq>",
    f"<r {SM}/>",
    "ACK",
    f"<a {SM} h='x'/>",
    " ",
    "<other/>",
]
UP = [
    "<message to='bob@example.org' type='chat' id='m1'><body>hello</body></message>",
    "<message to='bob@example.org'><body>quorate.invalid &#113;</body></message>",
    "<message to='quorate@quorate.invalid' type='chat' id='m2'><body>who</body></message>",
    "<message to='quor&#97;te@quorate.invalid'/>",
    "<presence><show>dnd</show></presence>",
    "<presence type='unavailable'/>",
    "<presence to='room@muc.example.org/me'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
    "<iq type='get' id='r2'><query xmlns='jabber:iq:roster'/></iq>",
    '<iq type="get" id="v1" to="bob@example.org/x"><query xmlns="jabber:iq:version"/></iq>',
    "<iq type='result' id='p1'/>",
    "<inactive xmlns='urn:xmpp:csi:0'/>",
    "<active xmlns='urn:xmpp:csi:0'/>",
    f"<r {SM} />",
    "ACK",
    " ",
    "\n\t",
    "  x ",
]
DEEDS: dict[str, Callable[[Talk], None]] = {
    "ask": lambda talk: talk.ask("bob", force=True),
    "tell": lambda talk: talk.tell("bob", watch=True),
    "say": lambda talk: talk.do(talk.splice.say("s1", "line", talk.now)),
    "unwatch": lambda talk: talk.do(talk.splice.unwatch(who("bob"))),
    "wait": lambda talk: talk.wait(0.4),
    "wait long": lambda talk: talk.wait(70.0),
}
Step = tuple[str, str]
steps = st.lists(
    st.tuples(st.just("down"), st.sampled_from(DOWN))
    | st.tuples(st.just("up"), st.sampled_from(UP))
    | st.tuples(st.just("do"), st.sampled_from(list(DEEDS))),
    max_size=25,
)


class Ends:
    """A client and a server that acknowledge what they got, and now and then more than that."""

    def __init__(self) -> None:
        self.talk = Talk().log_in(BOB, CAROL, sm=True)
        self.bytes = {Side.CLIENT: b"", Side.SERVER: b""}

    def said(self, side: Side, text: str) -> str:
        """ACK is a count of the right size."""
        count = sum(self.bytes[side].count(b"<" + name) for name in (b"message", b"presence", b"iq"))
        return text.replace("ACK", f"<a {SM} h='{count + (2 if side is Side.CLIENT else 3)}'/>")

    def run(
        self, script: list[Step], sizes: list[int]
    ) -> tuple[dict[Side, bytes], list[SpliceEffect], object]:
        reads = 0
        for kind, what in script:
            if kind == "do":
                DEEDS[what](self.talk)
            else:
                side = Side.SERVER if kind == "down" else Side.CLIENT
                data = self.said(side, what).encode()
                while data:
                    size = sizes[reads % len(sizes)]
                    self.talk.do(self.talk.splice.receive(side, data[:size], self.talk.now))
                    data, reads = data[size:], reads + 1
            for end in Side:
                self.bytes[end] += self.talk.raw(end)
        session = self.talk.splice._connection.session
        ledger, resources = session.ledger, dict(session.presence._resources.items())
        logs = [(log.a0, log.z0, log.dup, log.unacked) for log in ledger._logs.values()]
        counts = logs, ledger.shown, ledger.confirmed
        return self.bytes, self.talk.all, (counts, resources, session.roster.contacts)


def joined(script: list[Step]) -> list[Step]:
    """Neighbours of one side in one read; nobody acknowledges what is still to come."""
    together: list[Step] = []
    for kind, what in script:
        if together and kind != "do" and "ACK" not in what and together[-1][0] == kind:
            what = together.pop()[1] + what
        together.append((kind, what))
    return together


def same_without_a_glance(script: list[Step], sizes: list[int]) -> None:
    looked = Ends().run(script, sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Glance, "clear", lambda *_: False)
        read = Ends().run(script, sizes)
    assert looked == read


@settings(max_examples=120)
@given(steps, st.lists(st.sampled_from([3, 40, 200, 10_000]), min_size=1, max_size=3), st.booleans())
def test_with_and_without_a_glance_the_same_comes_out(
    script: list[Step], sizes: list[int], together: bool
) -> None:
    same_without_a_glance(joined(script) if together else script, sizes)


@pytest.mark.parametrize(("kind", "stanza"), [("down", s) for s in DOWN] + [("up", s) for s in UP])
def test_every_kind_alone_twice_and_in_company(kind: str, stanza: str) -> None:
    bob = ("down", f"<presence from='bob@example.org/x'>{AWAY}</presence>")
    same_without_a_glance([(kind, stanza)], [10_000])
    same_without_a_glance(joined([bob, (kind, stanza), bob, (kind, stanza)]), [10_000])
    same_without_a_glance([("up", UP[7]), (kind, stanza), ("do", "ask"), (kind, stanza)], [10_000])


ORDINARY = [
    (Side.SERVER, DOWN[0]),
    (Side.SERVER, DOWN[2]),
    (Side.SERVER, DOWN[7]),
    (Side.SERVER, DOWN[23]),
    (Side.SERVER, f"<r {SM}/>"),
    (Side.CLIENT, UP[0]),
    (Side.CLIENT, UP[8]),
    (Side.CLIENT, UP[9]),
    (Side.CLIENT, " "),
    (Side.SERVER, DOWN[0] + "\r\n"),
]


@pytest.mark.parametrize(("side", "stanza"), ORDINARY)
def test_what_is_ordinary_never_meets_the_framer(
    monkeypatch: pytest.MonkeyPatch, side: Side, stanza: str
) -> None:
    talk = Talk().log_in(sm=True)
    monkeypatch.setattr("quorate.wire.xmpp.framer.Framer.advance", None)
    data = stanza.encode() * 3
    sent = talk.splice.receive(side, data, talk.now)
    assert sent[0] == (Side.CLIENT if side is Side.SERVER else Side.SERVER, data)


def seen(talk: Talk) -> list[tuple[Presence, bool, bool]]:
    return [(e.presence, e.asked, e.stale) for e in talk.saw(PresenceSeen)]


HERE = f"<presence from='bob@example.org/x'>{AWAY}</presence>"
AGAIN = f"<presence from='bob@example.org/x'>{AWAY}{DELAY}</presence>"


def test_what_somebody_repeats_is_no_evidence() -> None:
    talk = Talk().log_in()
    talk.s(HERE)
    assert seen(talk) == [(Presence.AWAY, False, False)]
    talk.s(AGAIN + HERE + "<presence from='bob@example.org/x'><show>dnd</show></presence>" + HERE)
    assert seen(talk) == [(Presence.BUSY, False, False), (Presence.AWAY, False, False)]


def test_a_new_status_text_alone_is_no_evidence() -> None:
    talk = Talk().log_in()
    talk.s(HERE)
    talk.hear()
    talk.s(HERE.replace("é", "lunch"))
    assert seen(talk) == []
    assert "lunch" in talk.client()


@pytest.mark.parametrize(
    "between",
    [
        lambda talk: talk.c("<inactive xmlns='urn:xmpp:csi:0'/>"),
        lambda talk: talk.s("<presence from='bob@example.org/x' type='unavailable'/>"),
        lambda talk: talk.s("<presence from='bob@example.org' type='unavailable'/>"),
        lambda talk: talk.s("<presence from='bob@example.org' type='unsubscribed'/>"),
        lambda talk: talk.c("<presence type='unavailable'/><presence/>"),
        lambda talk: talk.ask("bob", force=True),
    ],
    ids=["inactive", "device left", "left", "unsubscribed", "came back", "asked"],
)
def test_what_was_said_before_something_happened_is_evidence_again(between: Callable[[Talk], None]) -> None:
    talk = Talk().log_in()
    talk.s(HERE)
    between(talk)
    talk.saw(PresenceSeen)
    talk.s(HERE)
    assert [presence for presence, _, stale in seen(talk) if not stale] == [Presence.AWAY]


def test_idle_for_so_long_is_another_time_when_it_is_repeated() -> None:
    talk = Talk().log_in()
    last = "<show>away</show><query xmlns='jabber:iq:last' seconds='9'/>"
    stanza = f"<presence from='bob@example.org/x'>{last}{{}}</presence>"
    talk.s(stanza.format(DELAY) + stanza.format(LATER))
    first, second = (e.idle_since for e in talk.saw(PresenceSeen))
    assert first != second


def test_after_an_answer_the_next_presence_is_the_streams_own_word_again() -> None:
    talk = Talk().log_in()
    talk.ask("bob", force=True)
    talk.s(AGAIN)
    assert seen(talk) == [(Presence.AWAY, True, False)]
    talk.wait(11.0)
    talk.s(HERE)
    assert (Presence.AWAY, False, False) in seen(talk)


def test_a_count_that_cannot_be_is_corrected_and_nothing_is_added_any_more() -> None:
    talk = Talk().log_in(sm=True)
    talk.s(DOWN[0])
    talk.hear()
    talk.c(f"{UP[0]}<a {SM} h='4000'/>{UP[0]}")
    assert talk.server() == f"{UP[0]}<a {SM} h='2'/>{UP[0]}"
    assert [(e.state, e.reason) for e in talk.saw(StateChanged)] == [(StreamState.FROZEN, Reason.DESYNC)]


@pytest.mark.parametrize(("size", "reads"), [(64, 10_000), (16 * 1024, 640)])
def test_a_message_of_megabytes_streams_through(size: int, reads: int) -> None:
    """T33: nothing of it is held back, whatever the reads."""
    talk = Talk().log_in(sm=True)
    start, chunk, end = "<message from='eve@example.org/x'><body>", "x" * size, "</body></message>"
    talk.s(start)
    assert talk.client() == start
    for _ in range(reads):
        talk.s(chunk)
        assert talk.client() == chunk
    talk.s(end)
    assert talk.client() == end


def test_after_a_question_confirmed_it_a_new_status_text_is_evidence() -> None:
    talk = Talk().log_in()
    talk.s(HERE)
    talk.ask("bob", force=True)
    last = ids(talk.server())[-1]
    talk.hear()
    answer = (
        "<iq type='result' id='{}' from='bob@example.org'><query xmlns='jabber:iq:last' seconds='0'/></iq>"
    )
    talk.s(answer.format(last))
    talk.wait(11.0)
    assert (Presence.AWAY, True, False) in seen(talk)
    talk.s(HERE.replace("é", "lunch"))
    assert seen(talk) == [(Presence.AWAY, False, False)]
