"""Thousands of stories in which everything must hold; and proof that the simulator sees what is wrong."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from quorate.activity import (
    candidates,
    confirming,
    ending,
    otherwise,
    reservations,
    ringing,
    spares,
    timing,
)
from quorate.activity import step as step_module
from quorate.activity.effects import Notice
from quorate.activity.inputs import WorldChanged
from quorate.activity.step import next_deadline, step
from quorate.activity.turn import Turn
from quorate.agent.commands_kept import CommandsKept
from quorate.agent.journal import Journal
from quorate.model.requirement import Requirement
from quorate.rules import spare
from quorate.rules.forms import people_in
from quorate.server import activities as activities_module
from quorate.server.activities import Activities
from quorate.server.answers import Answers
from quorate.server.dispatcher import Dispatcher
from quorate.server.manners import Manners
from quorate.server.world import World
from quorate.store.open import open_store
from tests.sim.invariants import INVARIANTS
from tests.sim.record import Record
from tests.sim.script import Answer, Line, Script, write
from tests.sim.simulator import Failure, Simulator
from tests.sim.story import Story, tell

STORIES = 2000
PARTS = 20
FIRST = 1


def notices(*invariants: str, within: int = 400, first: int = 5000) -> bool:
    """Whether one of these is broken in one of so many stories; ``first``: near what is rare."""
    chosen = {name: INVARIANTS[name] for name in invariants}
    return next(Simulator(chosen).run(range(first, first + within)), None) is not None


def names(failure: Failure) -> set[str]:
    return {name for name, _ in failure.wrong}


@pytest.mark.parametrize("part", range(PARTS))
def test_every_invariant_holds_in_every_story(part: int) -> None:
    each = STORIES // PARTS
    failure = next(Simulator().run(range(FIRST + part * each, FIRST + (part + 1) * each)), None)
    assert failure is None, str(failure)


@pytest.mark.parametrize("seed", [3, 4, 5, 6])
def test_the_same_holds_on_a_real_store(seed: int, tmp_path: Path) -> None:
    """SQLite and its documents in place of values in memory: every invariant, and the same record."""
    script = write(seed)

    def told(script: Script) -> Record:
        story = Story(script)
        story.store = open_store(tmp_path / str(seed), story.clock)
        try:
            return story.tell()
        finally:
            story.store.close()

    assert Simulator(told=told).check(script) is None
    again = open_store(tmp_path / str(seed))
    assert {a.id: a for a in again.activities.load()} == tell(script).states()
    again.close()


def test_the_same_seed_tells_the_same_story() -> None:
    once, again = tell(write(12)), tell(write(12))
    assert once.story() == again.story()
    assert str(write(12)) == str(write(12)) != str(write(13))


def test_stories_are_about_something() -> None:
    """Not only quiet ones: there are rings, rooms, restarts and lost links in them."""
    records = [tell(write(seed)) for seed in range(9000, 9040)]
    reached = {r.notice for record in records for r in record.reached}
    assert {"invite", "link", "covered", "cancelled", "accepted"} <= reached
    assert max(d.life for record in records for d in record.decided) > 1
    assert any(record.disturbed for record in records)


def test_an_invariant_of_ones_own() -> None:
    def nobody_says_no(record: Record) -> Iterable[str]:
        return [f"{a.person} said no" for a in record.answered if a.text == "no"]

    failure = next(Simulator({"nobody-says-no": nobody_says_no}).run(range(100)))
    shorter = Simulator({"nobody-says-no": nobody_says_no}).shorter(failure)
    assert names(shorter) == {"nobody-says-no"}
    assert len(shorter.script.lines) <= len(failure.script.lines)
    assert f"--seed {shorter.script.seed}" in str(shorter)


def test_people_held_by_nobody_are_rung_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities_module, "held_in", lambda activity, now: frozenset())
    assert notices("never-two-rings-at-once", "never-two-rings-on-the-screen")


def test_a_room_that_opens_too_early_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "met", lambda activity: bool(activity.accepted))
    assert notices("live-only-with-acceptances")


def test_who_missed_a_ring_and_hears_nothing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_tell_silent", lambda turn, notice: None)
    assert notices("who-was-rung-hears-an-end")


def test_somebody_left_ringing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_TO_ANSWER", ())
    assert notices("who-was-rung-hears-an-end", "nobody-is-rung-for-what-is-over")


def test_a_ring_that_is_repeated_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that forgets what it did: the ring goes out again after a restart of the server."""
    monkeypatch.setattr(
        Journal, "begin", lambda self, effect, stream: self._under_way.update({effect: stream}) is None
    )
    monkeypatch.setattr(Journal, "unsettled", lambda self: [])
    assert notices("nobody-is-rung-twice", within=1000)


