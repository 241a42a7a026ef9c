"""One client-server connection: how far it is, which session it carries, and how it fails open (P-6).

freeze  add and hide nothing any more; keep reading and counting.
blind   only hand on bytes; possible only while the counts of the two ends are the same.
cut     else close both legs without a stream end and refuse the next resume, lest anything be lost unseen.
"""

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Protocol

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.arrival import Arrival
from quorate.splice.channel_binding import Handling, LoginWatch, Profile, Profiles
from quorate.splice.config import SpliceConfig
from quorate.splice.context import nowhere
from quorate.splice.effects import OTHER, Close, Connect, Side
from quorate.splice.outbox import Outbox
from quorate.splice.session import Session, SessionRegistry
from quorate.wire.xmpp.framer import Framer
from quorate.wire.xmpp.header import StreamHeader

LONGEST_HOLD = 160 * 1024
"""Nothing is held longer, whoever sent it: with what the capture keeps it stays below 256 KiB (P-3)."""
MAX_OWED = 4 * 1024
"""Who asks again and again gets no more answers than that."""
MAX_EARLY = 64 * 1024
"""A ClientHello, perhaps with early data, that did not wait for the answer to <starttls/> (XEP-0305)."""


class Joins(Protocol):
    """What the readers of a stream that was joined midway tell."""

    over: bool

    def nonza(self, side: Side, namespace: str, name: str, data: bytes) -> bytes | None: ...

    def identified(self, tag: bytes) -> None: ...


class Phase(StrEnum):
    HEADER = "header"  # nothing but the client's header is expected
    OPEN = "open"  # elements pass
    STARTTLS = "starttls"  # the client asked for TLS
    SECURING_SERVER = "securing-server"  # <proceed/> is held until the server's TLS is verified
    SECURING_CLIENT = "securing-client"
    BLIND = "blind"
    MOVED = "moved"  # another connection carries the session on: only the server's last words pass
    OVER = "over"  # one side's connection has ended; the other's last bytes still pass, uncounted
    CUT = "cut"  # ended by us: nothing passes


