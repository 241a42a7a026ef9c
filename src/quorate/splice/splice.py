"""One user's connection, taken apart and put together again: the only door of this package.

Bytes come in by ``receive`` and go out as ``Send`` effects, unchanged except for what Quorate added, took out
or renumbered. Time comes in as ``now``; ``next_deadline`` says when to call ``on_time``.
Nothing here raises on bytes from the wire, and no fault of our own stops them.
"""

from collections.abc import Callable, Mapping

from quorate.model.address import Address, Jid
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.agenda import NEVER, Agenda
from quorate.splice.arrival import Arrival
from quorate.splice.asking import why_not
from quorate.splice.channel_binding import Profiles
from quorate.splice.config import SpliceConfig
from quorate.splice.connection import LONGEST_HOLD, Connection, Phase
from quorate.splice.downward import HOLD, hold
from quorate.splice.effects import OTHER, Answered, Done, Side, SpliceEffect, sending
from quorate.splice.glance import Glance, Looked
from quorate.splice.inside import Inside
from quorate.splice.joining import Joining
from quorate.splice.negotiation import Negotiation
from quorate.splice.passing import Passing
from quorate.splice.session import SessionRegistry
from quorate.splice.unread import Unread
from quorate.wire.xmpp.framer import Framer, Lost, Piece, PieceKind
from quorate.wire.xmpp.header import StanzaName

_NAMES: Mapping[int, StanzaName] = {ord("m"): "message", ord("p"): "presence", ord("i"): "iq"}
"""Of a usual stanza, by its first letter."""

__all__ = ["SessionRegistry", "Splice", "SpliceConfig"]


