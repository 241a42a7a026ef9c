"""Changes as server-sent events: each carries the whole new state of the thing that changed.

Shapes  id ``LIFE.SERIAL``; LIFE is another one after a restart of the server, and then, as after too
        long an absence, the event ``gap`` says: fetch everything again.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from quorate.errors import NotFound
from quorate.server.api.deps import AnsweredHereDep, HubDep, vantage_or_none
from quorate.server.api.schemas import Heartbeat
from quorate.server.bus import Event
from quorate.server.hub import Hub
from quorate.server.present import present_activity, present_me, present_person, present_stream
from quorate.server.present_asks import AnsweredHere, present_ask

HEARTBEAT: Final = timedelta(seconds=3)
_LIFE: Final = secrets.token_hex(4)

router = APIRouter(tags=["events"])


@router.get(
    "/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}}
)
async def events(
    hub: HubDep, here: AnsweredHereDep, request: Request, last_event_id: str | None = Header(default=None)
) -> StreamingResponse:
    """activity, person, stream, ask, me (data: the whole thing), hello, heartbeat (data: now), gap."""
    is_page = "authorization" not in request.headers
    return StreamingResponse(
        _frames(hub, here, last_event_id, is_page=is_page), media_type="text/event-stream; charset=utf-8"
    )


async def _frames(
    hub: Hub, here: AnsweredHere, last_event_id: str | None, *, is_page: bool
) -> AsyncIterator[str]:
    after = _serial(last_event_id)
    gap = last_event_id is not None and (after is None or hub.bus.missed(after))
    start = hub.bus.last if after is None or gap else after
    changes = hub.bus.subscribe(start)
    following = asyncio.ensure_future(anext(changes, None))
    if is_page:
        hub.own_client(True)
    try:
        yield _frame("hello", _now(hub), f"{_LIFE}.{start}")
        if gap:
            yield _frame("gap", _now(hub))
        while True:
            done, _ = await asyncio.wait({following}, timeout=HEARTBEAT.total_seconds())
            if not done:
                yield _frame("heartbeat", _now(hub))
                continue
            event = following.result()
            if event is None:
                return
            following = asyncio.ensure_future(anext(changes, None))
            data = _thing(hub, here, event)
            if data is not None:
                yield _frame(event.kind, data, f"{_LIFE}.{event.serial}")
    finally:
        following.cancel()
        if is_page:
            hub.own_client(False)


def _serial(last_event_id: str | None) -> int | None:
    """The number in an id of this life of the server."""
    life, _, serial = (last_event_id or "").partition(".")
    return int(serial) if life == _LIFE and serial.isascii() and serial.isdecimal() else None


def _now(hub: Hub) -> Heartbeat:
    return Heartbeat(now=hub.clock.now())


def _frame(name: str, data: BaseModel, id: str | None = None) -> str:
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {name}\ndata: {data.model_dump_json(by_alias=True)}\n\n"


def _thing(hub: Hub, here: AnsweredHere, event: Event) -> BaseModel | None:
    """What the event is about, as it is now; None if it is no more."""
    if event.kind == "me":
        return present_me(hub.me())
    if event.kind == "activity":
        try:
            return present_activity(hub, hub.activity(event.id))
        except NotFound:
            return None
    if event.kind == "stream":
        return next((present_stream(s) for s in hub.streams() if s.id == event.id), None)
    if event.kind == "ask":
        return next((present_ask(hub, a, here) for a in hub.asks() if a.invitation.id == event.id), None)
    return present_person(hub, event.id, vantage_or_none(hub, None))