class Connection:
    def __init__(
        self,
        config: SpliceConfig,
        sessions: SessionRegistry,
        now: float,
        *,
        arrival: Arrival,
        profiles: Profiles,
    ) -> None:
        self.config, self.sessions = config, sessions
        self.arrival, self.profiles = arrival, profiles
        self.profile: Profile | None = None
        """Under which what the login shows is remembered; None before the domain is known."""
        self.login, self.out, self.phase = LoginWatch(), Outbox(), Phase.HEADER
        self._ended = self.tls = False
        self.domain: str | None = None
        self.now = now
        self.headers: dict[Side, StreamHeader | None] = {Side.CLIENT: None, Side.SERVER: None}
        """By the side that sent them."""
        self.framers: dict[Side, Framer] = {}
        self.shut: frozenset[Side] = frozenset()
        """Sides to which the end of the stream was already handed on."""
        self.sinking: frozenset[Side] = frozenset()
        """Sides whose element, which comes in parts, goes nowhere."""
        self._owed = b""
        """Answers of our own, no stanzas, that wait for a place in what the client is sent."""
        self.early = b""
        """What the client sent after <starttls/> before it was answered (TLS-2)."""
        self.proceed = b""
        self.bind_id: str | None = None
        self.legacy = ""
        """Full JID that the client logs in with by XEP-0078, to which no server answers with a name."""
        self.resuming: Session | None = None
        self.superseded: Session | None = None
        """What the server would not resume here; the client has not said anything since."""
        self.joining: Joins | None = None
        """Learns what was missed of a stream that was joined midway."""
        self.read_unread: Callable[[], None] = lambda: None
        """Learns from what was handed on before it was read: the session may be carried on elsewhere."""
        self.session = sessions.new(config, now)
        self._attach()

    @property
    def blind(self) -> bool:
        return self.phase in (Phase.BLIND, Phase.MOVED, Phase.OVER, Phase.CUT)

    @property
    def keeping(self) -> bool:
        """What names the companion stays here, also of a client that does not wait for its login (XEP-0305).

        In a stream that is joined midway nothing is taken out before the counts are known.
        """
        context = self.session.context
        hasty = context.state is StreamState.NEGOTIATING and not context.closing and self.joining is None
        return context.adding or hasty

    def safe(self, side: Side) -> bool:
        """An element of our own may be written towards ``side`` now (INJ-2)."""
        if self.phase is not Phase.OPEN or side in self.shut:
            return False
        return self.framers[OTHER[side]].at_boundary

    def answer(self, element: bytes) -> None:
        """Say this to the client once it may stand there: inside no element, and not before the header."""
        if len(self._owed) < MAX_OWED:
            self._owed += element
        self.pay()

    def pay(self) -> None:
        """What is owed leaves if it may now."""
        if self._owed and self.headers[Side.SERVER] is not None and self.safe(Side.CLIENT):
            owed, self._owed = self._owed, b""
            self.out.send(Side.CLIENT, owed)

    def at(self, now: float) -> None:
        self.now = self.session.context.now = now

    def adopt(self, session: Session) -> None:
        """Carry on a session whose connection was lost."""
        self.sessions.carried_on(session)
        self.give_up(Reason.TOO_EARLY)
        self.session = session
        self._attach()
        self.at(self.now)

    def await_resumption(self, session: Session) -> None:
        """The server is asked to carry this session on here; another connection may ask before it answers."""
        self.resuming, session.let_go = session, self._give_way

    def resumption_over(self) -> Session | None:
        """There is nothing to wait for any more; the session nobody carries now."""
        session, self.resuming = self.resuming, None
        if session is not None:
            session.detach()
        return session

    def supersede(self) -> None:
        """The client goes on without the session that was not resumed."""
        over, self.superseded = self.superseded, None
        if over is not None:
            self.sessions.forget(over)

    def freeze(self, reason: Reason) -> None:
        context = self.session.context
        if context.state in (StreamState.NEGOTIATING, StreamState.LIVE):
            self.session.frozen = reason
            context.change(StreamState.FROZEN, reason)
            self.give_up(Reason.FROZEN)

    def go_blind(self, reason: Reason) -> None:
        """Stop following the stream. What is held is for the caller to hand on (``undelivered``)."""
        if self.blind:
            return
        if self._ended and not self.counts_differ:
            self.phase = Phase.OVER
            return
        securing = self.phase in (Phase.SECURING_SERVER, Phase.SECURING_CLIENT)
        # the rest of an element whose beginning was taken out must not pass
        if self.counts_differ or securing or self.sinking:
            self.cut(reason)
            return
        self.phase = Phase.BLIND
        self.session.context.change(StreamState.BLIND, reason)
        self.give_up(Reason.BLIND)
        self.sessions.forget(self.session)

    def slip(self, reason: Reason) -> None:
        """We failed on something of our own, not on what passes: it goes on without us."""
        if self.domain is None:
            self.lose(reason)
        elif self.phase in (Phase.SECURING_SERVER, Phase.SECURING_CLIENT):
            self.cut(reason)
        elif self.session.miscounted:
            self.go_blind(reason)
        else:
            self.freeze(reason)

    def fault(self, reason: Reason, *, count: bool = False) -> None:
        """We failed on something that passes. ``count``: it may hold a count (XEP-0198), now untranslated.

        Before the login nothing was added yet, so going blind is free; later we count on.
        """
        state = self.session.context.state
        if count and self.counts_differ:
            self.cut(reason)
        elif self.session.context.own is None or (state is StreamState.FROZEN and not self.counts_differ):
            self.go_blind(reason)
        else:
            self.slip(reason)

    def lose(self, reason: Reason) -> None:
        """The bytes cannot be followed any more."""
        if self.domain is not None:
            self.go_blind(reason)
            return
        if self.arrival.destination is not None:
            self.tunnel(Reason.NOT_XMPP, self.arrival.destination.rpartition(":")[0])
            return
        self.out.add(Close())
        self.end(reason if reason is Reason.INTERNAL_ERROR else Reason.NOT_XMPP, Phase.CUT)

    def hand_on_held(self) -> None:
        """What is still held of a stream that is not followed any more."""
        if self.phase not in (Phase.BLIND, Phase.OVER):
            return
        early, self.early = self.early, b""
        self.out.send(Side.SERVER, early)
        for side, framer in self.framers.items():
            if framer.pending:
                self.out.send(OTHER[side], framer.reset())

    def held(self, side: Side) -> int:
        """Bytes ``side`` has sent that are neither handed on nor taken out."""
        kept = len(self.early) if side is Side.CLIENT else 0
        return kept + self.framers[side].pending

    def diverts(self, side: Side) -> bool:
        """Bytes from this side are not elements (any more)."""
        if self.phase is Phase.OPEN:
            return False
        if side is Side.CLIENT and self.phase is Phase.STARTTLS:
            return True
        return self.blind or self.phase in (Phase.SECURING_SERVER, Phase.SECURING_CLIENT)

    def divert(self, side: Side, data: bytes) -> None:
        """Deal with bytes that are not elements: hand on, keep for TLS, or refuse."""
        if self.framers[side].pending:
            data = self.framers[side].reset() + data
        if self.phase is Phase.MOVED:
            self.out.send(Side.CLIENT, data if side is Side.SERVER else b"")
        elif self.phase in (Phase.BLIND, Phase.OVER):
            self.out.send(OTHER[side], data)
        elif self.phase is Phase.CUT:
            return
        elif side is Side.CLIENT:
            self.early += data
            if len(self.early) > MAX_EARLY:
                self.early = b""
                self.cut(Reason.NOT_XMPP)
        elif data:
            self.cut(Reason.STARTTLS_INJECTION)

    @property
    def counting(self) -> bool:
        """Its stanzas are followed and counted (XEP-0198)."""
        return self.phase is Phase.OPEN and self.session.ledger.on

    @property
    def counts_differ(self) -> bool:
        """By now one end of the stream would not understand the other's counts without us (XEP-0198)."""
        session = self.session
        if self.arrival.attached and not session.miscounted:
            return False  # who delivers the bytes translates on without us
        try:
            return session.ledger.on and (session.miscounted or session.ledger.touched)
        except Exception:  # who cannot say what was counted must not rely on it
            return True

    def cut(self, reason: Reason) -> None:
        """Drop both legs; the client comes back with a new session."""
        self.out.add(Close(abort=True))
        self.sessions.forget(self.session)
        self.end(reason, Phase.CUT)

    def end(self, reason: Reason | None, phase: Phase = Phase.OVER) -> None:
        """It is over. What was seen is too old to count from now on.

        Where stanzas are counted, those that still pass the other way are: it may be resumed (XEP-0198).
        """
        if self.phase in (Phase.OVER, Phase.CUT):
            return
        if phase is Phase.CUT or not self.counting:
            self.phase = phase
        if self._ended:
            return
        self._ended = True
        self.resumption_over()
        if self.login.suspect is Handling.TUNNEL:
            self.login_failed()
        self.sessions.keep(self.session, self.now)
        context = self.session.context
        with suppress(Exception):
            self.session.presence.tell_all(stale=True, reason=Reason.STREAM_ENDED)
        context.change(StreamState.ENDED, reason)
        self.give_up(Reason.STREAM_ENDED)
        context.bound_at = None
        context.safe = nowhere

    def tunnel(self, reason: Reason, domain: str, *, direct_tls: bool = False) -> None:
        """Never look at this one: everything passes end to end, TLS included."""
        self.domain = domain
        self.out.add(Connect(domain=domain, direct_tls=direct_tls, tunnel=True))
        self.go_blind(reason)

    def login_failed(self) -> None:
        """Remember what to do for the client's next connection."""
        handling = self.login.over()
        if handling is not None and self.profile is not None:
            self.profiles.note(self.profile, handling, self.now)

    def give_up(self, reason: Reason) -> None:
        """Settle all that waits; this is also done because something raised, so it must not raise itself."""
        for part in (self.session.asking, self.session.injector):
            with suppress(Exception):
                part.give_up(reason)

    def reset(self, side: Side) -> bytes:
        """Forget how far the stream of ``side`` was read; returns what was not delivered."""
        self.headers[side] = None
        return self.framers[side].reset()

    def _give_way(self) -> None:
        """Another connection asks for the session we wait for: what the server still says here would be
        counted in it, though it is said again there (SM-9)."""
        self.resuming = None
        self.cut(Reason.STREAM_ENDED)

    def _let_go(self) -> None:
        """Another connection resumes our session (SM-9).

        What the client sent here and was not read yet it sends again there, so it goes nowhere; what the
        server still says, ``<conflict/>``, is for this connection alone.
        """
        self.read_unread()
        session, self.session = self.session, self.sessions.new(self.config, self.now)
        self._attach()
        undelivered = {side: framer.reset() for side, framer in self.framers.items()}
        self.out.send(Side.CLIENT, undelivered[Side.SERVER])
        self.phase = Phase.MOVED
        session.presence.tell_all(stale=True, reason=Reason.STREAM_ENDED)
        session.asking.give_up(Reason.STREAM_ENDED)
        session.injector.give_up(Reason.STREAM_ENDED)
        self.session.context.change(StreamState.ENDED, Reason.STREAM_ENDED)
        session.detach()

    def _attach(self) -> None:
        self.session.attach(self.out, self.safe, self.headers, self._let_go)