class Splice:
    def __init__(
        self,
        config: SpliceConfig,
        now: float,
        *,
        sessions: SessionRegistry,
        profiles: Profiles | None = None,
        arrival: Arrival | None = None,
    ) -> None:
        """``sessions`` and ``profiles`` are shared by all splices of a process. If ``arrival`` has TLS and is
        read, the capture has TLS on both legs."""
        self._connection = Connection(
            config, sessions, now, arrival=arrival or Arrival(), profiles=profiles or Profiles()
        )
        self._negotiation = Negotiation(self._connection)
        self._passing = Passing(self._connection, self._negotiation)
        self._fed = now
        """When the server last sent something."""
        self._agenda = Agenda(self._connection)
        self.inside = Inside(self._connection)
        self.unread = Unread(self._connection)
        self._connection.read_unread = self.unread.read
        self._up = Framer(self._held_up), Glance(self._connection, Side.CLIENT, self.unread)
        self._down = Framer(self._held), Glance(self._connection, Side.SERVER, self.unread)
        self._connection.framers = {Side.CLIENT: self._up[0], Side.SERVER: self._down[0]}
        midway = self._connection.arrival.midway
        self._joining = self._connection.joining = Joining(self._connection, midway) if midway else None

    @property
    def state(self) -> StreamState:
        return self._connection.session.context.state

    @property
    def own(self) -> Jid | None:
        """The account's full address, once logged in."""
        return self._connection.session.context.own

    @property
    def contacts(self) -> int:
        """How many contacts the roster has."""
        return len(self._connection.session.roster.contacts)

    @property
    def domain(self) -> str | None:
        """The server the client asked for."""
        return self._connection.domain

    def start(self, now: float) -> list[SpliceEffect]:
        """Call once, before anything else."""
        return self._do(now, self._negotiation.arrive if self._joining is None else self._joining.begin)

    def receive(self, side: Side, data: bytes, now: float) -> list[SpliceEffect]:
        """Bytes have come from ``side``; they leave towards the other, now or when their element is whole."""
        got = self.forward(side, data, now)
        if isinstance(got, bytes):
            got = [sending((OTHER[side], got))] if got else []
        return got + self.read(now) if self.unread else got

    def forward(self, side: Side, data: bytes, now: float) -> bytes | list[SpliceEffect]:
        """The same; only the bytes, if handing them on to the other side is all there is to do.

        Then ``next_deadline`` has not changed either: nearly everything passes in this way. Where it leaves
        something ``unread``, ``read`` is to be called soon: after the bytes have left.
        """
        connection, agenda = self._connection, self._agenda
        if self.unread:
            self.unread.read()
        connection.now = connection.session.context.now = now
        if side is Side.SERVER:
            self._fed = now
            framer, glance = self._down
        else:
            framer, glance = self._up
        if self._joining is not None and not self._joining.reads(side, data):
            return connection.out.take()
        looked = None
        if framer.rests and not agenda.waiting and now < agenda.at and glance.clear(data):
            looked = glance.through(data, 0)
            begin, end, _, _ = looked
            if end == len(data):
                rest = data[begin:] if begin else data
                return rest if connection.out.empty else connection.out.last(glance.receiver, rest)
        try:
            self._take(side, data, looked)
        except Exception:  # a fault of ours must not stop the stream
            connection.go_blind(Reason.INTERNAL_ERROR)
        connection.hand_on_held()
        return connection.out.take()

    def read(self, now: float) -> list[SpliceEffect]:
        """Learn from what was handed on unread."""
        self._connection.at(now)
        self.unread.read()
        self._connection.hand_on_held()
        return self._connection.out.take()

    def ring(self, now: float) -> list[SpliceEffect]:
        """Make the server say something: some clients take what was added only when they read."""
        return self._do(now, self._connection.session.ring)

    def connected(self, now: float) -> list[SpliceEffect]:
        """The server was reached."""
        return self._do(now, lambda: None)

    def connect_failed(self, reason: Reason, text: str, now: float) -> list[SpliceEffect]:
        """It was not; the client is told ``text`` in a stream error."""
        return self._do(now, lambda: self._negotiation.fail("remote-connection-failed", text, reason))

    def put_out(self, reason: Reason, text: str, now: float) -> list[SpliceEffect]:
        """The capture ends a connection that has not logged in; the client is told ``text``."""
        return self._do(now, lambda: self._negotiation.put_out(reason, text))

    def tls_ready(self, side: Side, now: float) -> list[SpliceEffect]:
        return self._do(now, lambda: self._negotiation.secured(side))

    def tls_failed(self, side: Side, reason: Reason, now: float) -> list[SpliceEffect]:
        return self._do(now, lambda: self._negotiation.insecure(side, reason))

    def closed(self, side: Side, now: float) -> list[SpliceEffect]:
        """One side's connection has ended; without a stream end before, the session can still be resumed."""

        def end() -> None:
            connection = self._connection
            connection.shut |= {side}
            if not connection.blind:
                for origin, framer in connection.framers.items():
                    if origin is side or not connection.counting:
                        rest = framer.reset()
                        # the client sends it again, which Prosody 0.12 would take for the rest of the half
                        if not (origin is Side.CLIENT and connection.counting):
                            connection.out.send(OTHER[origin], rest)
            connection.end(connection.session.context.reason)

        return self._do(now, end)

    def ask(self, request: str, contact: Address, now: float, *, force: bool = False) -> list[SpliceEffect]:
        """Find out whether a contact is there: from the stream if it has said so, else by asking in it."""

        def ask() -> None:
            try:
                self._connection.session.asking.ask(request, contact, force=force)
            except Exception:
                reason = Reason.INTERNAL_ERROR
                over = Answered(request=request, contact=contact, reason=reason, asked=False)
                self._connection.out.add(over)
                raise

        return self._do(now, ask)

    def tell(
        self,
        effect: str,
        to: Address,
        text: str,
        now: float,
        *,
        echo: str | None = None,
        watch: bool = False,
    ) -> list[SpliceEffect]:
        """Write to a contact from the user's account; ``echo`` goes to the companion's chat then."""
        telling = self._connection.session.telling
        return self._queue(effect, now, lambda: telling.tell(effect, to, text, echo=echo, watch=watch))

    def say(self, effect: str, text: str, now: float, of: str | None = None) -> list[SpliceEffect]:
        """Write to the user in the companion's chat; ``of``: a later line about the same may replace it."""
        return self._queue(effect, now, lambda: self._connection.session.companion.say(effect, text, of))

    def watch(self, contact: Address, now: float | None = None) -> list[SpliceEffect]:
        """Report what this contact writes."""
        return self._do(now, lambda: self._connection.session.telling.watch(contact))

    def unwatch(self, contact: Address, now: float | None = None) -> list[SpliceEffect]:
        return self._do(now, lambda: self._connection.session.telling.unwatch(contact))

    def companion_status(self, text: str, now: float) -> list[SpliceEffect]:
        return self._do(now, lambda: self._connection.session.companion.status(text))

    def rest(self, now: float) -> list[SpliceEffect]:
        """Nothing was noticed for a while: what is known needs little room until it changes."""
        return self._do(now, self._connection.session.rest)

    def retire(self, now: float) -> list[SpliceEffect]:
        """Take the companion out of the client's view; Quorate is about to end."""
        return self._do(now, self._connection.session.companion.retire)

    def abandon(self, now: float) -> list[SpliceEffect]:
        """Something of ours around here went wrong: hand on what is held, follow the stream no more."""
        return self._do(now, lambda: self._connection.go_blind(Reason.INTERNAL_ERROR))

    def held(self, side: Side) -> int:
        """Bytes ``side`` has sent that wait here for the rest of their element."""
        return self._connection.held(side)

    def next_deadline(self) -> float | None:
        """When ``on_time`` is due; None if nothing waits for time."""
        due = self._agenda.at
        if self._joining is not None and (joining := self._joining.deadline) is not None:
            due = min(due, joining)
        if self._down[0].pending and (held_until := self._hold_ends()) is not None:
            due = min(due, held_until)
        return None if due == NEVER else due

    def on_time(self, now: float) -> list[SpliceEffect]:
        def pass_time() -> None:
            if self._joining is not None:
                self._joining.on_time()
            held_until = self._hold_ends()
            if held_until is not None and held_until <= now:
                if not self._passing.releases(self._down[0]):
                    self._fed = now  # and is looked at again
                    return
                self._fed = NEVER
                for piece in self._connection.framers[Side.SERVER].release():
                    self._piece(Side.SERVER, piece)

        return self._do(now, pass_time)

    def _queue(self, effect: str, now: float, add: Callable[[], None]) -> list[SpliceEffect]:
        def queue() -> None:
            reason = why_not(self._connection.session.context)
            if reason is not None:
                self._connection.out.add(Done(effect=effect, reason=reason))
                return
            try:
                add()
            except Exception:
                self._connection.out.add(Done(effect=effect, reason=Reason.INTERNAL_ERROR))
                raise

        return self._do(now, queue)

    def _do(self, now: float | None, act: Callable[[], None]) -> list[SpliceEffect]:
        connection = self._connection
        connection.at(connection.now if now is None else now)
        self.unread.read()
        try:
            act()
        except Exception:  # a fault of ours must not stop the stream
            connection.slip(Reason.INTERNAL_ERROR)
        self._agenda.pump()
        connection.hand_on_held()
        return connection.out.take()

    def _hold_ends(self) -> float | None:
        """When a stanza that stalled half-way is let through (P-3)."""
        connection, framer = self._connection, self._connection.framers[Side.SERVER]
        if not framer.pending or self._fed == NEVER:
            return None
        if framer.unfinished and self._passing.managed(Side.SERVER, framer.unfinished):
            return None  # a count that nobody translated must not pass
        if connection.phase is not Phase.OPEN or connection.session.context.own is None:
            return None
        return self._fed + connection.config.hold_s

    def _take(self, side: Side, data: bytes, looked: Looked | None = None) -> None:
        if self._connection.diverts(side):
            self._connection.divert(side, data[looked[0] :] if looked else data)
            return
        framer, glance = self._down if side is Side.SERVER else self._up
        window, at = framer.window(data), 0
        clear = None if looked is None else True
        while at < len(window):
            start = at
            if looked is None and framer.rests and clear is not False:
                clear = clear or glance.clear(window)
                looked = glance.through(window, at) if clear else None
            if self.unread:
                self.unread.read()
            if looked is not None:
                at, looked = self._looked(side, window, looked), None
            if at == start:
                at = self._advance(side, window, at)
            if self._connection.diverts(side):
                self._connection.divert(side, window[at:])
                return

    def _looked(self, side: Side, window: bytes, looked: Looked) -> int:
        """Hand on what passes, and deal with the stanza behind it if it is known; where the next begins."""
        connection, (begin, end, tag, after) = self._connection, looked
        if end > begin:
            connection.out.send(OTHER[side], window[begin:end])
            if self._agenda.due:
                self._agenda.pump()
        if not tag:
            return end
        piece = Piece(PieceKind.ELEMENT, window[end:after], tag)
        name = _NAMES[tag[1]]
        self._passing.hand_on(side, piece, name)
        self._pump_after(side, name)
        return after

    def _advance(self, side: Side, window: bytes, at: int) -> int:
        """Deal with one element, or with what there is of it; where the next begins."""
        framer = self._connection.framers[side]
        pending = framer.pending
        pieces: list[Piece | Lost] = []
        try:
            at = framer.advance(window, at, pieces)
        except Exception:  # a fault of ours must not stop the stream
            pieces = [Lost(Reason.INTERNAL_ERROR, framer.reset()[:pending] + window[at:])]
            at = len(window)
        for number, piece in enumerate(pieces):
            if number and self._connection.diverts(side):
                self._connection.divert(side, b"".join(p.data for p in pieces[number:]))
                break
            try:
                self._piece(side, piece)
            except Exception:  # a fault of ours, after the piece was handed on
                self._connection.go_blind(Reason.INTERNAL_ERROR)
        return at

    def _piece(self, side: Side, piece: Piece | Lost) -> None:
        """Hand one piece on, edited or not; our own faults cost us the sight, not the user the bytes."""
        connection = self._connection
        if isinstance(piece, Lost):
            connection.out.send(OTHER[side], piece.data)
            if not connection.framers[side].ended:
                connection.lose(piece.reason)
            return
        try:
            name = self._passing.stanza(side, piece)
        except Exception:  # a stanza not known as one is not counted
            connection.out.send(OTHER[side], piece.data)
            connection.go_blind(Reason.INTERNAL_ERROR)
            return
        self._passing.hand_on(side, piece, name)
        if side is Side.SERVER:
            connection.pay()
        if piece.kind is PieceKind.CLOSE:
            self._stream_ended(side)
        if side is Side.SERVER and connection.phase is Phase.OPEN and connection.early:
            early, connection.early = connection.early, b""
            self._take(Side.CLIENT, early)
        self._pump_after(side, name)

    def _pump_after(self, side: Side, name: StanzaName | None) -> None:
        """What the server delivers of others changes nothing that waits for its time."""
        if self._agenda.due or side is Side.CLIENT or name not in ("message", "presence"):
            self._agenda.pump()

    def _held_up(self, _tag: bytes) -> int:
        """Who has not logged in has nothing long to say."""
        return HOLD if self.own is None else LONGEST_HOLD

    def _held(self, tag: bytes) -> int:
        try:
            return hold(self._connection, tag)
        except Exception:  # a fault of ours must not stop the stream
            self._connection.slip(Reason.INTERNAL_ERROR)
            return HOLD

    def _stream_ended(self, side: Side) -> None:
        """``</stream:stream>`` has passed: this session will not be resumed (SM-11)."""
        connection = self._connection
        connection.shut |= {OTHER[side]}
        connection.session.context.closing = True
        connection.sessions.forget(connection.session)
        connection.give_up(Reason.STREAM_ENDED)
