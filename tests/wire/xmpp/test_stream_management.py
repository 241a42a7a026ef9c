"""XEP-0198 translation: the vectors, and a simulated origin and receiver with Quorate between them."""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.stream_management import MODULUS, AckLog, Mark, Translation, translated


def log_of(marks: str, a0: int = 0, z0: int = 0) -> AckLog:
    log = AckLog(a0, z0)
    for mark in marks.split():
        log_one(log, mark)
    return log


def log_one(log: AckLog, mark: str) -> None:
    if mark == "I":
        log.injected()
    elif mark == "W":
        log.swallowed()
    else:
        log.forwarded()


VECTORS = {
    # name: (marks, a0, z0, (h from the receiver, h to the origin) each on a fresh log)
    "V1": ("F F I F", 0, 0, [(4, 3), (3, 2), (2, 2), (0, 0)]),
    "V2": ("F W F", 0, 0, [(0, 0), (1, 2), (2, 3)]),
    "V3": ("W", 0, 0, [(0, 1)]),
    "V4": ("F I W F I", 0, 0, [(1, 2), (2, 2), (3, 3), (4, 3)]),
    "V5": ("I F W", 0, 0, [(0, 0), (1, 0), (2, 2)]),
    "V6": ("F W F", 0, 0, [(0, 0), (1, 2), (2, 3)]),
    "V7": ("F I F", 0, 0, [(1, 1), (2, 1), (3, 2)]),
    "V8": ("W W", 0, 0, [(0, 2)]),
    "V9": ("I W F", 0, 0, [(0, 1), (1, 1), (2, 2)]),
    "V10": (
        "F F I F",
        4294967290,
        4294967294,
        [(4294967295, 4294967291), (0, 4294967292), (2, 4294967293)],
    ),
}


@pytest.mark.parametrize(("marks", "a0", "z0", "acks"), VECTORS.values(), ids=VECTORS.keys())
def test_vectors(marks: str, a0: int, z0: int, acks: list[tuple[int, int]]) -> None:
    for received, handed_on in acks:
        assert log_of(marks, a0, z0).translate(received) == Translation(handed_on)


@pytest.mark.parametrize(("marks", "a0", "z0", "acks"), VECTORS.values(), ids=VECTORS.keys())
def test_vectors_one_after_another(marks: str, a0: int, z0: int, acks: list[tuple[int, int]]) -> None:
    log = log_of(marks, a0, z0)
    for received, handed_on in sorted(acks, key=lambda ack: (ack[0] - z0) % MODULUS):
        assert log.translate(received) == Translation(handed_on)


def test_v11_too_high_is_clamped() -> None:
    assert log_of("F F F").translate(7) == Translation(3, "high")


def test_v12_too_low_is_clamped() -> None:
    assert AckLog(5, 5).translate(4) == Translation(5, "low")


def test_v13_resume_toward_the_server() -> None:
    log = log_of("F F I W F")
    assert log.resumed(2) == Translation(3)
    assert (log.lost, log.dup, log.unacked) == (1, 1, ())
    assert log.forwarded()
    assert not log.forwarded()
    assert log.translate(3) == Translation(4)


def test_v14_resume_toward_the_client_repeats_a_command_once() -> None:
    log = log_of("F I F W")
    assert log.resumed(2) == Translation(1)
    assert log.dup == 2
    assert log.forwarded()
    assert log.swallowed(), "a repeat: not to be executed again"
    assert not log.forwarded()
    assert log.translate(4) == Translation(4)


def test_v15_failed_carries_a_last_count() -> None:
    assert log_of("F W F").translate(1) == Translation(2)


def test_a_second_resume_before_all_repeats_came_keeps_the_rest() -> None:
    log = log_of("F F F F F")
    log.resumed(0)
    log.forwarded()
    log.forwarded()
    assert log.resumed(0) == Translation(0)
    assert log.dup == 5


@pytest.mark.parametrize(("marks", "touched"), [("F F", False), ("F I", True), ("W", True), ("", False)])
def test_touched_tells_whether_counts_may_differ(marks: str, touched: bool) -> None:
    assert log_of(marks).touched is touched


def test_touched_stays_after_the_ack() -> None:
    log = log_of("F I")
    log.translate(2)
    assert log.unacked == ()
    assert log.touched


marks = st.lists(st.sampled_from("FIW"), max_size=12).map(" ".join)


@given(marks, st.integers(0, MODULUS - 1), st.lists(st.integers(0, MODULUS - 1), max_size=6))
def test_what_goes_out_never_goes_back_nor_ahead(given: str, start: int, received: list[int]) -> None:
    log = log_of(given, start, start)
    sent = sum(mark != "I" for mark in given.split())
    last = 0
    for h in received:
        out = (log.translate(h).h - start) % MODULUS
        assert last <= out <= sent
        last = out


