"""What leaves together, and in which order."""

from quorate.model.reasons import Reason
from quorate.splice.effects import Close, Done, Send, Side
from quorate.splice.outbox import Outbox

GONE = Done(effect="e1")
LATE = Done(effect="e2", reason=Reason.TOO_EARLY)


def test_stanzas_that_came_together_leave_in_one_write_whatever_was_noticed_in_between() -> None:
    out = Outbox()
    out.send(Side.CLIENT, b"<iq/>")
    out.add(GONE)
    out.send(Side.CLIENT, b"<presence/>")
    out.add(LATE)
    assert out.take() == [Send(Side.CLIENT, b"<iq/><presence/>"), GONE, LATE]
    assert out.take() == []


def test_what_is_to_be_done_keeps_its_order() -> None:
    out = Outbox()
    out.send(Side.CLIENT, b"a")
    out.send(Side.SERVER, b"b")
    out.add(GONE)
    out.add(Close())
    out.send(Side.CLIENT, b"c")
    assert out.take() == [
        Send(Side.CLIENT, b"a"),
        Send(Side.SERVER, b"b"),
        Close(),
        Send(Side.CLIENT, b"c"),
        GONE,
    ]


def test_the_last_send_takes_along_what_was_there_before() -> None:
    out = Outbox()
    assert out.last(Side.CLIENT, b"a") == b"a"
    out.send(Side.CLIENT, b"a")
    assert out.last(Side.CLIENT, b"b") == b"ab"
    out.add(GONE)
    assert out.last(Side.CLIENT, b"") == [GONE]
    out.send(Side.SERVER, b"a")
    assert out.last(Side.CLIENT, b"b") == [Send(Side.SERVER, b"a"), Send(Side.CLIENT, b"b")]
    assert out.empty
