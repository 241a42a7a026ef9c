"""What is met in time does nothing later; what is not is done once."""

import asyncio

from quorate.capture.patience import Patience


async def test_only_what_was_not_met_is_done() -> None:
    patience, done, over = Patience(asyncio.get_running_loop()), list[str](), asyncio.Event()
    patience.after(0.0, "met", lambda: done.append("met"))
    patience.after(0.0, "twice", lambda: done.append("first"))
    patience.after(0.0, "twice", lambda: done.append("second"))
    patience.after(0.001, "late", over.set)
    patience.met("met")
    patience.met("never waited for")
    await asyncio.wait_for(over.wait(), 10.0)
    assert done == ["second"]


async def test_after_its_end_nothing_is_done() -> None:
    loop = asyncio.get_running_loop()
    patience, done, over = Patience(loop), list[str](), asyncio.Event()
    patience.after(0.0, "late", lambda: done.append("late"))
    patience.end()
    loop.call_later(0.001, over.set)
    await asyncio.wait_for(over.wait(), 10.0)
    assert done == []
