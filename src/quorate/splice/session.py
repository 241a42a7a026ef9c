"""What outlives a connection: all that is bound to one login, for an XEP-0198 resumption. SM-5 to SM-9."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from heapq import heapify, heappop, heappush

from quorate.model.address import Jid
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.asking import Asking
from quorate.splice.block_list import BlockList
from quorate.splice.catching_up import CatchingUp
from quorate.splice.companion import Companion
from quorate.splice.config import SpliceConfig
from quorate.splice.context import Context, nowhere
from quorate.splice.effects import LoggedIn, OwnPresenceSent, Side
from quorate.splice.injector import Addition, Injector
from quorate.splice.ledger import Ledger
from quorate.splice.outbox import Outbox
from quorate.splice.presence_book import PresenceBook
from quorate.splice.roster_book import RosterBook
from quorate.splice.telling import Telling
from quorate.wire.xmpp.header import StreamHeader
from quorate.wire.xmpp.requests import Ids, ping

MAX_SESSIONS = 4096
"""That were lost and may be resumed."""
SESSION_LIFE_S = 3600.0
"""How long a lost session is kept if the server does not say how long it keeps it."""
SLACK_S = 60.0
"""Kept longer than the server says: its time starts when it notices the loss."""
MAX_LIFE_S = 24 * 3600.0

NOTHING = -1
"""A client that has not even seen its first stanza."""
STILL_WANTED_S = 60.0
"""A message that left longer ago and was lost is not sent any more: what it says may be over."""
BURST_FOLDED_S = 0.5
"""After initial presence: most of the burst has come, and it takes more room than all else of a stream."""
FOLD_PAUSE_S = 0.1
"""Between two parts of what is folded, for other streams."""
_AT_WORK = (StreamState.NEGOTIATING, StreamState.LIVE)
_COMPANION_STEPS = ("roster item", "presence")


class Session:
    def __init__(self, config: SpliceConfig, serial: int, now: float) -> None:
        seed = hashlib.sha256(f"{config.ids_seed}:ids:{serial}".encode()).hexdigest()[:16]
        self.context = Context(config, Ids(seed), Outbox(), now)
        self.ledger = Ledger()
        self.injector = Injector(self.context, self._count)
        self.presence = PresenceBook(self.context)
        self.roster = RosterBook(self.context, self.presence)
        self.companion = Companion(self.context, self.injector, self.roster)
        self.blocks = BlockList(self.context, self.roster, self.presence, self.companion.unblocked)
        self.asking = Asking(
            self.context, self.injector, self.roster, self.presence, managed=lambda: self.ledger.on
        )
        self.catching_up = CatchingUp(self.context, self.roster, self.presence, self.asking)
        self.telling = Telling(self.context, self.injector, self.companion)
        self.ringing = ""
        """Id of our ping to the server that has no answer yet."""
        self.own_presence: OwnPresenceSent | None = None
        self.burst_over = False
        self._fold_at: float | None = None
        """When to make small what is known of contacts."""
        self.life_s = SESSION_LIFE_S
        """How long it is kept once its connection is lost."""
        self.frozen: Reason | None = None
        """Why nothing may be added or hidden in this session any more."""
        self.miscounted = False
        """By a fault of ours something was added or taken out and is in no log."""
        self.let_go: Callable[[], None] = lambda: None
        """Makes the connection that carries this session stop using it (SM-9)."""

    def attach(
        self,
        out: Outbox,
        safe: Callable[[Side], bool],
        headers: dict[Side, StreamHeader | None],
        let_go: Callable[[], None],
    ) -> None:
        """Effects and additions go to this connection from now on."""
        self.context.out, self.context.safe, self.context.headers = out, safe, headers
        self.ledger.carried()
        self.let_go = let_go

    def detach(self) -> None:
        """The connection is lost; the session may come back on another one."""
        self.context.out, self.context.safe, self.context.state = Outbox(), nowhere, StreamState.ENDED
        self.let_go = lambda: None

    def lost_for(self, told: str | None) -> None:
        """``max`` of <enabled/>: for how many seconds the server keeps a session that was lost."""
        if told is not None and told.isascii() and told.isdigit():
            self.life_s = min(int(told[:6]) + SLACK_S, MAX_LIFE_S)

    def logged_in(self, *, resumed: bool) -> None:
        """The stream has an own address; after a resume all that is known is said again (PR-7)."""
        context = self.context
        assert context.own is not None
        context.bound_at = context.now
        context.out.add(LoggedIn(own=context.own, resumed=resumed, at=context.now))
        context.state = StreamState.FROZEN if self.frozen else StreamState.LIVE
        context.reason = self.frozen or (Reason.JOINED_MIDSTREAM if context.joined else None)
        context.announce()
        self.ringing = ""
        if not resumed:
            self.companion.logged_in()
            return
        self.roster.resumed()
        self.roster.tell_all()
        stale = context.inactive or context.withdrawn
        self.presence.tell_all(stale=stale, reason=Reason.STALE if stale else None)
        if self.own_presence is not None:
            context.out.add(self.own_presence)
        self.presence.lost_after(self.ledger.confirmed)
        if context.available:
            context.initial_presence_at = context.now  # the rest of the burst comes now
        self.asking.resumed()
        for stanza in self.ledger.take_lost(Side.CLIENT, 0.0):
            self._again(Side.CLIENT, stanza)
        self.companion.resumed()
        for stanza in self.ledger.take_lost(Side.SERVER, context.now - STILL_WANTED_S):
            if stanza.startswith(b"<message"):
                self._again(Side.SERVER, self.telling.renewed(stanza))

    def inherit(self, other: "Session") -> None:
        """The session before this one was not resumed: what is known of it all the same."""
        self.companion.inherit(other.companion)
        self.telling.inherit(other.telling)

    def joined(self, own: Jid) -> None:
        """The stream was joined midway, and all is known that had to be learnt first.

        The client is taken for available until it says otherwise. Nobody is taken for offline because the
        server has not named them.
        """
        context = self.context
        context.own, context.joined, context.interested = own, True, True
        context.initial_presence_at, self.burst_over = context.now, True
        self.logged_in(resumed=False)
        context.bound_at = context.now - context.config.gate_s
        self.own_presence = OwnPresenceSent(presence=Presence.ONLINE, at=context.now, implied=True)
        context.out.add(self.own_presence)

    def own_roster_came(self) -> None:
        """The answer to our own request for the roster has come: who was online before can be asked for."""
        if self.context.joined:
            self.catching_up.begin()

    def withdraw(self) -> None:
        """Unavailable, the client forgets its contacts' presence, and hears of no change (RFC 6121 4.5.2)."""
        self.context.withdrawn, self.context.initial_presence_at = True, None
        self.presence.lost_after(NOTHING)
        self.presence.tell_all(stale=True, reason=Reason.STALE)

    def come_back(self) -> None:
        """Available again, it is told everything anew, as after a login."""
        self.context.withdrawn = False
        self.presence.clear()
        self.burst_over = False
        self.companion.show_again()

    def rest(self, after_s: float = 0.0) -> None:
        """Little more will be said of contacts by then: keep what is known in little room."""
        self._fold_at = self.context.now + after_s

    def ring(self) -> None:
        """A ping whose answer is taken out (XEP-0199); one at a time."""
        context = self.context
        if self.ringing or not (context.gate_open() and context.safe(Side.SERVER)):
            return
        self.ringing = context.ids.next()
        self.injector.now(Side.SERVER, ping(self.ringing))

    def pump(self) -> None:
        """Let out whatever may leave at this moment."""
        if self.context.state in _AT_WORK:
            if request := self.roster.request():
                self.injector.add(Side.SERVER, Addition(lambda: request))
            for _ in _COMPANION_STEPS:
                self.companion.show()
                self.injector.pump()
            self.asking.pump()
            self.catching_up.pump()
            self._end_burst()
            self._fold()

    def next_deadline(self) -> float | None:
        if self.context.state not in _AT_WORK:
            return None
        times = (
            self.companion.show_at(),
            self.injector.next_deadline(),
            self.asking.next_deadline(),
            self.catching_up.next_deadline(),
            self._burst_ends(),
            self._fold_at,
        )
        return min((t for t in times if t is not None), default=None)

    def _count(self, side: Side, stanza: bytes) -> None:
        try:
            self.ledger.injected(side, stanza, self.context.now)
        except Exception:
            self.miscounted = True
            raise

    def _again(self, side: Side, stanza: bytes) -> None:
        self.injector.add(side, Addition(lambda: stanza))

    def _burst_ends(self) -> float | None:
        sent = self.context.initial_presence_at
        if self.burst_over or sent is None or not self.roster.known:
            return None
        return sent + self.context.config.burst_s

    def _end_burst(self) -> None:
        ends = self._burst_ends()
        if ends is not None and ends <= self.context.now:
            self.burst_over = True
            if not self.context.inactive:
                self.presence.imply_offline(self.roster.with_presence())
            self.rest()

    def _fold(self) -> None:
        now = self.context.now
        if self._fold_at is not None and self._fold_at <= now:
            self._fold_at = None if self.presence.fold() else now + FOLD_PAUSE_S


