"""Looks every few seconds for an activity that waits although the people it needs are there.

It knows less than the server and leaves out every doubtful case: whoever it calls free is free.
"""

from typing import TYPE_CHECKING

from quorate.model.activity import Activity, ActivityState, InvitationState
from quorate.model.command import When
from quorate.model.evidence import Presence
from tests.brute import meets
from tests.sim.hours import is_open

if TYPE_CHECKING:
    from tests.sim.story import Story

LOOK_S = 5.0
STEADY_S = 20.0
"""A presence counts as steady after this: settling and damped flapping take less than 10 s."""
BOUND_S = 10.0
"""So long after everything is steady an activity has rung."""
MAX_PEOPLE = 16
SELDOM = 4
"""Whoever was rung as often may have been rung enough: a ring whose fate is unknown counts as one."""


class Overdue:
    def __init__(self, story: "Story") -> None:
        self._story = story
        self._since: dict[str, float] = {}
        self._said: dict[str, tuple[float, bool]] = {}
        """When somebody last said something about themselves, and whether it was that they are available."""
        self._steady_from: dict[str, float] = {}
        """When somebody who was asked or in a room counts as free again."""

    def begin(self) -> None:
        self._story.after(LOOK_S, self._look)

    def typed(self, who: str, text: str) -> None:
        if text.startswith("me "):
            self._said[who] = self._story.clock.at, "available" in text

    def _look(self) -> None:
        story = self._story
        story.after(LOOK_S, self._look)
        now = story.clock.at
        busy = self._occupied()
        for activity in story.states.values():
            if activity.state is not ActivityState.WAITING or not self._could_ring(activity, busy):
                self._since.pop(activity.id, None)
                continue
            since = self._since.setdefault(activity.id, now)
            if now - since >= BOUND_S:
                story.record.overdue.append(f"{activity.id} could have rung since {since:g} s, at {now:g} s")
                self._since[activity.id] = 10**9

    def _occupied(self) -> set[str]:
        """In a room, held or promised somewhere."""
        found: set[str] = set()
        for activity in self._story.states.values():
            if activity.state.over:
                continue
            found |= activity.joined
            active = (InvitationState.QUEUED, InvitationState.SENT, InvitationState.ACCEPTED)
            found |= {i.person for i in activity.invitations if i.state in active}
        for key in found:
            self._steady_from[key] = self._story.clock.at + STEADY_S
        return found

    def _could_ring(self, activity: Activity, busy: set[str]) -> bool:
        story = self._story
        organiser = activity.organiser.key
        now = story.clock.now()
        early = activity.starts is not None and now < activity.starts
        if activity.when is When.NOW or early or not is_open(activity, now):
            return False
        if not story.undisturbed(STEADY_S):
            return False
        if any(i.reason is not None for i in activity.invitations) or len(activity.people) > MAX_PEOPLE:
            return False
        if not self._there(organiser, organiser) or organiser in busy:
            return False
        if any(self._elsewhere(activity, key) for key in activity.accepted):
            return False
        free = {
            p.key for p in activity.people if p.key not in busy and self._free(activity, p.key, organiser)
        }
        return meets(activity.requirement, free | set(activity.accepted))

    def _elsewhere(self, activity: Activity, key: str) -> bool:
        """Asked for something else, or in it: not to be asked whether they are still there."""
        others = (a for a in self._story.states.values() if a.id != activity.id and not a.state.over)
        return any(key in a.joined or a.latest(key) is not None for a in others)

    def _free(self, activity: Activity, key: str, organiser: str) -> bool:
        latest = activity.latest(key)
        now = self._story.clock.now()
        if latest is not None and not (
            latest.state is InvitationState.LATER and latest.until is not None and latest.until < now
        ):
            return False
        stopped = any(
            a.person == key and a.text == "stop" and self._organiser(a.activity) == organiser
            for a in self._story.record.answered
        )
        rung = sum(1 for r in self._story.record.reached if r.person == key and r.notice == "invite")
        if key in self._story.script.quiet:
            return False
        return not stopped and rung < SELDOM and self._there(key, organiser)

    def _organiser(self, activity: str) -> str:
        return self._story.states[activity].organiser.key

    def _there(self, key: str, organiser: str) -> bool:
        story, now = self._story, self._story.clock.at
        if key != organiser and key not in story.script.rosters[organiser]:
            return False
        return (
            story.presence.get(key) is Presence.ONLINE
            and story.changed_at[key] + STEADY_S <= now
            and self._did_not_say_otherwise(key)
            and self._steady_from.get(key, 0.0) <= now
        )

    def _did_not_say_otherwise(self, key: str) -> bool:
        """What was typed while something broke may not have been heard."""
        if key not in self._said:
            return True
        at, available = self._said[key]
        heard = self._story.record.quiet(at - 1.0, at + 1.0)
        return available and heard and at + STEADY_S <= self._story.clock.at
