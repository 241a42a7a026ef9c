"""The present state of every activity at hand, found by id, organiser or who was asked, without a search."""

from collections import Counter
from collections.abc import Iterable

from quorate.model.activity import Activity, ActivityState
from quorate.model.address import Address

_Ids = dict[str, None]
"""In the order they came."""


class Known:
    def __init__(self) -> None:
        self._states: dict[str, Activity] = {}
        self._open: _Ids = {}
        self._over: _Ids = {}
        """In the order they ended."""
        self._of: dict[Address, _Ids] = {}
        self._asked: dict[tuple[Address, Address], _Ids] = {}
        """(organiser's account, address of who was asked) to activities."""
        self._counts: Counter[tuple[Address, ActivityState]] = Counter()

    def all(self) -> list[Activity]:
        """Newest first."""
        return list(reversed(self._states.values()))

    def open(self) -> list[Activity]:
        """Those not over, oldest first."""
        return self._these(self._open)

    def of(self, account: Address) -> list[Activity]:
        """Those this account organises, oldest first."""
        return self._these(self._of.get(account, {}))

    def asked(self, account: Address, contact: Address) -> list[Activity]:
        """Those for which this account asked somebody at this address, oldest first."""
        return self._these(self._asked.get((account, contact), {}))

    def count(self, account: Address, state: ActivityState) -> int:
        """How many this account has in a state."""
        return self._counts[account, state]

    def find(self, id: str) -> Activity | None:
        return self._states.get(id) or self._states.get(id.upper())

    def put(self, activity: Activity) -> None:
        id, account = activity.id, activity.organiser_via
        before = self._states.get(id)
        self._states[id] = activity
        if before is None:
            self._of.setdefault(account, {})[id] = None
        else:
            self._uncount(before)
        self._counts[account, activity.state] += 1
        old, new = (self._open, self._over) if activity.state.over else (self._over, self._open)
        old.pop(id, None)
        new.setdefault(id)
        for invitation in activity.invitations[len(before.invitations) if before else 0 :]:
            self._asked.setdefault((account, invitation.via), {})[id] = None

    def remove(self, id: str) -> None:
        """It is not there after all."""
        activity = self._states.pop(id, None)
        if activity is not None:
            self._forget(activity)

    def forget_oldest(self, keep: int) -> list[str]:
        """Let go of what ended before the latest ``keep``; returns their ids."""
        surplus = len(self._over) - keep
        gone = [id for id, _ in zip(self._over, range(surplus), strict=False)]
        for id in gone:
            self._forget(self._states.pop(id))
        return gone

    def _forget(self, activity: Activity) -> None:
        self._uncount(activity)
        self._open.pop(activity.id, None)
        self._over.pop(activity.id, None)
        _discard(self._of, activity.organiser_via, activity.id)
        for contact in {i.via for i in activity.invitations}:
            _discard(self._asked, (activity.organiser_via, contact), activity.id)

    def _uncount(self, activity: Activity) -> None:
        key = activity.organiser_via, activity.state
        self._counts[key] -= 1
        if not self._counts[key]:
            del self._counts[key]

    def _these(self, ids: Iterable[str]) -> list[Activity]:
        return [self._states[id] for id in ids]


def _discard(index: dict[Address, _Ids] | dict[tuple[Address, Address], _Ids], key: object, id: str) -> None:
    ids = index.get(key)  # type: ignore[call-overload]
    if ids is not None:
        ids.pop(id, None)
        if not ids:
            del index[key]  # type: ignore[arg-type]
