"""Evidence about one person becomes one verdict, with a trace line for each piece of evidence.

Order (design section 5): what the person said > do-not-disturb > in a live room > calendar > best device by
priority and show > own client > idle. What is stale or too old is unknown, never available. Presence per
device after RFC 6121 section 4.7.2: highest priority, then the latest; a negative priority takes no chat.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from quorate.availability.words import says_text, source_text
from quorate.model.address import Address
from quorate.model.availability import Availability, Trace, TraceLine, Verdict
from quorate.model.evidence import Evidence, Presence, Source
from quorate.model.reasons import Reason

IDLE_AWAY_S = 600.0
"""Online but idle for this long is away, unless the client says it is free for chat."""
ASKED_FRESH_S = 900.0
"""An answer to a request is one look: nothing tells us of later changes."""
SAID_FRESH_S = 24 * 3600.0
"""A statement without an end holds this long."""

_AVAILABILITY = {
    Presence.FREE: Availability.AVAILABLE,
    Presence.ONLINE: Availability.AVAILABLE,
    Presence.AWAY: Availability.AWAY,
    Presence.XA: Availability.AWAY,
    Presence.BUSY: Availability.BUSY,
    Presence.OFFLINE: Availability.OFFLINE,
}
_PRESENT = frozenset({Availability.AVAILABLE, Availability.AWAY, Availability.BUSY})
_BEST_FIRST = (Availability.AVAILABLE, Availability.AWAY, Availability.BUSY, Availability.OFFLINE)


class _Weighing:
    """Evidence that still counts, and why the rest does not."""

    __slots__ = ("fresh", "known", "now", "unused")

    def __init__(self, now: datetime, known: list[Evidence]) -> None:
        self.now = now
        self.known = known
        self.fresh: dict[Source, list[Evidence]] = {}
        self.unused: dict[int, str] = {}
        """id() of evidence that is not used -> why, if it is not simply outweighed."""
        for e in known:
            if (why := _too_old(e, now)) is not None:
                self.unused[id(e)] = why
            elif (alike := self.fresh.get(e.source)) is None:
                self.fresh[e.source] = [e]
            else:
                alike.append(e)

    def drop(self, evidence: Iterable[Evidence], why: str) -> None:
        for e in evidence:
            self.unused.setdefault(id(e), why)

    def of(self, source: Source) -> Sequence[Evidence]:
        fresh = self.fresh.get(source, ())
        return [e for e in fresh if id(e) not in self.unused] if self.unused and fresh else fresh


@dataclass(slots=True)
class _Found:
    availability: Availability
    by: Evidence | None
    reachable: bool = True
    reason: Reason | None = None
    since: datetime | None = None


def judge(
    evidence: Iterable[Evidence],
    now: datetime,
    *,
    zone: tzinfo = UTC,
    ask_timeout_s: float = 3.0,
) -> Verdict:
    """The verdict about one person; ``evidence`` may come from several addresses, vantages and devices.

    ``zone`` is the reader's, for times in the trace. How long a state must hold is settle.py's business.
    """
    known = list(evidence)
    weighing = _Weighing(now, known)
    found = _decide(weighing)
    by = found.by
    return Verdict(
        availability=found.availability,
        since=found.since or (by.at if by else None),
        trace=Trace(lambda: tuple(_line(e, weighing, found, now, zone, ask_timeout_s) for e in known)),
        until=by.until if by else None,
        reason=found.reason,
        reachable=found.reachable,
        do_not_disturb=_do_not_disturb(found),
    )


def availability(evidence: Iterable[Evidence], now: datetime) -> Availability:
    """Of ``judge`` the answer alone."""
    return _decide(_Weighing(now, list(evidence))).availability


def _do_not_disturb(found: _Found) -> bool:
    busy = found.availability is Availability.BUSY
    return busy and found.by is not None and found.by.source is Source.STREAM


def next_change(evidence: Iterable[Evidence], now: datetime) -> datetime | None:
    """When time alone may change the verdict next."""
    turns = [at for e in evidence for at in _turning_points(e) if at > now]
    return min(turns) if turns else None


def _turning_points(e: Evidence) -> Sequence[datetime]:
    points = []
    if e.until is not None:
        points.append(e.until)
    elif e.source is Source.SAID:
        points.append(e.heard + timedelta(seconds=SAID_FRESH_S))
    if e.asked and not e.pushed and e.source is Source.STREAM:
        points.append(e.heard + timedelta(seconds=ASKED_FRESH_S))
    if e.idle_since is not None and e.presence is Presence.ONLINE:
        points.append(e.idle_since + timedelta(seconds=IDLE_AWAY_S))
    return points


def _too_old(e: Evidence, now: datetime) -> str | None:
    """Why time or the end of its stream took the force from it."""
    if e.stale:
        return "stale"
    if e.until is not None and e.until <= now:
        return "over"
    lasts_s = _lasts_s(e)
    return "too old" if lasts_s is not None and (now - e.heard).total_seconds() >= lasts_s else None


def _lasts_s(e: Evidence) -> float | None:
    if e.source is Source.STREAM:
        return ASKED_FRESH_S if e.asked and not e.pushed else None
    return SAID_FRESH_S if e.source is Source.SAID and e.until is None else None


def _decide(weighing: _Weighing) -> _Found:
    network = _network(weighing)
    found = None
    if weighing.fresh.keys() - {Source.STREAM}:
        found = _said(weighing, network) or _occupied(weighing, network) or _present(weighing, network)
    if found is None:
        found = network if network.by is not None else _nothing(weighing.known)
    return found


def _said(weighing: _Weighing, network: _Found) -> _Found | None:
    """The person's own word; “available” without an end only until their client shows something else."""
    statements = sorted(weighing.of(Source.SAID), key=lambda e: e.heard, reverse=True)
    if not statements:
        return None
    weighing.drop(statements[1:], "older")
    word = statements[0]
    availability = _AVAILABILITY.get(word.presence, Availability.UNKNOWN)
    if availability is Availability.AVAILABLE and word.until is None and _shown_since(word, network):
        weighing.drop([word], "older")
        return None
    if availability is Availability.AVAILABLE and network.availability is Availability.OFFLINE:
        if not weighing.of(Source.OWN_CLIENT):
            weighing.drop([word], "offline since")
            return None
        return _Found(availability, word)
    return _Found(availability, word, reachable=network.reachable)


