"""The room over a real WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from quorate.model.activity import ActivityState
from tests.server.serving import serving
from tests.server.stand_in import NOON, StandIn, app_of, incident

DEADLINE_S = 60.0


class Guest:
    """One page of one person."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.seen: list[dict[str, Any]] = []

    async def says(self, **frame: str) -> None:
        await self._socket.send(json.dumps(frame))

    async def sends(self, text: str) -> None:
        await self._socket.send(text)

    async def until(self, type_: str, **fields: object) -> dict[str, Any]:
        """The next frame of this type with these fields."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                frame: dict[str, Any] = json.loads(await self._socket.recv())
                self.seen.append(frame)
                if frame["type"] == type_ and fields.items() <= frame.items():
                    return frame

    async def close(self) -> None:
        await self._socket.close()


class House:
    def __init__(self, hub: StandIn, endpoint: str, stack: AsyncExitStack) -> None:
        self.hub = hub
        self.endpoint = endpoint
        self._stack = stack

    async def guest(self, person: str, **more: Any) -> Guest:
        path = f"/api/v1/rooms/{self.hub.links.token('Q1', person)}/ws"
        socket = await self._stack.enter_async_context(connect(f"ws://{self.endpoint}{path}", **more))
        return Guest(socket)

    async def joined(self, person: str) -> Guest:
        guest = await self.guest(person)
        await guest.until("view", state="open")
        await guest.says(type="join")
        view = await guest.until("view")
        assert person.capitalize() in [p["name"] for p in view["here"]]
        return guest


@pytest.fixture
async def house(stand_in: StandIn) -> AsyncIterator[House]:
    stand_in.put(incident(ActivityState.LIVE, live_at=NOON))
    stand_in.rooms.open(stand_in.activity("Q1"))
    async with serving(app_of(stand_in)) as endpoint, AsyncExitStack() as stack:
        yield House(stand_in, endpoint, stack)
    stand_in.rooms.close_all()


async def test_people_in_the_room_read_what_one_of_them_writes(house: House) -> None:
    raj, omar = await house.joined("raj"), await house.joined("omar")
    await raj.says(type="say", text="WAL volume is full")
    theirs, own = await omar.until("line"), await raj.until("line")
    assert (theirs["name"], theirs["text"], theirs["you"]) == ("Raj", "WAL volume is full", False)
    assert (own["id"], own["you"]) == (theirs["id"], True)


async def test_who_comes_later_gets_what_was_said_and_whoever_is_not_in_reads_nothing(house: House) -> None:
    raj = await house.joined("raj")
    await raj.says(type="say", text="hello")
    await raj.until("line", text="hello")
    omar = await house.guest("omar")
    assert (await omar.until("view"))["chat"] == []
    await omar.says(type="join")
    assert [line["text"] for line in (await omar.until("view"))["chat"]] == ["hello"]
    assert [frame["type"] for frame in omar.seen] == ["view", "view"]


async def test_a_lost_page_leaves_after_the_time_to_come_back(house: House) -> None:
    raj, omar = await house.joined("raj"), await house.joined("omar")
    await omar.close()
    view = await raj.until("view")
    while len(view["here"]) > 1:
        view = await raj.until("view")
    assert [p["name"] for p in view["here"]] == ["Raj"]
    assert house.hub.activity("Q1").joined == {"raj"}


async def test_leaving_is_told_at_once_and_one_may_come_back(house: House) -> None:
    raj = await house.joined("raj")
    await raj.says(type="leave")
    assert (await raj.until("view"))["here"] == []
    await raj.says(type="say", text="still here?")
    assert "not in the room" in (await raj.until("problem"))["problem"]["detail"]
    await raj.says(type="join")
    assert [p["name"] for p in (await raj.until("view"))["here"]] == ["Raj"]


async def test_only_the_organiser_ends_it_for_everybody(house: House) -> None:
    raj, alice = await house.joined("raj"), await house.joined("alice")
    await raj.says(type="end")
    assert "Only the organiser" in (await raj.until("problem"))["problem"]["detail"]
    await alice.says(type="end")
    ended = await raj.until("view", state="ended")
    assert (ended["here"], ended["chat"]) == ([], [])


async def test_a_page_that_waits_sees_the_room_open(house: House) -> None:
    house.hub.rooms.close("Q1")
    house.hub.put(incident())
    raj = await house.guest("raj")
    await raj.until("view", state="waiting")
    await raj.says(type="join")
    assert "opens by itself" in (await raj.until("problem"))["problem"]["remedy"]
    house.hub.put(incident(ActivityState.LIVE, live_at=NOON))
    await raj.until("view", state="open")


async def test_someone_late_has_to_say_yes_first(house: House) -> None:
    lena = await house.guest("lena")
    await lena.until("view", state="late")
    await lena.says(type="join")
    assert "covered" in (await lena.until("problem"))["problem"]["detail"]
    assert house.hub.rooms.here("Q1") == ()


async def test_whose_link_is_taken_back_is_out(house: House) -> None:
    raj, omar = await house.joined("raj"), await house.joined("omar")
    house.hub.revoke("Q1", "omar")
    assert (await omar.until("view", state="revoked"))["here"] == []
    view = await raj.until("view")
    while len(view["here"]) > 1:
        view = await raj.until("view")
    await omar.says(type="say", text="let me in")
    assert "not in the room" in (await omar.until("problem"))["problem"]["detail"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"type": "dance"}', '{"type": "say", "extra": 1}', "x" * 20_000], ids=len
)
async def test_what_is_not_understood_is_answered_and_the_room_goes_on(house: House, text: str) -> None:
    raj = await house.joined("raj")
    await raj.sends(text)
    assert (await raj.until("problem"))["problem"]["type"] == "malformed-json"
    await raj.says(type="say", text="fine")
    await raj.until("line", text="fine")


async def test_too_many_messages_at_once_are_refused(house: House) -> None:
    raj = await house.joined("raj")
    for number in range(11):
        await raj.says(type="say", text=str(number))
    assert (await raj.until("problem"))["problem"]["type"] == "too-fast"


async def test_a_dead_link_is_told_before_hanging_up(house: House) -> None:
    async with connect(f"ws://{house.endpoint}/api/v1/rooms/{'x' * 24}/ws") as socket:
        frame = json.loads(await asyncio.wait_for(socket.recv(), DEADLINE_S))
        assert frame["problem"]["detail"] == "This link does not work."
        await asyncio.wait_for(socket.wait_closed(), DEADLINE_S)
        assert socket.close_code == 4404


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
async def test_another_sites_page_gets_no_socket(house: House, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await house.guest("raj", additional_headers=headers)
    assert refused.value.response.status_code == 403


async def test_our_own_page_gets_one(house: House) -> None:
    guest = await house.guest("raj", origin=f"http://{house.endpoint}")
    await guest.until("view", state="open")
