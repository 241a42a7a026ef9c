"""The latest evidence about everybody, and the verdicts that follow from it.

One statement is kept per (source, vantage, subject, device). What a stream reported counts only while a
stream that reported it lives; then it is marked stale, and stale is unknown.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from quorate.availability.policy import availability, judge, next_change
from quorate.availability.settle import Settler
from quorate.clock import Clock
from quorate.model.address import Address
from quorate.model.availability import Availability, Trace, TraceLine, Verdict
from quorate.model.evidence import Evidence, Presence, Source
from quorate.model.person import Person
from quorate.model.reasons import Reason
from quorate.server.alarms import Alarms
from quorate.server.directory import Directory

_Slot = tuple[Source, Address | None, str]
_Seen = tuple[str, Address | None]
"""(person key, vantage): one verdict that is kept up to date."""


@dataclass(slots=True)
class _Entry:
    evidence: Evidence
    streams: set[str] = field(default_factory=set)
    """Streams that reported exactly this; empty for what no stream reported."""


class EvidenceBook:
    """Every method that takes evidence in returns the keys of the persons it concerns."""

    def __init__(
        self,
        clock: Clock,
        directory: Directory,
        *,
        settle_s: float,
        ask_timeout_s: float,
        zone: tzinfo,
        changed: Callable[[set[str]], None],
    ) -> None:
        """``changed`` is told whose verdict changed because time passed."""
        self._clock = clock
        self._directory = directory
        self._settle_s = settle_s
        self._ask_timeout_s = ask_timeout_s
        self._zone = zone
        self._changed = changed
        self._entries: dict[Address, dict[_Slot, _Entry]] = {}
        self._settlers: dict[_Seen, Settler] = {}
        self._turns: dict[_Seen, datetime] = {}
        """When a piece of evidence changes its meaning next."""
        self._told: dict[str, set[Address]] = {}
        """Stream to whom it reported something about."""
        self._alarms: Alarms[_Seen] = Alarms(clock, self._due)
        """When a verdict may change by itself."""

    def saw(self, stream: str, evidence: Iterable[Evidence]) -> set[str]:
        """Evidence that a stream reported."""
        return {self._put(statement, stream) for statement in evidence}

    def note(self, evidence: Evidence) -> set[str]:
        """Evidence from elsewhere: said, page open, in a room, no answer."""
        return {self._put(evidence, None)}

    def no_answer(
        self, vantage: Address, contact: Address, reason: Reason | None, *, asked: bool
    ) -> set[str]:
        """A request brought nothing: that is evidence too, unless the stream spoke meanwhile."""
        if self.knows(vantage, contact):
            return set()
        now = self._clock.now()
        return self.note(
            Evidence(
                subject=contact,
                source=Source.STREAM,
                presence=Presence.UNKNOWN,
                at=now,
                heard=now,
                vantage=vantage,
                asked=asked,
                reason=reason,
            )
        )

    def forget(self, subject: Address, source: Source, resource: str = "") -> set[str]:
        """Take back what was noted."""
        self._entries.get(subject, {}).pop((source, None, resource), None)
        return {self._touch(subject, at_once=True)}

    def stream_ended(self, stream: str, reason: Reason = Reason.STREAM_ENDED) -> set[str]:
        """What only this stream reported is stale from now on."""
        touched = set()
        for subject in self._told.pop(stream, ()):
            for entry in self._entries.get(subject, {}).values():
                if stream in entry.streams:
                    entry.streams.discard(stream)
                    if not entry.streams:
                        entry.evidence = replace(entry.evidence, stale=True, reason=reason)
                        touched.add(subject)
        return {self._touch(subject) for subject in touched}

    def knows(self, vantage: Address, subject: Address) -> bool:
        """True if this vantage's stream showed the subject's presence itself (not only implied)."""
        return any(
            slot[:2] == (Source.STREAM, vantage)
            and not (entry.evidence.stale or entry.evidence.implied)
            and entry.evidence.presence not in (Presence.UNKNOWN, Presence.UNREACHABLE)
            for slot, entry in self._entries.get(subject, {}).items()
        )

    def heard_of(self, addresses: Iterable[Address]) -> bool:
        """False if there is no evidence at all: then they are unknown."""
        return any(self._entries.get(address) for address in addresses)

    def about(self, addresses: Iterable[Address], vantage: Address | None) -> list[Evidence]:
        """What may be used from this vantage (None: everything)."""
        found = []
        for address in addresses:
            for entry in self._entries.get(address, {}).values():
                e = entry.evidence
                through = e.vantage
                if vantage is None or through is None or through is vantage or through == vantage:
                    found.append(replace(e, pushed=True) if e.asked and self._is_pushed(e) else e)
        return found

    def verdict(self, person: Person, vantage: Address | None = None) -> Verdict:
        """The verdict at this moment; a change counts once it has held ``settle_s``."""
        verdict = self._judge(person.addresses, vantage)
        settler = self._settlers.get((person.key, vantage))
        if settler is None or settler.current in (None, verdict.availability):
            return verdict
        trace = Trace(lambda: tuple(map(_unsettled, verdict.trace)))
        return replace(verdict, availability=settler.current, trace=trace)

    def best_address(self, addresses: Iterable[Address], vantage: Address) -> Address | None:
        """The first of these where this account sees the person available; None if nowhere."""
        for address in addresses:
            verdict = self._judge([address], vantage)
            if verdict.availability is Availability.AVAILABLE and verdict.reachable:
                return address
        return None

    def on_time(self) -> None:
        """Let pass what was due."""
        self._alarms.check()

    def stop(self) -> None:
        self._alarms.stop()

    # how

    def _is_pushed(self, evidence: Evidence) -> bool:
        if evidence.vantage is None:
            return False
        contact = self._directory.contact(evidence.vantage, evidence.subject)
        return contact is not None and contact.pushes_presence

    def _judge(self, addresses: Iterable[Address], vantage: Address | None) -> Verdict:
        return judge(
            self.about(addresses, vantage),
            self._clock.now(),
            zone=self._zone,
            ask_timeout_s=self._ask_timeout_s,
        )

    def _put(self, evidence: Evidence, stream: str | None) -> str:
        slots = self._entries.setdefault(evidence.subject, {})
        slot = (evidence.source, evidence.vantage, evidence.resource)
        before = slots.get(slot)
        others = len(slots) > (before is not None)
        same_view = {s: e for s, e in slots.items() if s != slot and s[:2] == slot[:2]} if others else {}
        if evidence.stale and stream is not None and _others_know(before, same_view, stream):
            return self._directory.key_of(evidence.subject)
        if evidence.implied and any(not e.evidence.stale for e in same_view.values()):
            return self._directory.key_of(evidence.subject)
        if same_view and evidence.source is Source.STREAM:
            for other in _superseded(evidence, same_view):
                del slots[other]
        told_by = set() if stream is None else {stream}
        if before is not None and _same_state(before.evidence, evidence):
            told_by |= before.streams
        slots[slot] = _Entry(evidence, told_by)
        if stream is not None:
            self._told.setdefault(stream, set()).add(evidence.subject)
        return self._touch(evidence.subject, evidence.vantage, at_once=stream is None)

    def _touch(self, subject: Address, vantage: Address | None = None, *, at_once: bool = False) -> str:
        """Bring the verdicts about this address up to date; what a vantage saw is its knowledge alone."""
        key = self._directory.key_of(subject)
        own = vantage is not None and self._directory.owns(vantage)
        for account in [vantage] if own else self._directory.accounts():
            self._settle((key, account), at_once=at_once)
        return key

    def _settle(self, seen: _Seen, *, at_once: bool = False) -> bool:
        """Feed the verdict of this moment; returns whether what counts changed."""
        key, vantage = seen
        addresses = self._directory.addresses(key)
        if not addresses:
            return False
        now = self._clock.now()
        evidence = self.about(addresses, vantage)
        settler = self._settlers.get(seen)
        if settler is None:
            settler = self._settlers[seen] = Settler(self._settle_s)
        moved = settler.feed(availability(evidence, now), now, at_once=at_once) is not None
        turn = next_change(evidence, now)
        if turn is not None:
            self._turns[seen] = turn
        else:
            self._turns.pop(seen, None)
        self._alarms.set(seen, _earlier(settler.next_deadline(), turn))
        return moved

    def _due(self, due: Iterable[_Seen]) -> None:
        """Evidence that has its time can matter without another word: busy may be do-not-disturb then."""
        now, changed = self._clock.now(), set[str]()
        for seen in due:
            turn = self._turns.get(seen)
            if self._settle(seen) or (turn is not None and turn <= now):
                changed.add(seen[0])
        if changed:
            self._changed(changed)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return one or other if one is None or other is None else min(one, other)


def _others_know(entry: _Entry | None, same_view: Mapping[_Slot, _Entry], stream: str) -> bool:
    """What one stream does not know any more another may still say; what was replaced stays so."""
    if entry is None:
        return bool(same_view)
    entry.streams.discard(stream)
    return bool(entry.streams)


def _superseded(evidence: Evidence, same_view: Mapping[_Slot, _Entry]) -> list[_Slot]:
    """What the stream said before and no longer holds, by RFC 6121 section 4.5.

    Unavailable from the bare address ends every device; a device that shows itself ends what was said of
    the whole account; of devices that left, the last is remembered; anything new ends what is stale.
    """
    gone: list[_Slot] = []
    if evidence.stale:
        return gone
    for slot, entry in same_view.items():
        known = entry.evidence
        ends_all = not evidence.resource and evidence.presence is Presence.OFFLINE
        of_account = bool(evidence.resource) and not slot[2]
        both_left = evidence.presence is known.presence is Presence.OFFLINE
        if known.stale or ends_all or of_account or both_left:
            gone.append(slot)
    return gone


def _same_state(one: Evidence, other: Evidence) -> bool:
    return not one.stale and (one.presence, one.priority) == (other.presence, other.priority)


def _unsettled(line: TraceLine) -> TraceLine:
    """It would have counted, had it held long enough."""
    return replace(line, says=f"{line.says}, too recently to count yet") if line.used else line
