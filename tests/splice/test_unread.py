"""What a contact's presence says is learnt once the presence has left, and before anything else happens."""

from collections.abc import Callable

import pytest

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import PresenceSeen, Side, SpliceEffect, StateChanged
from quorate.splice.splice import Splice
from tests.splice.script import Talk, who
from tests.splice.test_resumption import SM, enabled

AWAY = b"<presence from='bob@example.org/x'><show>away</show></presence>"
Act = Callable[[Splice, float], list[SpliceEffect] | bytes]


def passed(stanza: bytes) -> tuple[Talk, Splice]:
    """Logged in, with this one handed on and not read yet."""
    talk = Talk().log_in()
    talk.hear()
    assert talk.splice.forward(Side.SERVER, stanza, talk.now) == stanza
    assert talk.splice.unread
    return talk, talk.splice


@pytest.mark.parametrize(
    "act",
    [
        Splice.read,
        lambda splice, now: splice.forward(
            Side.SERVER, b"<presence from='eve@example.org/y'/>" * 2 + b"<r", now
        ),
        lambda splice, now: splice.forward(Side.CLIENT, b"<presence/>", now),
        lambda splice, now: splice.ask("q", who("bob"), now),
        Splice.on_time,
        lambda splice, now: splice.closed(Side.SERVER, now),
    ],
    ids=["read", "more from the server", "more from the client", "a question", "time", "the end"],
)
def test_it_is_learnt_before_anything_else(act: Act) -> None:
    talk, splice = passed(AWAY)
    effects = act(splice, talk.now)
    said = [effect for effect in effects if isinstance(effect, PresenceSeen)]
    assert (said[0].contact, said[0].resource, said[0].presence) == (who("bob"), "x", Presence.AWAY)
    assert not said[0].stale
    assert not splice.unread


def test_what_cannot_be_read_has_passed_and_is_said() -> None:
    talk, splice = passed(AWAY.replace(b"/show", b"/status"))
    talk.do(splice.read(talk.now))
    assert splice.state is StreamState.FROZEN
    assert talk.saw(StateChanged)[-1].reason is Reason.NOT_WELL_FORMED
    assert not splice.unread


def test_it_is_learnt_by_the_session_that_another_connection_resumes() -> None:
    """SM-9: the first connection still lives, and its client was given the presence."""
    first, virtual = enabled()
    assert first.splice.forward(Side.SERVER, AWAY, first.now) == AWAY
    assert first.splice.unread
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(f"<resume {SM} h='1' previd='{virtual}'/>")
    again.s(f"<resumed {SM} h='0' previd='S9'/>")
    said = [effect for effect in again.saw(PresenceSeen) if effect.contact == who("bob")]
    assert [(effect.resource, effect.presence, effect.stale) for effect in said] == [
        ("x", Presence.AWAY, False)
    ]
    assert not first.splice.unread
    assert len(first.splice._connection.session.presence.people) == 0
