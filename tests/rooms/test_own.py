import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quorate.clock import ManualClock
from quorate.errors import NotPossible, Refused
from quorate.model.activity import Activity, ActivityState
from quorate.model.address import Address
from quorate.model.person import Person
from quorate.model.requirement import AllOf
from quorate.rooms.own import BURST_LINES, BURST_S, MAX_LINE_CHARACTERS, MAX_LINES, RETURN_S, Rooms, TooFast

DEADLINE_S = 60.0


class Hall:
    """Rooms with a diary of who came and went."""

    def __init__(self, grace_s: float = 0.0, return_s: float = 3600.0) -> None:
        self.clock = ManualClock()
        self.diary: asyncio.Queue[str] = asyncio.Queue()
        self.rooms = Rooms(
            self.clock, joined=self._joined, left=self._left, grace_s=grace_s, return_s=return_s
        )

    async def _joined(self, activity: str, person: str) -> None:
        self.diary.put_nowait(f"{person} joined {activity}")

    async def _left(self, activity: str, person: str) -> None:
        self.diary.put_nowait(f"{person} left {activity}")

    async def next(self) -> str:
        return await asyncio.wait_for(self.diary.get(), DEADLINE_S)

    def quiet(self) -> bool:
        return self.diary.empty()


def live(*joined: str) -> Activity:
    alice = Person(key="alice", name="alice", addresses=(Address("xmpp", "alice@example.org"),))
    return Activity(
        id="Q1",
        state=ActivityState.LIVE,
        requirement=AllOf(()),
        who="bob",
        organiser=alice,
        organiser_via=alice.addresses[0],
        people=(),
        created=datetime(2026, 1, 1, tzinfo=UTC),
        joined=frozenset(joined),
    )


async def test_a_person_with_two_pages_is_here_once_and_leaves_with_the_last() -> None:
    hall = Hall()
    hall.rooms.open(live())
    first = await hall.rooms.join("Q1", "bob")
    second = await hall.rooms.join("Q1", "bob")
    assert hall.rooms.here("Q1") == ("bob",)
    assert await hall.next() == "bob joined Q1"
    hall.rooms.drop("Q1", "bob", first)
    hall.rooms.drop("Q1", "bob", first)
    assert hall.rooms.here("Q1") == ("bob",)
    assert hall.quiet()
    hall.rooms.drop("Q1", "bob", second)
    assert await hall.next() == "bob left Q1"
    assert hall.rooms.here("Q1") == ()


async def test_a_page_that_drops_and_comes_back_in_time_never_left() -> None:
    hall = Hall(grace_s=3600)
    hall.rooms.open(live())
    seat = await hall.rooms.join("Q1", "bob")
    assert await hall.next() == "bob joined Q1"
    hall.rooms.drop("Q1", "bob", seat)
    assert hall.rooms.here("Q1") == ("bob",)
    await hall.rooms.join("Q1", "bob")
    assert hall.quiet()
    hall.rooms.close_all()


async def test_a_goodbye_counts_at_once_whatever_else_is_open() -> None:
    hall = Hall(grace_s=3600)
    hall.rooms.open(live())
    old = await hall.rooms.join("Q1", "bob")
    await hall.rooms.leave("Q1", "bob")
    assert [await hall.next(), await hall.next()] == ["bob joined Q1", "bob left Q1"]
    await hall.rooms.join("Q1", "bob")
    hall.rooms.drop("Q1", "bob", old)
    assert hall.rooms.here("Q1") == ("bob",)


async def test_leaving_a_room_one_is_not_in_is_no_news() -> None:
    hall = Hall()
    hall.rooms.open(live())
    await hall.rooms.leave("Q1", "bob")
    await hall.rooms.leave("Q9", "bob")
    hall.rooms.drop("Q9", "bob", 1)
    assert hall.quiet()


async def test_after_a_restart_people_have_time_to_come_back_and_then_count_as_gone() -> None:
    hall = Hall(grace_s=3600, return_s=0.0)
    hall.rooms.open(live("bob", "carol"))
    assert hall.rooms.here("Q1") == ("bob", "carol")
    await hall.rooms.join("Q1", "bob")
    assert await hall.next() == "carol left Q1"
    assert hall.rooms.here("Q1") == ("bob",)


def test_pages_have_time_to_come_back_after_a_restart_however_seldom_they_try() -> None:
    feed = (Path(__file__).parents[2] / "web" / "src" / "live" / "feed.ts").read_text(encoding="utf-8")
    waits = re.search(r"BACK_OFF_S = \[([\d, ]+)\]", feed)
    assert waits is not None
    assert max(map(int, waits[1].split(","))) + 10 <= RETURN_S


