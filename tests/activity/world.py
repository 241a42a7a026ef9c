"""A small world to play stories in: people with a state, a clock, activities, and a line for each effect."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from quorate.activity.creation import new_activity
from quorate.activity.effects import ActivityEffect, Block, CloseRoom, OpenRoom, Ring, Tell, TellOrganiser
from quorate.activity.inputs import (
    ActivityInput,
    CancelAsked,
    Created,
    ExtendAsked,
    Joined,
    Left,
    Replied,
    RingFailed,
    RingSent,
    TakeAsked,
    WorldChanged,
)
from quorate.activity.reservations import held_in
from quorate.activity.step import next_deadline, step
from quorate.activity.timing import TimerKind
from quorate.activity.view import View
from quorate.activity.why import person_why, why
from quorate.model.activity import Activity, Fallback
from quorate.model.address import Address, xmpp
from quorate.model.availability import Availability, Verdict
from quorate.model.command import Answer, Kind, Reply, When, Window
from quorate.model.person import Person
from quorate.model.reasons import Reason
from quorate.model.requirement import AllOf, CountOf, Group, OneOf, Optional, Part
from quorate.rules.forms import people_in
from quorate.rules.parser import parse_who

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
GROUPS = {"dba": ("raj", "ines", "kofi"), "pair": ("mum", "dad"), "ops": ("raj", "ines", "kofi", "vera")}


def person(key: str) -> Person:
    return Person(key=key, name=key.title(), addresses=(xmpp(f"{key}@example.org"),))


def filled(part: Part) -> Part:
    """The part with its groups' members."""
    match part:
        case Group(name, column):
            return Group(name, column, GROUPS[name])
        case CountOf(count, of):
            inner = filled(of)
            assert isinstance(inner, Group | AllOf)
            return CountOf(count, inner)
        case Optional(inner_part):
            return Optional(filled(inner_part))  # type: ignore[arg-type]
        case OneOf(choices):
            return OneOf(tuple(filled(choice) for choice in choices))  # type: ignore[misc]
        case AllOf(parts):
            return AllOf(tuple(filled(each) for each in parts))
        case _:
            return part


def meet(who: str, *, number: int = 1, now: datetime = NOON, **options: Any) -> Activity:
    """A new activity of alice's; ``options`` as of ``new_activity``."""
    requirement = filled(parse_who(who))
    assert isinstance(requirement, AllOf)
    return new_activity(
        number,
        requirement=requirement,
        who=who,
        organiser=person("alice"),
        organiser_via=xmpp("alice@example.org"),
        people=tuple(person(key) for key in people_in(requirement)),
        now=now,
        **options,
    )


def shown(effect: ActivityEffect) -> str:
    """``ring bob`` · ``bob: link`` · ``alice: started`` · ``open room`` …"""
    match effect:
        case Ring(person=key):
            return f"ring {key}"
        case Tell(person=key, notice=notice):
            return f"{key}: {notice}"
        case TellOrganiser(notice=notice, text=text):
            return f"alice: {notice} {text}" if text else f"alice: {notice}"
        case OpenRoom():
            return "open room"
        case CloseRoom():
            return "close room"
        case Block(person=key):
            return f"block {key}"
    raise AssertionError(effect)


