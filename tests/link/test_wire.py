"""The link's lines: every message survives the trip, whatever way it is cut."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.link.messages import (
    AskDone,
    CommandGiven,
    FromAgent,
    Hello,
    Replied,
    RosterIs,
    Saw,
    SayTo,
    SnapshotDone,
    StreamIs,
    Tell,
)
from quorate.link.wire import MAX_LINE, BadLine, LineFault, agent_lines, encode, server_lines
from quorate.model.address import xmpp
from quorate.model.command import Answer, Extend, Me, Meet, MeState, Reply, TimeOfDay, Who
from quorate.model.evidence import Evidence, Presence, Source
from quorate.model.person import Contact, Subscription
from quorate.model.stream import Stream, StreamState

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ALICE, BOB = xmpp("alice@example.org"), xmpp("bob@example.org")

MESSAGES: list[FromAgent] = [
    Hello(agent="a1", pid=7, im="127.0.0.1:5221"),
    StreamIs(
        stream=Stream(
            id="s1",
            account=ALICE,
            network="xmpp",
            mode="listener",
            client="profanity",
            server="example.org",
            state=StreamState.LIVE,
            since=NOON,
            contacts=2,
            companion=True,
        )
    ),
    RosterIs(
        stream="s1",
        contacts=(Contact(address=BOB, name="Bób", groups=("dba",), subscription=Subscription.BOTH),),
        full=True,
    ),
    Saw(
        stream="s1",
        evidence=(
            Evidence(
                subject=BOB,
                source=Source.STREAM,
                presence=Presence.AWAY,
                at=NOON,
                heard=NOON,
                vantage=ALICE,
                resource="phone",
                priority=-1,
            ),
        ),
    ),
    AskDone(request="r1", contact="bob@example.org", reason="timeout"),
    CommandGiven(stream="s1", message="m1", command=Meet(who="bob", within=timedelta(minutes=10))),
    CommandGiven(stream="s1", message="m2", command=Who("bob")),
    CommandGiven(stream="s1", message="m3", command=Extend("Q1", timedelta(hours=1))),
    CommandGiven(
        stream="s1", message="m4", command=Me(state=MeState.BUSY, until=TimeOfDay(hour=14, minute=0))
    ),
    Replied(
        stream="s1",
        contact="bob@example.org",
        message="m5",
        reply=Reply(answer=Answer.LATER, delay=timedelta(minutes=5)),
        at=NOON,
    ),
    SnapshotDone(),
]


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_messages_survive_any_cut(step: int) -> None:
    data = b"".join(encode(message) for message in MESSAGES)
    lines = agent_lines()
    seen = [m for start in range(0, len(data), step) for m in lines.feed(data[start : start + step])]
    assert seen == MESSAGES


def test_the_server_side_reads_too() -> None:
    sent = [Tell(effect="Q1-1", stream="s1", to="bob@example.org", text="hi\nyou", watch=True)]
    assert server_lines().feed(b"".join(encode(m) for m in sent)) == sent


def test_unknown_types_are_left_out() -> None:
    data = b'{"type":"of-tomorrow","x":1}\n' + encode(SnapshotDone())
    assert agent_lines().feed(data) == [SnapshotDone()]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"hello\n", LineFault.NOT_JSON),
        (b"\xff\xfe\n", LineFault.NOT_JSON),
        (b"[" * 100_000 + b"\n", LineFault.NOT_JSON),
        (b"[1]\n", LineFault.NOT_OBJECT),
        (b'{"kind":"x"}\n', LineFault.NO_TYPE),
        (b'{"type":7}\n', LineFault.NO_TYPE),
        (b'{"type":"hello","pid":"secret@example.org"}\n', LineFault.BAD_FIELDS),
        (b"x" * (MAX_LINE + 1), LineFault.TOO_LONG),
    ],
)
def test_bad_lines_name_the_fault_without_content(line: bytes, reason: LineFault) -> None:
    with pytest.raises(BadLine) as caught:
        agent_lines().feed(line)
    assert caught.value.reason is reason
    assert "secret" not in str(caught.value)


def test_too_long_to_send() -> None:
    with pytest.raises(BadLine, match="line-too-long say"):
        encode(SayTo(effect="e", stream="s", text="x" * MAX_LINE))


@given(st.binary(max_size=300))
def test_anything_is_messages_or_a_bad_line(data: bytes) -> None:
    with suppress(BadLine):
        assert isinstance(agent_lines().feed(data + b"\n"), list)
