"""One stream inside an attached client: what its library asks about, and what its splice wants of it.

The client's bytes stay with the library until the splice lets them go: what is held here is a copy.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from quorate.capture.act import Act
from quorate.capture.alarm import Alarm
from quorate.capture.attach.opened import Opened
from quorate.capture.attach.protocol import AT_BOUNDARY, WITH_VERDICT, Kind, frame, replace, table, towards
from quorate.capture.means import Observer
from quorate.capture.noticed import observe
from quorate.capture.spliced import Spliced
from quorate.clock import Clock
from quorate.errors import place_of
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import OTHER, Close, Connect, LoggedIn, Send, Side, SpliceEffect, StateChanged
from quorate.splice.inside import Inside
from quorate.wire.xmpp.stream_management import Table

_NONE: frozenset[Side] = frozenset()
_FINAL = frozenset({StreamState.BLIND, StreamState.ENDED})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """Whose library has come to us."""

    pid: int
    name: str
    instance: bytes
    """Random, the same for the life of the process."""


class Resident(Spliced, Protocol):
    @property
    def inside(self) -> Inside: ...

    def ring(self, now: float) -> Iterable[SpliceEffect]: ...


class Wire(Protocol):
    """The way to the library in the client."""

    @property
    def number(self) -> int:
        """Of the last command."""
        ...

    def next_number(self) -> int: ...

    def command(self, data: bytes) -> None: ...


R = TypeVar("R", bound=Resident)


class Attached(Generic[R]):
    """Implements quorate.capture.carrier.Carrier."""

    mode = "attach"

    def __init__(self, splice: R, wire: Wire, conn: int, opened: Opened, told: Told, clock: Clock) -> None:
        self.told = told
        self._splice = splice
        self._wire = wire
        self._conn = conn
        self._opened = opened
        self._now = clock.monotonic
        self._held = {Side.CLIENT: b"", Side.SERVER: b""}
        self._rows: dict[Side, Table] = {}
        """The last tables, by whose stanzas are counted."""
        self._unanchored = set[Side]() if opened.fresh else set(Side)
        """Those whose direction the library cannot follow yet: it has not seen where an element begins."""
        self._pending: tuple[list[SpliceEffect], bool] | None = None
        """What to tell once the verdict has left, and whether something was added towards the client."""
        self._loop = asyncio.get_running_loop()
        self._alarm = Alarm(self._now, self._next_deadline, self._on_time)
        self.observer: Observer | None = None
        self.left = False
        """The library does not ask any more."""
        self.peer = told.name
        self.domain = ""
        self.found_at = opened.peer
        self.detail: str | None = None

    def begin(self) -> None:
        self.do(lambda splice, now: splice.start(now))

    def ask(self, side: Side, data: bytes) -> bytes:
        """The verdict about these bytes and what is held of this side already."""
        receiver, held = OTHER[side], self._held[side]
        if self.left:
            return frame(Kind.IGNORE, self._conn, self._wire.number, dir=towards(receiver))
        anchored = self._anchored() if self._unanchored else _NONE
        try:
            got = self._splice.forward(side, data, self._now())
            if got == data and not held:
                return frame(Kind.PASS, self._conn, self._wire.number, dir=towards(receiver))
            sent, noticed = self._sorted((Send(receiver, got),) if isinstance(got, bytes) else got)
            rest = self._splice.held(side)
            pieces = self._tables(anchored, asked=side)
        except Exception as error:
            self._broken(error)
            return frame(Kind.IGNORE, self._conn, self._wire.number, dir=towards(receiver))
        whole = held + data
        self._held[side] = whole[len(whole) - rest :] if rest else b""
        self._command(pieces + self._inject(side, sent[side]))
        self._pending = noticed, side is Side.CLIENT and bool(sent[side])
        return self._verdict(receiver, whole, rest, sent[receiver])

    def answered(self) -> None:
        """The verdict is on its way: now there is time for what the splice noticed."""
        if self._pending is not None:
            (noticed, rung), self._pending = self._pending, None
            self._after(noticed, rung=rung)
        if self._splice.unread:
            self.do(lambda splice, now: splice.read(now))

    def do(self, act: Act[R]) -> bool:
        """Let the splice do something nobody asked about; False if it cannot any more."""
        if self.left:
            return False
        try:
            sent, noticed = self._sorted(act(self._splice, self._now()))
            pieces = self._tables(self._anchored() if self._unanchored else _NONE, asked=None)
            for receiver, data in sent.items():
                pieces += self._release(receiver, data) or self._inject(receiver, data)
        except Exception as error:
            self._broken(error)
            return False
        self._command(pieces)
        self._after(noticed, rung=bool(sent[Side.CLIENT]))
        return not self.left

    def learnt(self, opened: Opened) -> None:
        """The library knows more about the connection now."""
        self._opened, self.found_at = opened, opened.peer or self.found_at

    def closed(self) -> None:
        """The connection is gone, or the client, or its library listens no more."""
        self.left = True
        try:
            _, noticed = self._sorted(self._splice.closed(Side.CLIENT, self._now()))
            self._after(noticed, rung=False)
        except Exception as error:
            log.error("stream broken error=%s at=%s", type(error).__name__, place_of(error))
        self._alarm.cancel()
        if self.observer is not None:
            observe(self.observer.ended)

    def _verdict(self, receiver: Side, whole: bytes, rest: int, out: bytes) -> bytes:
        dir, number = towards(receiver), self._wire.number
        if out == whole and not rest:
            return frame(Kind.IGNORE if self.left else Kind.PASS, self._conn, number, dir=dir)
        return replace(self._conn, number, dir, len(whole) - rest, out)

    def _release(self, receiver: Side, data: bytes) -> list[bytes]:
        """What was held and is let go without being asked about."""
        origin = OTHER[receiver]
        held, rest = self._held[origin], self._splice.held(origin)
        if len(held) <= rest:
            return []
        self._held[origin] = held[len(held) - rest :] if rest else b""
        return [
            replace(self._conn, self._wire.next_number(), towards(receiver), len(held) - rest, data),
        ]

    def _inject(self, receiver: Side, data: bytes) -> list[bytes]:
        if not data:
            return []
        return [frame(Kind.INJECT, self._conn, self._wire.next_number(), data, dir=towards(receiver))]

    def _anchored(self) -> frozenset[Side]:
        """Whose tables travel where everything delivered so far ends between stanzas."""
        return frozenset(side for side in self._unanchored if self._splice.inside.between(OTHER[side]))

    def _tables(self, anchored: frozenset[Side], *, asked: Side | None) -> list[bytes]:
        """How counts go on without us, before the bytes that make it new."""
        changed = dict(self._splice.inside.new_tables())
        self._rows.update(changed)
        pieces = []
        for origin in Side:
            anchors = origin in anchored and origin in self._rows
            if origin in changed or anchors:
                flags = (WITH_VERDICT if origin is asked else 0) | (AT_BOUNDARY if anchors else 0)
                number, rows = self._wire.next_number(), self._rows[origin]
                pieces.append(table(self._conn, number, towards(origin), rows, flags))
            if anchors:
                self._unanchored.discard(origin)
        return pieces

    def _command(self, pieces: list[bytes]) -> None:
        if pieces:
            self._wire.command(b"".join(pieces))

    def _sorted(self, effects: Iterable[SpliceEffect]) -> tuple[dict[Side, bytes], list[SpliceEffect]]:
        sent, noticed = {Side.CLIENT: b"", Side.SERVER: b""}, list[SpliceEffect]()
        for effect in effects:
            if type(effect) is Send:
                sent[effect.side] += effect.data
            elif isinstance(effect, Connect):
                self.domain = effect.domain
            elif isinstance(effect, Close):
                self._leave()
            else:
                noticed.append(effect)
        return sent, noticed

    def _after(self, noticed: list[SpliceEffect], *, rung: bool) -> None:
        for effect in noticed:
            if isinstance(effect, LoggedIn):
                self.domain = effect.own.domain
            if isinstance(effect, StateChanged) and effect.state in _FINAL:
                self._leave()
            if self.observer is not None:
                observe(self.observer.noticed, effect)
        if noticed and self.observer is not None:
            observe(self.observer.settled)
        if rung and not self._opened.wakes and not self.left:
            self._loop.call_soon(self.do, lambda splice, now: splice.ring(now))
        self._alarm.arm()

    def _leave(self) -> None:
        """Nothing more is wanted of this connection: what is on its way goes before."""
        if not self.left:
            self.left = True
            self._loop.call_soon(self._ignore)

    def _ignore(self) -> None:
        number = self._wire.next_number()
        self._wire.command(frame(Kind.IGNORE, self._conn, number, dir=towards(Side.SERVER)))

    def _broken(self, error: Exception) -> None:
        """Our own mistake: from here on bytes only pass."""
        log.error("stream broken error=%s at=%s", type(error).__name__, place_of(error))
        self._leave()
        broken = StateChanged(state=StreamState.BLIND, reason=Reason.INTERNAL_ERROR, companion=False)
        if self.observer is not None:
            observe(self.observer.noticed, broken)

    def _next_deadline(self) -> float | None:
        return None if self.left else self._splice.next_deadline()

    def _on_time(self) -> None:
        self.do(lambda splice, now: splice.on_time(now))