@dataclass
class World:
    """Everybody is offline until told otherwise."""

    now: datetime = NOON
    ready: bool = True
    """The organiser is available."""
    connected: bool = True
    """The organiser has a live stream."""
    states: dict[str, Verdict] = field(default_factory=dict)
    asked: dict[str, datetime] = field(default_factory=dict)
    asking: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    held: dict[str, str] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    rung_enough: dict[str, datetime] = field(default_factory=dict)
    """Person to when they may be rung again."""
    quiet: dict[str, datetime] = field(default_factory=dict)
    """Person to when their quiet hours end."""
    let_in: set[str] = field(default_factory=set)
    """Who lets alice disturb them."""
    unsendable: Reason | None = None
    """While set, invitations cannot leave for this reason."""
    holding_back: bool = False
    """While true, nothing is heard of invitations that were given to the wire."""

    def view(self, activity: str) -> View:
        others = {p: a.id for a in self.activities.values() if a.id != activity for p in held_in(a, self.now)}
        nobody_knows = Verdict(availability=Availability.OFFLINE, since=None, trace=())
        return View(
            availability=lambda key: self.states.get(key, nobody_knows),
            held=lambda key: self.held.get(key) or others.get(key),
            blocked=lambda key: key in self.blocked,
            last_asked=self.asked.get,
            asking=lambda key: key in self.asking,
            again_at=lambda key: at if (at := self.rung_enough.get(key, self.now)) > self.now else None,
            quiet_until=lambda key: at if (at := self.quiet.get(key, self.now)) > self.now else None,
            may_disturb=lambda key: self.activities[activity].urgent and key in self.let_in,
            organiser_ready=self.connected and (self.ready or not self.activities[activity].with_organiser),
        )

    def set(
        self, key: str, availability: Availability, *, reachable: bool = True, do_not_disturb: bool = False
    ) -> None:
        self.states[key] = Verdict(
            availability=availability,
            since=self.now,
            trace=(),
            reachable=reachable,
            do_not_disturb=do_not_disturb,
        )

    def give(self, activity: str, given: ActivityInput) -> list[ActivityEffect]:
        """Step it; what is rung is on the wire at once unless told otherwise."""
        stepped = step(self.activities[activity], given, self.view(activity), self.now)
        self.activities[activity] = stepped.activity
        effects = list(stepped.effects)
        for effect in stepped.effects:
            if isinstance(effect, Block):
                self.blocked.add(effect.person)
            if isinstance(effect, Ring) and not self.holding_back:
                self.asked[effect.person] = self.now
                news = RingSent(effect.invitation)
                effects += self.give(
                    activity,
                    RingFailed(effect.invitation, self.unsendable) if self.unsendable else news,
                )
        return effects

    def start(self, activity: Activity) -> list[ActivityEffect]:
        self.activities[activity.id] = activity
        return self.give(activity.id, Created())

    def pass_time(self, by: timedelta) -> list[ActivityEffect]:
        """Every timer goes off in its turn."""
        end, effects = self.now + by, []
        while due := self._next(end):
            self.now, activity = max(self.now, due[0]), due[1]
            effects += self.give(activity, WorldChanged())
        self.now = end
        return effects

    def _next(self, end: datetime) -> tuple[datetime, str] | None:
        timers = ((next_deadline(a, self.now, self.view(a.id)), a.id) for a in self.activities.values())
        return min(((at, id) for at, id in timers if at is not None and at <= end), default=None)


def address(key: str) -> Address:
    return xmpp(f"{key}@example.org")


