"""Which additions this agent process has been given, so that none of them is made twice.

A server that was restarted sends again what it has no end of. Only what really left is remembered: what
failed may be tried again under the same id.
"""

from collections import OrderedDict
from collections.abc import Iterable

from quorate.link.messages import EffectDone
from quorate.model.reasons import Reason

MAX_LEFT = 10_000
"""Far more than a server can have unsettled; the oldest go first."""


class Journal:
    def __init__(self) -> None:
        self._under_way: dict[str, str] = {}
        """Effect -> stream it was given to."""
        self._left: OrderedDict[str, Reason | None] = OrderedDict()
        """With the reason, if it came back."""

    def begin(self, effect: str, stream: str) -> bool:
        """True if it is new here; False if it is under way or has left (``ended`` then says so)."""
        if effect in self._under_way or effect in self._left:
            return False
        self._under_way[effect] = stream
        return True

    def ended(self, effect: str) -> EffectDone | None:
        """The message about an effect that has left before; None if it is still under way."""
        return EffectDone(effect=effect, reason=self._left[effect]) if effect in self._left else None

    def done(self, effect: str, reason: Reason | None) -> EffectDone | None:
        """Its end; None for what the server never gave."""
        if self._under_way.pop(effect, None) is None:
            return None
        if reason is None:
            self._remember(effect, None)
        return EffectDone(effect=effect, reason=reason)

    def bounced(self, effect: str) -> EffectDone:
        """It had left and came back; it is not to be made again all the same."""
        self._remember(effect, Reason.UNREACHABLE)
        return EffectDone(effect=effect, reason=Reason.UNREACHABLE)

    def _remember(self, effect: str, reason: Reason | None) -> None:
        self._left[effect] = reason
        while len(self._left) > MAX_LEFT:
            self._left.popitem(last=False)

    def stream_over(self, stream: str) -> list[EffectDone]:
        """Nothing more will leave on this stream."""
        lost = [effect for effect, given_to in self._under_way.items() if given_to == stream]
        ends = [self.done(effect, Reason.STREAM_ENDED) for effect in lost]
        return [end for end in ends if end is not None]

    def stored(self, effects: Iterable[str]) -> None:
        """The server knows their end for good."""
        for effect in effects:
            self._left.pop(effect, None)

    def unsettled(self) -> list[EffectDone]:
        """What has left and the server has not yet stored."""
        return [EffectDone(effect=effect, reason=reason) for effect, reason in self._left.items()]
