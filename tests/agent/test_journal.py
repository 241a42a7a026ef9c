import pytest

from quorate.agent import journal as journal_module
from quorate.agent.journal import Journal
from quorate.link.messages import EffectDone
from quorate.model.reasons import Reason


def test_what_has_left_is_not_begun_again() -> None:
    journal = Journal()
    assert journal.begin("e1", "s1")
    assert not journal.begin("e1", "s1")
    assert journal.ended("e1") is None
    assert journal.done("e1", None) == EffectDone(effect="e1")
    assert not journal.begin("e1", "s2")
    assert journal.ended("e1") == EffectDone(effect="e1")
    assert journal.unsettled() == [EffectDone(effect="e1")]


def test_what_failed_may_be_begun_again() -> None:
    journal = Journal()
    journal.begin("e1", "s1")
    assert journal.done("e1", Reason.RATE_LIMITED) == EffectDone(effect="e1", reason="rate-limited")
    assert journal.unsettled() == []
    assert journal.begin("e1", "s1")


def test_what_came_back_is_kept_until_it_is_stored_and_not_begun_again() -> None:
    journal = Journal()
    back = EffectDone(effect="e1", reason="unreachable")
    journal.begin("e1", "s1")
    journal.done("e1", None)
    journal.stored(["e1"])
    assert journal.bounced("e1") == back
    assert journal.unsettled() == [back]
    assert not journal.begin("e1", "s2")
    assert journal.ended("e1") == back
    journal.stored(["e1"])
    assert journal.unsettled() == []


def test_the_end_of_a_stream_ends_what_it_was_given() -> None:
    journal = Journal()
    for effect, stream in (("e1", "s1"), ("e2", "s2"), ("e3", "s1")):
        journal.begin(effect, stream)
    assert [e.effect for e in journal.stream_over("s1")] == ["e1", "e3"]
    assert journal.stream_over("s1") == []
    assert journal.done("e2", None) is not None


def test_ends_of_what_the_server_never_gave_stay_here() -> None:
    assert Journal().done("local-1", None) is None


def test_what_is_stored_is_forgotten() -> None:
    journal = Journal()
    journal.begin("e1", "s1")
    journal.done("e1", None)
    journal.stored(["e1", "unheard-of"])
    assert journal.unsettled() == []


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MAX_LEFT", 3)
    journal = Journal()
    for n in range(5):
        journal.begin(f"e{n}", "s1")
        journal.done(f"e{n}", None)
    assert [e.effect for e in journal.unsettled()] == ["e2", "e3", "e4"]
