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

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from quorate.activity.candidates import counted
from quorate.model.activity import Activity, ActivityState
from quorate.model.command import When
from quorate.model.requirement import AllOf, CountOf, Group, Name, OneOf, Optional, Part
from quorate.rules.count import needed

Present = Callable[[str], bool]
"""By person key, from the organiser's vantage."""
_MET = None


@dataclass(slots=True)
class _Watch:
    activity: Activity
    blockers: tuple[str, ...] | None
    """While these are away nothing is to be done; None: any change of anybody it names counts."""


class Matcher:
    """An index over activities that are not over; the caller says who is present when asked."""

    def __init__(self) -> None:
        self._watches: dict[str, _Watch] = {}
        self._blocked: dict[str, set[str]] = {}
        """Person to the activities that cannot be met while they are away."""
        self._looking: dict[str, set[str]] = {}
        """Person to the activities for which any change of theirs counts."""

    def put(self, activity: Activity, present: Present) -> bool:
        """Take note of an activity's new state; True if any change of its people is to be stepped."""
        if activity.state.over:
            self.drop(activity.id)
            return False
        quiet = activity.state is ActivityState.WAITING and activity.when is not When.NOW
        blockers = _blockers(activity, present) if quiet else _MET
        known = self._watches.get(activity.id)
        if known is not None and known.blockers == blockers and known.activity.people is activity.people:
            known.activity = activity
        else:
            self.drop(activity.id)
            self._add(_Watch(activity, blockers))
        return blockers is _MET

    def drop(self, id: str) -> None:
        watch = self._watches.pop(id, None)
        if watch is None:
            return
        index, people = self._place(watch)
        for key in people:
            if (ids := index.get(key)) is not None:
                ids.discard(id)
                if not ids:
                    del index[key]

    def changed(self, person: str, present: Callable[[str, str], bool]) -> set[str]:
        """Ids of the activities to step because of this person; ``present`` is told (id, person key).

        Whoever gets an id steps it and then ``put``s what it has become; until then it is given every time.
        """
        found = set(self._looking.get(person, ()))
        for id in tuple(self._blocked.get(person, ())):
            if present(id, person) and self.put(self._watches[id].activity, partial(present, id)):
                found.add(id)
        return found

    def again(self, activity: Activity, present: Callable[[str, str], bool]) -> bool:
        """As ``put``, whoever came or went: while all it watches are away there is nothing to find."""
        id, watch = activity.id, self._watches.get(activity.id)
        blockers = watch.blockers if watch is not None and watch.activity is activity else _MET
        if blockers is not _MET and not any(present(id, key) for key in blockers):
            return False
        return self.put(activity, partial(present, id))

    def _add(self, watch: _Watch) -> None:
        id = watch.activity.id
        self._watches[id] = watch
        index, people = self._place(watch)
        for key in people:
            index.setdefault(key, set()).add(id)

    def _place(self, watch: _Watch) -> tuple[dict[str, set[str]], Iterable[str]]:
        """Where it is entered, and under whom."""
        if watch.blockers is not None:
            return self._blocked, watch.blockers
        activity = watch.activity
        return self._looking, (*(person.key for person in activity.people), activity.organiser.key)


def _blockers(activity: Activity, present: Present) -> tuple[str, ...] | None:
    if not activity.invitations:
        return blocking(activity.requirement, present)
    inside = counted(activity)
    return blocking(activity.requirement, lambda key: key in inside or present(key))


def blocking(part: Part, present: Present) -> tuple[str, ...] | None:
    """Absent people without one of whom ``part`` cannot be met; None if those present may meet it."""
    match part:
        case Name(text=key):
            return _MET if present(key) else (key,)
        case Group(members=members):
            return next(((m,) for m in members if not present(m)), _MET)
        case CountOf(count=count, of=Group(members=members)):
            return _too_few(needed(count, len(members)), [() if present(m) else (m,) for m in members])
        case CountOf(count=count, of=AllOf(parts=parts)):
            inner = [blocking(p, present) or () for p in parts if not isinstance(p, Optional)]
            return _too_few(needed(count, len(inner)), inner)
        case OneOf(choices=choices):
            return _too_few(1, [blocking(choice, present) or () for choice in choices])
        case AllOf(parts=parts):
            gating = (blocking(p, present) for p in parts if not isinstance(p, Optional))
            return next((blockers for blockers in gating if blockers is not _MET), _MET)
        case _:
            return _MET


def _too_few(need: int, blockers: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Of parts of which ``need`` must be met (an empty entry is met): as many as have to stay unmet."""
    unmet = sorted((b for b in blockers if b), key=len)
    lacking = need - (len(blockers) - len(unmet))
    if lacking <= 0:
        return _MET
    return tuple(dict.fromkeys(key for b in unmet[: len(unmet) - lacking + 1] for key in b))
