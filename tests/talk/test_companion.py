import pytest

from quorate.errors import NotSyntax
from quorate.model.activity import ActivityState, InvitationState
from quorate.model.availability import Availability, TraceLine, Verdict
from quorate.model.command import MeState
from quorate.model.reasons import Reason
from quorate.rules.commands import VERBS, parse_command
from quorate.talk import companion
from tests.talk.stories import T0, activity, later, somebody


def verdict(availability: Availability, says: str, *, used: bool = True, asked: bool = False) -> Verdict:
    line = TraceLine(source="alice@example.org's stream", says=says, at=T0, age_s=12, used=used, asked=asked)
    return Verdict(availability=availability, since=T0, trace=(line,))


def test_who_says_source_and_age() -> None:
    text = companion.who_text(
        [
            (somebody("bob"), verdict(Availability.AVAILABLE, "available")),
            (somebody("carol"), verdict(Availability.UNKNOWN, "no answer in 3 s", asked=True)),
            (somebody("dave"), Verdict(availability=Availability.UNKNOWN, since=None, trace=())),
        ],
        T0,
    )
    assert text.splitlines() == [
        "bob: available (alice@example.org's stream, 12 s ago)",
        "carol: unknown (alice@example.org's stream, no answer in 3 s, asked, 12 s ago)",
        "dave: unknown",
    ]
    assert "no contacts" in companion.who_text([], T0)


def test_status_has_one_line_each() -> None:
    text = companion.status_list(
        [
            activity("bob and carol", {"bob": InvitationState.ACCEPTED}, deadline=later(600)),
            activity("bob", id="Q2", state=ActivityState.LIVE, joined=frozenset({"bob"}), about=None),
            activity("bob", id="Q3", state=ActivityState.EXPIRED, reason=Reason.DEADLINE, about=None),
        ],
        T0,
    )
    assert text.splitlines() == [
        'Q1 "release 2.4": ringing, bob, carol 0/1. Ends 12:10.',
        "Q2: live, 1 in the room.",
        "Q3: expired. Not enough people said yes in time.",
    ]
    assert companion.status_list([]) == companion.NOTHING


def test_confirmations() -> None:
    asked = activity("bob", {"bob": InvitationState.WITHDRAWN})
    assert companion.cancelled(asked) == 'Q1 "release 2.4" is cancelled. The one asked was told.'
    assert companion.cancelled(activity("bob")) == 'Q1 "release 2.4" is cancelled. Nobody was asked.'
    assert companion.extended(activity("bob", deadline=later(60)), T0).endswith("now ends 12:01.")
    assert companion.me_text(MeState.BUSY, later(3600), T0).startswith("Noted: you are busy until 13:00.")


def test_a_refusal_shows_the_mended_line() -> None:
    with pytest.raises(NotSyntax) as refused:
        parse_command("meet 2 off @dba")
    assert companion.error_text(refused.value).endswith("\nDid you mean: meet 2 of @dba")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    assert companion.help_text(verb).startswith(verb)
    assert verb in companion.help_text(None)


def test_the_examples_in_the_help_can_be_typed() -> None:
    lines = [line.strip() for line in companion.help_text("meet").splitlines() if line.startswith("  ")]
    assert lines
    assert all(parse_command(line) for line in lines)


def test_the_presence_text() -> None:
    assert companion.companion_status(1, 2, 0) == "2 ringing, 1 waiting"
    assert companion.companion_status(0, 0, 0) == "meet WHO about TEXT"
