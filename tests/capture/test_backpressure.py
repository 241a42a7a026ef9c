"""A peer that does not read: what waits for it is bounded, whoever made it."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from quorate.capture.leg import Leg
from quorate.capture.stream_loop import SCRATCH_SIZE, StreamLoop
from quorate.capture.tls import TlsFault
from quorate.capture.transport import BRIM, HIGH_WATER, LOW_WATER
from quorate.splice.effects import Send, Side, SpliceEffect
from tests.capture.stand_in import WAIT_S, House, Upstream, most_held, until

TIMES = 8
"""An answer of ours is so much longer than its question."""
LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [StreamLoop, asyncio.SelectorEventLoop]


async def asks_and_does_not_read(path: Path) -> None:
    async with Upstream() as upstream, House(path, [upstream.route]) as house:
        client, far = await house.talk(upstream, b"<s")
        splice, legs = house.splices[0], house.watchers[0].driver._legs
        forwards = splice.forward

        def answers(side: Side, data: bytes, now: float) -> list[SpliceEffect]:
            return [Send(side, data * TIMES)] if side is Side.CLIENT else forwards(side, data, now)

        splice.forward = answers  # type: ignore[method-assign]
        most = most_held(house.watchers[0].driver)
        total = 4 * 1024 * 1024
        client.say(b"y" * total)
        await until(lambda: legs[Side.CLIENT].overrun)
        far.say(b"z")
        got = await asyncio.wait_for(client.reader.readexactly(total * TIMES + 1), WAIT_S)
        assert got.count(b"z") == 1
        await until(lambda: not legs[Side.CLIENT].overrun)
        assert BRIM < most[Side.SERVER] <= BRIM + TIMES * SCRATCH_SIZE


@pytest.mark.parametrize("loop", LOOPS)
def test_who_asks_and_does_not_read_the_answers_is_not_read_either(
    tmp_path: Path, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asks_and_does_not_read(tmp_path))


class Owner:
    """Who is told by a leg."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def leg_connected(self, side: Side) -> None: ...

    def leg_received(self, side: Side, data: bytes) -> None: ...

    def leg_secured(self, side: Side) -> None: ...

    def leg_refused(self, side: Side, fault: TlsFault) -> None: ...

    def leg_ended(self, side: Side) -> None: ...

    def leg_lost(self, side: Side) -> None: ...

    def leg_stalled(self, side: Side) -> None:
        self.told.append("stalled")

    def leg_overrun(self, side: Side) -> None: ...

    def held_for(self, side: Side) -> int:
        return 0

    def leg_relieved(self, side: Side) -> None:
        self.told.append("relieved")


async def test_what_waited_for_the_connection_is_relieved_once_it_is_read() -> None:
    near, peer = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 * 1024)
    peer.setblocking(False)
    owner = Owner()
    leg = Leg(Side.SERVER, owner, bytearray(SCRATCH_SIZE))
    total = HIGH_WATER + 1
    leg.write(b"x" * total)
    assert owner.told == ["stalled"]
    await asyncio.get_running_loop().create_connection(lambda: leg, sock=near)
    assert LOW_WATER < leg.buffered <= HIGH_WATER
    left = total
    while left:
        left -= len(await asyncio.wait_for(asyncio.get_running_loop().sock_recv(peer, 65536), WAIT_S))
    await until(lambda: owner.told == ["stalled", "relieved"])
    leg.abort()
    peer.close()
