from dataclasses import replace

import pytest

from quorate.activity.effects import Notice
from quorate.model.activity import ActivityState, Happened, InvitationState, LogLine
from quorate.model.reasons import Reason
from quorate.talk.organiser import organiser_text, tally_text
from tests.talk.stories import T0, activity, later, standings
from tests.talk.test_texts import TO_ORGANISER

ACCEPTED, DECLINED, QUEUED = InvitationState.ACCEPTED, InvitationState.DECLINED, InvitationState.QUEUED
SENT, SILENT = InvitationState.SENT, InvitationState.SILENT
INCIDENT = "2 of @dba and (lena or omar)"


def test_the_start_says_whom_it_waits_for_and_who_could() -> None:
    story = activity("bob and (carol or dave)")
    text = organiser_text("started", story, people=standings(story, bob=Reason.OFFLINE), now=T0)
    assert text == (
        'Q1 "release 2.4": waiting for bob (offline). carol could now. I will ask when it can work. '
        "Stop: cancel Q1"
    )


def test_the_start_of_ringing_says_how_many_and_until_when() -> None:
    states = {"raj": QUEUED, "ines": QUEUED, "lena": QUEUED}
    story = activity(INCIDENT, states, id="Q481", about="orders DB down", deadline=later(600))
    text = organiser_text("started", story, people=standings(story), now=T0)
    assert text == (
        'Q481 "orders DB down": dba 0/2, lena or omar 0/1. Ringing 3. Ends 12:10. Stop: cancel Q481'
    )


def test_who_is_spare_is_counted_among_those_rung_and_not_among_those_needed() -> None:
    states = {"raj": QUEUED, "ines": QUEUED, "kofi": QUEUED, "lena": QUEUED}
    story = activity(INCIDENT, states, id="Q481", about="orders DB down", deadline=later(600), urgent=True)
    people = [replace(p, spare=p.person == "kofi") for p in standings(story)]
    assert organiser_text("started", story, people=people, now=T0) == (
        'Q481 "orders DB down": dba 0/2, lena or omar 0/1. Ringing 4 (one spare). Ends 12:10. '
        "Stop: cancel Q481"
    )
    assert "asking three. " in organiser_text("tally", story, people=people, now=T0).lower()


def test_the_organiser_who_is_away_is_told() -> None:
    story = activity("bob")
    text = organiser_text("started", story, people=standings(story), held_up=Reason.ORGANISER_AWAY, now=T0)
    assert "waiting until you are available yourself" in text


def test_a_change_of_the_tally() -> None:
    states = {"raj": ACCEPTED, "ines": DECLINED, "kofi": SENT, "lena": SILENT, "omar": ACCEPTED}
    story = activity(INCIDENT, states, id="Q481")
    text = organiser_text("tally", story, people=standings(story), now=later(41))
    assert text == "Q481: dba 1/2, omar. One declined, one did not answer, asking one more. 00:41"


@pytest.mark.parametrize(
    ("states", "news"),
    [
        ({"bob": InvitationState.LATER, "carol": SENT}, "bob can later, asking one."),
        ({"bob": InvitationState.LATER, "carol": DECLINED}, "One declined, bob can later."),
    ],
)
def test_a_name_stays_lower_case_where_a_sentence_begins(
    states: dict[str, InvitationState], news: str
) -> None:
    story = activity("bob and carol", states)
    assert f". {news} " in organiser_text("tally", story, people=standings(story), now=later(41))


@pytest.mark.parametrize(
    ("who", "states", "reasons", "usual_wait_s", "said"),
    [
        (
            "any of @dba",
            {"raj": QUEUED},
            {"vera": Reason.AWAY, "kofi": Reason.AWAY},
            50,
            "0/1. 2 of 3 can be asked. Usual wait 50 s. Ringing 1.",
        ),
        ("any of @dba", {"raj": QUEUED}, {}, None, "0/1. 3 of 3 can be asked. Ringing 1."),
        ("any of @dba and bob", {"raj": QUEUED, "bob": QUEUED}, {}, 50, "dba 0/1, bob 0/1. Ringing 2."),
        (
            "3 of @dba",
            {},
            {"kofi": Reason.AWAY},
            None,
            "waiting 2/3 for 1 more of @dba (kofi away). I",
        ),
    ],
    ids=["one group, with a history", "one group", "several", "how many can while it waits"],
)
def test_the_start_says_how_many_can_and_what_is_usual(
    who: str,
    states: dict[str, InvitationState],
    reasons: dict[str, Reason],
    usual_wait_s: float | None,
    said: str,
) -> None:
    story = activity(who, states)
    people = standings(story, **reasons)
    text = organiser_text("started", story, people=people, now=T0, usual_wait_s=usual_wait_s)
    assert text.startswith(f'Q1 "release 2.4": {said}')


