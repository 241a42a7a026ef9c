"""Each part of the splice raises in turn while somebody chats: the chat goes on, the stream says why. P-6.

``monkeypatch`` puts the fault where a mistake could be; nothing in the product knows of this.
"""

from typing import Any, NoReturn

import pytest

import quorate.splice.downward as downward_module
import quorate.splice.glance as glance_module
import quorate.splice.passing as passing_module
import quorate.wire.xmpp.framer as framer_module
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.asking import Asking
from quorate.splice.companion import Companion
from quorate.splice.effects import Answered, Done
from quorate.splice.injector import Injector
from quorate.splice.ledger import Ledger
from quorate.splice.negotiation import Negotiation
from quorate.splice.presence_book import PresenceBook
from quorate.splice.roster_book import RosterBook
from quorate.splice.session import Session
from quorate.splice.telling import Telling
from quorate.wire.xmpp.framer import Framer
from tests.robustness.chat import Chat
from tests.splice.script import BIND, BOB, BOUND, CAROL, ROSTER_GET, Talk, roster

FROZEN, BLIND, CUT = StreamState.FROZEN, StreamState.BLIND, StreamState.ENDED

POINTS: dict[str, tuple[Any, str, tuple[StreamState, StreamState, StreamState]]] = {
    # part: (where, what, what becomes of the stream: without XEP-0198, with it, once the counts differ)
    "framer": (Framer, "advance", (BLIND, CUT, CUT)),
    "framer, half-way": (framer_module, "element_end", (BLIND, CUT, CUT)),
    "framer, letting go": (Framer, "release", (FROZEN, FROZEN, FROZEN)),
    "what is held": (downward_module, "hold", (FROZEN, FROZEN, FROZEN)),
    "a first look": (glance_module, "plain", (FROZEN, FROZEN, FROZEN)),
    "a glance": (glance_module, "single", (FROZEN, FROZEN, FROZEN)),
    "what is a stanza": (passing_module, "is_stanza", (BLIND, CUT, CUT)),
    "dissecting upward": (passing_module, "upward", (FROZEN, FROZEN, FROZEN)),
    "dissecting downward": (downward_module, "downward", (FROZEN, FROZEN, FROZEN)),
    "reading presence": (downward_module, "read_presence", (FROZEN, FROZEN, FROZEN)),
    "elements that are no stanza": (Negotiation, "nonza", (BLIND, CUT, CUT)),
    "counting what passes": (Ledger, "forwarded", (BLIND, BLIND, CUT)),
    "counting what is taken": (Ledger, "swallowed", (BLIND, CUT, CUT)),
    "counting what is added": (Ledger, "injected", (BLIND, CUT, CUT)),
    "translating": (Ledger, "acked", (StreamState.LIVE, BLIND, CUT)),
    "asking": (Asking, "ask", (FROZEN, FROZEN, FROZEN)),
    "pairing answers": (Asking, "answered", (FROZEN, FROZEN, FROZEN)),
    "hiding answers": (Asking, "hides", (FROZEN, FROZEN, FROZEN)),
    "asking on time": (Asking, "pump", (FROZEN, FROZEN, FROZEN)),
    "asking's deadline": (Asking, "next_deadline", (FROZEN, FROZEN, FROZEN)),
    "the companion's ear": (Companion, "take", (FROZEN, FROZEN, FROZEN)),
    "the companion's mouth": (Companion, "say", (FROZEN, FROZEN, FROZEN)),
    "the companion's presence": (Companion, "status", (FROZEN, FROZEN, FROZEN)),
    "the companion's entrance": (Companion, "show", (FROZEN, FROZEN, FROZEN)),
    "telling": (Telling, "tell", (FROZEN, FROZEN, FROZEN)),
    "listening for replies": (Telling, "take", (FROZEN, FROZEN, FROZEN)),
    "presence book": (PresenceBook, "heard", (FROZEN, FROZEN, FROZEN)),
    "presence book, told": (PresenceBook, "tell_all", (BLIND, FROZEN, FROZEN)),
    "roster pushes": (RosterBook, "pushed", (FROZEN, FROZEN, FROZEN)),
    "roster requests": (RosterBook, "requested", (FROZEN, FROZEN, FROZEN)),
    "roster results": (RosterBook, "result", (FROZEN, FROZEN, FROZEN)),
    "injector": (Injector, "pump", (FROZEN, FROZEN, FROZEN)),
    "injector, queueing": (Injector, "add", (FROZEN, FROZEN, FROZEN)),
    "pump": (Session, "pump", (FROZEN, FROZEN, FROZEN)),
    "session's deadline": (Session, "next_deadline", (FROZEN, FROZEN, FROZEN)),
}