class SessionRegistry:
    """The sessions of all streams of one agent, by the id the client was given (SM-7)."""

    def __init__(self) -> None:
        self._serial = 0
        self._sessions: dict[str, Session] = {}
        self._lost: OrderedDict[str, float] = OrderedDict()
        """Until when each session without a connection is kept; lost longest ago first."""
        self._over: list[tuple[float, str]] = []
        """A heap of the same, with some that no longer hold."""

    def new(self, config: SpliceConfig, now: float) -> Session:
        self._serial += 1
        return Session(config, self._serial, now)

    def name(self, session: Session) -> str:
        """Give the session an id of its own that nobody can guess, and keep it under that."""
        self._serial += 1
        digest = hashlib.sha256(f"{session.context.config.ids_seed}:sm:{self._serial}".encode()).hexdigest()
        virtual = f"q1.{digest[:20]}"
        session.ledger.virtual_id = virtual
        self._sessions[virtual] = session
        return virtual

    def find(self, virtual: str | None, now: float) -> Session | None:
        self._expire(now)
        return self._sessions.get(virtual or "")

    def keep(self, session: Session, now: float) -> None:
        """Its connection is lost now: its time starts to run."""
        virtual = session.ledger.virtual_id
        if virtual is not None and virtual in self._sessions:
            self._lost[virtual] = now + session.life_s
            self._lost.move_to_end(virtual)
            heappush(self._over, (self._lost[virtual], virtual))
        self._expire(now)

    def carried_on(self, session: Session) -> None:
        """It has a connection again."""
        self._lost.pop(session.ledger.virtual_id or "", None)

    def forget(self, session: Session) -> None:
        self._drop(session.ledger.virtual_id or "")

    def _drop(self, virtual: str) -> None:
        self._sessions.pop(virtual, None)
        self._lost.pop(virtual, None)

    def _expire(self, now: float) -> None:
        """Drop what is over; of too many that were lost the oldest. What lives is never dropped."""
        while self._over and self._over[0][0] <= now:
            until, virtual = heappop(self._over)
            if self._lost.get(virtual) == until:
                self._drop(virtual)
        while len(self._lost) > MAX_SESSIONS:
            self._drop(next(iter(self._lost)))
        if len(self._over) > 2 * MAX_SESSIONS:
            self._over = [(until, virtual) for virtual, until in self._lost.items()]
            heapify(self._over)
