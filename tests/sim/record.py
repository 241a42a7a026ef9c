"""What was seen of a story from outside: what invariants are about."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from quorate.activity.effects import ActivityEffect
from quorate.model.activity import Activity
from tests.sim.script import Script


@dataclass(frozen=True, slots=True)
class Decided:
    """A state that was stored, with what it decided."""

    at: float
    life: int
    """Which server: 1, 2 …"""
    activity: Activity
    effects: tuple[ActivityEffect, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """A message in somebody's own client."""

    at: float
    person: str
    activity: str
    effect: str
    notice: str
    """``invite`` or what the notice is called (quorate.activity.effects.Notice)."""
    agent: str
    """Id of the agent process that wrote it."""
    organiser: str


@dataclass(frozen=True, slots=True)
class Answered:
    at: float
    """When it was typed."""
    person: str
    activity: str
    """Of the ring it answers."""
    text: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A command to the companion."""

    at: float
    who: str
    text: str
    message: str
    """Its id; what a ``meet`` is about is its id too."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line in somebody's chat with the companion."""

    at: float
    who: str
    effect: str
    """``local-`` and the id of a command: the agent said that there is no server for it."""


@dataclass(slots=True)
class Record:
    script: Script
    decided: list[Decided] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    typed: list[Typed] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    excused: set[str] = field(default_factory=set)
    """Commands whose answer could reach nobody: their agent died, or nobody was logged in for long."""
    disturbed: list[tuple[float, float]] = field(default_factory=list)
    """From when to when a server, link, agent or stream was not there."""
    overdue: list[str] = field(default_factory=list)
    """Waiting activities that could have rung for longer than their bound."""
    faults: list[BaseException] = field(default_factory=list)
    """Exceptions nothing in the server caught."""
    end: float = 0.0

    def states(self) -> dict[str, Activity]:
        """The latest of each activity."""
        return {d.activity.id: d.activity for d in self.decided}

    def quiet(self, start: float, end: float) -> bool:
        """True if nothing was broken in between."""
        return not any(began < end and start < over for began, over in self.disturbed)

    def story(self) -> list[str]:
        """What happened, line by line, for somebody who looks for the reason."""
        lines = [(d.at, f"  {_told(d)}") for d in self.decided]
        lines += [(r.at, f"{r.person} reads “{r.notice}” of {r.activity} ({r.effect})") for r in self.reached]
        lines += [(a.at, f"{a.person} writes “{a.text}” ({a.activity})") for a in self.answered]
        lines += [(t.at, f"{t.who} types “{t.text}” ({t.message})") for t in self.typed]
        lines += [(s.at, f"{s.who} is told {s.effect}") for s in self.said]
        return [f"{at:8.1f}  {text}" for at, text in sorted(lines, key=lambda entry: entry[0])]


def changes(record: Record) -> Iterator[tuple[Activity, Activity]]:
    yield from ((before, after) for before, after, _ in timed_changes(record))


def timed_changes(record: Record) -> Iterator[tuple[Activity, Activity, float]]:
    known: dict[str, Activity] = {}
    for decided in record.decided:
        before = known.get(decided.activity.id)
        if before is not None:
            yield before, decided.activity, decided.at
        known[decided.activity.id] = decided.activity


def _told(decided: Decided) -> str:
    activity = decided.activity
    people = ", ".join(f"{i.person} {i.state}" for i in activity.invitations)
    reason = f" ({activity.reason})" if activity.reason else ""
    return f"[{decided.life}] {activity.id} {activity.state}{reason}: {people or 'nobody asked'}"