def test_who_can_later_may_be_taken_now() -> None:
    story = activity("any of @dba", {"raj": InvitationState.LATER, "ines": SENT}, until=later(120))
    assert organiser_text("can-later", story, people=standings(story), now=T0, person="raj") == (
        "Q1: raj can in 2 min, asking others meanwhile. Take raj now: take Q1 raj"
    )


def test_a_review_that_is_through() -> None:
    done = LogLine(at=later(60), what=Happened.DONE, people=("raj",))
    states = {"raj": ACCEPTED, "ines": ACCEPTED}
    story = activity("2 of @dba", states, state=ActivityState.LIVE, live_at=T0, log=(done,))
    assert organiser_text("done", story, people=standings(story), now=later(60), person="raj") == (
        'Q1 "release 2.4": raj is done. Still at it: ines. What they say about it is in your chat with raj.'
    )
    over = replace(story, state=ActivityState.ENDED, reason=Reason.DONE, ended_at=later(240))
    assert organiser_text("ended", over, people=standings(over), now=later(240)) == (
        'Q1 "release 2.4" is done after 4 min: raj, ines. '
        "What they say about it is in your chat with raj and ines."
    )


def test_live() -> None:
    states = {"raj": ACCEPTED, "kofi": ACCEPTED, "omar": ACCEPTED}
    story = activity(INCIDENT, states, id="Q481", state=ActivityState.LIVE, live_at=later(62))
    text = organiser_text("live", story, people=standings(story), now=later(62), link="https://x/r/9")
    assert text == "Q481 is live after 1 min 02 s: raj, kofi, omar. https://x/r/9"


def test_the_end_without_a_start() -> None:
    story = activity(
        "2 of @dba",
        {"raj": ACCEPTED, "ines": DECLINED},
        state=ActivityState.EXPIRED,
        reason=Reason.DEADLINE,
        deadline=later(600),
    )
    people = standings(story, kofi=Reason.OFFLINE, ines=Reason.DECLINED)
    assert organiser_text("failed", story, people=people, now=later(600)) == (
        'Q1 "release 2.4" ended without starting by 12:10. Said yes: 1/2. ines declined, kofi: offline. '
        "Everybody asked was told."
    )


@pytest.mark.parametrize("notice", [n for n in Notice if n in TO_ORGANISER])
@pytest.mark.parametrize("reason", [None, *Reason])
def test_every_notice_has_words_for_every_reason(notice: Notice, reason: Reason | None) -> None:
    story = activity("bob", reason=reason)
    reasons = {"bob": reason} if reason else {}
    people = standings(story, **reasons)
    text = organiser_text(
        notice.value, story, people=people, held_up=reason, now=T0, person="bob", text="carol"
    )
    assert text.startswith("Q1")
    assert "  " not in text


TALLIES = {
    "nobody yet": ("bob and 2 of @dba", {}, "bob 0/1, dba 0/2"),
    "some": ("bob and 2 of @dba", {"bob": ACCEPTED, "raj": ACCEPTED}, "bob, dba 1/2"),
    "a named one fills no place": ("2 of @dba and raj", {"raj": ACCEPTED}, "dba 0/2, raj"),
    "of one group the number alone": ("2 of @dba, optional bob", {"raj": ACCEPTED}, "1/2"),
    "a list keeps its count": ("any of (bob, carol) and dave", {}, "any of (bob, carol) 0/1, dave 0/1"),
    "optional is left out": ("bob, optional carol", {}, "bob 0/1"),
}


@pytest.mark.parametrize(("who", "states", "tally"), TALLIES.values(), ids=TALLIES)
def test_tally(who: str, states: dict[str, InvitationState], tally: str) -> None:
    assert tally_text(activity(who, states)) == tally
