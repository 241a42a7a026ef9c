"""What must hold in every story. An invariant takes the record and says what is wrong, a line for each fault.

Add another by name: ``INVARIANTS["my rule"] = function``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, timedelta
from itertools import combinations
from typing import Final

from quorate.activity.budget import PERIOD, RINGS
from quorate.activity.effects import OpenRoom
from quorate.model.activity import Activity, ActivityState, InvitationState
from quorate.rules.quiet import parse_quiet
from tests.brute import meets
from tests.sim.hours import (
    nobody_is_rung_before_the_time,
    nobody_is_rung_outside_the_hours,
    others_are_asked_only_after_the_deadline,
)
from tests.sim.needless import only_as_many_as_are_needed
from tests.sim.record import Reached, Record, changes, timed_changes

Invariant = Callable[[Record], Iterable[str]]

ENDS: Final = frozenset({"link", "covered", "cancelled", "expired", "over", "late"})
RING_S: Final = 30.0
OLD_S: Final = 60.0 + 30.0 + 1.0
"""A yes is good for a minute, then the others have half a minute to say that they are still there."""
STOP_S: Final = 2.0
"""How soon somebody who is not needed any more is told."""
COOL_DOWN_S: Final = 600.0


def rings(record: Record) -> list[Reached]:
    return [r for r in record.reached if r.notice == "invite"]


def nobody_is_rung_twice_for_the_same_wave(record: Record) -> Iterator[str]:
    """The same ring reaches somebody once; another one for the same activity only after a reason for it."""
    seen: dict[tuple[str, str], Reached] = {}
    ids: set[str] = set()
    for ring in rings(record):
        if ring.effect in ids:
            yield f"{ring.person} was rung twice with {ring.effect}, at {ring.at:g} s"
        ids.add(ring.effect)
        before = seen.get((ring.activity, ring.person))
        if before is not None and not _may_follow(record, before, ring):
            yield f"{ring.person} was rung for {ring.activity} at {before.at:g} s and again at {ring.at:g} s"
        seen[ring.activity, ring.person] = ring


def _may_follow(record: Record, before: Reached, ring: Reached) -> bool:
    if ring.at - before.at >= COOL_DOWN_S:
        return True
    said = [a for a in record.answered if a.person == ring.person and before.at <= a.at <= ring.at]
    if any(a.text.startswith("in ") for a in said):
        return True
    ends = [r for r in record.reached if r.person == ring.person and r.activity == ring.activity]
    return any(before.at <= r.at <= ring.at and r.notice in ENDS for r in ends)


def never_two_rings_at_once(record: Record) -> Iterator[str]:
    """By what the server believes, at each moment."""
    holding: dict[str, dict[str, str]] = {}
    for decided in record.decided:
        activity = decided.activity
        for key in {i.person for i in activity.invitations}:
            holders = holding.setdefault(key, {})
            latest = activity.latest(key)
            holders.pop(activity.id, None)
            if latest is not None and latest.open:
                holders[activity.id] = latest.id
                if len(holders) > 1:
                    yield f"{key} is rung at once by {', '.join(holders.values())}, at {decided.at:g} s"


def never_two_rings_on_the_screen(record: Record) -> Iterator[str]:
    """By what people see, while nothing is broken: a ring is over when it was answered, ended or too old."""
    for ring in rings(record):
        for other in rings(record):
            overlaps = other.at < ring.at < other.at + RING_S and other.activity != ring.activity
            if other.person != ring.person or not overlaps:
                continue
            if record.quiet(other.at, ring.at + STOP_S) and not _ended_by(record, other, ring.at + STOP_S):
                yield f"{ring.person} has {other.effect} and {ring.effect} on the screen at {ring.at:g} s"


def _ended_by(record: Record, ring: Reached, end: float) -> bool:
    answered = any(
        a.person == ring.person and ring.at <= a.at <= end and a.text != "why" for a in record.answered
    )
    return answered or any(
        r.person == ring.person
        and r.activity == ring.activity
        and r.notice in ENDS
        and ring.at <= r.at <= end
        for r in record.reached
    )


def live_only_with_acceptances(record: Record) -> Iterator[str]:
    """Every room was opened by people who said yes themselves and meet the requirement."""
    for decided in record.decided:
        if not any(isinstance(effect, OpenRoom) for effect in decided.effects):
            continue
        activity = decided.activity
        said_yes = {
            a.person
            for a in record.answered
            if a.at <= decided.at and a.text == "yes" and a.person in activity.accepted
        }
        if not meets(activity.requirement, said_yes):
            yes = ", ".join(sorted(said_yes)) or "nobody"
            yield f"{activity.id} went live at {decided.at:g} s although {yes} said yes"


def no_room_opens_on_an_old_yes(record: Record) -> Iterator[str]:
    """Who said yes long before the rest was found says so again, while nothing is broken."""
    for decided in record.decided:
        since = decided.at - OLD_S
        if not any(isinstance(effect, OpenRoom) for effect in decided.effects):
            continue
        activity = decided.activity
        lately = {a.person for a in record.answered if since <= a.at <= decided.at and a.text == "yes"}
        calm = record.quiet(since - OLD_S, decided.at)
        if calm and not meets(activity.requirement, lately & set(activity.accepted)):
            yield f"{activity.id} went live at {decided.at:g} s on words older than {OLD_S:g} s"


def nobody_is_asked_twice_whether_they_are_there(record: Record) -> Iterator[str]:
    """Within the time there is to answer."""
    asked = [r for r in record.reached if r.notice == "still-there"]
    for one, other in combinations(asked, 2):
        same = (one.person, one.activity) == (other.person, other.activity)
        if same and other.at < one.at + RING_S and record.quiet(one.at - RING_S, other.at):
            yield f"{one.person} was asked at {one.at:g} s and at {other.at:g} s whether they are still there"


def who_was_rung_hears_an_end(record: Record) -> Iterator[str]:
    """A link, that it is covered, cancelled, expired or over; or they said no. Also who let it ring out."""
    states = record.states()
    said_no = {
        (a.activity, a.person)
        for a in record.answered
        if a.text in ("no", "stop", "conflict") or a.text[:3] == "sub"
    }
    for ring in rings(record):
        latest = states[ring.activity].latest(ring.person)
        after = [
            r
            for r in record.reached
            if (r.activity, r.person) == (ring.activity, ring.person) and r.at >= ring.at and r.notice in ENDS
        ]
        declined = latest is not None and latest.state is InvitationState.DECLINED
        if after or declined or (ring.activity, ring.person) in said_no:
            continue
        yield f"{ring.person} never heard an end of {ring.activity}, rung at {ring.at:g} s"


def nobody_is_disturbed_against_their_will(record: Record) -> Iterator[str]:
    """Rung in quiet hours only if urgent, by somebody on their own list, once for each activity."""
    script = record.script
    first, states = script.organisers[0], record.states()
    for key, span in script.quiet.items():
        hours = parse_quiet(span)
        disturbed = [
            (i.queued_at, activity)
            for activity in states.values()
            for i in activity.invitations
            if i.person == key and i.sent_at is not None and hours.until(i.queued_at, UTC) is not None
        ]
        for at, activity in disturbed:
            listed = key in script.let_in and activity.organiser.key == first
            if not (activity.urgent and listed):
                yield f"{key} was rung for {activity.id} in quiet hours, at {at:%H:%M:%S}"
        for activity in states.values():
            if sum(1 for _, other in disturbed if other.id == activity.id) > 1:
                yield f"{key} was disturbed twice for {activity.id}"


def a_missed_ring_leaves_one_line(record: Record) -> Iterator[str]:
    """After it, one that says what became of it."""
    for activity in record.states().values():
        for person in {i.person for i in activity.invitations}:
            latest = activity.latest(person)
            if latest is None or latest.state is not InvitationState.SILENT:
                continue
            mine = [r for r in record.reached if (r.activity, r.person) == (activity.id, person)]
            last = max((r.at for r in mine if r.notice == "invite"), default=0.0)
            lines = {
                r.effect for r in mine if r.at >= last and r.notice in ("covered", "cancelled", "expired")
            }
            if len(lines) > 1:
                yield f"{person} read {len(lines)} lines about the end of {activity.id}"


def nobody_is_rung_more_than_six_times_an_hour(record: Record) -> Iterator[str]:
    times: dict[str, list[float]] = {}
    for ring in rings(record):
        mine = times.setdefault(ring.person, [])
        mine.append(ring.at)
        if len(mine) > RINGS and mine[-1] - mine[-1 - RINGS] < PERIOD.total_seconds() - STOP_S:
            yield f"{ring.person} was rung {RINGS + 1} times between {mine[-1 - RINGS]:g} and {ring.at:g} s"


def what_can_ring_rings(record: Record) -> Iterator[str]:
    yield from record.overdue


def nobody_is_rung_for_what_is_over(record: Record) -> Iterator[str]:
    ended: dict[str, float] = {}
    for decided in record.decided:
        if decided.activity.state.over:
            ended.setdefault(decided.activity.id, decided.at)
            if any(i.open for i in decided.activity.invitations):
                yield f"{decided.activity.id} is over and still rings somebody"
            if decided.activity.reason is None:
                yield f"{decided.activity.id} ended without a reason"
    for ring in rings(record):
        end = ended.get(ring.activity)
        if end is not None and ring.at > end + STOP_S and record.quiet(end - RING_S, ring.at):
            yield f"{ring.person} was rung for {ring.activity} at {ring.at:g} s, it was over at {end:g} s"


def deadlines_are_kept(record: Record) -> Iterator[str]:
    """Nothing waits or rings past its deadline while a server is there."""
    last = record.end
    for activity in record.states().values():
        if activity.deadline is None or activity.state.over or activity.state is ActivityState.LIVE:
            continue
        if (activity.deadline - activity.created) < timedelta(seconds=last):
            yield f"{activity.id} is {activity.state} after its deadline"
    for before, after in changes(record):
        due = before.deadline if after.fell_back_at == before.fell_back_at else after.deadline
        if due is not None and before.live_at is None and after.live_at is not None and after.live_at > due:
            yield f"{after.id} went live after its deadline"


def covered_is_told_within_2_s(record: Record) -> Iterator[str]:
    """Who is still being rung when the room opens hears so, while nothing is broken."""
    for decided in record.decided:
        if not any(isinstance(effect, OpenRoom) for effect in decided.effects):
            continue
        activity, end = decided.activity, decided.at + STOP_S
        withdrawn = {
            i.person
            for i in activity.invitations
            if i.state is InvitationState.WITHDRAWN and i.answered_at == activity.live_at
        }
        for ring in rings(record):
            concerned = ring.activity == activity.id and ring.person in withdrawn and ring.at <= decided.at
            if concerned and record.quiet(ring.at, end) and not _ended_by(record, ring, end):
                yield f"{ring.person} was not told within {STOP_S:g} s that {activity.id} is covered"


def who_is_not_needed_any_more_hears_so(record: Record) -> Iterator[str]:
    """Also before it is live, and while it goes on: within 2 s, unless something is broken."""
    for before, after, at in timed_changes(record):
        old = {i.id: i.state for i in before.invitations}
        for one in after.invitations:
            taken_back = one.state is InvitationState.WITHDRAWN and old.get(one.id) is InvitationState.SENT
            heard = [r for r in record.reached if (r.activity, r.person) == (after.id, one.person)]
            in_time = any(r.notice in ENDS and at <= r.at <= at + STOP_S for r in heard)
            if taken_back and record.quiet(at - STOP_S, at + STOP_S) and not in_time:
                yield f"{one.person} was not told within {STOP_S:g} s of {at:g} s: {after.id} needs nobody"


def no_notice_comes_twice(record: Record) -> Iterator[str]:
    """Through one agent; a lost one's fate is unknown, and what is not a ring is said again."""
    seen: set[tuple[str, str]] = set()
    for reached in record.reached:
        if (reached.effect, reached.agent) in seen:
            yield f"{reached.person} read {reached.effect} twice"
        seen.add((reached.effect, reached.agent))


