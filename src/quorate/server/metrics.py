"""Numbers about this installation in the Prometheus text format; no names, no addresses.

Everything is counted from the activities and streams the hub knows, so it restarts with their store.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from quorate.model.activity import Activity, ActivityState, Happened, InvitationState
from quorate.model.stream import StreamState
from quorate.server.hub import Hub

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
LIVE_BUCKETS_S: Final = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 86400)


def exposition(hub: Hub) -> str:
    activities = hub.activities()
    lines = [
        *_family(
            "quorate_activities_total",
            "Activities by state.",
            "state",
            _counted(ActivityState, (a.state.value for a in activities)),
        ),
        *_time_to_live(activities),
        *_family(
            "quorate_rings_total",
            "Invitations by what became of them.",
            "result",
            _counted(InvitationState, (i.state.value for a in activities for i in a.invitations)),
        ),
        *_family(
            "quorate_streams",
            "Streams by state.",
            "state",
            _counted(StreamState, (s.state.value for s in hub.streams())),
            kind="gauge",
        ),
        *_family("quorate_asks_total", "Requests for presence by result.", "result", hub.ask_results()),
        *_family("quorate_not_done_total", "What was not done, by reason.", "reason", _reasons(activities)),
    ]
    return "\n".join(lines) + "\n"


def _counted(states: Iterable[str], seen: Iterable[str]) -> dict[str, int]:
    """Every state has a line, also while it counts 0."""
    counts = Counter(seen)
    return {str(state): counts[str(state)] for state in states}


def _reasons(activities: Iterable[Activity]) -> dict[str, int]:
    not_done = (line for a in activities for line in a.log if line.what is Happened.NOT_DONE)
    return dict(sorted(Counter(line.reason.value for line in not_done if line.reason).items()))


def _family(name: str, says: str, label: str, values: Mapping[str, int], kind: str = "counter") -> list[str]:
    head = [f"# HELP {name} {says}", f"# TYPE {name} {kind}"]
    return head + [f'{name}{{{label}="{value}"}} {count}' for value, count in values.items()]


def _time_to_live(activities: Iterable[Activity]) -> list[str]:
    """From creation to the moment the room opened."""
    name = "quorate_time_to_live_seconds"
    took = [(a.live_at - a.created).total_seconds() for a in activities if a.live_at]
    lines = [f"# HELP {name} From creation to live.", f"# TYPE {name} histogram"]
    lines += [f'{name}_bucket{{le="{le}"}} {sum(t <= le for t in took)}' for le in LIVE_BUCKETS_S]
    return [
        *lines,
        f'{name}_bucket{{le="+Inf"}} {len(took)}',
        f"{name}_sum {sum(took)}",
        f"{name}_count {len(took)}",
    ]
