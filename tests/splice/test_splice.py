"""The whole splice: bytes are sacred, faults of ours stay ours, nothing depends on how reads are cut."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice import downward, upward
from quorate.splice.asking import Asking
from quorate.splice.companion import Companion
from quorate.splice.effects import Answered, Side, SpliceEffect, StateChanged
from quorate.splice.presence_book import PresenceBook
from quorate.splice.roster_book import RosterBook
from quorate.splice.telling import Telling
from tests.splice.script import (
    BIND,
    BOB,
    BOUND,
    CAROL,
    CLIENT_HEADER,
    DELAY,
    ENABLE,
    ENABLED,
    FEATURES,
    ROSTER_GET,
    SERVER_HEADER,
    Talk,
    roster,
    who,
)

SM = "xmlns='urn:xmpp:sm:3'"
STRANGE = (
    " \n<!-- c --><message to='bob@example.org'><body><![CDATA[</message>]]></body></message\n>"
    "<c:iq xmlns:c='jabber:client' type='get' id=\"a>b\" to='example.org'><c:query a='/>'/></c:iq>"
    "<message to='bob@example.org'><message xmlns='x'/>&#x1F600;ü</message><foo xmlns='bar'/>"
)
RECORDED = [
    (Side.CLIENT, "<?xml version='1.0'?>" + CLIENT_HEADER),
    (Side.SERVER, SERVER_HEADER + FEATURES),
    (Side.CLIENT, BIND),
    (Side.SERVER, BOUND),
    (Side.CLIENT, ENABLE),
    (Side.SERVER, ENABLED),
    (Side.CLIENT, ROSTER_GET + "<presence><show>chat</show></presence>"),
    (Side.SERVER, roster(BOB, CAROL, ver="3") + f"<presence from='bob@example.org/ü'>{DELAY}</presence>"),
    (Side.CLIENT, STRANGE + "<message to='quorate@quorate.invalid' id='m1'><body>who é</body></message>"),
    (Side.SERVER, STRANGE + f"<r {SM}/><a {SM} h='5'/>"),
    (Side.CLIENT, f"<iq type='get' id='i' to='quorate@quorate.invalid'><x/></iq><a {SM} h='3'/>"),
    (Side.SERVER, "<message from='x@quorate.invalid'/><presence from='carol@example.org/a'/>"),
    (Side.CLIENT, "</stream:stream>"),
    (Side.SERVER, "</stream:stream>"),
]
QUIET = [
    (
        Side.CLIENT,
        STRANGE + "<iq type='get' id='v' to='bob@example.org/x'><query xmlns='jabber:iq:version'/></iq>",
    ),
    (Side.SERVER, STRANGE + "<message type='groupchat' from='r@muc/x'><body>hi</body></message>"),
    (
        Side.CLIENT,
        "<presence to='bob@example.org' type='subscribe'/> <iq type='result' id='z' to='bob@example.org'/>",
    ),
    (
        Side.SERVER,
        "<iq type='result' id='v' from='bob@example.org/x'><query xmlns='jabber:iq:version'/></iq>\n",
    ),
    (Side.SERVER, f"<presence from='bob@example.org/x'>{DELAY}</presence>" * 3),
]


def play(chunks: Callable[[bytes], list[bytes]]) -> tuple[str, str, list[SpliceEffect]]:
    talk = Talk()
    for side, text in RECORDED:
        for data in chunks(text.encode()):
            talk.do(talk.splice.receive(side, data, talk.now))
    return talk.client(), talk.server(), talk.all


WHOLE = play(lambda data: [data])


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def test_the_recorded_conversation_is_what_it_seems() -> None:
    client, server, effects = WHOLE
    assert "quorate.invalid" not in server
    assert server.count("<message") == STRANGE.count("<message")
    assert client.count("jid='quorate@quorate.invalid'") == 1
    assert "<a xmlns='urn:xmpp:sm:3' h='6'/>" in client
    assert not [e for e in effects if isinstance(e, StateChanged) and e.reason]


@given(st.lists(st.integers(0, 4000), max_size=60))
def test_nothing_depends_on_how_reads_are_cut(places: list[int]) -> None:
    assert play(lambda data: cut(data, places)) == WHOLE


def test_nothing_depends_on_single_bytes() -> None:
    assert play(lambda data: [data[i : i + 1] for i in range(len(data))]) == WHOLE


@pytest.mark.parametrize("chunk", [1, 5, 1 << 20])
def test_what_is_not_ours_passes_byte_for_byte(chunk: int) -> None:
    talk = Talk(chunk=chunk).log_in()
    for side, text in QUIET:
        talk.s(text) if side is Side.SERVER else talk.c(text)
        assert (talk.client() if side is Side.SERVER else talk.server()) == text
    assert talk.splice.state is StreamState.LIVE


@given(st.lists(st.tuples(st.sampled_from(Side), st.binary(max_size=80)), max_size=8), st.booleans())
def test_garbage_never_raises_and_never_vanishes(said: list[tuple[Side, bytes]], logged_in: bool) -> None:
    talk = Talk()
    talk.log_in() if logged_in else talk.open()
    talk.hear()
    for side, data in said:
        talk.do(talk.splice.receive(side, data, talk.now))
    talk.lose(Side.SERVER)
    talk.lose(Side.CLIENT)
    for side, other in ((Side.CLIENT, Side.SERVER), (Side.SERVER, Side.CLIENT)):
        assert talk.raw(other) == b"".join(data for origin, data in said if origin is side)
    assert talk.splice.state is StreamState.ENDED


TOKENS = st.sampled_from(
    "<message|<presence|<iq| to='quorate@quorate.invalid'| from='bob@example.org/x'| type='get'| type='set'"
    "| id='r1'|>|/>|</message>"
    "|</presence>|</iq>|<body>|</body>|text|<query xmlns='jabber:iq:roster'>|</query>"
    "|<item jid='bob@example.org'/>|&#65;|<![CDATA[|]]>|<!--|-->|</stream:stream>| |<show>away</show>"
    f"|<r {SM}/>|<a {SM} h='1'/>|<resume {SM} h='1' previd='x'/>|{DELAY}|{ENABLE}|{ENABLED}".split("|")
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(Side), st.lists(TOKENS, max_size=12).map("".join)), max_size=6))
def test_stanza_like_garbage_never_raises(said: list[tuple[Side, str]]) -> None:
    talk = Talk().log_in(sm=True)
    for side, text in said:
        talk.do(talk.splice.receive(side, text.encode(), talk.now))
        talk.ask("bob")
        talk.tell("bob")
        talk.wait(0.5)
    talk.lose()
    assert talk.splice.state is StreamState.ENDED


def boom(*_: object, **__: object) -> bytes:
    raise ZeroDivisionError


FAULTS = [
    (PresenceBook, "heard", Side.SERVER, "<presence from='bob@example.org/x'/>"),
    (RosterBook, "pushed", Side.SERVER, "<iq type='set' id='p'><query xmlns='jabber:iq:roster'/></iq>"),
    (upward, "read_presence", Side.CLIENT, "<presence><show>away</show></presence>"),
    (downward, "read_presence", Side.SERVER, "<presence from='bob@example.org/x'/>"),
]


@pytest.mark.parametrize(("owner", "name", "side", "stanza"), FAULTS)
def test_a_fault_of_ours_forwards_the_bytes_once_and_adds_nothing_more(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, side: Side, stanza: str
) -> None:
    talk = Talk().log_in(sm=True)
    monkeypatch.setattr(owner, name, boom)
    for _ in range(2):
        talk.s(stanza) if side is Side.SERVER else talk.c(stanza)
        assert (talk.client() if side is Side.SERVER else talk.server()) == stanza
    (change,) = talk.saw(StateChanged)
    assert (change.state, change.reason) == (StreamState.FROZEN, Reason.INTERNAL_ERROR)
    talk.ask("bob")
    assert [e.reason for e in talk.saw(Answered)] == [Reason.FROZEN]


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Telling, "tell"),
        (Telling, "watch"),
        (Asking, "ask"),
        (Companion, "say"),
        (Companion, "status"),
        (Companion, "retire"),
    ],
)
def test_a_fault_in_what_the_server_wants_does_not_stop_the_stream(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    talk = Talk().log_in(sm=True)
    monkeypatch.setattr(owner, name, boom)
    talk.tell("bob")
    talk.do(talk.splice.watch(who("bob")))
    talk.ask("bob", force=True)
    talk.do(talk.splice.say("e2", "hi", talk.now))
    talk.do(talk.splice.companion_status("busy", talk.now))
    talk.do(talk.splice.retire(talk.now))
    assert talk.saw(StateChanged)[-1].reason is Reason.INTERNAL_ERROR
    talk.hear()
    talk.s("<message from='bob@example.org/x'><body>hi</body></message>")
    assert talk.client() == "<message from='bob@example.org/x'><body>hi</body></message>"


def test_a_fault_before_the_login_makes_it_blind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quorate.splice.negotiation.edit_features", boom)
    talk = Talk()
    talk.c(CLIENT_HEADER)
    talk.s(SERVER_HEADER + FEATURES + "<more")
    assert talk.client() == SERVER_HEADER + FEATURES + "<more"
    assert talk.splice.state is StreamState.BLIND
    talk.c(BIND)
    assert talk.server().endswith(BIND)
    talk.ask("bob")
    assert [e.reason for e in talk.saw(Answered)] == [Reason.BLIND]


def test_a_stanza_towards_the_client_that_stalls_is_let_through() -> None:
    talk = Talk().log_in()
    talk.s("<presence from='bob@example.org/x'><show>aw")
    assert talk.client() == ""
    talk.wait(0.3)
    assert talk.client() == "<presence from='bob@example.org/x'><show>aw"
    talk.do(talk.splice.say("s1", "later", talk.now))
    assert talk.client() == ""
    talk.s("ay</show></presence>")
    seen = talk.client()
    assert seen.startswith("ay</show></presence><message")


def test_ordinary_messages_are_not_held() -> None:
    talk = Talk().log_in()
    talk.s("<message from='eve@example.org/x'><body>hel")
    assert talk.client() == "<message from='eve@example.org/x'><body>hel"


def test_what_was_not_finished_is_handed_on_when_a_side_ends() -> None:
    talk = Talk().log_in()
    talk.c("<message to='bob@example.org'>")
    assert talk.server() == ""
    talk.lose()
    assert talk.server() == "<message to='bob@example.org'>"
    talk.s("<last/>")
    assert talk.client() == "<last/>"


def test_after_the_stream_end_nothing_is_added() -> None:
    talk = Talk().log_in()
    talk.c("</stream:stream>")
    talk.tell("bob")
    talk.ask("bob")
    assert talk.server() == "</stream:stream>"
    assert [e.reason for e in talk.saw(Answered)] == [Reason.STREAM_ENDED]
    talk.s("<message from='bob@example.org'/></stream:stream>")
    assert talk.client() == "<message from='bob@example.org'/></stream:stream>"
