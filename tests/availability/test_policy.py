from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.availability.policy import (
    ASKED_FRESH_S,
    IDLE_AWAY_S,
    SAID_FRESH_S,
    availability,
    judge,
    next_change,
)
from quorate.model.address import xmpp
from quorate.model.availability import Availability
from quorate.model.evidence import Evidence, Presence, Source
from quorate.model.reasons import Reason

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
BOB, WORK = xmpp("bob@example.org"), xmpp("bob@work.example")
ALICE, CAROL = xmpp("alice@example.org"), xmpp("carol@example.org")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def seen(presence: Presence, heard: float = 10, **more: Any) -> Evidence:
    told: dict[str, Any] = {
        "subject": BOB,
        "source": Source.STREAM,
        "vantage": ALICE,
        "resource": "phone",
        "at": ago(heard),
        **more,
    }
    return Evidence(presence=presence, heard=ago(heard), **told)


def said(presence: Presence, heard: float = 60, **more: Any) -> Evidence:
    return seen(presence, heard, source=Source.SAID, vantage=None, resource="", **more)


ONLINE, AWAY, BUSY = Presence.ONLINE, Presence.AWAY, Presence.BUSY
OFFLINE, UNKNOWN = Presence.OFFLINE, Presence.UNKNOWN
PAGE = seen(ONLINE, source=Source.OWN_CLIENT, vantage=None, resource="")
ROOM = seen(BUSY, source=Source.ROOM, vantage=None, resource="Q7")
CALENDAR = seen(BUSY, source=Source.CALENDAR, vantage=None, resource="")

VERDICTS: dict[str, tuple[list[Evidence], str]] = {
    "nothing": ([], "unknown"),
    "online": ([seen(ONLINE)], "available"),
    "free for chat": ([seen(Presence.FREE)], "available"),
    "away": ([seen(AWAY)], "away"),
    "extended away": ([seen(Presence.XA)], "away"),
    "busy": ([seen(BUSY)], "busy"),
    "offline": ([seen(OFFLINE)], "offline"),
    "implied offline": ([seen(OFFLINE, implied=True)], "offline"),
    "no answer": ([seen(UNKNOWN, reason=Reason.TIMEOUT, asked=True)], "unknown"),
    "server unreachable": ([seen(Presence.UNREACHABLE)], "unknown"),
    "stale is never available": ([seen(ONLINE, stale=True)], "unknown"),
    "an answer grows old": ([seen(ONLINE, ASKED_FRESH_S, asked=True)], "unknown"),
    "what is pushed does not": ([seen(ONLINE, ASKED_FRESH_S * 9)], "available"),
    "highest priority": (
        [seen(AWAY, 1, resource="desk", priority=1), seen(ONLINE, 90, priority=5)],
        "available",
    ),
    "same priority, the latest": ([seen(ONLINE, 90, resource="desk"), seen(AWAY, 1)], "away"),
    "do-not-disturb on any device": ([seen(ONLINE, priority=5), seen(BUSY, resource="desk")], "busy"),
    "do-not-disturb on any network": ([seen(ONLINE), seen(BUSY, subject=WORK)], "busy"),
    "one network is enough": ([seen(OFFLINE), seen(ONLINE, subject=WORK)], "available"),
    "offline only if all devices are gone": (
        [seen(OFFLINE, 1), seen(ONLINE, 90, resource="desk")],
        "available",
    ),
    "the newest vantage": ([seen(ONLINE, 90), seen(AWAY, 5, vantage=CAROL)], "away"),
    "a vantage that knows beats one that does not": (
        [seen(ONLINE, 90), seen(UNKNOWN, 5, vantage=CAROL)],
        "available",
    ),
    "idle": ([seen(ONLINE, idle_since=ago(IDLE_AWAY_S))], "away"),
    "not idle enough": ([seen(ONLINE, idle_since=ago(IDLE_AWAY_S - 1))], "available"),
    "free for chat is never idle": ([seen(Presence.FREE, idle_since=ago(IDLE_AWAY_S))], "available"),
    "not known as a whole, the last device gone": (
        [seen(OFFLINE), seen(UNKNOWN, resource="", reason=Reason.STALE)],
        "unknown",
    ),
    "said busy beats online": ([seen(ONLINE), said(BUSY)], "busy"),
    "said available takes back what the client shows": ([seen(BUSY, 90), said(ONLINE, 60)], "available"),
    "do-not-disturb after saying available": ([seen(BUSY, 10), said(ONLINE, 60)], "busy"),
    "away after saying available": ([seen(AWAY, 10), said(ONLINE, 60)], "away"),
    "said available until then": ([seen(BUSY, 10), said(ONLINE, 60, until=ago(-9))], "available"),
    "an answer of a contact whose changes are told": (
        [seen(ONLINE, ASKED_FRESH_S, asked=True, pushed=True)],
        "available",
    ),
    "the latest word": ([seen(ONLINE), said(BUSY, 60), said(AWAY, 50)], "away"),
    "said available, then left": ([seen(OFFLINE), said(ONLINE)], "offline"),
    "said available, the page is open": ([seen(OFFLINE), said(ONLINE), PAGE], "available"),
    "said available, nothing seen": ([said(ONLINE)], "available"),
    "a word that is over": ([seen(ONLINE), said(BUSY, until=ago(1))], "available"),
    "a word that is not over": ([seen(ONLINE), said(BUSY, until=ago(-1))], "busy"),
    "a word from yesterday": ([seen(ONLINE), said(BUSY, SAID_FRESH_S)], "available"),
    "in a room": ([seen(ONLINE), ROOM], "busy"),
    "calendar": ([seen(ONLINE), CALENDAR], "busy"),
    "page open without a client": ([PAGE], "available"),
    "page open, client gone": ([seen(OFFLINE), PAGE], "available"),
    "page open, client away": ([seen(AWAY), PAGE], "away"),
}