def _shown_since(word: Evidence, network: _Found) -> bool:
    return network.by is not None and (network.since or network.by.at) > word.heard


def _occupied(weighing: _Weighing, network: _Found) -> _Found | None:
    """Do-not-disturb on any network, then a live room, then the calendar."""
    if network.availability is Availability.BUSY:
        return network
    for source in (Source.ROOM, Source.CALENDAR):
        busy = [e for e in weighing.of(source) if e.presence is Presence.BUSY]
        if busy:
            return _Found(Availability.BUSY, max(busy, key=lambda e: e.heard), network.reachable)
    return None


def _present(weighing: _Weighing, network: _Found) -> _Found | None:
    """The best device; a page that is open counts where no device is."""
    if network.availability in _PRESENT:
        return network
    own = [e for e in weighing.of(Source.OWN_CLIENT) if e.presence in (Presence.ONLINE, Presence.FREE)]
    return _Found(Availability.AVAILABLE, max(own, key=lambda e: e.heard)) if own else None


def _network(weighing: _Weighing) -> _Found:
    """All networks together: do-not-disturb on any, else the most present."""
    seen = weighing.of(Source.STREAM)
    if len(seen) == 1:
        return _account(seen, weighing)
    by_subject: dict[Address, list[Evidence]] = {}
    for e in seen:
        by_subject.setdefault(e.subject, []).append(e)
    found = [_account(of_one, weighing) for of_one in by_subject.values()]
    sure = [f for f in found if f.availability is not Availability.UNKNOWN]
    busy = [f for f in sure if f.availability is Availability.BUSY]
    if busy:
        return busy[0]
    if sure:
        return min(sure, key=lambda f: (_BEST_FIRST.index(f.availability), not f.reachable))
    return found[0] if found else _Found(Availability.UNKNOWN, None)


