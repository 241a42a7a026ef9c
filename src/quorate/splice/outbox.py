"""Collects the effects of one call, joining bytes for the same side into one write."""

from quorate.splice.effects import Close, Connect, Side, SpliceEffect, StartTls, sending

_IN_ORDER = frozenset({Connect, StartTls, Close})


class Outbox:
    """What is to be done in its order, neighbouring sends to one side as one; then what was noticed.

    So stanzas that came together leave together, and nobody's bytes wait for what we make of them.
    """

    def __init__(self) -> None:
        self._effects: list[SpliceEffect] = []
        self._side: Side | None = None
        self._parts: list[bytes] = []
        self._noticed: list[SpliceEffect] = []

    def send(self, side: Side, data: bytes) -> None:
        if not data:
            return
        if side is not self._side:
            self._flush()
            self._side = side
        self._parts.append(data)

    def add(self, effect: SpliceEffect) -> None:
        if type(effect) in _IN_ORDER:
            self._flush()
            self._effects.append(effect)
        else:
            self._noticed.append(effect)

    @property
    def empty(self) -> bool:
        return self._side is None and not (self._effects or self._noticed)

    def last(self, side: Side, data: bytes) -> bytes | list[SpliceEffect]:
        """Send, then take; only the bytes, if sending to this side is all there is to do."""
        self.send(side, data)
        if self._effects or self._noticed or self._side is not side:
            return self.take()
        parts, self._side, self._parts = self._parts, None, []
        return b"".join(parts)

    def take(self) -> list[SpliceEffect]:
        self._flush()
        taken, self._effects, self._noticed = self._effects + self._noticed, [], []
        return taken

    def _flush(self) -> None:
        if self._side is not None:
            parts = self._parts
            # one part is not copied
            self._effects.append(sending((self._side, parts[0] if len(parts) == 1 else b"".join(parts))))
            self._side, self._parts = None, []
