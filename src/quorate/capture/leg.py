"""One leg of a stream: a socket with or without TLS on it, plaintext above.

TLS starts in the middle of the conversation and bytes must be had before it, so none of asyncio's is used.
"""

import asyncio
import socket
from typing import Protocol

from quorate.capture.stream_loop import SCRATCH_SIZE
from quorate.capture.tls import TlsFault, TlsLeg, TlsStep
from quorate.capture.transport import (
    BRIM,
    HIGH_WATER,
    LOW_WATER,
    SocketTransport,
    StreamProtocol,
    take_over,
)
from quorate.splice.effects import Side

__all__ = ["HIGH_WATER", "SCRATCH_SIZE", "Leg", "LegOwner"]


def place(host: str, port: int) -> str:
    """HOST:PORT, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class LegOwner(Protocol):
    """Who is told what happens on a leg."""

    def leg_connected(self, side: Side) -> None: ...

    def leg_received(self, side: Side, data: bytes) -> None: ...

    def leg_secured(self, side: Side) -> None:
        """Its TLS handshake is done."""
        ...

    def leg_refused(self, side: Side, fault: TlsFault) -> None:
        """Its TLS failed; nothing can be sent on it any more."""
        ...

    def leg_ended(self, side: Side) -> None:
        """The peer sends nothing more; called once."""
        ...

    def leg_lost(self, side: Side) -> None:
        """The connection is gone; called once, after ``leg_ended``."""
        ...

    def leg_stalled(self, side: Side) -> None:
        """The peer does not read: more than HIGH_WATER waits for it."""
        ...

    def leg_overrun(self, side: Side) -> None:
        """So much waits that it can only be our own answers to what this peer sends, and does not read."""
        ...

    def leg_relieved(self, side: Side) -> None: ...

    def held_for(self, side: Side) -> int:
        """Bytes for this leg that came from the other and are held back."""
        ...


class Leg(StreamProtocol):
    """Bytes written before there is a connection wait for it."""

    __slots__ = (
        "_before",
        "_close_when_secured",
        "_finished",
        "_paused",
        "_scratch",
        "_tls",
        "_transport",
        "ended",
        "lost",
        "overrun",
        "owner",
        "side",
        "stalled",
    )

    def __init__(self, side: Side, owner: LegOwner, scratch: bytearray) -> None:
        self.side = side
        self.owner = owner
        self._scratch = scratch
        self._transport: SocketTransport | None = None
        self._tls: TlsLeg | None = None
        self._before: bytes = b""
        self.stalled = False
        self.overrun = False
        self.ended = False
        self._finished = False
        self._close_when_secured = False
        self._paused = False
        self.lost = False

    @property
    def connected(self) -> bool:
        return self._transport is not None and not self.lost

    @property
    def secured(self) -> bool:
        return self._tls is not None and self._tls.ready

    @property
    def alpn(self) -> str | None:
        return self._tls.alpn if self._tls else None

    @property
    def behind(self) -> bool:
        """Something waits to be sent."""
        if self._transport is None or (self._tls is not None and not self._tls.ready):
            return self.buffered > 0
        return self._transport.behind

    @property
    def buffered(self) -> int:
        """Bytes taken over from the other side and not yet with the kernel."""
        size = len(self._before) + (self._tls.waiting if self._tls else 0)
        return size + (self._transport.get_write_buffer_size() if self._transport else 0)

    @property
    def peer(self) -> tuple[str, int]:
        """Socket address of the peer; ("", 0) if it is gone already."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return (name[0], name[1]) if name else ("", 0)

    @property
    def connection(self) -> socket.socket | None:
        """None before there is a connection."""
        return self._transport.get_extra_info("socket") if self._transport else None

    @property
    def local(self) -> str:
        """HOST:PORT the peer has connected to."""
        name = self._transport.get_extra_info("sockname") if self._transport else None
        return place(name[0], name[1]) if name else ""

    @property
    def ends(self) -> tuple[str, str]:
        """HOST:PORT here and of the peer: only both together tell one connection from all others."""
        return self.local, place(*self.peer)

    def write(self, data: bytes) -> None:
        if not data or self._finished or self._close_when_secured or self.lost:
            return
        tls, transport = self._tls, self._transport
        if tls is not None:
            data = tls.write(data)
        if transport is not None and (tls is None or tls.ready):
            # the transport itself says when too much waits in it
            transport.write(data)
        else:
            self._send(data)
            self.weigh()

    def start_tls(self, tls: TlsLeg, early: bytes = b"") -> None:
        """Everything from here on is TLS; ``early`` are bytes of the peer that belong to it already."""
        self._tls = tls
        self._step(tls.start() if not early else tls.feed(early))

    def finish(self) -> None:
        """Send nothing more, but go on reading."""
        if self._finished or self.lost:
            return
        if self._tls is not None:
            self._send(self._tls.close())
        self._finished = True
        if self._transport is not None:
            self._transport.write_eof()

    def close(self, *, last_words: bool = True) -> None:
        """Send what waits, then close; the peer has time to read it if these were ``last_words``."""
        if self._tls is not None and not self._tls.ready and self._tls.waiting and not self._finished:
            self._close_when_secured = True
            return
        if self._tls is not None and not self._finished:
            self._send(self._tls.close())
        self._finished = True
        if self._transport is None:
            return
        if last_words and not self.ended:
            self._transport.linger()
        else:
            self._transport.close()

    def abort(self) -> None:
        self._finished = True
        if self._transport is not None:
            self._transport.abort()

    def pause_reading(self) -> None:
        self._paused = True
        if self._transport is not None and not self.ended:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._paused = False
        if self._transport is not None and not self.ended:
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        try:
            own = take_over(transport, self)
        except OSError:  # no descriptor is left for it
            transport.abort()
            return
        self._begin(own)

    def connect(self, sock: socket.socket) -> None:
        """A connection that was opened for this leg; ``sock`` does not block."""
        self._begin(SocketTransport(asyncio.get_running_loop(), sock, self))

    def _begin(self, own: SocketTransport) -> None:
        self._transport = own
        before, self._before = self._before, b""
        if before:
            own.write(before)
        if self._finished:
            own.write_eof()
        if self._paused:
            own.pause_reading()
        self.weigh()
        self.owner.leg_connected(self.side)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        return memoryview(self._scratch)

    def buffer_updated(self, nbytes: int) -> None:
        self.received(memoryview(self._scratch)[:nbytes])

    def received(self, data: memoryview) -> None:
        if self._tls is None:
            self.owner.leg_received(self.side, bytes(data))
            return
        got = self._tls.take(data)
        if isinstance(got, TlsStep):
            self._step(got)
        elif got:
            self.owner.leg_received(self.side, got)

    def eof_received(self) -> bool:
        self._end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.lost = True
        self._end()
        self.owner.leg_lost(self.side)

    def pause_writing(self) -> None:
        self.weigh()

    def resume_writing(self) -> None:
        self.weigh()

    def _send(self, data: bytes) -> None:
        if not data or self._finished:
            return
        if self._transport is not None:
            self._transport.write(data)
        else:
            self._before += data

    def weigh(self) -> None:
        """Tell the owner when the peer falls behind, and when it has caught up.

        What is held for the peer counts while the peer is behind: it is less than HIGH_WATER, so once all
        else is sent the rest of it can be read.
        """
        buffered = self.buffered
        waiting = buffered + self.owner.held_for(self.side) if buffered else 0
        if not self.stalled and waiting > HIGH_WATER:
            self.stalled = True
            self.owner.leg_stalled(self.side)
        if not self.overrun and waiting > BRIM:
            self.overrun = True
            self.owner.leg_overrun(self.side)
        elif self.stalled and waiting <= LOW_WATER:
            self.stalled = self.overrun = False
            self.owner.leg_relieved(self.side)
        if self.stalled and self._transport is not None:
            self._transport.owe_relief()

    def _step(self, step: TlsStep) -> None:
        self._send(step.ciphertext)
        if step.ready:
            if self._close_when_secured:
                self.close()
                return
            self.owner.leg_secured(self.side)
            self.weigh()
        if step.plaintext:
            self.owner.leg_received(self.side, step.plaintext)
        if step.fault is not None:
            self._finished = True
            self.owner.leg_refused(self.side, step.fault)
        elif step.ended:
            self._end()

    def _end(self) -> None:
        if self.ended:
            return
        self.ended = True
        fault = self._tls.cut() if self._tls is not None else None
        if fault is not None:
            self._finished = True
            self.owner.leg_refused(self.side, fault)
        self.owner.leg_ended(self.side)
