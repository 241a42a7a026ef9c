"""Which activities a change of one person can matter to.

An activity that waits, and whose requirement even everybody present could not meet, does nothing whoever
comes or goes, until enough have come. So it watches only people who keep it from being met: a set of absent
people, found once, such that it cannot be met while all of them stay away (as a SAT solver watches literals:
Moskewicz et al., Chaff, 2001). Only when one of those comes it looks for another such set; if there is none
it has to be stepped, and from then on at every change of anybody it names.

Present means: in or being asked here, or available, reachable and not blocked. Whom another activity holds,
who stayed silent or said "later" counts as present: that depends on more than the person, and is for the step
to decide. The same person on two places counts for both, so what looks met may not be; it is stepped then.
"""

from collections.abc import Callable
from dataclasses import dataclass

from quorate.activity.candidates import counted
from quorate.model.activity import Activity, ActivityState
from quorate.model.command import When
from quorate.rules.clauses import Clauses, Present, blocking, clauses_of

PresentFor = Callable[[Activity], Present]
"""Who is present, seen from the activity's organiser."""
_MET = None


@dataclass(slots=True)
class _Watch:
    activity: Activity
    clauses: Clauses
    blockers: tuple[str, ...] | None = ()
    """While these are away nothing is to be done; None: any change of anybody it names counts."""


class Matcher:
    """An index over activities that are not over; the caller says who is present when asked.

    An entry under a person who is not watched any more stays until that person changes, or the activity is
    dropped: to come back to somebody costs nothing then.
    """

    def __init__(self) -> None:
        self._watches: dict[str, _Watch] = {}
        self._blocked: dict[str, set[str]] = {}
        """Person to the activities that cannot be met while they are away, and some that once could not."""
        self._looking: dict[str, set[str]] = {}
        """Person to the activities for which any change of theirs counts, and some for which it did."""

    def put(self, activity: Activity, present: Present) -> bool:
        """Take note of an activity's new state; True if any change of its people is to be stepped."""
        if activity.state.over:
            self.drop(activity.id)
            return False
        watch = self._watch(activity)
        quiet = activity.state is ActivityState.WAITING and activity.when is not When.NOW
        self._watch_for(watch, self._blockers(watch, present) if quiet else _MET)
        return watch.blockers is _MET

    def drop(self, id: str) -> None:
        watch = self._watches.pop(id, None)
        if watch is None:
            return
        for key in (*_people(watch.activity), *(watch.blockers or ())):
            _discard(self._looking, key, {id})
            _discard(self._blocked, key, {id})

    def changed(self, person: str, present: PresentFor) -> set[str]:
        """Ids of the activities to step because of this person.

        Whoever gets an id steps it and then ``put``s what it has become; until then it is given every time.
        """
        found = self._looking_for(person)
        watching = self._blocked.get(person)
        if watching is None:
            return found
        gone = set()
        for id in watching:
            watch = self._watches.get(id)
            if watch is None or watch.blockers is _MET or person not in watch.blockers:
                gone.add(id)
                continue
            there = present(watch.activity)
            if there(person):
                gone.add(id)
                self._watch_for(watch, self._blockers(watch, there))
                if watch.blockers is _MET:
                    found.add(id)
        if gone:
            _discard(self._blocked, person, gone)
        return found

    def again(self, activity: Activity, present: PresentFor) -> bool:
        """As ``put``, whoever came or went: while all it watches are away there is nothing to find."""
        watch, there = self._watches.get(activity.id), present(activity)
        blockers = watch.blockers if watch is not None and watch.activity is activity else _MET
        if blockers is not _MET and not any(there(key) for key in blockers):
            return False
        return self.put(activity, there)

    def _watch(self, activity: Activity) -> _Watch:
        watch = self._watches.get(activity.id)
        if watch is not None and watch.activity.people is activity.people:
            if watch.activity.requirement is not activity.requirement:
                watch.clauses = clauses_of(activity.requirement)
            watch.activity = activity
            return watch
        self.drop(activity.id)
        self._watches[activity.id] = watch = _Watch(activity, clauses_of(activity.requirement))
        return watch

    def _watch_for(self, watch: _Watch, blockers: tuple[str, ...] | None) -> None:
        if blockers == watch.blockers:
            return
        id, watch.blockers = watch.activity.id, blockers
        if blockers is None:
            _enter(self._looking, _people(watch.activity), id)
        else:
            _enter(self._blocked, blockers, id)

    def _blockers(self, watch: _Watch, present: Present) -> tuple[str, ...] | None:
        if watch.activity.invitations:
            inside = counted(watch.activity)
            return blocking(watch.clauses, lambda key: key in inside or present(key), self._blocked)
        return blocking(watch.clauses, present, self._blocked)

    def _looking_for(self, person: str) -> set[str]:
        entered = self._looking.get(person)
        if entered is None:
            return set()
        watches = self._watches
        found = {id for id in entered if watches[id].blockers is _MET}
        if len(found) < len(entered):
            _discard(self._looking, person, entered - found)
        return found


def _people(activity: Activity) -> tuple[str, ...]:
    return (*(person.key for person in activity.people), activity.organiser.key)


def _enter(index: dict[str, set[str]], people: tuple[str, ...], id: str) -> None:
    for key in people:
        ids = index.get(key)
        if ids is None:
            index[key] = {id}
        else:
            ids.add(id)


def _discard(index: dict[str, set[str]], key: str, some: set[str]) -> None:
    ids = index.get(key)
    if ids is not None:
        ids -= some
        if not ids:
            del index[key]