def _account(evidence: Sequence[Evidence], weighing: _Weighing) -> _Found:
    """One address: the vantage that heard last, and of what it knows the best device."""
    if len(evidence) == 1:
        (only,) = evidence
        return _device(only, only.priority >= 0, weighing) if _there(only) else _absent(evidence, weighing)
    newest = max(evidence, key=lambda e: (e.presence is not Presence.UNKNOWN, e.heard))
    weighing.drop((e for e in evidence if e.vantage != newest.vantage), "older")
    seen = [e for e in evidence if e.vantage == newest.vantage]
    devices = [e for e in seen if _there(e)]
    if not devices:
        return _absent(seen, weighing)
    weighing.drop((e for e in seen if not _there(e)), "another device is there")
    busy = [e for e in devices if e.presence is Presence.BUSY]
    best = max(busy or devices, key=lambda e: (e.priority, e.at))
    for e in devices:
        if e is not best:
            lower = e.priority < best.priority or bool(busy)
            weighing.drop([e], "do-not-disturb elsewhere" if busy else "lower priority" if lower else "older")
    return _device(best, any(e.priority >= 0 for e in devices), weighing)


def _there(e: Evidence) -> bool:
    return _AVAILABILITY.get(e.presence) in _PRESENT


def _device(best: Evidence, reachable: bool, weighing: _Weighing) -> _Found:
    if _idle(best, weighing.now):
        return _Found(Availability.AWAY, best, reachable, since=best.idle_since)
    return _Found(_AVAILABILITY[best.presence], best, reachable)


def _absent(seen: Sequence[Evidence], weighing: _Weighing) -> _Found:
    """No device is there: gone if the last word says so, else not known."""
    # said at the same moment, a word about the whole account comes after those about its devices
    last = max(seen, key=lambda e: (e.heard, not e.resource, e.presence is Presence.OFFLINE))
    weighing.drop((e for e in seen if e is not last), "older")
    if last.presence is Presence.OFFLINE:
        return _Found(Availability.OFFLINE, last)
    unreachable = Reason.UNREACHABLE if last.presence is Presence.UNREACHABLE else Reason.UNKNOWN
    return _Found(Availability.UNKNOWN, last, reason=last.reason or unreachable)


def _idle(e: Evidence, now: datetime) -> bool:
    return (
        e.presence is Presence.ONLINE
        and e.idle_since is not None
        and (now - e.idle_since).total_seconds() >= IDLE_AWAY_S
    )


def _nothing(known: Sequence[Evidence]) -> _Found:
    """Nothing counts: say why by the newest that would have."""
    streams = [e for e in known if e.source is Source.STREAM]
    if not streams:
        return _Found(Availability.UNKNOWN, None, reason=Reason.NEVER_SEEN)
    newest = max(streams, key=lambda e: e.heard)
    return _Found(Availability.UNKNOWN, None, reason=newest.reason or Reason.STALE, since=newest.heard)


def _line(
    e: Evidence, weighing: _Weighing, found: _Found, now: datetime, zone: tzinfo, ask_timeout_s: float
) -> TraceLine:
    used = e is found.by
    return TraceLine(
        source=source_text(e),
        says=says_text(e, now, zone, ask_timeout_s),
        at=e.at,
        age_s=max(0.0, round((now - e.heard).total_seconds(), 3)),
        used=used,
        asked=e.asked,
        why_not=None if used else weighing.unused.get(id(e), "outweighed"),
    )
