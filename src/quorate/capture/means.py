"""What a driver is given: where servers are, whom to trust, what time it is, and who wants to know."""

from dataclasses import dataclass, field
from typing import Protocol

from quorate.capture.ca import Authority
from quorate.capture.leg import SCRATCH_SIZE
from quorate.capture.routes import Routes
from quorate.capture.tls import UpstreamTrust
from quorate.clock import Clock
from quorate.model.stream import StreamState
from quorate.splice.effects import LoggedIn, SpliceEffect, StateChanged


class Observer(Protocol):
    """Who is told what the splice noticed. Its exceptions are logged and change nothing."""

    def noticed(self, effect: SpliceEffect) -> None: ...

    def settled(self) -> None:
        """One batch of effects is done."""
        ...

    def ended(self) -> None:
        """Both legs are gone; called once."""
        ...


def proves(effect: SpliceEffect) -> bool:
    """Who is behind the connection is known now, or that it is only forwarded."""
    blind = isinstance(effect, StateChanged) and effect.state is StreamState.BLIND
    return blind or isinstance(effect, LoggedIn)


@dataclass(frozen=True)
class Means:
    """What every stream of a listener shares."""

    routes: Routes
    authority: Authority
    trust: UpstreamTrust
    clock: Clock
    outgoing: set[tuple[str, str]] = field(default_factory=set)
    """HOST:PORT of our own end and of the server's, of each connection to one.

    The system gives the same local port to several connections as long as they go to different places.
    """
    scratch: bytearray = field(default_factory=lambda: bytearray(SCRATCH_SIZE))
