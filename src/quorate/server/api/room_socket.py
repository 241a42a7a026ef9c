"""One page's connection to a room: views and lines go out, what the person does comes in."""

import asyncio
from contextlib import suppress

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ValidationError

from quorate.errors import NotPossible, QuorateError, Refused
from quorate.rooms.own import MAX_LINE_CHARACTERS
from quorate.rooms.tokens import Holder
from quorate.server.api.schemas_rooms import RoomSays, RoomTrouble, RoomView
from quorate.server.hub import Hub
from quorate.server.present_room import present_line, present_room
from quorate.server.problems import problem_of

CLOSE_DEAD_LINK = 4404
MAX_FRAME_CHARACTERS = 4 * MAX_LINE_CHARACTERS + 1000


class BadFrame(Refused):
    code = "malformed-json"


class RoomSocket:
    """Runs until the page is gone; then the person has a while to come back."""

    def __init__(self, hub: Hub, websocket: WebSocket, activity: str, holder: Holder, token: str) -> None:
        self._hub = hub
        self._websocket = websocket
        self._activity = activity
        self._holder = holder
        self._token = token
        self._seat: int | None = None
        self._shown: RoomView | None = None
        self._last_line = 0

    @staticmethod
    async def refuse(websocket: WebSocket, error: QuorateError) -> None:
        """Say why and hang up; a browser shows nothing of an HTTP status here."""
        await websocket.send_text(RoomTrouble(problem=problem_of(error)).model_dump_json())
        await websocket.close(CLOSE_DEAD_LINK)

    async def run(self) -> None:
        tasks = [asyncio.create_task(work()) for work in (self._listen, self._follow, self._show)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._seat is not None:
                self._hub.rooms.drop(self._activity, self._holder.person, self._seat)
        for task in done:
            with suppress(WebSocketDisconnect):
                task.result()

    async def _listen(self) -> None:
        while True:
            text = await self._websocket.receive_text()
            try:
                await self._do(_frame(text))
            except QuorateError as error:
                await self._send(RoomTrouble(problem=problem_of(error)))

    async def _follow(self) -> None:
        """The activity's changes are the room's changes too."""
        async for event in self._hub.bus.subscribe():
            if event.kind == "activity" and event.id == self._activity:
                self._hub.rooms.touch(self._activity)

    async def _show(self) -> None:
        with self._hub.rooms.watch(self._activity) as changed:
            while True:
                changed.clear()
                await self._show_changes()
                await changed.wait()

    async def _show_changes(self) -> None:
        holder = self._hub.links.holder(self._token) or self._holder
        activity = self._hub.activity(self._activity)
        view = present_room(self._hub, activity, holder)
        if view.state != "open" and self._seat is not None:
            self._seat = None
            await self._hub.rooms.leave(self._activity, holder.person)
        if self._shown is None or _essence(view) != _essence(self._shown):
            self._last_line = max((line.id for line in view.chat), default=self._last_line)
            self._shown = view
            await self._send(view)
        elif self._is_here():
            for line in self._hub.rooms.lines(self._activity, holder.person, after=self._last_line):
                self._last_line = line.id
                await self._send(present_line(activity, line, holder.person))

    def _is_here(self) -> bool:
        return self._holder.person in self._hub.rooms.here(self._activity)

    async def _do(self, says: RoomSays) -> None:
        person = self._holder.person
        if says.type == "join":
            await self._join()
        elif says.type == "say":
            self._hub.rooms.say(self._activity, person, says.text or "")
        elif says.type == "leave":
            self._seat = None
            await self._hub.rooms.leave(self._activity, person)
        else:
            await self._end()

    async def _join(self) -> None:
        holder = self._hub.links.holder(self._token) or self._holder
        activity = self._hub.activity(self._activity)
        state = present_room(self._hub, activity, holder).state
        if state == "late":
            raise NotPossible("This is covered.", remedy="Say first that you come anyway.")
        if state != "open":
            raise NotPossible("The room is not open.", remedy="It opens by itself when enough said yes.")
        if self._seat is None or not self._is_here():
            self._seat = await self._hub.rooms.join(self._activity, holder.person)

    async def _end(self) -> None:
        if self._hub.activity(self._activity).organiser.key != self._holder.person:
            raise NotPossible("Only the organiser can end the room.", remedy="Leave it instead.")
        await self._hub.cancel(self._activity)

    async def _send(self, frame: BaseModel) -> None:
        await self._websocket.send_text(frame.model_dump_json())


def _frame(text: str) -> RoomSays:
    try:
        if len(text) > MAX_FRAME_CHARACTERS:
            raise ValueError
        return RoomSays.model_validate_json(text)
    except (ValidationError, ValueError) as error:
        raise BadFrame(
            "That was not understood.", remedy="Send JSON as RoomSays in /openapi.json."
        ) from error


def _essence(view: RoomView) -> dict[str, object]:
    return view.model_dump(exclude={"server_time", "chat"})