async def test_opening_twice_keeps_the_room() -> None:
    hall = Hall()
    hall.rooms.open(live())
    await hall.rooms.join("Q1", "bob")
    hall.rooms.open(live())
    assert hall.rooms.here("Q1") == ("bob",)


async def test_what_is_closed_is_empty_and_forgotten() -> None:
    hall = Hall(grace_s=3600)
    hall.rooms.open(live())
    seat = await hall.rooms.join("Q1", "bob")
    hall.rooms.say("Q1", "bob", "hello")
    hall.rooms.drop("Q1", "bob", seat)
    hall.rooms.close("Q1")
    hall.rooms.close("Q1")
    assert not hall.rooms.is_open("Q1")
    assert hall.rooms.lines("Q1", "bob") == []
    with pytest.raises(NotPossible, match="not open"):
        await hall.rooms.join("Q1", "bob")
    assert await hall.next() == "bob joined Q1"
    assert hall.quiet()


async def test_lines_are_numbered_and_a_private_one_has_one_reader() -> None:
    hall = Hall()
    hall.rooms.open(live())
    await hall.rooms.join("Q1", "bob")
    said = hall.rooms.say("Q1", "bob", "  hello \n")
    hall.rooms.announce("Q1", "lena was asked: join anyway?", only="alice")
    assert (said.id, said.person, said.text, said.at) == (1, "bob", "hello", hall.clock.now())
    assert [line.text for line in hall.rooms.lines("Q1", "bob")] == ["hello"]
    assert [line.id for line in hall.rooms.lines("Q1", "alice")] == [1, 2]
    assert [line.id for line in hall.rooms.lines("Q1", "alice", after=1)] == [2]


async def test_only_the_latest_lines_are_kept() -> None:
    hall = Hall()
    hall.rooms.open(live())
    await hall.rooms.join("Q1", "bob")
    for number in range(MAX_LINES + 3):
        hall.clock.advance(BURST_S)
        hall.rooms.say("Q1", "bob", str(number))
    texts = [line.text for line in hall.rooms.lines("Q1", "bob")]
    assert (len(texts), texts[0], texts[-1]) == (MAX_LINES, "3", str(MAX_LINES + 2))


@pytest.mark.parametrize(
    ("person", "text", "problem"),
    [
        ("bob", " \n ", "empty"),
        ("bob", "x" * (MAX_LINE_CHARACTERS + 1), "4001 characters"),
        ("mallory", "hi", "not in the room"),
    ],
)
async def test_what_cannot_be_said_is_refused_with_the_reason(person: str, text: str, problem: str) -> None:
    hall = Hall()
    hall.rooms.open(live())
    await hall.rooms.join("Q1", "bob")
    with pytest.raises((Refused, NotPossible), match=problem):
        hall.rooms.say("Q1", person, text)
    assert hall.rooms.lines("Q1", "bob") == []


async def test_the_eleventh_line_in_five_seconds_is_refused_and_the_next_second_is_fine() -> None:
    hall = Hall()
    hall.rooms.open(live())
    await hall.rooms.join("Q1", "bob")
    await hall.rooms.join("Q1", "carol")
    for number in range(BURST_LINES):
        hall.rooms.say("Q1", "bob", str(number))
    with pytest.raises(TooFast):
        hall.rooms.say("Q1", "bob", "one more")
    hall.rooms.say("Q1", "carol", "I may")
    hall.clock.advance(BURST_S)
    hall.rooms.say("Q1", "bob", "now")
    assert len(hall.rooms.lines("Q1", "bob")) == BURST_LINES + 2


async def test_whoever_watches_a_room_is_woken_by_every_change_of_it() -> None:
    hall = Hall()
    with hall.rooms.watch("Q1") as changed, hall.rooms.watch("Q2") as other:
        hall.rooms.open(live())
        for change in ("join", "say", "close"):
            assert changed.is_set()
            changed.clear()
            if change == "join":
                await hall.rooms.join("Q1", "bob")
            elif change == "say":
                hall.rooms.say("Q1", "bob", "hello")
            else:
                hall.rooms.close("Q1")
        assert changed.is_set()
        assert not other.is_set()


async def test_a_room_of_another_activity_is_another_room() -> None:
    hall = Hall()
    hall.rooms.open(live())
    hall.rooms.open(replace(live(), id="Q2"))
    await hall.rooms.join("Q2", "bob")
    assert hall.rooms.here("Q1") == ()
