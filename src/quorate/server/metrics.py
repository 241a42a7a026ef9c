"""Numbers about this installation in the Prometheus text format; no names, no addresses."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from quorate.model.activity import ActivityState, InvitationState
from quorate.model.stream import StreamState
from quorate.server.hub import Hub
from quorate.server.tallies import LIVE_BUCKETS_S, Tallies

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

State = TypeVar("State", bound=StrEnum)


def exposition(hub: Hub) -> str:
    counted = hub.tallies
    streams = Counter(s.state for s in hub.streams())
    not_done = {reason.value: counted.not_done[reason] for reason in sorted(counted.not_done)}
    lines = [
        *_family(
            "quorate_activities_total",
            "Activities by state they came to.",
            "state",
            _each(ActivityState, counted.activities),
        ),
        *_time_to_live(counted),
        *_family(
            "quorate_rings_total",
            "Invitations by what became of them, step by step.",
            "result",
            _each(InvitationState, counted.rings),
        ),
        *_family("quorate_streams", "Streams by state.", "state", _each(StreamState, streams), kind="gauge"),
        *_family("quorate_asks_total", "Requests for presence by result.", "result", hub.ask_results()),
        *_family("quorate_not_done_total", "What was not done, by reason.", "reason", not_done),
    ]
    return "\n".join(lines) + "\n"


def _each(states: type[State], counts: Mapping[State, int]) -> dict[str, int]:
    """Every state has a line, also while it counts 0."""
    return {state.value: counts.get(state, 0) for state in states}


def _family(name: str, says: str, label: str, values: Mapping[str, int], kind: str = "counter") -> list[str]:
    head = [f"# HELP {name} {says}", f"# TYPE {name} {kind}"]
    return head + [f'{name}{{{label}="{value}"}} {count}' for value, count in values.items()]


def _time_to_live(counted: Tallies) -> list[str]:
    """From creation to the moment the room opened."""
    name = "quorate_time_to_live_seconds"
    lines = [f"# HELP {name} From creation to live.", f"# TYPE {name} histogram"]
    lines += [f'{name}_bucket{{le="{bound}"}} {counted.live_within[bound]}' for bound in LIVE_BUCKETS_S]
    return [
        *lines,
        f'{name}_bucket{{le="+Inf"}} {counted.live}',
        f"{name}_sum {counted.live_after_s}",
        f"{name}_count {counted.live}",
    ]
