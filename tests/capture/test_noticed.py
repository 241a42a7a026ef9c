"""What a splice noticed reaches the observer in order, and not before the bytes have left."""

import asyncio

import pytest

from quorate.capture.noticed import Noticed
from quorate.capture.stream_loop import StreamLoop
from quorate.model.reasons import Reason
from quorate.splice.effects import Done, SpliceEffect


class Observer:
    """Writes down what it is told; the first thing it is told causes another."""

    def __init__(self, noticed: Noticed) -> None:
        self.noticed_ = noticed
        self.told: list[str] = []
        self.raising = False

    def noticed(self, effect: SpliceEffect) -> None:
        assert isinstance(effect, Done)
        self.told.append(effect.effect)
        if effect.effect == "first":
            self.noticed_.add(done("caused"))
            self.noticed_.settled()
        if self.raising:
            raise ValueError("a mistake of our own")

    def settled(self) -> None:
        self.told.append("settled")

    def ended(self) -> None:
        self.told.append("ended")


def done(name: str) -> Done:
    return Done(effect=name, reason=Reason.BLIND)


def observed(loop: asyncio.AbstractEventLoop) -> tuple[Noticed, Observer]:
    noticed = Noticed(loop, lambda: None)
    observer = noticed.observer = Observer(noticed)
    return noticed, observer


@pytest.mark.parametrize("raising", [False, True])
async def test_what_telling_causes_is_told_after_what_was_there_before(*, raising: bool) -> None:
    noticed, observer = observed(asyncio.get_running_loop())
    observer.raising = raising
    noticed.add(done("first"))
    noticed.add(done("second"))
    noticed.settled()
    noticed.settled()
    assert observer.told == ["first", "second", "settled", "caused", "settled"]


async def test_something_done_settles_as_well() -> None:
    noticed, observer = observed(asyncio.get_running_loop())
    noticed.stir()
    noticed.settled()
    assert observer.told == ["settled"]


@pytest.mark.parametrize("ends", [False, True])
def test_while_streams_are_dealt_with_it_waits_for_the_end_of_that(*, ends: bool) -> None:
    loop = StreamLoop()
    try:
        noticed, observer = observed(loop)
        loop.selector.dealing = True
        for name in ("a", "b"):
            noticed.add(done(name))
            noticed.settled()
        assert observer.told == []
        if ends:
            noticed.ended()
            assert observer.told == ["a", "b", "settled", "ended"]
            observer.told.clear()
        loop.selector.dealing = False
        assert len(loop.selector.afterwards) == 1
        loop.selector.afterwards[0]()
        assert observer.told == ([] if ends else ["a", "b", "settled"])
    finally:
        loop.close()