_TIME = re.compile(r"\+(\d+)([smh])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
_KNOWN = frozenset({"kim", "omar", "alice"})


def duration(text: str) -> timedelta:
    found = _TIME.fullmatch("+" + text.removeprefix("+"))
    assert found, text
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def act(world: World, line: str) -> list[ActivityEffect]:
    """One line of a story, done to activity Q1."""
    who, _, what = line.partition(" ")
    if who.startswith("+"):
        return world.pass_time(duration(who))
    if who == "the":  # the wire, the world
        return _act_on_surroundings(world, what)
    if who == "alice":
        return _act_as_organiser(world, what)
    return _act_as_person(world, who, what)


def _act_on_surroundings(world: World, what: str) -> list[ActivityEffect]:
    match what.split():
        case ["wire", "works"]:
            world.unsendable = None
        case ["wire", "is", "slow"]:
            world.holding_back = True
        case ["wire", "fails:", reason]:
            world.unsendable = Reason(reason)
        case ["wire", "sent", invitation]:
            return world.give("Q1", RingSent(invitation))
        case ["wire", "returns", invitation]:
            return world.give("Q1", RingFailed(invitation, Reason.UNREACHABLE))
        case ["world", "changed"]:
            return world.give("Q1", WorldChanged())
        case _:
            raise AssertionError(what)
    return []


def _act_as_organiser(world: World, what: str) -> list[ActivityEffect]:
    match what.split():
        case ["cancels"]:
            return world.give("Q1", CancelAsked())
        case ["takes", who]:
            return world.give("Q1", TakeAsked(who))
        case ["extends", by]:
            return world.give("Q1", ExtendAsked(duration(by)))
        case ["away"]:
            world.ready = False
        case ["back"]:
            world.ready = True
        case ["logged", "out"]:
            world.connected = False
        case ["logged", "in"]:
            world.connected = True
        case ["joins"]:
            return world.give("Q1", Joined("alice"))
        case ["leaves"]:
            return world.give("Q1", Left("alice"))
        case _:
            raise AssertionError(what)
    return world.give("Q1", WorldChanged()) if world.activities else []


def _act_as_person(world: World, who: str, what: str) -> list[ActivityEffect]:
    match what.split():
        case ["joins"]:
            return world.give("Q1", Joined(who))
        case ["leaves"]:
            return world.give("Q1", Left(who))
        case ["held", "by", other]:
            world.held[who] = other
        case ["rung", "enough", "for", span]:
            world.rung_enough[who] = world.now + duration(span)
        case ["quiet", "for", span]:
            world.quiet[who] = world.now + duration(span)
        case ["lets", "alice", "in"]:
            world.let_in.add(who)
        case ["dnd"]:
            world.set(who, Availability.BUSY, do_not_disturb=True)
        case ["free"]:
            del world.held[who]
        case ["blocks"]:
            world.blocked.add(who)
        case ["being", "asked"]:
            world.asking.add(who)
        case ["did", "not", "answer"]:
            world.asking.discard(who)
        case ["unreachable"]:
            world.set(who, Availability.AVAILABLE, reachable=False)
        case [state] if state in list(Availability):
            world.set(who, Availability(state))
        case [answer, "anyway"]:
            return world.give("Q1", Replied(who, reply(answer), anyway=True))
        case _:
            return world.give("Q1", Replied(who, reply(what), substitute(what)))
    return world.give("Q1", WorldChanged()) if world.activities else []


def reply(what: str) -> Reply:
    match what.split():
        case ["in", delay]:
            return Reply(answer=Answer.LATER, delay=duration(delay))
        case ["sub", name]:
            return Reply(answer=Answer.SUBSTITUTE, name=name)
        case [answer]:
            return Reply(answer=Answer(answer))
    raise AssertionError(what)


def substitute(what: str) -> Person | None:
    verb, _, name = what.partition(" ")
    return person(name) if verb == "sub" and name in _KNOWN else None


def play(story: str) -> World:
    """Act line by line and compare what follows.

    Left of ``->`` what happens to Q1, right of it all that follows (nothing, if there is no arrow); after
    ``=`` its state and reason. ``+30s`` lets time pass, every timer in its turn; ``the wire …`` is about what
    becomes of invitations.
    """
    world = World()
    for line in (raw.strip() for raw in story.strip().splitlines()):
        action, arrow, expected = (part.strip() for part in line.partition("->"))
        if line.startswith("="):
            _check(world.activities["Q1"], line)
            continue
        effects = world.start(_meet(action)) if action.startswith("meet ") else act(world, action)
        wanted = [part.strip() for part in expected.split(",")] if arrow else []
        assert [shown(effect) for effect in effects] == wanted, f"{line!r} at {world.now:%H:%M:%S}"
    return world


def bob_waits(world: World) -> tuple[Reason | None, datetime | None, TimerKind, datetime, str | None]:
    """Why bob is not rung and until when; and the timer that is next: its kind, when, for whom."""
    activity, view = world.activities["Q1"], world.view("Q1")
    stands = person_why(activity, "bob", view, world.now)
    timer = why(activity, view, world.now).next
    assert timer is not None
    return stands.reason, stands.until, timer.kind, timer.at, timer.person


def _meet(action: str) -> Activity:
    who, _, options = action.removeprefix("meet ").partition("; ")
    given: dict[str, Any] = {}
    for option in filter(None, options.split("; ")):
        match option.split():
            case ["now"]:
                given["when"] = When.NOW
            case ["within", limit]:
                given["deadline"] = NOON + duration(limit)
            case ["urgent"]:
                given["urgent"] = True
            case ["review"]:
                given |= {"kind": Kind.REVIEW, "target": "contract.pdf"}
            case ["without", "me"]:
                given["with_organiser"] = False
            case ["at", after]:
                given |= {"when": When.AT, "starts": NOON + duration(after)}
            case ["between", start, "and", end]:
                given["window"] = Window(start=time.fromisoformat(start), end=time.fromisoformat(end))
            case ["else", instead, "within", limit]:
                given["fallbacks"] = (*given.get("fallbacks", ()), fallback(instead, duration(limit)))
            case _:
                raise AssertionError(option)
    return meet(who, **given)


def fallback(who: str, within: timedelta, deadline: datetime | None = None) -> Fallback:
    """``_`` stands for a space."""
    then = meet(who.replace("_", " "))
    return Fallback(
        requirement=then.requirement, who=then.who, people=then.people, within=within, deadline=deadline
    )


def _check(activity: Activity, line: str) -> None:
    state, _, rest = line.removeprefix("=").strip().partition(" ")
    assert activity.state == state, f"{line!r}: it is {activity.state}"
    if rest:
        assert activity.reason == rest, f"{line!r}: the reason is {activity.reason}"
