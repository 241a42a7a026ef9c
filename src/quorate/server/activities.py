"""All activities: one decision after another for each, stored before anything is done about it.

A decision (step, save, new reservations) runs without a pause on the one event loop, so the next one
already sees whom it holds: two activities can never ring one person.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from quorate.activity.effects import ActivityEffect
from quorate.activity.inputs import ActivityInput, WorldChanged
from quorate.activity.matcher import Matcher, PresentFor
from quorate.activity.reservations import held_in, released_at
from quorate.activity.step import next_deadline, step
from quorate.activity.view import View
from quorate.clock import Clock
from quorate.errors import NotFound
from quorate.model.activity import Activity
from quorate.model.address import Address
from quorate.server.alarms import Alarms
from quorate.server.known import Known
from quorate.server.mailbox import Mailbox
from quorate.store.database import refuses
from quorate.store.open import Store

Execute = Callable[[Activity, tuple[ActivityEffect, ...]], None]
Look = Callable[[Activity], View]
Present = Callable[[Activity, str], bool]
"""Whether the activity's organiser sees this person (key) available and can ask them."""
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
    def __init__(
        self, clock: Clock, store: Store, look: Look, present: Present, execute: Execute, changed: Changed
    ) -> None:
        self._clock = clock
        self._store = store
        self._look = look
        self._present = present
        self._execute = execute
        self._changed = changed
        self.known = Known()
        self._matcher = Matcher()
        self._mailboxes: dict[str, Mailbox[_Letter, Activity]] = {}
        """Of those that have letters."""
        self._alarms: Alarms[str] = Alarms(clock, self._rang)
        self._holding: dict[str, set[str]] = {}
        """Person key to the activities that hold the person; two only if somebody silent said yes late."""
        self._held_by: dict[str, frozenset[str]] = {}
        """Activity to whom it holds."""

    # what is known

    def all(self) -> list[Activity]:
        """Newest first."""
        return self.known.all()

    def open(self) -> list[Activity]:
        """Those not over, oldest first."""
        return self.known.open()

    def find(self, id: str) -> Activity | None:
        return self.known.find(id)

    def get(self, id: str) -> Activity:
        """Raises NotFound."""
        found = self.find(id)
        if found is None:
            raise NotFound(
                f"There is no activity {id}.", remedy="`status` (or `quorate list`) shows them all."
            )
        return found

    def held(self, person: str, other_than: str) -> str | None:
        """The other activity that holds this person now."""
        return next((id for id in self._holding.get(person, ()) if id != other_than), None)

    # what happens

    def load(self, activities: Iterable[Activity]) -> None:
        """At the start, before anything else happens: time goes on, all else waits for an agent."""
        now = self._clock.now()
        for activity in activities:
            self.known.put(activity)
            self._matcher.put(activity, _nobody)
            if activity.invitations:
                self._hold(activity, now)
            self._arm(activity, now)
        self._forget_old()

    async def create(
        self, activity: Activity, given: ActivityInput, *, message: str | None = None
    ) -> Activity:
        """As ``ask``; what could not be stored is not there."""
        self.known.put(activity)
        try:
            return await self.ask(activity.id, given, message=message)
        except Exception:
            self.known.remove(activity.id)
            self._matcher.drop(activity.id)
            raise

    def post(self, id: str, given: ActivityInput, *, message: str | None = None) -> None:
        """Give an input; one that a message brought counts once, however often it is told."""
        if self.known.find(id) is not None:
            self._mailbox(id).post(_Letter(given, message))

    async def ask(self, id: str, given: ActivityInput, *, message: str | None = None) -> Activity:
        """Give an input and return the state that follows; raises what the step refuses, and NotFound."""
        return await self._mailbox(self.get(id).id).ask(_Letter(given, message))

    def world_changed(self, people: Iterable[str]) -> None:
        """These persons' availability changed: whoever that can matter to looks again."""
        there = self._remembering()
        for id in {id for person in people for id in self._matcher.changed(person, there)}:
            self._mailbox(id).post_once(_Letter(WorldChanged()))

    def look_again(self) -> None:
        """All that are not over see the world anew: after a start, after an agent told all."""
        there = self._remembering()
        for activity in self.open():
            if self._matcher.again(activity, there):
                self._mailbox(activity.id).post_once(_Letter(WorldChanged()))

    def on_time(self) -> None:
        """Let every alarm see the clock."""
        self._alarms.check()

    async def drained(self) -> None:
        for mailbox in list(self._mailboxes.values()):
            await mailbox.drained()

    def stop(self) -> None:
        """What cannot be stored now is given up: its agent tells it to the next server."""
        self._alarms.stop()
        for mailbox in self._mailboxes.values():
            mailbox.close()

    # how

    def _mailbox(self, id: str) -> Mailbox[_Letter, Activity]:
        mailbox = self._mailboxes.get(id)
        if mailbox is None:
            mailbox = self._mailboxes[id] = Mailbox(
                lambda letter: self._decide(id, letter),
                empty=lambda: self._mailboxes.pop(id, None),
                passes=refuses,
            )
        return mailbox

    def _rang(self, ids: list[str]) -> None:
        """Time for a decision; should it fail (the disk is full), it is tried again."""
        for id in ids:
            self._alarms.set(id, self._clock.now() + RETRY)
            self._mailbox(id).post_once(_Letter(WorldChanged()))

    def _decide(self, id: str, letter: _Letter) -> Activity:
        before, message = self.get(id), letter.message
        if message is not None and self._store.executed.known(message, SAME_MESSAGE):
            return before
        now = self._clock.now()
        view = self._look(before)
        stepped = step(before, letter.given, view, now)
        after = stepped.activity
        if after != before or stepped.effects or message is not None:
            self._store.activities.save(after, stepped.effects, message)
            self.known.put(after)
        self._matcher.put(after, view.present)
        released = self._hold(after, now)
        self._arm(after, now, view)
        if after != before or stepped.effects:
            self._execute(after, stepped.effects)
            self._changed(after, before)
        self.world_changed(released)
        if after.state.over:
            self._forget_old()
        return after

    def _arm(self, activity: Activity, now: datetime, view: View | None = None) -> None:
        """Set its alarm to when time alone changes something."""
        times = (next_deadline(activity, now, view), released_at(activity, now))
        self._alarms.set(activity.id, min((at for at in times if at is not None), default=None))

    def _remembering(self) -> PresentFor:
        """Who is present, for one look, so that nobody is judged twice."""
        seen: dict[tuple[Address, bool], dict[str, bool]] = {}

        def present(activity: Activity) -> Callable[[str], bool]:
            known = seen.setdefault((activity.organiser_via, activity.urgent), {})

            def there(key: str) -> bool:
                here = known.get(key)
                if here is None:
                    here = known[key] = self._present(activity, key)
                return here

            return there

        return present

    def _hold(self, activity: Activity, now: datetime) -> frozenset[str]:
        """Hold whom it needs now; returns the persons it no longer holds."""
        id, held = activity.id, held_in(activity, now)
        released = self._held_by.pop(id, frozenset()) - held
        if held:
            self._held_by[id] = held
        for person in held:
            self._holding.setdefault(person, set()).add(id)
        for person in released:
            holders = self._holding[person]
            holders.discard(id)
            if not holders:
                del self._holding[person]
        return released

    def _forget_old(self) -> None:
        for id in self.known.forget_oldest(SHOWN_OVER):
            self._alarms.set(id, None)
            self._matcher.drop(id)


def _nobody(_: str) -> bool:
    return False