def what_is_typed_is_answered(record: Record) -> Iterator[str]:
    """By the server, or by the agent that there is none; a ``meet`` by what is said of its activity."""
    made = {d.activity.about: d.activity.id for d in record.decided}
    said = {(s.who, s.effect) for s in record.said}
    unanswered = []
    for typed in record.typed:
        effects = {effect for who, effect in said if who == typed.who}
        begin = f"{made.get(typed.message, typed.message)}-"
        if not any(e.startswith(begin) or e.endswith(f"-{typed.message}") for e in effects):
            unanswered.append(typed)
    lost = {typed.message for typed in unanswered} | record.excused
    cancelled = {t.text for t in record.typed if t.message not in lost}
    for typed in unanswered:
        overtaken = f"cancel {made.get(typed.message)}" in cancelled
        if typed.message not in record.excused and not overtaken:
            yield f"{typed.who} got no answer to “{typed.text}” ({typed.message}) at {typed.at:g} s"


def an_order_is_done_once(record: Record) -> Iterator[str]:
    made: dict[str | None, set[str]] = {}
    for decided in record.decided:
        made.setdefault(decided.activity.about, set()).add(decided.activity.id)
    for typed in record.typed:
        if len(ids := made.get(typed.message, set())) > 1:
            yield f"“{typed.text}” ({typed.message}) made {', '.join(sorted(ids))}"
    longer = Counter(after.id for before, after in changes(record) if _extended(before, after))
    for id, times in longer.items():
        if times > (typed_times := sum(t.text.startswith(f"extend {id} ") for t in record.typed)):
            yield f"{id} was extended {times} times, that was typed {typed_times} times"