@pytest.mark.parametrize(("evidence", "verdict"), VERDICTS.values(), ids=VERDICTS)
def test_the_verdict(evidence: list[Evidence], verdict: str) -> None:
    judged = judge(evidence, NOW)
    assert judged.availability == verdict
    assert judge(reversed(evidence), NOW).availability == verdict
    assert len(judged.trace) == len(evidence)
    assert sum(line.used for line in judged.trace) <= 1
    assert all(line.used or line.why_not for line in judged.trace)


SAYS: dict[str, tuple[Evidence, str, str]] = {
    "stream": (seen(ONLINE), "alice@example.org's stream", "available"),
    "idle": (seen(AWAY, idle_since=ago(1200)), "alice@example.org's stream", "away, idle 20 min"),
    "said": (said(BUSY, until=NOW + timedelta(hours=2)), "said so", "busy until 14:00"),
    "no answer": (
        seen(UNKNOWN, reason=Reason.TIMEOUT, asked=True),
        "alice@example.org's stream",
        "no answer in 3 s",
    ),
    "page": (PAGE, "page open", "available"),
    "room": (ROOM, "in room Q7", "busy"),
    "implied": (
        seen(OFFLINE, implied=True),
        "alice@example.org's stream",
        "offline, nothing seen since login",
    ),
    "negative": (seen(ONLINE, priority=-1), "alice@example.org's stream", "available, takes no messages"),
}


@pytest.mark.parametrize(("evidence", "source", "says"), SAYS.values(), ids=SAYS)
def test_the_trace_says_it_in_words(evidence: Evidence, source: str, says: str) -> None:
    (line,) = judge([evidence], NOW).trace
    assert (line.source, line.says) == (source, says)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words(reason: Reason) -> None:
    (line,) = judge([seen(UNKNOWN, reason=reason)], NOW).trace
    assert line.says
    assert "{" not in line.says


def test_the_trace_says_why_something_was_not_used() -> None:
    evidence = [
        seen(ONLINE, priority=5),
        seen(AWAY, resource="desk", priority=1),
        seen(AWAY, 90, vantage=CAROL),
        seen(ONLINE, stale=True, subject=WORK),
        said(BUSY, until=ago(1)),
    ]
    judged = judge(evidence, NOW)
    assert [line.why_not for line in judged.trace] == [None, "lower priority", "older", "stale", "over"]
    assert [line.used for line in judged.trace] == [True, False, False, False, False]


