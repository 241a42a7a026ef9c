"""Evidence leaves at once, or a moment later together; nothing overtakes it."""

import asyncio
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel

from quorate.agent.outlet import GATHER_S, MAX_EVIDENCE, Outlet
from quorate.clock import ManualClock
from quorate.link.messages import AskDone, Saw
from quorate.model.address import Address
from quorate.model.evidence import Evidence, Presence, Source

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WAIT_S = 60.0


class Server:
    """Keeps what comes; ``came`` is set then."""

    answering = True

    def __init__(self) -> None:
        self.got: list[BaseModel] = []
        self.came = asyncio.Event()

    def send(self, message: BaseModel) -> bool:
        self.got.append(message)
        self.came.set()
        return True

    @property
    def told(self) -> list[tuple[str, str, Presence] | str]:
        """(stream, resource, presence) of evidence, the type of other messages, in order."""
        told: list[tuple[str, str, Presence] | str] = []
        for message in self.got:
            if isinstance(message, Saw):
                told += [(message.stream, e.resource, e.presence) for e in message.evidence]
            else:
                told.append(type(message).__name__)
        return told


def says(presence: Presence, resource: str = "a") -> Evidence:
    return Evidence(
        subject=Address("xmpp", "bob@example.org"),
        source=Source.STREAM,
        presence=presence,
        at=NOW,
        heard=NOW,
        resource=resource,
    )


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def outlet(server: Server, clock: ManualClock) -> Outlet:
    return Outlet(server, clock)


def see(outlet: Outlet, stream: str, *evidence: Evidence) -> None:
    for piece in evidence:
        outlet.saw(stream, piece)
    outlet.settled()


async def test_the_first_leaves_at_once_and_the_latest_of_the_next_by_itself(
    outlet: Outlet, server: Server
) -> None:
    see(outlet, "s1", says(Presence.ONLINE))
    assert server.told == [("s1", "a", Presence.ONLINE)]
    server.came.clear()
    see(outlet, "s1", says(Presence.AWAY), says(Presence.BUSY, "b"))
    see(outlet, "s2", says(Presence.FREE))
    see(outlet, "s1", says(Presence.XA))
    assert len(server.got) == 1
    await asyncio.wait_for(server.came.wait(), WAIT_S)
    assert server.told[1:] == [
        ("s1", "b", Presence.BUSY),
        ("s1", "a", Presence.XA),
        ("s2", "a", Presence.FREE),
    ]
    assert len(server.got) == 3


async def test_after_a_pause_it_leaves_at_once_again(
    outlet: Outlet, server: Server, clock: ManualClock
) -> None:
    see(outlet, "s1", says(Presence.ONLINE))
    clock.advance(GATHER_S)
    see(outlet, "s1", says(Presence.AWAY))
    assert server.told == [("s1", "a", Presence.ONLINE), ("s1", "a", Presence.AWAY)]


async def test_much_of_it_is_gathered_for_longer_until_it_ebbs(
    outlet: Outlet, server: Server, clock: ManualClock
) -> None:
    async def gathered(*evidence: Evidence) -> None:
        server.came.clear()
        see(outlet, "s1", *evidence)
        assert not server.came.is_set()
        await asyncio.wait_for(server.came.wait(), WAIT_S)

    see(outlet, "s1", says(Presence.ONLINE))
    await gathered(says(Presence.AWAY), says(Presence.BUSY, "b"))
    clock.advance(GATHER_S)
    await gathered(says(Presence.XA))
    clock.advance(GATHER_S)
    server.came.clear()
    see(outlet, "s1", says(Presence.FREE))
    assert server.came.is_set()


async def test_what_was_gathered_long_enough_leaves_with_the_next(
    outlet: Outlet, server: Server, clock: ManualClock
) -> None:
    """Without a wake-up of its own: the loop never turns here."""
    see(outlet, "s1", says(Presence.ONLINE))
    clock.advance(GATHER_S / 2)
    see(outlet, "s1", says(Presence.AWAY))
    assert len(server.got) == 1
    clock.advance(GATHER_S / 2)
    see(outlet, "s2", says(Presence.BUSY))
    assert server.told[1:] == [("s1", "a", Presence.AWAY), ("s2", "a", Presence.BUSY)]


async def test_a_message_waits_for_nothing_and_overtakes_nothing(outlet: Outlet, server: Server) -> None:
    see(outlet, "s1", says(Presence.ONLINE))
    see(outlet, "s1", says(Presence.AWAY))
    assert outlet.send(AskDone(request="r", contact="bob@example.org"))
    assert server.told[1:] == [("s1", "a", Presence.AWAY), "AskDone"]


async def test_what_is_told_anew_is_not_told_twice(outlet: Outlet, server: Server) -> None:
    see(outlet, "s1", says(Presence.ONLINE))
    see(outlet, "s1", says(Presence.AWAY))
    outlet.forget()
    outlet.flush()
    assert len(server.got) == 1


async def test_a_message_holds_so_many_and_no_more(outlet: Outlet, server: Server) -> None:
    see(outlet, "s1", *(says(Presence.AWAY, str(n)) for n in range(MAX_EVIDENCE + 1)))
    assert [len(message.evidence) for message in server.got if isinstance(message, Saw)] == [MAX_EVIDENCE, 1]
