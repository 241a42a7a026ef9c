from datetime import UTC, datetime

from quorate.agent.replies_kept import AT_RISK_S, MAX_KEPT, RepliesKept
from quorate.link.messages import Replied
from quorate.model.command import Answer, Reply


def replied(message: str) -> Replied:
    return Replied(
        stream="s1",
        contact="bob@example.org",
        message=message,
        reply=Reply(answer=Answer.YES),
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_what_nobody_was_told_waits_as_long_as_it_takes() -> None:
    kept = RepliesKept()
    kept.keep(replied("m1"), sent=False, now=0.0)
    assert kept.take(10 * AT_RISK_S) == [replied("m1")]


def test_what_was_told_just_before_a_server_went_away_is_told_again() -> None:
    kept = RepliesKept()
    kept.keep(replied("m1"), sent=True, now=0.0)
    kept.keep(replied("m2"), sent=True, now=AT_RISK_S)
    assert kept.take(AT_RISK_S + 1) == [replied("m2")]
    assert kept.take(2 * AT_RISK_S + 1) == []


def test_it_is_bounded() -> None:
    kept = RepliesKept()
    for n in range(MAX_KEPT + 1):
        kept.keep(replied(str(n)), sent=False, now=0.0)
    found = kept.take(0.0)
    assert len(found) == MAX_KEPT
    assert found[0].message == "1"
