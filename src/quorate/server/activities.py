"""All activities: one mailbox each, one decision after another, stored before anything is done about it.

A decision (step, save, new reservations) runs without a pause on the one event loop, so the next one
already sees whom it holds: two activities can never ring one person.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from quorate.activity.effects import ActivityEffect
from quorate.activity.inputs import ActivityInput, WorldChanged
from quorate.activity.reservations import held_in, released_at
from quorate.activity.step import next_deadline, step
from quorate.activity.view import View
from quorate.clock import Clock
from quorate.errors import NotFound
from quorate.model.activity import Activity
from quorate.server.mailbox import Alarm, Mailbox
from quorate.store.open import Store

Execute = Callable[[Activity, tuple[ActivityEffect, ...]], None]
Look = Callable[[Activity], View]
Changed = Callable[[Activity, Activity], None]

SAME_MESSAGE = timedelta(minutes=10)
"""So long the same id from the same contact is the same message: seen on two streams, or told again."""
RETRY = timedelta(seconds=10)
"""When a decision that could not be stored is made again."""
SHOWN_OVER = 50
"""Ended activities kept at hand, so that late answers and questions find them."""


@dataclass(frozen=True, slots=True)
class _Letter:
    given: ActivityInput
    message: str | None = None
    """What brought it, taken in together with what it changes: a crash forgets both or none."""


class Activities:
    def __init__(self, clock: Clock, store: Store, look: Look, execute: Execute, changed: Changed) -> None:
        self._clock = clock
        self._store = store
        self._look = look
        self._execute = execute
        self._changed = changed
        self._states: dict[str, Activity] = {}
        self._mailboxes: dict[str, Mailbox[_Letter, Activity]] = {}
        self._alarms: dict[str, Alarm] = {}
        self._naming: dict[str, set[str]] = {}
        """Person key to the activities, not over, that name the person."""
        self._holding: dict[str, set[str]] = {}
        """Person key to the activities that hold the person; two only if somebody silent said yes late."""

    # what is known

    def all(self) -> list[Activity]:
        """Newest first."""
        return list(reversed(self._states.values()))

    def open(self) -> list[Activity]:
        """Those not over, oldest first."""
        return [a for a in self._states.values() if not a.state.over]

    def find(self, id: str) -> Activity | None:
        return self._states.get(id) or self._states.get(id.upper())

    def get(self, id: str) -> Activity:
        """Raises NotFound."""
        found = self.find(id)
        if found is None:
            raise NotFound(
                f"There is no activity {id}.", remedy="`status` (or `quorate list`) shows them all."
            )
        return found

    def held(self, person: str, *, other_than: str) -> str | None:
        """The other activity that holds this person now."""
        return next((id for id in self._holding.get(person, ()) if id != other_than), None)

    # what happens

    def load(self, activities: Iterable[Activity]) -> None:
        """At the start, before anything else happens: time goes on, all else waits for an agent."""
        for activity in activities:
            self._take(activity)
            self._arm(activity, self._clock.now())

    async def create(self, activity: Activity, given: ActivityInput) -> Activity:
        self._take(activity)
        return await self.ask(activity.id, given)

    def post(self, id: str, given: ActivityInput, *, message: str | None = None) -> None:
        """Give an input; one that a message brought counts once, however often it is told."""
        if id in self._mailboxes:
            self._mailboxes[id].post(_Letter(given, message))

    async def ask(self, id: str, given: ActivityInput) -> Activity:
        """Give an input and return the state that follows; raises what the step refuses, and NotFound."""
        return await self._mailboxes[self.get(id).id].ask(_Letter(given))

    def world_changed(self, people: Iterable[str]) -> None:
        """These persons' availability changed: whoever waits for them looks again."""
        for id in {id for person in people for id in self._naming.get(person, ())}:
            self._mailboxes[id].post_once(_Letter(WorldChanged()))

    def look_again(self) -> None:
        """All that are not over look at the world anew: after a start, after an agent told all."""
        for activity in self.open():
            self._mailboxes[activity.id].post_once(_Letter(WorldChanged()))

    def on_time(self) -> None:
        """Let every alarm see the clock."""
        for alarm in list(self._alarms.values()):
            alarm.check()

    async def drained(self) -> None:
        for mailbox in list(self._mailboxes.values()):
            await mailbox.drained()

    def stop(self) -> None:
        for alarm in self._alarms.values():
            alarm.set(None)

    # how

    def _take(self, activity: Activity) -> None:
        id = activity.id
        self._mailboxes[id] = Mailbox(lambda letter: self._decide(id, letter))
        self._alarms[id] = Alarm(self._clock, lambda: self._rang(id))
        self._know(activity)
        self._hold(activity, self._clock.now())

    def _rang(self, id: str) -> None:
        """Time for a decision; should it fail (the disk is full), it is tried again."""
        self._alarms[id].set(self._clock.now() + RETRY)
        self._mailboxes[id].post_once(_Letter(WorldChanged()))

    def _decide(self, id: str, letter: _Letter) -> Activity:
        before, message = self._states[id], letter.message
        if message is not None and self._store.executed.known(message, SAME_MESSAGE):
            return before
        now = self._clock.now()
        stepped = step(before, letter.given, self._look(before), now)
        after = stepped.activity
        if after != before or stepped.effects or message is not None:
            self._store.activities.save(after, stepped.effects, message)
            self._know(after)
        released = self._hold(after, now)
        self._arm(after, now)
        if after != before or stepped.effects:
            self._execute(after, stepped.effects)
            self._changed(after, before)
        self.world_changed(released)
        return after

    def _arm(self, activity: Activity, now: datetime) -> None:
        """Set its alarm to when time alone changes something."""
        times = (next_deadline(activity, now), released_at(activity, now))
        self._alarms[activity.id].set(min((at for at in times if at is not None), default=None))

    def _know(self, activity: Activity) -> None:
        """Make this the present state."""
        id = activity.id
        self._states[id] = activity
        for named in (*activity.people, activity.organiser):
            naming = self._naming.setdefault(named.key, set())
            (naming.discard if activity.state.over else naming.add)(id)
        if activity.state.over:
            self._forget_oldest(but=id)

    def _hold(self, activity: Activity, now: datetime) -> set[str]:
        """Hold whom it needs now; returns the persons it no longer holds."""
        id, held = activity.id, held_in(activity, now)
        released = {person for person, holders in self._holding.items() if id in holders} - held
        for person in held:
            self._holding.setdefault(person, set()).add(id)
        for person in released:
            self._holding[person].discard(id)
        return released

    def _forget_oldest(self, *, but: str) -> None:
        over = [a.id for a in self._states.values() if a.state.over and a.id != but]
        for id in over[:-SHOWN_OVER]:
            self._alarms.pop(id).set(None)
            del self._states[id], self._mailboxes[id]