class Raising:
    """In the place of something of ours: raises whenever it is called."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, *_: object, **__: object) -> NoReturn:
        self.times += 1
        raise ZeroDivisionError("a mistake of our own")


@pytest.mark.parametrize("counts", ["not managed", "counts agree", "counts differ"])
@pytest.mark.parametrize("part", POINTS)
def test_a_part_that_raises_after_the_login(part: str, counts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, what, become = POINTS[part]
    chat = Chat(Talk().log_in(BOB, CAROL), managed=counts != "not managed")
    chat.manage()
    if counts == "counts differ":
        chat.talk.tell("bob", "come", "e1")
        chat.typed()
        chat.message()
    raising = Raising()
    monkeypatch.setattr(where, what, raising)
    chat.run()
    state = become[("not managed", "counts agree", "counts differ").index(counts)]
    assert raising.times > 0 or state is StreamState.LIVE
    told = (StreamState.LIVE, None) if state is StreamState.LIVE else (state, Reason.INTERNAL_ERROR)
    assert chat.told == told
    assert chat.cut == (state is CUT)
    assert chat.late == []
    if state is not CUT:
        assert chat.server.got("c") == chat.client.messages
        assert chat.client.got("s") == chat.server.messages
        assert {e.effect for e in chat.talk.all if isinstance(e, Done)} >= {"e2", "y1"}
        assert {e.request for e in chat.talk.all if isinstance(e, Answered)} == {"q1", "q2"}


@pytest.mark.parametrize("part", POINTS)
def test_what_was_held_when_a_part_raised_is_not_lost(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, what, _ = POINTS[part]
    talk = Talk().log_in(BOB, CAROL)
    up = "<iq type='get' id='u'><a/></iq><message id='c0'/><iq type='get' id='u2'><b/></iq>"
    down = (
        "<presence from='bob@example.org/x'><show>away</show></presence><message id='s0'/><presence a='>'/>"
    )
    talk.c(up[:25])
    talk.s(down[:45])
    monkeypatch.setattr(where, what, Raising())
    talk.s(down[45:90])
    talk.c(up[25:])
    talk.s(down[90:])
    talk.wait(0.3)
    assert talk.server() == up
    assert talk.client() == down


@pytest.mark.parametrize("part", POINTS)
def test_a_part_that_raises_from_the_start(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the client has said which server it wants, it can log in and chat."""
    where, what, _ = POINTS[part]
    talk = Talk()
    talk.open()
    raising = Raising()
    monkeypatch.setattr(where, what, raising)
    talk.c(BIND)
    talk.s(BOUND)
    talk.c(ROSTER_GET)
    talk.s(roster(BOB, CAROL))
    talk.c("<presence/>")
    talk.wait(10)
    to_server, to_client = talk.server(), talk.client()
    assert BIND in to_server
    assert to_server.endswith("<presence/>") or "q-" in to_server
    assert "jid='bob@example.org'" in to_client
    chat = Chat(talk, managed=False)
    chat.run()
    state, reason = chat.told
    if raising.times:
        assert state in (FROZEN, BLIND)
        assert reason is Reason.INTERNAL_ERROR
    assert chat.late == []
    assert not chat.cut
