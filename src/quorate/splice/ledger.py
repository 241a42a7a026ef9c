"""Keeps both ends' XEP-0198 counts true, and the session's id our own (SM-7).

The arithmetic is in quorate.wire.xmpp.stream_management; here is when each log starts and who is told what.
A log is named after the side its stanzas come from: CLIENT counts up, SERVER counts down.
"""

from quorate.splice.effects import Side
from quorate.wire.xmpp.stream_management import AckLog, Mark, Table, Translation

MAX_H = 2**32 - 1
MAX_ADDED = 500
"""Stanzas of ours kept to be sent again, per direction; an end that never acknowledges loses the oldest."""


def read_h(text: str | None) -> int | None:
    """An ``h`` as sent; None if it is missing or no count."""
    text = (text or "").strip()
    if not (text.isascii() and text.isdigit()):
        return None
    h = int(text.lstrip("0")[:11] or "0")
    return h if h <= MAX_H else None


class Ledger:
    """The counts of one stream management session, both directions."""

    def __init__(self) -> None:
        self._logs: dict[Side, AckLog] = {}
        self._added: dict[Side, list[tuple[float, bytes]]] = {side: [] for side in Side}
        """By the log it counts in: when and what was added and not acknowledged yet, oldest first."""
        self._lost: dict[Side, list[tuple[float, bytes]]] = {side: [] for side in Side}
        """What of it a resume has shown to be lost."""
        self.shown = 0
        """How many stanzas have gone to the client since counting began."""
        self.confirmed = 0
        """How many of them it has acknowledged."""
        self.real_id: str | None = None
        """The server's id of the session."""
        self.virtual_id: str | None = None
        """The id the client was given."""

        self.joining = False
        """What passes is counted, but nobody has said from which number on."""
        self.changed: frozenset[Side] = frozenset()
        """Logs in which something was added or taken out, so that their tables are new."""

    @property
    def on(self) -> bool:
        return bool(self._logs) and not self.joining

    def passed(self, origin: Side) -> int:
        """How many stanzas of this side have passed and are not acknowledged."""
        log = self._logs.get(origin)
        return 0 if log is None else log.count(Mark.F)

    def sent(self, origin: Side) -> int:
        """How many stanzas this side has sent that are not acknowledged, passed or taken out."""
        log = self._logs.get(origin)
        return 0 if log is None else log.count(Mark.F, Mark.W)

    def begin_later(self, origin: Side, skipped: int) -> None:
        """Counting has begun only after so many of the stanzas this side has ``sent``; nothing was added."""
        self._logs[origin] = self._logs[origin].without(skipped)

    def join(self, origin: Side, table: Table, h: int, passed: int) -> None:
        """Counting goes on where the receiver had counted ``h``; ``passed`` stanzas of the origin came since.

        ``table``: how the receiver's counts were translated by an earlier Quorate.
        """
        self._logs[origin] = AckLog.joined(table, h, passed)
        self.changed |= {origin}

    def carried(self) -> None:
        """Another connection counts on: whoever delivers its bytes has no table yet."""
        self.changed = frozenset(self._logs)

    def table(self, origin: Side) -> Table:
        """How to translate what the receiver of this side's stanzas counts; empty if nothing is counted."""
        log = self._logs.get(origin)
        return () if log is None else log.table()

    def begin(self, origin: Side) -> None:
        """Counting starts at this place; a second <enable/> does not start it again (SM-10)."""
        self._logs.setdefault(origin, AckLog())

    @property
    def touched(self) -> bool:
        """The two ends' counts differ: cutting ourselves out would kill the stream (P-6)."""
        return any(log.touched for log in self._logs.values())

    def discard(self) -> None:
        self._logs.clear()
        for side in Side:
            self._added[side].clear()
            self._lost[side].clear()
        self.real_id = self.virtual_id = None

    def repeating(self, origin: Side) -> bool:
        """The next stanza from there was already seen before the resume."""
        log = self._logs.get(origin)
        return log is not None and log.dup > 0

    def forwarded(self, origin: Side, count: int = 1) -> None:
        if log := self._logs.get(origin):
            log.forwarded(count)
            if origin is Side.SERVER:
                self.shown += count

    def next_place(self, ahead: int) -> int:
        """Which stanza to the client comes after ``ahead`` that are not counted yet."""
        return self.shown + (ahead if Side.SERVER in self._logs else 0) + 1

    def swallowed(self, origin: Side) -> None:
        if log := self._logs.get(origin):
            log.swallowed()
            self.changed |= {origin}

    def injected(self, receiver: Side, stanza: bytes, now: float) -> None:
        origin = Side.SERVER if receiver is Side.CLIENT else Side.CLIENT
        if log := self._logs.get(origin):
            log.injected()
            self.changed |= {origin}
            self._added[origin].append((now, stanza))
            del self._added[origin][:-MAX_ADDED]
            self.shown += origin is Side.SERVER

    def acked(self, origin: Side, h: int) -> Translation:
        """The receiver of what ``origin`` sends says it handled ``h``; what to tell the origin."""
        log = self._logs.get(origin)
        if log is None:
            return Translation(h)
        translation = log.translate(h)
        added = self._added[origin]
        if added:
            del added[: max(len(added) - log.count(Mark.I), 0)]
        if origin is Side.SERVER:
            self.confirmed = self.shown - log.count(Mark.F, Mark.I)
        return translation

    def resumed(self, origin: Side, h: int) -> Translation:
        """The same with <resume/> or <resumed/>: from here on the origin sends again what is missing."""
        first = self.acked(origin, h)
        if log := self._logs.get(origin):
            log.resumed(h)
            self.shown = self.confirmed
        self._lost[origin] += self._added[origin]
        self._added[origin].clear()
        return first

    def take_lost(self, receiver: Side, since: float) -> list[bytes]:
        """After a resume: what was added towards this side since then and never arrived (SM-6)."""
        origin = Side.SERVER if receiver is Side.CLIENT else Side.CLIENT
        lost, self._lost[origin] = self._lost[origin], []
        return [stanza for at, stanza in lost if at >= since]
