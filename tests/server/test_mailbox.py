"""Letters are handled in order by one owner; alarms ring when the clock says so."""

import asyncio
from datetime import timedelta

import pytest

from quorate.clock import ManualClock
from quorate.errors import NotPossible
from quorate.server.mailbox import Alarm, Mailbox


async def test_letters_are_taken_in_order() -> None:
    seen: list[int] = []
    box: Mailbox[int, None] = Mailbox(seen.append)
    for number in range(5):
        box.post(number)
    await box.drained()
    assert seen == [0, 1, 2, 3, 4]


async def test_a_letter_posted_while_handling_comes_last() -> None:
    seen: list[int] = []

    def handle(number: int) -> int:
        seen.append(number)
        if number == 0:
            box.post(9)
        return number * 2

    box: Mailbox[int, int] = Mailbox(handle)
    box.post(0)
    assert await box.ask(1) == 2
    await box.drained()
    assert seen == [0, 1, 9]


async def test_equal_letters_can_be_posted_once() -> None:
    seen: list[str] = []
    box: Mailbox[str, None] = Mailbox(seen.append)
    for letter in ("look", "look", "other", "look"):
        box.post_once(letter)
    await box.drained()
    assert seen == ["look", "other"]


@pytest.mark.parametrize("error", [NotPossible("No.", remedy="Wait."), RuntimeError("broken")])
async def test_an_error_goes_to_who_asked_and_stops_nothing(error: Exception) -> None:
    def handle(number: int) -> int:
        if number < 0:
            raise error
        return number

    box: Mailbox[int, int] = Mailbox(handle)
    box.post(-1)
    with pytest.raises(type(error)):
        await box.ask(-2)
    assert await box.ask(3) == 3


async def test_what_fails_for_now_stays_the_first_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quorate.server.mailbox.FIRST_PAUSE_S", 0.001)
    seen: list[int] = []
    full = [True] * 5

    def handle(number: int) -> int:
        if full and full.pop():
            raise BlockingIOError
        seen.append(number)
        return number

    box: Mailbox[int, int] = Mailbox(handle, passes=lambda error: isinstance(error, BlockingIOError))
    box.post(1)
    box.post(2)
    await box.drained()
    assert seen == [1, 2]


async def test_who_asks_while_something_fails_for_now_is_told_so_at_once() -> None:
    full = True
    seen: list[int] = []

    def handle(number: int) -> int:
        if full:
            raise BlockingIOError
        seen.append(number)
        return number

    box: Mailbox[int, int] = Mailbox(handle, passes=lambda error: isinstance(error, BlockingIOError))
    box.post(1)
    with pytest.raises(BlockingIOError):
        await box.ask(2)
    full = False
    assert await box.ask(3) == 3
    assert seen == [1, 3]


async def test_nothing_is_tried_again_after_closing() -> None:
    tries: list[int] = []

    def handle(number: int) -> None:
        tries.append(number)
        raise BlockingIOError

    box: Mailbox[int, None] = Mailbox(handle, passes=lambda error: True)
    box.post(1)
    await asyncio.sleep(0)
    box.close()
    await asyncio.wait_for(box.drained(), 60)
    assert tries == [1, 1]


async def test_an_alarm_rings_once_and_not_before() -> None:
    clock = ManualClock()
    rung: list[bool] = []
    alarm = Alarm(clock, lambda: rung.append(True))
    start = clock.now()
    clock.advance(10)
    at = clock.now()
    clock = ManualClock(start)
    alarm = Alarm(clock, lambda: rung.append(True))
    alarm.set(at)
    alarm.check()
    assert rung == []
    clock.advance(10)
    alarm.check()
    alarm.check()
    assert rung == [True]
    alarm.set(at)
    alarm.set(None)
    alarm.check()
    assert rung == [True]


async def test_an_alarm_sees_that_the_machine_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quorate.server.mailbox.MAX_WAIT_S", 0.01)
    clock = ManualClock()
    rung = asyncio.Event()
    Alarm(clock, rung.set).set(clock.now() + timedelta(hours=1))
    clock.advance(3600)
    await asyncio.wait_for(rung.wait(), 60)


async def test_an_alarm_rings_by_itself() -> None:
    clock = ManualClock()
    rung = asyncio.Event()
    Alarm(clock, rung.set).set(clock.now())
    await asyncio.wait_for(rung.wait(), 60)