def test_a_ring_given_to_a_second_agent_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """In stories in which agents die with a ring that has left and is not reported yet."""

    def send_anyway(self: Any, activity: Any, ring: Any, given_to: str) -> None:
        self._send(activity, ring)

    def troubled(seed: int) -> Script:
        script = write(seed, people=6)
        meets = [line for line in script.lines if line.what.startswith("types: meet")]
        deaths = tuple(Line(line.at + 0.045, "agent 1", "dies") for line in meets)
        return replace(script, lines=script.lines + deaths)

    monkeypatch.setattr(Dispatcher, "_fate_unknown", send_anyway)
    chosen = {"nobody-is-rung-twice": INVARIANTS["nobody-is-rung-twice"]}
    assert next(Simulator(chosen, written=troubled).run(range(300)), None) is not None


def test_a_command_that_got_lost_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent keeps nothing: what a server had not read, or not answered, when it died."""
    monkeypatch.setattr(CommandsKept, "keep", lambda self, command, now: None)
    assert notices("what-is-typed-is-answered")


def test_an_answer_that_is_said_only_where_it_was_typed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answers, "resume", lambda self: None)
    assert notices("what-is-typed-is-answered")


def test_an_order_that_is_not_noted_with_what_it_does_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Activities.ask

    async def forgetting(self: Any, id: str, given: Any, *, message: str | None = None) -> Any:
        assert message is None or message
        return await ask(self, id, given)

    monkeypatch.setattr(Activities, "ask", forgetting)
    assert notices("an-order-is-done-once", within=1500)


def test_a_change_nobody_looks_at_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Activities, "world_changed", lambda self, people: None)
    assert notices("what-can-ring-rings")


def test_somebody_who_is_asked_too_much_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(World, "again_at", lambda self, person: None)
    assert notices("six-rings-an-hour", within=1500, first=5100)


def hesitant(seed: int) -> Script:
    """Somebody says yes at once, others a minute or two later, and little breaks."""
    script = write(seed, people=6)
    later = (Answer("in 1m", 1.0), Answer("in 1m", 1.0), Answer("yes", 1.0))
    answers = {name: later if n % 2 else (Answer("yes", 2.0),) for n, name in enumerate(script.people)}
    lines = tuple(line for line in script.lines if "breaks" not in line.what and "dies" not in line.what)
    return replace(script, answers=answers, lines=lines, end_s=900.0)


def test_every_invariant_holds_for_people_who_hesitate() -> None:
    failure = next(Simulator(written=hesitant).run(range(3000, 3060)), None)
    assert failure is None, str(failure)


def test_a_room_on_an_old_yes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "in_doubt", lambda activity: ())
    chosen = {"no-room-on-an-old-yes": INVARIANTS["no-room-on-an-old-yes"]}
    assert next(Simulator(chosen, written=hesitant).run(range(300)), None) is not None


def test_a_question_that_is_repeated_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    original = confirming.ask

    def again(turn: Turn, people: tuple[str, ...]) -> None:
        confirming.drop_questions(turn)
        original(turn, people)

    monkeypatch.setattr(confirming, "ask", again)
    chosen = {"still-there-once": INVARIANTS["still-there-once"]}
    assert next(Simulator(chosen, written=hesitant).run(range(300)), None) is not None


def pressing(seed: int) -> Script:
    """Everything is urgent and counts, everybody is there, and one after the other says yes."""
    script = write(seed, people=8)
    wanted = f"types: meet 1 of @dba and {script.people[-1]} urgent"
    lines = tuple(
        replace(line, what=wanted if line.what.startswith("types: meet") else "is online")
        for line in script.lines
        if line.what.startswith(("types: meet", "is "))
    )
    answers = {name: (Answer("yes", 2.0 + 3.0 * n),) for n, name in enumerate(script.people)}
    began = tuple(line for line in script.lines if line.what == "logs in" and not line.at)
    return replace(script, answers=answers, lines=(*began, *lines))


def test_every_invariant_holds_for_what_is_urgent() -> None:
    failure = next(Simulator(written=pressing).run(range(4000, 4060)), None)
    assert failure is None, str(failure)


def test_too_many_spare_people_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def everybody(
        requirement: Requirement, chosen: frozenset[str], _: Any, can: Any, __: Any
    ) -> tuple[str, ...]:
        return tuple(key for key in people_in(requirement) if key not in chosen and can(key))

    monkeypatch.setattr(spare, "spares", everybody)
    assert notices("only-as-many-as-are-needed")


def test_a_spare_who_is_left_ringing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spares, "needless", lambda activity, choice, besides: [])
    chosen = {"only-as-many-as-are-needed": INVARIANTS["only-as-many-as-are-needed"]}
    assert next(Simulator(chosen, written=pressing).run(range(300)), None) is not None


def test_who_is_taken_back_in_silence_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    original = ending.withdraw
    silent = partial(original, notice=Notice.WHY)
    monkeypatch.setattr(
        ringing, "withdraw", lambda turn, some, notice, reason: silent(turn, some, reason=reason)
    )
    assert notices("who-is-not-needed-hears-so")


def test_somebody_who_is_disturbed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Manners, "may_disturb", lambda self, person, organiser: True)
    assert notices("nobody-is-disturbed", first=5210)


def test_a_forgotten_deadline_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Activities, "_arm", lambda self, activity, now: None)
    assert notices("deadlines-are-kept", "what-can-ring-rings", "nobody-is-rung-for-what-is-over")


def test_a_ring_before_the_time_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "rings_from", lambda activity, view, now: now)
    assert notices("nobody-is-rung-before-the-time")
    assert notices("nobody-is-rung-outside-the-hours")


def timed(seed: int) -> Script:
    """Everything has a time, hours or others to ask instead; all are there, and some say yes very late."""
    script = write(seed, people=6)
    kim, lea, *rest = script.people[1:]
    lines = [line for line in script.lines if line.what == "logs in" and not line.at]
    lines += [Line(0.0, who, "is online") for who in script.people]
    for at in (20.0, 70.0, 130.0):
        soon, end = int(at // 60) + 1, int(at // 60) + 2
        wish = (
            f"{kim} at 12:0{soon} within 1m else {lea} or {rest[0]}",
            f"1 of ({kim}, {lea}) between 12:0{soon} and 12:0{end}",
            f"{kim} and {lea} within 1m else {lea} and {rest[-1]} within 2m",
            f"{lea} between 11:00 and 12:0{soon} within 5m else {rest[0]}",
        )[(seed + int(at)) % 4]
        lines.append(Line(at, script.organisers[0], f"types: meet {wish}"))
    lines += [line for line in script.lines if "dies" in line.what or "breaks" in line.what]
    says = (Answer("yes", 2.0), Answer("yes", 100.0), Answer("no", 3.0), Answer("", 0.0), Answer("yes", 29.0))
    answers = {name: says[(seed + n) % 5 :] for n, name in enumerate(script.people)}
    lines.sort(key=lambda line: line.at)
    return replace(script, answers=answers, lines=tuple(lines), quiet={}, end_s=420.0)


def test_every_invariant_holds_for_what_has_its_time() -> None:
    failure = next(Simulator(written=timed).run(range(6000, 6100)), None)
    assert failure is None, str(failure)


def test_a_room_outside_the_hours_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ringing, "may_open", lambda activity, view, now: True)
    chosen = {"hours": INVARIANTS["nobody-is-rung-outside-the-hours"]}
    assert next(Simulator(chosen, written=timed).run(range(6000, 6300)), None) is not None


def test_others_who_are_asked_too_soon_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    original = timing.on_time

    def impatient(turn: Turn) -> None:
        if turn.activity.fallbacks and turn.activity.live_at is None and not turn.activity.state.over:
            otherwise.fall_back(turn)
        original(turn)

    monkeypatch.setattr(step_module, "on_time", impatient)
    assert notices("others-only-after-the-deadline")


def test_hours_that_begin_unnoticed_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_opening", lambda activity, now, then: iter(()))
    assert notices("what-can-ring-rings", within=1500)


def test_every_invariant_has_a_name_to_choose_it_by() -> None:
    assert all(name == name.casefold() and " " not in name for name in INVARIANTS)
    assert reservations.COMING.total_seconds() == 120


def test_what_a_change_does_not_touch_would_not_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """In whole stories: whoever is not stepped because somebody's availability changed had nothing to do."""
    original, skipped = Activities.world_changed, list[str]()

    def checked(self: Any, people: Iterable[str]) -> None:
        keys = set(people)
        original(self, keys)
        for activity in self.open():
            named = {activity.organiser.key, *(person.key for person in activity.people)}
            due = next_deadline(activity, self._clock.now())
            if not keys & named or activity.id in self._mailboxes or (due and due <= self._clock.now()):
                continue
            skipped.append(activity.id)
            after = step(activity, WorldChanged(), self._look(activity), self._clock.now())
            assert (after.activity, after.effects) == (activity, ()), f"{activity.id} after {keys}"

    monkeypatch.setattr(Activities, "world_changed", checked)
    chosen = {"nothing-fails-inside": INVARIANTS["nothing-fails-inside"]}
    failure = next(Simulator(chosen).run(range(7000, 7060)), None)
    assert failure is None, str(failure)
    assert len(skipped) > 100
