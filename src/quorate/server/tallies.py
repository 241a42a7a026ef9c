"""What happened since the server started, counted; what is forgotten later stays counted.

Shapes  A state is counted whenever something comes to it, so a number never falls; what the store told at
        the start counts once, in the state it was found in.
"""

from collections import Counter
from typing import Final

from quorate.model.activity import Activity, ActivityState, Happened, InvitationState
from quorate.model.reasons import Reason

LIVE_BUCKETS_S: Final = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 86400)


class Tallies:
    def __init__(self) -> None:
        self.activities: Counter[ActivityState] = Counter()
        self.rings: Counter[InvitationState] = Counter()
        self.not_done: Counter[Reason] = Counter()
        self.live_within: Counter[int] = Counter()
        """Upper bound in seconds to how many went live within it."""
        self.live = 0
        self.live_after_s = 0.0
        """Of all of them together, from creation."""

    def note(self, after: Activity, before: Activity | None = None) -> None:
        """An activity changed; ``before`` None: it is new here."""
        if before is None or after.state is not before.state:
            self.activities[after.state] += 1
        known = {i.id: i.state for i in before.invitations} if before else {}
        if after.invitations:
            self.rings.update(i.state for i in after.invitations if known.get(i.id) is not i.state)
        news = after.log[len(before.log) if before else 0 :]
        if news:
            self.not_done.update(
                line.reason for line in news if line.what is Happened.NOT_DONE and line.reason
            )
        if after.live_at is not None and (before is None or before.live_at is None):
            self._went_live((after.live_at - after.created).total_seconds())

    def _went_live(self, took_s: float) -> None:
        self.live += 1
        self.live_after_s += took_s
        self.live_within.update(bound for bound in LIVE_BUCKETS_S if took_s <= bound)
