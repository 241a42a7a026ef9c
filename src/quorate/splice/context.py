"""What all parts of one splice share: who is logged in, what may be added now, where effects go.

It belongs to the session (XEP-0198), not to the connection: a resumed session brings its context along and
is attached to the new connection's outbox.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from quorate.model.address import Jid
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.config import SpliceConfig
from quorate.splice.effects import Side, StateChanged
from quorate.splice.outbox import Outbox
from quorate.wire.xmpp.header import StreamHeader
from quorate.wire.xmpp.presence import short_name
from quorate.wire.xmpp.requests import Ids


def nowhere(_side: Side) -> bool:
    """The answer of a connection that is gone: no place is safe."""
    return False


@dataclass
class Context:
    config: SpliceConfig
    ids: Ids
    out: Outbox
    now: float
    """Seconds, monotonic; set at each call from outside."""

    safe: Callable[[Side], bool] = nowhere
    """True if nothing of an unfinished element was written towards this side."""

    state: StreamState = StreamState.NEGOTIATING
    reason: Reason | None = None
    own: Jid | None = None
    """Full JID once bound."""

    joined: bool = False
    """The stream was joined midway: what was shown to the client before that is not known."""

    bound_at: float | None = None
    interested: bool = False
    """The client has asked for its roster or sent initial presence (INJ-1)."""

    enabling: bool = False
    """<enable/> sent, not answered: nothing may be added in between."""

    blocked: frozenset[Jid] = frozenset()
    """Bare addresses and domains the user has blocked (XEP-0191)."""

    session_id: str | None = None
    """Id of the client's legacy session request (RFC 3921), while it is open."""

    initial_presence_at: float | None = None
    inactive: bool = False
    """Client state indication (XEP-0352): the server may hold presence back."""

    withdrawn: bool = False
    """The client has made itself unavailable on an open stream: the server tells it nobody's presence."""

    closing: bool = False
    """One side has said </stream:stream>."""

    companion_shown: bool = False
    client_name: str = ""
    """The client's software, if its presence told it (XEP-0115)."""

    headers: dict[Side, StreamHeader | None] = field(default_factory=dict)
    """By the side that sent it."""

    @property
    def adding(self) -> bool:
        """Quorate may take part in this stream: add, hide, edit."""
        return self.state is StreamState.LIVE and not self.closing

    @property
    def dissecting(self) -> bool:
        """Quorate still looks at what passes: it is neither blind nor over."""
        return self.state in (StreamState.NEGOTIATING, StreamState.LIVE, StreamState.FROZEN)

    @property
    def available(self) -> bool:
        """The client has sent presence: the server tells it that of its contacts (RFC 6121 section 4.2)."""
        return self.initial_presence_at is not None

    def has_blocked(self, contact: Jid) -> bool:
        return bool(self.blocked) and not self.blocked.isdisjoint((contact.bare, Jid("", contact.domain)))

    def gate_at(self) -> float | None:
        """Earliest time additions may go; None if that does not depend on time."""
        if not self.adding or self.bound_at is None or self.enabling or self.session_id is not None:
            return None
        return self.bound_at if self.interested else self.bound_at + self.config.gate_s

    def gate_open(self) -> bool:
        at = self.gate_at()
        return at is not None and self.now >= at

    def change(self, state: StreamState, reason: Reason | None = None) -> None:
        """Enter a state and say so; the same state with another reason is news too."""
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            self.announce()

    def announce(self) -> None:
        client = self.client_name or (short_name(self.own.resource) if self.own else "")
        self.out.add(
            StateChanged(
                state=self.state,
                reason=self.reason,
                companion=self.companion_shown,
                client=client or None,
            )
        )
