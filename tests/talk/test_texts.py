from dataclasses import replace
from typing import Any

import pytest

from quorate.activity.effects import Notice
from quorate.model.activity import ActivityState, InvitationState
from quorate.model.command import Kind
from quorate.model.reasons import Reason
from quorate.talk.texts import echo_text, invitee_text
from tests.talk.stories import T0, activity, later

ACCEPTED, DECLINED, QUEUED = InvitationState.ACCEPTED, InvitationState.DECLINED, InvitationState.QUEUED
SENT, SILENT, WITHDRAWN = InvitationState.SENT, InvitationState.SILENT, InvitationState.WITHDRAWN
LINK = "https://example.org/r/7fK2"

INVITES: dict[str, tuple[str, dict[str, InvitationState], dict[str, Any], str]] = {
    "story": (
        "bob and (carol or dave)",
        {"bob": QUEUED, "carol": QUEUED},
        {},
        '[Quorate] I\'d like to talk now with you and carol: "release 2.4". Reply yes, no, or: in 10m',
    ),
    "alone, about nothing": (
        "bob",
        {"bob": QUEUED},
        {"about": None},
        "[Quorate] I'd like to talk now with you. Reply yes, no, or: in 10m",
    ),
    "who said no is not named": (
        "bob and (carol or dave)",
        {"bob": SENT, "carol": DECLINED, "dave": ACCEPTED},
        {"kind": Kind.CALL},
        '[Quorate] I\'d like to have a call now with you and dave: "release 2.4". Reply yes, no, or: in 10m',
    ),
    "a review": (
        "bob",
        {"bob": QUEUED},
        {"kind": Kind.REVIEW, "target": "https://x/y"},
        '[Quorate] I\'d like to go through https://x/y now with you: "release 2.4". '
        "Reply yes, no, conflict, or: in 10m",
    ),
}


@pytest.mark.parametrize(("who", "states", "more", "text"), INVITES.values(), ids=INVITES)
def test_an_invitation_says_who_wants_what_and_what_to_type(
    who: str, states: dict[str, InvitationState], more: dict[str, Any], text: str
) -> None:
    assert invitee_text("invite", activity(who, states, **more), "bob", now=T0) == text


def test_an_urgent_invitation_says_so() -> None:
    urgent = activity("2 of @dba", {"raj": QUEUED, "ines": QUEUED}, urgent=True, about="orders DB down")
    assert invitee_text("invite", urgent, "raj", now=T0) == (
        '[Quorate] alice asks you NOW: "orders DB down" (2 of @dba needed). '
        "Reply: yes | no | in 5m | sub NAME | why"
    )


def test_who_is_disturbed_reads_why() -> None:
    urgent = activity("bob", {"bob": QUEUED}, urgent=True, about="orders DB down")
    disturbed = replace(urgent, invitations=(replace(urgent.invitations[0], despite=Reason.DND),))
    assert invitee_text("invite", disturbed, "bob", now=T0) == (
        '[Quorate] alice asks you NOW: "orders DB down". You are on do-not-disturb; alice is on your list of '
        "those who may ask all the same, once. Reply: yes | no | in 5m | sub NAME | why"
    )


def test_late_names_who_has_the_place() -> None:
    live = activity(
        "2 of @dba and (lena or omar)",
        {"raj": ACCEPTED, "ines": ACCEPTED, "lena": SILENT, "omar": ACCEPTED},
        state=ActivityState.LIVE,
        live_at=later(60),
    )
    text = invitee_text("late", live, "lena", now=later(80), link=LINK)
    assert text == "Covered by omar 20 s ago. Join anyway? yes | no"


OTHERS = {
    "accepted": f"You are in. The room opens when enough said yes: {LINK}",
    "link": f'[Quorate] The room for "release 2.4" is open with dave: {LINK}',
    "still-there": '[Quorate] "release 2.4" can start now. Still there? yes | no',
    "covered": '[Quorate] "release 2.4" is covered, nothing to do.',
    "cancelled": '[Quorate] "release 2.4" is cancelled, nothing to do.',
    "expired": '[Quorate] "release 2.4" did not come about in time, nothing to do.',
    "not-needed": '"release 2.4" did not come about in time, others are asked now. Nothing to do.',
    "conflict-noted": "Noted. You are not asked for this again; for anything else you are.",
    "stopped": "Done. I will not ask you through Quorate any more.",
}


@pytest.mark.parametrize(("notice", "text"), OTHERS.items())
def test_the_other_messages(notice: str, text: str) -> None:
    story = activity("bob and (carol or dave)", {"bob": ACCEPTED, "carol": DECLINED, "dave": ACCEPTED})
    assert invitee_text(notice, story, "bob", now=T0, link=LINK) == text


TO_ORGANISER = (
    *("started", "fell-back", "tally", "can-later", "live", "ended", "failed", "suggested"),
    *("substitute-waits", "done"),
)
INVITEE_NOTICES = [n for n in Notice if n not in TO_ORGANISER]


@pytest.mark.parametrize("notice", INVITEE_NOTICES)
@pytest.mark.parametrize("about", ["release 2.4", None])
def test_nobody_hears_who_was_asked_in_vain(notice: Notice, about: str | None) -> None:
    story = activity(
        "bob and (carol or lena or dave) and 1 of @dba",
        {"bob": SENT, "carol": DECLINED, "lena": SILENT, "dave": ACCEPTED, "raj": WITHDRAWN, "kofi": SENT},
        about=about,
    )
    text = invitee_text(notice.value, story, "bob", now=later(5), link=LINK)
    assert text
    assert not any(name in text for name in ("carol", "lena", "raj", "ines"))


def test_the_organiser_sees_what_was_sent_in_their_name() -> None:
    story = activity("bob", {"bob": SENT})
    assert echo_text("invite", story, "bob") == "Q1: asked bob."
    assert echo_text("link", story, "bob") is None


def test_who_meets_at_an_address_gets_that_address_too() -> None:
    story = activity("bob", {"bob": ACCEPTED}, about="NDA", kind=Kind.LINK, target="https://meet.example/nda")
    text = invitee_text("link", story, "bob", now=later(5), link=LINK)
    assert text == f'[Quorate] It is on now for "NDA": https://meet.example/nda (who is there: {LINK})'
