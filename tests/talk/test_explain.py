from dataclasses import replace

import pytest

from quorate.model.activity import ActivityState, Happened, InvitationState, LogLine
from quorate.model.availability import Availability
from quorate.model.reasons import Reason
from quorate.talk.explain import NO_TIMER, explain_lines, log_text, next_reason, next_text, waiting_reason
from quorate.talk.organiser import organiser_text
from tests.talk.stories import T0, Stands, activity, later, standings

ACCEPTED, DECLINED, SENT = InvitationState.ACCEPTED, InvitationState.DECLINED, InvitationState.SENT
SILENT = InvitationState.SILENT


def test_every_person_has_a_reason_and_the_next_step_is_named() -> None:
    story = activity(
        "2 of @dba and (lena or omar)",
        {"raj": ACCEPTED, "ines": DECLINED, "lena": SILENT, "omar": SENT},
        log=(LogLine(at=T0, what=Happened.SUBSTITUTE, people=("lena",), by="omar"),),
    )
    lines = explain_lines(
        story,
        standings(story, kofi=Reason.BUSY, ines=Reason.DECLINED, lena=Reason.SILENT),
        now=later(10),
        next_kind="silence",
        next_at=later(31),
        next_person="omar",
    )
    assert lines == (
        'Q1 "release 2.4" is ringing: dba 1/2, lena or omar 0/1.',
        "raj said yes; ines declined; lena no answer in 30 s, omar instead; omar is being asked.",
        "Cannot be asked now: kofi (busy).",
        "Next, in 21 s: if omar does not answer, somebody else is asked, or it waits.",
    )


def test_who_is_spare_is_told() -> None:
    story = activity("1 of @dba", {"raj": SENT, "ines": SENT}, urgent=True)
    people = [replace(p, spare=p.person == "ines") for p in standings(story)]
    assert explain_lines(story, people, now=T0)[1] == "raj is being asked; ines is being asked (spare)."


def test_who_is_asked_whether_they_are_still_there() -> None:
    story = activity("bob and carol", {"bob": ACCEPTED, "carol": ACCEPTED})
    bob, carol = story.invitations
    story = replace(story, invitations=(replace(bob, answered_at=T0, until=later(280)), carol))
    assert explain_lines(story, standings(story), now=later(250))[1] == (
        "bob said yes 4 min 10 s ago and is asked whether they are still there; carol said yes."
    )
    assert "Asking bob whether they are still there." in organiser_text(
        "tally", story, people=standings(story), now=later(250)
    )


def test_while_it_waits_what_is_missing_is_named() -> None:
    story = activity("bob and (carol or dave)")
    lines = explain_lines(story, standings(story, bob=Reason.OFFLINE), now=T0)
    assert lines[0] == ('Q1 "release 2.4" is waiting: bob 0/1, carol or dave 0/1. Missing: bob (offline).')
    assert lines[-1] == NO_TIMER


WAITS = {
    "for somebody": (
        {},
        {"bob": Reason.OFFLINE},
        None,
        "Missing: bob (offline). Nobody has been asked yet.",
    ),
    "somebody said yes": ({"bob": ACCEPTED}, {"carol": Reason.AWAY}, None, "Missing: carol (away)."),
    "for the organiser": ({}, {}, Reason.ORGANISER_AWAY, "You are not available. Nobody has been asked yet."),
}


@pytest.mark.parametrize(("states", "reasons", "held_up", "says"), WAITS.values(), ids=WAITS)
def test_what_comes_next_while_it_waits(
    states: dict[str, InvitationState], reasons: dict[str, Reason], held_up: Reason | None, says: str
) -> None:
    story = activity("bob and carol", states)
    text = waiting_reason(story, standings(story, **reasons), now=T0, held_up=held_up)
    assert text == f"everybody needed is asked once, the moment it can work. {says}"


@pytest.mark.parametrize(
    ("states", "where"),
    [
        ({"bob": ACCEPTED}, "is live: bob."),
        ({"bob": ACCEPTED, "carol": ACCEPTED}, "is live: bob and carol."),
        ({"bob": ACCEPTED, "carol": ACCEPTED, "dave": ACCEPTED}, "is live: bob, carol and dave."),
        ({"bob": DECLINED}, "is live."),
    ],
)
def test_everybody_who_is_in_is_named_once_it_is_live(states: dict[str, InvitationState], where: str) -> None:
    story = activity("carol or bob, optional dave", states, state=ActivityState.LIVE)
    assert explain_lines(story, standings(story), now=T0)[0] == f'Q1 "release 2.4" {where}'


def test_the_end_has_its_reason() -> None:
    story = activity("bob", {"bob": DECLINED}, state=ActivityState.FAILED, reason=Reason.IMPOSSIBLE)
    lines = explain_lines(story, standings(story, bob=Reason.DECLINED), now=T0)
    assert lines == ('Q1 "release 2.4" failed. Too many said no.', "bob declined.", NO_TIMER)


@pytest.mark.parametrize("reason", [None, Reason.NO_STREAM])
@pytest.mark.parametrize("what", Happened)
def test_every_line_of_the_time_line_is_a_sentence(what: Happened, reason: Reason | None) -> None:
    line = LogLine(at=later(5), what=what, people=("bob", "carol"), reason=reason, by="dave")
    text = log_text(line, activity("bob and carol"))
    assert text[0].isupper() or text.startswith("bob")
    assert text.endswith(".")
    assert "{" not in text


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (Happened.DECLINED, "ruth said no."),
        (Happened.SILENT, "ruth did not answer in 30 s."),
        (Happened.ACCEPTED, "ruth said yes."),
        (Happened.RANG, "Rang ruth."),
    ],
)
def test_names_are_written_as_people_write_them(what: Happened, text: str) -> None:
    assert log_text(LogLine(at=T0, what=what, people=("ruth",)), activity("bob")) == text


@pytest.mark.parametrize(
    ("availability", "said"),
    [
        (Availability.AVAILABLE, "Next, in 9 min: bob may be asked again at 12:10."),
        (Availability.AWAY, "Next, in 9 min: bob may be asked again, once back."),
        (Availability.OFFLINE, "Next, in 9 min: bob may be asked again, once back."),
    ],
)
def test_somebody_silent_comes_back_only_if_they_were_away(availability: Availability, said: str) -> None:
    story = activity("bob or carol", {"bob": SILENT})
    lines = explain_lines(
        story,
        [Stands("bob", SILENT, availability, Reason.SILENT), Stands("carol", reason=Reason.OFFLINE)],
        now=later(60),
        next_kind="ask-again",
        next_at=later(600),
        next_person="bob",
    )
    assert lines[-1] == said


@pytest.mark.parametrize(
    "kind", ["deadline", "silence", "later", "ask-again", "retry", "nobody-came", "newer"]
)
def test_every_timer_has_words(kind: str) -> None:
    assert next_reason(kind, "bob").endswith(".")
    far = next_text(kind, later(7200), person="bob", now=T0)
    assert far.startswith("Next, at 14:00: ")


def test_once_it_is_live_who_gave_way_and_to_whom() -> None:
    states = {"raj": ACCEPTED, "ines": DECLINED, "lena": SILENT, "kofi": ACCEPTED, "omar": ACCEPTED}
    story = activity("2 of @dba and (lena or omar)", states, state=ActivityState.LIVE, live_at=later(62))
    assert explain_lines(story, standings(story), now=later(70)) == (
        'Q1 "release 2.4" is live: raj, kofi and omar.',
        "ines declined; lena no answer in 30 s, omar instead.",
        NO_TIMER,
    )
