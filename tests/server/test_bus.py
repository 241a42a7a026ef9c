"""Events reach every reader, in order, also one that comes back."""

import asyncio

import pytest

from quorate.server.bus import KEPT, Bus, Event


async def test_readers_get_what_comes_after_them() -> None:
    bus = Bus()
    bus.publish("person", "bob")
    reader = bus.subscribe()
    waiting = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    bus.publish("activity", "Q1")
    assert await waiting == Event(2, "activity", "Q1")
    bus.publish("me", "me")
    assert (await anext(reader)).serial == 3


async def test_a_reader_comes_back_with_the_last_id_it_saw() -> None:
    bus = Bus()
    for number in range(5):
        bus.publish("person", f"p{number}")
    reader = bus.subscribe(after=3)
    assert [(await anext(reader)).id, (await anext(reader)).id] == ["p3", "p4"]


@pytest.mark.parametrize(("published", "after", "missed"), [(5, 0, False), (5, 9, True), (0, 0, False)])
def test_missed(published: int, after: int, missed: bool) -> None:
    bus = Bus()
    for _ in range(published):
        bus.publish("person", "bob")
    assert bus.missed(after) is missed


def test_only_so_many_are_kept() -> None:
    bus = Bus()
    for _ in range(KEPT + 10):
        bus.publish("person", "bob")
    assert len(bus.since(0)) == KEPT
    assert bus.missed(9)
    assert not bus.missed(10)


async def test_closing_ends_every_reader() -> None:
    bus = Bus()
    reader = bus.subscribe()
    waiting = asyncio.ensure_future(anext(reader, None))
    await asyncio.sleep(0)
    bus.publish("person", "bob")
    bus.close()
    assert (await waiting) == Event(1, "person", "bob")
    assert [event async for event in reader] == []