def test_the_verdict_carries_since_until_and_reason() -> None:
    until = NOW + timedelta(hours=2)
    busy = judge([seen(ONLINE), said(BUSY, until=until)], NOW)
    assert (busy.since, busy.until) == (ago(60), until)
    idle = judge([seen(ONLINE, idle_since=ago(1200))], NOW)
    assert idle.since == ago(1200)
    assert judge([], NOW).reason == Reason.NEVER_SEEN
    assert judge([seen(ONLINE, stale=True, reason=Reason.STREAM_ENDED)], NOW).reason == Reason.STREAM_ENDED
    assert judge([seen(UNKNOWN, reason=Reason.TIMEOUT)], NOW).reason == Reason.TIMEOUT


def test_somebody_whose_devices_take_no_chat_is_not_reachable() -> None:
    assert not judge([seen(ONLINE, priority=-1)], NOW).reachable
    assert judge([seen(ONLINE, priority=-1), seen(AWAY, resource="desk", priority=0)], NOW).reachable


def test_time_alone_can_change_the_verdict() -> None:
    evidence = [
        seen(ONLINE, idle_since=ago(60)),
        seen(ONLINE, 0, subject=WORK, asked=True),
        said(BUSY, until=NOW + timedelta(minutes=5)),
    ]
    assert next_change(evidence, NOW) == NOW + timedelta(minutes=5)
    assert next_change(evidence[:2], NOW) == ago(60) + timedelta(seconds=IDLE_AWAY_S)
    assert next_change([seen(ONLINE)], NOW) is None


_evidence = st.builds(
    lambda presence, source, heard, priority, stale, asked, vantage, resource, idle: replace(
        seen(presence, heard, priority=priority, stale=stale, asked=asked, resource=resource, source=source),
        vantage=vantage,
        idle_since=None if idle is None else ago(idle),
    ),
    st.sampled_from(Presence),
    st.sampled_from(Source),
    st.floats(0, 100_000),
    st.integers(-1, 3),
    st.booleans(),
    st.booleans(),
    st.sampled_from([ALICE, CAROL, None]),
    st.sampled_from(["", "phone", "desk"]),
    st.none() | st.floats(0, 5_000),
)


@given(st.lists(_evidence, max_size=6))
def test_whatever_is_heard_there_is_a_verdict_with_a_line_for_each(evidence: list[Evidence]) -> None:
    judged = judge(evidence, NOW)
    assert len(judged.trace) == len(evidence)
    if judged.availability is not Availability.UNKNOWN:
        assert sum(line.used for line in judged.trace) == 1
    used = [e for e, line in zip(evidence, judged.trace, strict=True) if line.used]
    assert not any(e.stale for e in used)
    if all(e.stale for e in evidence):
        assert judged.availability is Availability.UNKNOWN


@given(st.lists(_evidence, max_size=4))
def test_nothing_changes_before_the_announced_moment(evidence: list[Evidence]) -> None:
    at = next_change(evidence, NOW)
    if at is not None and at - NOW > timedelta(milliseconds=1):
        before = judge(evidence, at - timedelta(milliseconds=1))
        assert before.availability is judge(evidence, NOW).availability


@given(st.lists(_evidence, max_size=6))
def test_the_answer_alone_is_that_of_the_verdict(evidence: list[Evidence]) -> None:
    assert availability(evidence, NOW) is judge(evidence, NOW).availability


def test_a_trace_says_what_was_so_when_it_was_judged_however_late_it_is_read() -> None:
    evidence = [seen(ONLINE), said(BUSY)]
    judged = judge(evidence, NOW)
    evidence.clear()
    assert [(line.says, line.age_s) for line in judged.trace] == [("available", 10.0), ("busy", 60.0)]
    assert judged.trace[-1] is judged.trace[1]
    assert judged == judge([seen(ONLINE), said(BUSY)], NOW)
