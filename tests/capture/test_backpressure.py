"""A peer that does not read: what waits for it is bounded, whoever made it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from quorate.capture.transport import BRIM, SCRATCH_SIZE, StreamLoop
from quorate.splice.effects import Send, Side, SpliceEffect
from tests.capture.stand_in import WAIT_S, House, Upstream
from tests.capture.test_listener import route, until

TIMES = 8
"""An answer of ours is so much longer than its question."""
LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [StreamLoop, asyncio.SelectorEventLoop]


async def asks_and_does_not_read(path: Path) -> None:
    async with Upstream() as upstream, House(path, [route(upstream)]) as house:
        client = await house.call()
        client.say(b"<s")
        far = await upstream.next()
        await far.expect(b"<s")
        splice, legs = house.splices[0], house.watchers[0].driver._legs
        forwards = splice.receive

        def answers(side: Side, data: bytes, now: float) -> list[SpliceEffect]:
            return [Send(side, data * TIMES)] if side is Side.CLIENT else forwards(side, data, now)

        splice.receive = answers  # type: ignore[method-assign]
        total = 4 * 1024 * 1024
        client.say(b"y" * total)
        await until(lambda: legs[Side.CLIENT].overrun)
        for _ in range(50):
            await asyncio.sleep(0.001)
            assert legs[Side.CLIENT].buffered <= BRIM + TIMES * SCRATCH_SIZE
        far.say(b"z")
        got = await asyncio.wait_for(client.reader.readexactly(total * TIMES + 1), WAIT_S)
        assert got.count(b"z") == 1
        await until(lambda: not legs[Side.CLIENT].overrun)


@pytest.mark.parametrize("loop", LOOPS)
def test_who_asks_and_does_not_read_the_answers_is_not_read_either(
    tmp_path: Path, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asks_and_does_not_read(tmp_path))
