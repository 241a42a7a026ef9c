"""Server-sent events over a real connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
import pytest

from quorate.server.api import events
from tests.server.serving import serving
from tests.server.stand_in import TOKEN, StandIn, app_of, incident

DEADLINE_S = 60.0


class Event(NamedTuple):
    id: str
    name: str
    data: Any


class Reader:
    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self) -> Event:
        """The next event; raises StopAsyncIteration when the server ends the stream."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(DEADLINE_S):
            while line := await anext(self._lines):
                name, _, value = line.partition(": ")
                fields[name] = value
        return Event(fields.get("id", ""), fields["event"], json.loads(fields["data"]))


@pytest.fixture
async def endpoint(stand_in: StandIn) -> AsyncIterator[str]:
    async with serving(app_of(stand_in)) as where:
        yield where


@asynccontextmanager
async def reading(endpoint: str, **headers: str) -> AsyncIterator[Reader]:
    given = {"authorization": f"Bearer {TOKEN}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    async with (
        httpx.AsyncClient(base_url=f"http://{endpoint}", headers=given) as client,
        client.stream("GET", "/api/v1/events") as answer,
    ):
        assert answer.status_code == 200
        yield Reader(answer)


async def test_a_change_arrives_as_the_whole_new_thing(endpoint: str, stand_in: StandIn) -> None:
    async with reading(endpoint) as reader:
        assert reader.answer.headers["content-type"].startswith("text/event-stream")
        assert reader.answer.headers["cache-control"] == "no-store"
        hello = await reader.next()
        assert (hello.name, hello.data) == ("hello", {"now": "2026-01-01T12:00:00Z"})
        stand_in.put(incident())
        changed = await reader.next()
        assert (changed.name, changed.data["id"], changed.data["state"]) == ("activity", "Q1", "ringing")


@pytest.mark.parametrize(
    ("kind", "id", "key", "value"),
    [
        ("person", "raj", "person", "raj"),
        ("stream", "s1", "account", "xmpp:alice@example.org"),
        ("me", "", "name", "Alice"),
        ("ask", "Q1-5", "activity", "Q1"),
    ],
)
async def test_every_kind_of_change_has_its_event(
    endpoint: str, stand_in: StandIn, kind: Any, id: str, key: str, value: str
) -> None:
    stand_in.put(incident())
    async with reading(endpoint) as reader:
        await reader.next()
        for gone in ("activity", "person", "stream", "ask"):
            stand_in.bus.publish(gone, "what is no more")
        stand_in.bus.publish(kind, id)
        event = await reader.next()
        assert (event.name, event.data[key]) == (kind, value)


async def test_who_comes_back_gets_what_they_missed(endpoint: str, stand_in: StandIn) -> None:
    async with reading(endpoint) as reader:
        seen = await reader.next()
    stand_in.bus.publish("person", "raj")
    stand_in.bus.publish("person", "omar")
    async with reading(endpoint, last_event_id=seen.id) as again:
        events_ = [await again.next() for _ in range(3)]
        assert [e.name for e in events_] == ["hello", "person", "person"]
        assert [e.data["person"] for e in events_[1:]] == ["raj", "omar"]


@pytest.mark.parametrize("last", ["0badbeef.1", "7", "x", "", "."])
async def test_an_id_of_another_life_of_the_server_is_a_gap(endpoint: str, last: str) -> None:
    async with reading(endpoint, last_event_id=last) as reader:
        assert [(await reader.next()).name for _ in range(2)] == ["hello", "gap"]


async def test_who_was_away_too_long_is_told_of_the_gap(endpoint: str, stand_in: StandIn) -> None:
    async with reading(endpoint) as reader:
        seen = await reader.next()
    for _ in range(1001):
        stand_in.bus.publish("person", "raj")
    async with reading(endpoint, last_event_id=seen.id) as again:
        assert [(await again.next()).name for _ in range(2)] == ["hello", "gap"]
        stand_in.bus.publish("person", "omar")
        assert (await again.next()).data["person"] == "omar"


async def test_silence_is_filled_with_the_servers_time(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(seconds=3) == events.HEARTBEAT
    monkeypatch.setattr(events, "HEARTBEAT", timedelta(milliseconds=10))
    async with reading(endpoint) as reader:
        names = [(await reader.next()).name for _ in range(3)]
        assert names == ["hello", "heartbeat", "heartbeat"]


async def test_the_end_of_the_server_ends_the_stream(endpoint: str, stand_in: StandIn) -> None:
    async with reading(endpoint) as reader:
        await reader.next()
        stand_in.bus.close()
        with pytest.raises(StopAsyncIteration):
            await reader.next()


async def test_an_open_page_is_evidence_of_its_owner_and_a_script_is_not(
    endpoint: str, stand_in: StandIn
) -> None:
    async with httpx.AsyncClient(base_url=f"http://{endpoint}") as client:
        bearer = {"authorization": f"Bearer {TOKEN}"}
        url = (await client.post("/api/v1/enter-keys", headers=bearer)).json()["url"]
        await client.get(f"/enter?{url.partition('?')[2]}")
        async with client.stream("GET", "/api/v1/events") as answer:
            await Reader(answer).next()
            assert stand_in.said == ["page opened"]
    async with reading(endpoint) as reader:
        await reader.next()
    await asyncio.wait_for(stand_in.page_closed.wait(), DEADLINE_S)
    assert stand_in.said == ["page opened", "page closed"]