@dataclass
class Line:
    """One direction: an origin with its resend queue, Quorate, what is in flight, a receiver."""

    log: AckLog
    origin_acked: int
    receiver_count: int
    made: int = 0
    unacked: deque[tuple[int, Mark]] = field(default_factory=deque)
    unsent: deque[tuple[int, Mark]] = field(default_factory=deque)
    in_flight: deque[int | None] = field(default_factory=deque)
    received: list[int] = field(default_factory=list)
    executed: list[int] = field(default_factory=list)

    def send(self, mark: Mark) -> None:
        if mark is Mark.I:
            self.log.injected()
            self.in_flight.append(None)
            return
        if not self.unsent:
            self.made += 1
            self.unacked.append((self.made, mark))
            self.unsent.append((self.made, mark))
        number, what = self.unsent.popleft()
        if what is Mark.W:
            if not self.log.swallowed():
                self.executed.append(number)
        else:
            self.log.forwarded()
            self.in_flight.append(number)

    def deliver(self) -> None:
        if self.in_flight:
            number = self.in_flight.popleft()
            self.receiver_count = (self.receiver_count + 1) % MODULUS
            if number is not None:
                self.received.append(number)

    def ack(self) -> None:
        self._acked(self.log.translate(self.receiver_count))

    def kill(self) -> None:
        self.in_flight.clear()
        self._acked(self.log.resumed(self.receiver_count))
        self.unsent = deque(self.unacked)

    def _acked(self, translation: Translation) -> None:
        assert translation.desync is None
        count = (translation.h - self.origin_acked) % MODULUS
        assert count <= len(self.unacked)
        for _ in range(count):
            self.unacked.popleft()
        self.origin_acked = translation.h


steps = st.lists(st.sampled_from(["F", "F", "I", "W", "deliver", "deliver", "ack", "kill"]), max_size=80)


@given(steps, st.integers(MODULUS - 5, MODULUS + 5), st.integers(MODULUS - 5, MODULUS + 5))
def test_nothing_is_lost_doubled_or_executed_twice(actions: list[str], a0: int, z0: int) -> None:
    """T16 without sockets: any order of stanzas, acks and broken connections."""
    line = Line(AckLog(a0 % MODULUS, z0 % MODULUS), a0 % MODULUS, z0 % MODULUS)
    meant: dict[int, Mark] = {}
    for action in [*actions, "kill", *["F"] * 90, *["deliver"] * 180, "ack"]:
        if action in ("deliver", "ack", "kill"):
            getattr(line, action)()
        else:
            line.send(Mark(action))
        meant.update(line.unacked)
    assert line.received == [number for number, mark in sorted(meant.items()) if mark is Mark.F]
    assert line.executed == [number for number, mark in sorted(meant.items()) if mark is Mark.W]
    assert not line.unacked


class Plain:
    """The arithmetic of the specification as it is written, one mark at a time."""

    def __init__(self, a0: int, z0: int) -> None:
        self.a0, self.z0, self.dup = a0, z0, 0
        self.marks: list[str] = []

    def translate(self, h: int) -> Translation:
        acked = (h - self.z0) % MODULUS
        possible = len(self.marks) - self.marks.count("W")
        desync: Literal["high", "low"] | None = None
        if acked > possible:
            desync = "high" if acked < MODULUS // 2 else "low"
        acked = acked if desync is None else possible if desync == "high" else 0
        kept, handled, seen = [], 0, 0
        while self.marks and not (self.marks[0] == "F" and seen == acked):
            mark = self.marks.pop(0)
            if mark == "I" and seen == acked:
                kept.append(mark)
                continue
            seen += mark != "W"
            handled += mark != "I"
        self.marks = kept + self.marks
        self.a0, self.z0 = (self.a0 + handled) % MODULUS, (self.z0 + acked) % MODULUS
        return Translation(self.a0, desync)

    def resumed(self, h: int) -> Translation:
        translation = self.translate(h)
        self.dup += len(self.marks) - self.marks.count("I")
        self.marks = []
        return translation

    def add(self, mark: str) -> None:
        self.marks.append(mark)
        self.dup -= mark != "I" and self.dup > 0


@given(
    st.integers(0, MODULUS - 1),
    st.lists(
        st.sampled_from("FFFIW")
        | st.tuples(st.sampled_from(["ack", "resume"]), st.integers(-3, 8))
        | st.tuples(st.just("pass"), st.integers(1, 4)),
        max_size=40,
    ),
)
def test_runs_are_the_plain_log(start: int, actions: list[str | tuple[str, int]]) -> None:
    log, plain = AckLog(start, start), Plain(start, start)
    for action in actions:
        match action:
            case ("pass", count):
                log.forwarded(count)
                for _ in range(count):
                    plain.add("F")
            case ("ack", ahead):
                assert log.translate((plain.z0 + ahead) % MODULUS) == plain.translate(plain.z0 + ahead)
            case ("resume", ahead):
                assert log.resumed((plain.z0 + ahead) % MODULUS) == plain.resumed(plain.z0 + ahead)
            case str(mark):
                log_one(log, mark)
                plain.add(mark)
        assert "".join(mark.value for mark in log.unacked) == "".join(plain.marks)
        assert (log.a0, log.z0, log.dup) == (plain.a0, plain.z0, plain.dup)
        assert log.touched == (plain.a0 != plain.z0 or not {"I", "W"}.isdisjoint(plain.marks))


_STEPS = st.lists(
    st.tuples(st.sampled_from(["F", "I", "W", "acknowledged"]), st.integers(1, 5)),
    max_size=40,
)


@given(z0=st.integers(0, MODULUS - 1), steps=_STEPS)
def test_a_table_translates_like_its_log(z0: int, steps: list[tuple[str, int]]) -> None:
    log = AckLog.joined((), z0, 0)
    for step, count in steps:
        if step == "acknowledged":
            log.translate((log.z0 + min(count, log.count(Mark.F, Mark.I))) % MODULUS)
        else:
            log_one(log, step)
    table, possible = log.table(), log.count(Mark.F, Mark.I)
    for acked in range(possible + 1):
        h = (log.z0 + acked) % MODULUS
        assert translated(table, h) == deepcopy(log).translate(h).h
    later = deepcopy(log)
    later.forwarded(3)
    h = (log.z0 + possible + 3) % MODULUS
    assert translated(table, h) == later.translate(h).h
