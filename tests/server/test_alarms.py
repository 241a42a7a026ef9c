"""Many alarms on one timer."""

from datetime import timedelta

from quorate.clock import ManualClock
from quorate.server.alarms import SLACK, Alarms


async def test_each_rings_at_its_time_and_only_then() -> None:
    clock, rung = ManualClock(), list[list[str]]()
    alarms: Alarms[str] = Alarms(clock, rung.append)
    for name, seconds in {"late": 30, "soon": 10, "moved": 5, "off": 10}.items():
        alarms.set(name, clock.now() + timedelta(seconds=seconds))
    alarms.set("moved", clock.now() + timedelta(seconds=10))
    alarms.set("off", None)
    clock.advance(9)
    alarms.check()
    assert rung == []
    clock.advance(1)
    alarms.check()
    assert rung == [["soon", "moved"]]
    clock.advance(1000)
    alarms.check()
    alarms.check()
    assert rung == [["soon", "moved"], ["late"]]
    alarms.stop()


async def test_one_that_is_set_while_it_rings() -> None:
    clock, rung = ManualClock(), list[list[str]]()

    def ring(names: list[str]) -> None:
        rung.append(names)
        alarms.set(names[0], clock.now() + timedelta(seconds=10))

    alarms: Alarms[str] = Alarms(clock, ring)
    alarms.set("again", clock.now())
    for _ in range(3):
        alarms.check()
        clock.advance(10)
    assert rung == [["again"]] * 3
    alarms.stop()


async def test_moving_one_for_ever_keeps_little() -> None:
    clock = ManualClock()
    alarms: Alarms[str] = Alarms(clock, lambda _: None)
    for seconds in range(1000):
        alarms.set("moved", clock.now() + timedelta(seconds=1000 - seconds))
    assert len(alarms._heap) <= SLACK + 2
    alarms.stop()
