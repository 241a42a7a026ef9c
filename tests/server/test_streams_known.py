"""Through which of several streams an own account is written to."""

from datetime import UTC, datetime, timedelta
from typing import cast

from quorate.link.server import LinkPeer
from quorate.model.address import parse_address
from quorate.model.stream import Stream, StreamState
from quorate.server.streams import Streams

ALICE = parse_address("alice@example.org")
START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PEER = cast(LinkPeer, object())


def stream(id: str, minute: int, *, companion: bool = True, state: StreamState = StreamState.LIVE) -> Stream:
    since = START + timedelta(minutes=minute)
    return Stream(
        id=id,
        account=ALICE,
        network="xmpp",
        mode="listener",
        client="127.0.0.1:1",
        server="example.org",
        state=state,
        since=since,
        contacts=0,
        companion=companion,
    )


def chosen(streams: Streams) -> str | None:
    found = streams.live(ALICE)
    return found[0].id if found else None


def test_what_concerns_somebody_is_said_where_they_typed_last() -> None:
    streams = Streams()
    assert chosen(streams) is None
    for known in (stream("laptop", 1), stream("phone", 2), stream("mute", 3, companion=False)):
        streams.put(known, PEER)
    assert chosen(streams) == "phone"
    streams.typed(ALICE, "laptop")
    assert chosen(streams) == "laptop"
    streams.typed(ALICE, "mute")
    assert chosen(streams) == "phone"
    streams.typed(ALICE, "laptop")
    streams.put(stream("laptop", 1, state=StreamState.ENDED), PEER)
    assert chosen(streams) == "phone"
