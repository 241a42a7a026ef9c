"""Quorate's own rooms: who is here, and a chat that lives in memory only.

A person may have the page open several times and counts once. A page that drops has ``GRACE_S`` to
come back before the person counts as gone: a reload or a lost network is not a goodbye.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from quorate.clock import Clock
from quorate.errors import NotPossible, Refused
from quorate.model.activity import Activity

MAX_LINES: Final = 500
MAX_LINE_CHARACTERS: Final = 4000
BURST_LINES: Final = 10
BURST_S: Final = 5.0
GRACE_S: Final = 10.0
RETURN_S: Final = 45.0
"""After a restart: a page that has waited long for the server tries again every 30 s only."""

Moved: TypeAlias = Callable[[str, str], Awaitable[object]]
"""Told (activity, person) when somebody enters or has gone."""


class TooFast(Refused):
    code = "too-fast"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    id: int
    at: datetime
    person: str | None
    """Person key of the author; None for what the room itself says."""
    text: str
    only: str | None = None
    """Person key of the only reader, if not everybody."""

    def visible_to(self, person: str) -> bool:
        return self.only is None or self.only == person


@dataclass(slots=True)
class _Room:
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=MAX_LINES))
    seats: dict[str, set[int]] = field(default_factory=dict)
    """Open pages per person; a person with none is about to count as gone."""
    leaving: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    said: dict[str, deque[float]] = field(default_factory=dict)
    serial: int = 0
    seat_serial: int = 0

    def here(self) -> tuple[str, ...]:
        return tuple(self.seats)


class Rooms:
    """All open rooms, by activity id. One event loop, no locks."""

    def __init__(
        self,
        clock: Clock,
        *,
        joined: Moved,
        left: Moved,
        grace_s: float = GRACE_S,
        return_s: float = RETURN_S,
    ) -> None:
        self._clock = clock
        self._joined = joined
        self._left = left
        self._grace_s = grace_s
        self._return_s = return_s
        self._rooms: dict[str, _Room] = {}
        self._watchers: dict[str, set[asyncio.Event]] = {}

    def open(self, activity: Activity) -> None:
        """Open the room of a live activity, once.

        Whoever the activity believes to be here (it outlives a restart, the room does not) gets
        ``RETURN_S`` to come back.
        """
        if activity.id in self._rooms:
            return
        room = self._rooms[activity.id] = _Room()
        for person in sorted(activity.joined):
            room.seats[person] = set()
            self._begin_leaving(activity.id, room, person, self._return_s)
        self.touch(activity.id)

    def close(self, activity: str) -> None:
        """Everybody out; the chat is forgotten. Closing a room that is not open changes nothing."""
        room = self._rooms.pop(activity, None)
        if room is not None:
            for task in room.leaving.values():
                task.cancel()
        self.touch(activity)

    def close_all(self) -> None:
        """At the end of the server: nobody leaves, people come back after a restart."""
        for activity in list(self._rooms):
            self.close(activity)

    def is_open(self, activity: str) -> bool:
        return activity in self._rooms

    def here(self, activity: str) -> tuple[str, ...]:
        """Person keys in the room, in the order they came."""
        room = self._rooms.get(activity)
        return room.here() if room else ()

    async def join(self, activity: str, person: str) -> int:
        """One more page of this person: its seat, for ``drop``. Raises NotPossible if it is not open."""
        room = self._open_room(activity)
        if (task := room.leaving.pop(person, None)) is not None:
            task.cancel()
        came = person not in room.seats
        room.seat_serial += 1
        seat = room.seat_serial
        room.seats.setdefault(person, set()).add(seat)
        self.touch(activity)
        if came:
            await self._joined(activity, person)
        return seat

    def drop(self, activity: str, person: str, seat: int) -> None:
        """One page of this person is gone without a goodbye."""
        room = self._rooms.get(activity)
        seats = room.seats.get(person) if room else None
        if room is None or not seats or seat not in seats:
            return
        seats.discard(seat)
        if not seats:
            self._begin_leaving(activity, room, person, self._grace_s)

    async def leave(self, activity: str, person: str) -> None:
        """The person said goodbye: gone at once, whatever else is open."""
        room = self._rooms.get(activity)
        if room is None or person not in room.seats:
            return
        if (task := room.leaving.pop(person, None)) is not None:
            task.cancel()
        await self._gone(activity, room, person)

    def say(self, activity: str, person: str, text: str) -> Line:
        """Write a line; raises Refused (empty, too long, too fast) or NotPossible (not here)."""
        room = self._open_room(activity)
        if person not in room.seats:
            raise NotPossible("You are not in the room.", remedy="Join it, then write.")
        text = text.strip()
        if not text:
            raise Refused("The message is empty.", remedy="Write something first.")
        if len(text) > MAX_LINE_CHARACTERS:
            raise Refused(
                f"The message has {len(text)} characters, {MAX_LINE_CHARACTERS} is the most.",
                remedy="Send it in parts.",
            )
        self._count(room, person)
        return self._append(activity, room, text, person=person)

    def announce(self, activity: str, text: str, *, only: str | None = None) -> None:
        """The room itself says something, to everybody or to one person; nothing if it is not open."""
        if (room := self._rooms.get(activity)) is not None:
            self._append(activity, room, text, only=only)

    def lines(self, activity: str, person: str, *, after: int = 0) -> list[Line]:
        """What this person may read, oldest first, of the lines with an id above ``after``."""
        room = self._rooms.get(activity)
        return [line for line in room.lines if line.id > after and line.visible_to(person)] if room else []

    @contextmanager
    def watch(self, activity: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the room changed; whoever waits for it clears it."""
        event = asyncio.Event()
        watchers = self._watchers.setdefault(activity, set())
        watchers.add(event)
        try:
            yield event
        finally:
            watchers.discard(event)
            if not watchers:
                self._watchers.pop(activity, None)

    def touch(self, activity: str) -> None:
        """Wake everybody who watches this room, for instance because its activity changed."""
        for event in self._watchers.get(activity, ()):
            event.set()

    def _open_room(self, activity: str) -> _Room:
        room = self._rooms.get(activity)
        if room is None:
            raise NotPossible("The room is not open.", remedy="Wait until enough people said yes.")
        return room

    def _append(
        self, activity: str, room: _Room, text: str, *, person: str | None = None, only: str | None = None
    ) -> Line:
        room.serial += 1
        line = Line(id=room.serial, at=self._clock.now(), person=person, text=text, only=only)
        room.lines.append(line)
        self.touch(activity)
        return line

    def _count(self, room: _Room, person: str) -> None:
        now = self._clock.monotonic()
        said = room.said.setdefault(person, deque(maxlen=BURST_LINES))
        if len(said) == BURST_LINES and now - said[0] < BURST_S:
            raise TooFast(
                f"More than {BURST_LINES} messages in {BURST_S:.0f} s.", remedy="Wait a moment, then send it."
            )
        said.append(now)

    def _begin_leaving(self, activity: str, room: _Room, person: str, after_s: float) -> None:
        room.leaving[person] = asyncio.create_task(self._leave_later(activity, room, person, after_s))

    async def _leave_later(self, activity: str, room: _Room, person: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        room.leaving.pop(person, None)
        await self._gone(activity, room, person)

    async def _gone(self, activity: str, room: _Room, person: str) -> None:
        room.seats.pop(person, None)
        self.touch(activity)
        await self._left(activity, person)
