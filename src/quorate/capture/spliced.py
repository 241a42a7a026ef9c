"""What a capture needs of a splice; ``quorate.splice.splice.Splice`` is one, tests have others."""

from collections.abc import Iterable, Sized
from typing import Protocol

from quorate.model.reasons import Reason
from quorate.splice.effects import Side, SpliceEffect


class Spliced(Protocol):
    """All times are seconds of one monotonic clock. Nothing here may block."""

    def start(self, now: float) -> Iterable[SpliceEffect]: ...

    def forward(self, side: Side, data: bytes, now: float) -> bytes | Iterable[SpliceEffect]:
        """Bytes have come from ``side``. Only bytes: all there is to do is to hand them on to the other side,
        and ``next_deadline`` is what it was."""
        ...

    @property
    def unread(self) -> Sized:
        """What was handed on and waits for ``read``, once it has left."""
        ...

    def read(self, now: float) -> Iterable[SpliceEffect]: ...

    def connected(self, now: float) -> Iterable[SpliceEffect]: ...

    def connect_failed(self, reason: Reason, text: str, now: float) -> Iterable[SpliceEffect]: ...

    def put_out(self, reason: Reason, text: str, now: float) -> Iterable[SpliceEffect]: ...

    def tls_ready(self, side: Side, now: float) -> Iterable[SpliceEffect]: ...

    def tls_failed(self, side: Side, reason: Reason, now: float) -> Iterable[SpliceEffect]: ...

    def closed(self, side: Side, now: float) -> Iterable[SpliceEffect]: ...

    def retire(self, now: float) -> Iterable[SpliceEffect]: ...

    def abandon(self, now: float) -> Iterable[SpliceEffect]:
        """A mistake of ours: hand on what is held; bytes pass without it now, or it closes the stream."""
        ...

    def held(self, side: Side) -> int:
        """Bytes ``side`` has sent that wait for the rest of their element; ever less than HIGH_WATER."""
        ...

    def next_deadline(self) -> float | None: ...

    def on_time(self, now: float) -> Iterable[SpliceEffect]: ...