def _extended(before: Activity, after: Activity) -> bool:
    return after.deadline != before.deadline and after.fell_back_at == before.fell_back_at


def nothing_fails_inside(record: Record) -> Iterator[str]:
    for fault in record.faults:
        yield f"{type(fault).__name__}: {fault}"


def everything_ends(record: Record) -> Iterator[str]:
    """At the end of a story everything is cancelled, in calm weather."""
    for activity in record.states().values():
        if not activity.state.over:
            yield f"{activity.id} is still {activity.state}"


INVARIANTS: Final[dict[str, Invariant]] = {
    "nobody-is-rung-twice": nobody_is_rung_twice_for_the_same_wave,
    "never-two-rings-at-once": never_two_rings_at_once,
    "never-two-rings-on-the-screen": never_two_rings_on_the_screen,
    "live-only-with-acceptances": live_only_with_acceptances,
    "no-room-on-an-old-yes": no_room_opens_on_an_old_yes,
    "still-there-once": nobody_is_asked_twice_whether_they_are_there,
    "who-was-rung-hears-an-end": who_was_rung_hears_an_end,
    "nobody-is-disturbed": nobody_is_disturbed_against_their_will,
    "a-missed-ring-leaves-one-line": a_missed_ring_leaves_one_line,
    "six-rings-an-hour": nobody_is_rung_more_than_six_times_an_hour,
    "what-can-ring-rings": what_can_ring_rings,
    "nobody-is-rung-for-what-is-over": nobody_is_rung_for_what_is_over,
    "deadlines-are-kept": deadlines_are_kept,
    "nobody-is-rung-before-the-time": nobody_is_rung_before_the_time,
    "nobody-is-rung-outside-the-hours": nobody_is_rung_outside_the_hours,
    "others-only-after-the-deadline": others_are_asked_only_after_the_deadline,
    "covered-within-2-s": covered_is_told_within_2_s,
    "only-as-many-as-are-needed": only_as_many_as_are_needed,
    "who-is-not-needed-hears-so": who_is_not_needed_any_more_hears_so,
    "no-notice-comes-twice": no_notice_comes_twice,
    "what-is-typed-is-answered": what_is_typed_is_answered,
    "an-order-is-done-once": an_order_is_done_once,
    "nothing-fails-inside": nothing_fails_inside,
    "everything-ends": everything_ends,
}
