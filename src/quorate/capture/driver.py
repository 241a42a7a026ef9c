"""Runs one stream: performs what its splice wants on two legs, in order, and tells the observer the rest.

Nothing of our own may cut a stream: if the splice raises, the bytes go on unread.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from quorate.capture.act import Act
from quorate.capture.alarm import Alarm
from quorate.capture.ca import a_label
from quorate.capture.dial import DialFailed, Reached, dial
from quorate.capture.leg import Leg
from quorate.capture.means import Means
from quorate.capture.noticed import Noticed
from quorate.capture.patience import Patience
from quorate.capture.spliced import Spliced
from quorate.capture.tls import TlsFault, TlsLeg, Trouble
from quorate.errors import place_of
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.arrival import Arrival
from quorate.splice.effects import (
    OTHER,
    Close,
    Connect,
    Redirected,
    Send,
    Side,
    SpliceEffect,
    StartTls,
    StateChanged,
)

HEADER_S = 30.0
"""A connection that never says which domain it wants is closed after this."""
HANDSHAKE_S = 20.0
HALF_CLOSED_S = 10.0
"""How long the other side may go on after one has ended."""
CLOSE_S = 5.0
"""How long what was sent last may take to leave."""
HANDSHAKE_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
"""Fatal handshake_failure (RFC 8446 section 6): what a client gets instead of a leaf for a bad upstream."""

log = logging.getLogger(__name__)

_IMPERATIVE = frozenset({Connect, Redirected, StartTls, Close})
S = TypeVar("S", bound=Spliced)


class Driver(Generic[S]):
    """Owns both legs from the client's first byte until both are gone; a quorate.capture.carrier.Carrier."""

    def __init__(
        self,
        client: Leg,
        splice: S,
        means: Means,
        arrival: Arrival,
        reached: Reached | None = None,
    ) -> None:
        self._splice = splice
        self._now = means.clock.monotonic
        self._means = means
        self._direct = arrival.tls
        self.mode = arrival.mode
        self._reached = reached
        server = reached.leg if reached is not None else Leg(Side.SERVER, self, means.scratch)
        self._legs = {Side.CLIENT: client, Side.SERVER: server}
        self._work: list[SpliceEffect] = []
        """What is still to be performed while ``_running``."""
        self._running = False
        self._raw = False
        self._hello = b""
        self._leaf_allowed, self._closing = True, False
        self._dialling: asyncio.Task[None] | None = None
        self._alarm = Alarm(self._now, self._next_deadline, self._on_time)
        self._loop = asyncio.get_running_loop()
        self._patience = Patience(self._loop)
        self.noticed = Noticed(self._loop, self._read)
        self.over: asyncio.Future[None] = self._loop.create_future()
        self._outgoing = ("", "")  # HOST:PORT of our own end of the upstream connection, and of the server's
        self.domain = ""
        self.found_at = ""
        """HOST:PORT of the upstream connection, once there is one."""
        self.detail: str | None = None
        """What went wrong, as a sentence, if something did."""

    @property
    def peer(self) -> str:
        return "{}:{}".format(*self._legs[Side.CLIENT].peer)

    def begin(self, data: bytes) -> None:
        """Take over the client's leg with the bytes it has already sent."""
        for leg in self._legs.values():
            leg.owner = self
        self._patience.after(HEADER_S, "header", self._check_header)
        if self._direct is not None:
            self._hello = data
            self._legs[Side.CLIENT].pause_reading()
            self.do(lambda splice, now: splice.start(now))
        else:
            self.do(lambda splice, now: splice.start(now))
            self.leg_received(Side.CLIENT, data)
        if self._reached is not None and self._reached.spoken:
            self.leg_received(Side.SERVER, self._reached.spoken)

    def do(self, act: Act[S]) -> bool:
        """Let the splice do something now; False if it cannot any more."""
        if self._raw or self.over.done():
            return False
        try:
            effects = act(self._splice, self._now())
        except Exception as error:
            self._broken(error)
            return False
        self._run(effects)
        return True

    def stop(self) -> None:
        """Let the splice say good-bye, then close both legs."""
        self.do(lambda splice, now: splice.retire(now))
        self._close()

    def leg_connected(self, side: Side) -> None:
        self._outgoing = self._legs[side].ends
        self._means.outgoing.add(self._outgoing)

    def leg_received(self, side: Side, data: bytes) -> None:
        """The hot path: what is only handed on goes straight to the other leg."""
        if not self._raw:
            try:
                got = self._splice.forward(side, data, self._now())
            except Exception as error:
                self._broken(error)
            else:
                if type(got) is not bytes or self._running:
                    self._run([Send(OTHER[side], got)] if isinstance(got, bytes) else got)
                    other = self._legs[OTHER[side]]
                    if other.behind:
                        other.weigh()
                    return
                try:
                    self._legs[OTHER[side]].write(got)
                except Exception as error:
                    self._broken(error)
                    self.abort()
                if self._splice.unread:
                    self.noticed.due()
                return
        self._legs[OTHER[side]].write(data)

    def _read(self) -> None:
        if self._splice.unread:
            self.do(lambda splice, now: splice.read(now))

    def leg_secured(self, side: Side) -> None:
        self._patience.met(side)
        if side is Side.SERVER and self._direct is not None:
            self._guarded(self._secure_client)
            self.do(lambda splice, now: splice.connected(now))
        elif self._direct is None:
            self.do(lambda splice, now: splice.tls_ready(side, now))

    def leg_refused(self, side: Side, fault: TlsFault) -> None:
        log.info("tls failed side=%s trouble=%s", side.value, fault.trouble)
        text = self.detail = fault.of_client
        if side is Side.SERVER:
            text = self.detail = f"The server of {self.domain} cannot be used: {fault.sentence}."
            self._leaf_allowed = fault.reason is not Reason.UPSTREAM_CERTIFICATE
            self._means.routes.forget_redirect(self.domain)
        if side is Side.CLIENT and fault.trouble is Trouble.BROKEN:
            self.do(lambda splice, now: splice.closed(side, now))
        elif self._direct is None or side is Side.CLIENT or fault.trouble is Trouble.BROKEN:
            self.do(lambda splice, now: splice.tls_failed(side, fault.reason, now))
        else:
            self.do(lambda splice, now: splice.connect_failed(fault.reason, text, now))
        self._close()

    def leg_ended(self, side: Side) -> None:
        self.do(lambda splice, now: splice.closed(side, now))
        other = self._legs[OTHER[side]]
        if other.ended or not (other.connected or self._dialling):
            self._close()
        elif not self._closing:
            other.finish()
            self._patience.after(HALF_CLOSED_S, "other end", self._close)

    def leg_lost(self, side: Side) -> None:  # noqa: ARG002
        self._close()
        if self._legs[Side.CLIENT].lost and not self._legs[Side.SERVER].connected:
            self._end()

    def leg_stalled(self, side: Side) -> None:
        self._legs[OTHER[side]].pause_reading()

    def leg_overrun(self, side: Side) -> None:
        self._legs[side].pause_reading()

    def held_for(self, side: Side) -> int:
        if self._raw:
            return 0
        try:
            return self._splice.held(OTHER[side])
        except Exception as error:
            self._broken(error)
            return 0

    def waiting(self, side: Side) -> int:
        """Bytes that ``side`` has sent and that are not with the kernel again, held here or queued.

        Up to one TLS record more, which has not come whole, is inside OpenSSL.
        """
        other = OTHER[side]
        return self.held_for(other) + self._legs[other].buffered

    def leg_relieved(self, side: Side) -> None:  # noqa: ARG002
        for leg in self._legs.values():
            if not (leg.overrun or self._legs[OTHER[leg.side]].stalled):
                leg.resume_reading()

    def _run(self, effects: Iterable[SpliceEffect]) -> None:
        """Perform in order; what an effect causes comes after what was there before it."""
        if self._running:
            self._work.extend(effects)
            return
        self._running, work = True, list(effects)
        while work:
            for effect in work:
                self._perform(effect)
            work, self._work = self._work, []
        self._running = False
        self._alarm.arm()
        self.noticed.settled()

    def _perform(self, effect: SpliceEffect) -> None:
        """A mistake of ours ends this one stream, nothing else."""
        try:
            if type(effect) is Send:
                if self._hello and effect.side is Side.CLIENT and self._direct is not None:
                    self._secure_client()
                self._legs[effect.side].write(effect.data)
            elif type(effect) in _IMPERATIVE:
                self.noticed.stir()
                self._obey(effect)
            else:
                self.noticed.add(effect)
        except Exception as error:
            self._broken(error)
            self.abort()

    def _obey(self, effect: SpliceEffect) -> None:
        if isinstance(effect, StartTls):
            self._start_tls(effect)
        elif isinstance(effect, Connect):
            self.domain = effect.domain
            self._patience.met("header")
            if effect.tunnel:
                self._tunnel()
            self._dialling = self._loop.create_task(self._connect(effect))
        elif isinstance(effect, Redirected):
            self._means.routes.redirect(effect.domain, effect.host, effect.port)
        elif isinstance(effect, Close):
            self._close(abort=effect.abort)

    def _start_tls(self, effect: StartTls) -> None:
        if effect.side is Side.SERVER:
            tls = TlsLeg(self._means.trust.context(), hostname=a_label(effect.domain))
        else:
            tls = TlsLeg(self._means.authority.context(effect.domain))
        self._expect_handshake(effect.side)
        self._legs[effect.side].start_tls(tls, effect.early)

    def _secure_client(self) -> None:
        """Direct TLS: answer the client's hello with the protocol upstream chose (NEG-4)."""
        client, hello = self._legs[Side.CLIENT], self._hello
        self._hello = b""
        client.resume_reading()
        # a name nobody has verified is not one to vouch for anew, only to tell what went wrong
        known = self._legs[Side.SERVER].secured or self._means.authority.covers(self.domain)
        if not (self._leaf_allowed and known):
            client.write(HANDSHAKE_ALERT)
            client.finish()
            return
        chosen = self._legs[Side.SERVER].alpn
        tls = TlsLeg(self._means.authority.context(self.domain, (chosen,) if chosen else ()))
        self._expect_handshake(Side.CLIENT)
        client.start_tls(tls, hello)

    def _tunnel(self) -> None:
        """The client's TLS, if it has begun, goes on to the server."""
        client, hello = self._legs[Side.CLIENT], self._hello
        if self._direct is not None:
            self._direct, self._hello = None, b""
            client.resume_reading()
            self._legs[Side.SERVER].write(hello)

    async def _reach(self, effect: Connect) -> str:
        if self._reached is not None:
            return self._reached.place
        leg, direct = self._legs[Side.SERVER], effect.direct_tls
        return str(await dial(self._means.routes, effect.domain, leg, direct_tls=direct))

    async def _connect(self, effect: Connect) -> None:
        try:
            place = await self._reach(effect)
        except DialFailed as failure:
            text = self.detail = failure.text
            self.do(lambda splice, now: splice.connect_failed(Reason.UPSTREAM_UNREACHABLE, text, now))
            self._close()
            return
        except Exception as error:
            self._broken(error)
            return
        self.found_at, self._dialling = place, None
        self.noticed.due()
        if effect.direct_tls and not effect.tunnel:
            self._guarded(lambda: self._secure_server(effect))
        else:
            self.do(lambda splice, now: splice.connected(now))

    def _secure_server(self, effect: Connect) -> None:
        tls = TlsLeg(self._means.trust.context(effect.alpn), hostname=a_label(effect.domain))
        self._expect_handshake(Side.SERVER)
        self._legs[Side.SERVER].start_tls(tls)

    def _guarded(self, call: Callable[[], None]) -> None:
        """For what cannot be forwarded around: our mistake ends this one stream and nothing else."""
        try:
            call()
        except Exception as error:
            self._broken(error)
            self.abort()

    def _close(self, *, abort: bool = False) -> None:
        if self._dialling is not None and not self._legs[Side.SERVER].connected:
            self._dialling.cancel()
        for leg in self._legs.values():
            if abort:
                leg.abort()
            else:
                leg.close()
        if not self._closing:
            self._closing = True
            self._patience.after(CLOSE_S, "last words", self.abort)

    def abort(self) -> None:
        for leg in self._legs.values():
            leg.abort()

    def _end(self) -> None:
        if self.over.done():
            return
        self._alarm.cancel()
        self._patience.end()
        self.over.set_result(None)
        self._means.outgoing.discard(self._outgoing)
        self.noticed.ended()

    def _broken(self, error: Exception) -> None:
        """Our own mistake: from here on bytes only pass."""
        log.error("stream broken error=%s at=%s", type(error).__name__, place_of(error))
        if self._raw:
            return
        self._raw = True
        self._alarm.arm()
        self._guarded(lambda: self._run(self._splice.abandon(self._means.clock.monotonic())))
        broken = StateChanged(state=StreamState.BLIND, reason=Reason.INTERNAL_ERROR, companion=False)
        if not self._closing:
            self.noticed.add(broken)
            self.noticed.settled()
        if not self._legs[Side.SERVER].connected:
            self._close()

    def _next_deadline(self) -> float | None:
        if self._raw or self.over.done():
            return None
        try:
            return self._splice.next_deadline()
        except Exception as error:
            self._broken(error)
            return None

    def _on_time(self) -> None:
        self.do(lambda splice, now: splice.on_time(now))

    def _expect_handshake(self, side: Side) -> None:
        self._patience.after(HANDSHAKE_S, side, lambda: self._check_handshake(side))

    def _check_header(self) -> None:
        if not self.domain:
            log.info("closed reason=no-header")
            self._close()

    def _check_handshake(self, side: Side) -> None:
        if not self._legs[side].secured and not self._closing:
            reason = Reason.UPSTREAM_UNREACHABLE if side is Side.SERVER else Reason.CLIENT_DISTRUST
            self.leg_refused(side, TlsFault(reason, Trouble.CUT))
