"""What an activity does about the world as it is: ring, wait, go live, give up."""

from dataclasses import replace

from quorate.activity import candidates, confirming, spares
from quorate.activity.candidates import WhyNot
from quorate.activity.effects import Notice
from quorate.activity.ending import fail, withdraw, withdraw_open
from quorate.activity.lifecycle import Move
from quorate.activity.opening import may_open, why_closed
from quorate.activity.reviewing import close_if_through
from quorate.activity.turn import Turn
from quorate.model.activity import ActivityState, Happened
from quorate.model.command import When
from quorate.model.reasons import Reason


def plan(turn: Turn) -> None:
    """Bring the activity to where it should be now; does nothing if it is there already."""
    activity = turn.activity
    if activity.state.over:
        return
    if activity.state is ActivityState.LIVE:
        _ring_optional(turn)
    elif candidates.met(activity):
        if activity.through.issuperset(activity.accepted):
            _close_unopened(turn)
        else:
            _open_when_ready(turn)
    elif not candidates.possible(activity) and not activity.fallbacks:
        fail(turn, Reason.IMPOSSIBLE)
    else:
        confirming.lost(turn)
        _ring_or_wait(turn)


def _close_unopened(turn: Turn) -> None:
    """A review that was done before anybody said so much as yes."""
    turn.move(Move.MET)
    turn.activity = replace(turn.activity, live_at=turn.now)
    turn.log(Happened.LIVE, *turn.activity.accepted)
    close_if_through(turn)


def _open_when_ready(turn: Turn) -> None:
    if turn.activity.with_organiser and not turn.view.organiser_ready:
        confirming.lost(turn)
        turn.not_done(Reason.ORGANISER_AWAY)
        _fall_back(turn, Reason.ORGANISER_AWAY)
        return
    if not may_open(turn.activity, turn.view, turn.now):
        confirming.lost(turn)
        _fall_back(turn, why_closed(turn.activity, turn.now))
        return
    confirming.found(turn)
    if in_doubt := confirming.in_doubt(turn.activity):
        _ask_whether_still_there(turn, in_doubt)
    else:
        _open(turn)


def _ask_whether_still_there(turn: Turn, people: tuple[str, ...]) -> None:
    """Unless no question can leave, or somebody is being asked for something else at this moment."""
    held = [key for key in people if turn.view.held(key) is not None]
    reason = Reason.HELD if held else None if turn.view.organiser_ready else Reason.NO_STREAM
    if reason is not None:
        confirming.lost(turn)
        turn.not_done(reason, *(held or people))
        _wait(turn, reason)
        return
    if turn.activity.state is ActivityState.WAITING:
        turn.move(Move.RING)
    confirming.ask(turn, people)


def _open(turn: Turn) -> None:
    turn.move(Move.MET)
    turn.activity = replace(turn.activity, live_at=turn.now)
    confirming.drop_questions(turn)
    turn.log(Happened.LIVE, *turn.activity.accepted)
    turn.open_room()
    for person in turn.activity.accepted:
        if (invitation := turn.activity.latest(person)) is not None:
            turn.tell(invitation, Notice.LINK)
    turn.tell_organiser(Notice.LIVE)
    withdraw_open(turn, Notice.COVERED, Reason.COVERED)
    _ring_optional(turn)


def _ring_or_wait(turn: Turn) -> None:
    choice = candidates.best(turn.activity, turn.view, turn.now)
    if choice is None:
        _note_held(turn)
        _wait(turn, Reason.NOT_NOW)
        return
    new = choice.new
    held_up = candidates.not_ready(turn.activity, turn.view, turn.now) if new else None
    if held_up is not None:
        _note_held_up(turn, held_up, new)
        _wait(turn, held_up.reason)
        return
    if turn.activity.state is ActivityState.WAITING:
        turn.move(Move.RING)
    besides = spares.wanted_besides(turn.activity, choice, turn.view, turn.now)
    asked = candidates.counted(turn.activity)
    _ring(turn, (*new, *(key for key in besides if key not in asked)), optional=False)
    withdraw(turn, spares.needless(turn.activity, choice, besides), Notice.COVERED, Reason.COVERED)


def _ring(turn: Turn, people: tuple[str, ...], *, optional: bool) -> None:
    for key in people:
        if (person := turn.activity.person(key)) is not None:
            turn.ring(person, optional=optional, despite=candidates.despite(key, turn.view))
    for reason in (None, Reason.QUIET, Reason.DND):
        rung = [key for key in people if candidates.despite(key, turn.view) is reason]
        if rung:
            turn.log(Happened.RANG, *rung, reason=reason)


def _note_held_up(turn: Turn, held_up: WhyNot, people: tuple[str, ...]) -> None:
    # What the stream refused was logged when it did, and has a time to be tried again.
    if held_up.until is None:
        turn.not_done(held_up.reason, *people)


def _note_held(turn: Turn) -> None:
    """Say so if all that is missing is asked for other activities at this moment."""
    choice = candidates.best(turn.activity, turn.view, turn.now, but_for=Reason.HELD)
    if choice is None:
        return
    held = [p for p in choice.new if turn.view.held(p) is not None]
    turn.not_done(Reason.HELD, *held)


def _wait(turn: Turn, reason: Reason) -> None:
    """Back to waiting; an activity that was to be now fails, unless somebody's presence is being asked."""
    activity = turn.activity
    if activity.when is When.NOW:
        if reason is not Reason.NOT_NOW or not any(turn.view.asking(p.key) for p in activity.people):
            fail(turn, reason)
        return
    _fall_back(turn, reason)


def _fall_back(turn: Turn, reason: Reason) -> None:
    if turn.activity.state is ActivityState.RINGING:
        turn.move(Move.FALL_BACK)
        turn.log(Happened.WAITING, reason=None if reason is Reason.NOT_NOW else reason)


def _ring_optional(turn: Turn) -> None:
    people = candidates.best_optional(turn.activity, turn.view, turn.now)
    held_up = candidates.not_ready(turn.activity, turn.view, turn.now) if people else None
    if held_up is None:
        _ring(turn, people, optional=True)
    else:
        _note_held_up(turn, held_up, people)
