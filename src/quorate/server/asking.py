"""Asking for presence the stream never mentioned: one request per contact and login, unless by hand."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import uuid4

from quorate.link.messages import AskDone, AskFor
from quorate.link.server import LinkPeer
from quorate.model.address import Address
from quorate.model.reasons import Reason
from quorate.server.evidence_book import EvidenceBook
from quorate.server.streams import Streams

ANSWER_GRACE_S = 0.5
"""How long after ``ask_timeout_s`` the agent's own "no answer" may take to arrive."""


@dataclass(frozen=True, slots=True)
class _Out:
    """A request that is not answered yet."""

    stream: str
    vantage: Address
    contact: Address
    answered: "asyncio.Future[None]"


class Asker:
    def __init__(
        self,
        streams: Streams,
        book: EvidenceBook,
        *,
        timeout_s: float,
        silent: Callable[[Address, Address], None],
    ) -> None:
        """``silent`` is told (vantage, contact) when not even the agent says what became of a request."""
        self._streams = streams
        self._book = book
        self._patience_s = timeout_s + ANSWER_GRACE_S
        self._silent = silent
        self._out: dict[str, _Out] = {}
        self._asked: set[tuple[str, Address]] = set()
        """(stream, contact): asked since this login."""
        self.results: Counter[str] = Counter()
        """Requests by what came of them: ``answered`` or a reason name."""

    def asking(self, addresses: Iterable[Address]) -> bool:
        """True while a request about any of these is out."""
        wanted = set(addresses)
        return any(out.contact in wanted for out in self._out.values())

    def begin(
        self, vantage: Address, contacts: Iterable[Address], *, force: bool = False
    ) -> list["asyncio.Future[None]"]:
        """Send what has to be asked through this vantage; the futures are done when answered."""
        found = self._streams.live(vantage)
        if found is None:
            return []
        stream, peer = found
        waiting = []
        for contact in contacts:
            if contact == vantage:
                continue
            out = self._running(vantage, contact)
            if out is None and (force or self._needed(stream.id, vantage, contact)):
                out = self._send(stream.id, peer, vantage, contact)
            if out is not None:
                waiting.append(out.answered)
        return waiting

    async def wait(self, waiting: Iterable["asyncio.Future[None]"]) -> None:
        """Until all are answered, or the time for it is over."""
        if pending := list(waiting):
            await asyncio.wait(pending, timeout=self._patience_s)

    def done(self, message: AskDone) -> tuple[Address, Address] | None:
        """An answer came; returns (vantage, contact), or None for what was not asked from here."""
        out = self._out.pop(message.request, None)
        if out is None:
            return None
        self.results[message.reason or "answered"] += 1
        _settle(out)
        return out.vantage, out.contact

    def stream_ended(self, stream: str) -> list[Address]:
        """Nothing asked there will be answered; returns the contacts."""
        self._asked = {entry for entry in self._asked if entry[0] != stream}
        lost = [request for request, out in self._out.items() if out.stream == stream]
        outs = [self._out.pop(request) for request in lost]
        for out in outs:
            _settle(out)
        return [out.contact for out in outs]

    def _send(self, stream: str, peer: LinkPeer, vantage: Address, contact: Address) -> _Out:
        loop = asyncio.get_running_loop()
        request = uuid4().hex
        out = self._out[request] = _Out(stream, vantage, contact, loop.create_future())
        self._asked.add((stream, contact))
        peer.send(AskFor(request=request, stream=stream, contact=contact.account))
        loop.call_later(self._patience_s, self._give_up, request)
        return out

    def _give_up(self, request: str) -> None:
        if (out := self._out.pop(request, None)) is not None:
            self.results[Reason.TIMEOUT] += 1
            _settle(out)
            self._silent(out.vantage, out.contact)

    def _running(self, vantage: Address, contact: Address) -> _Out | None:
        same = (out for out in self._out.values() if (out.vantage, out.contact) == (vantage, contact))
        return next(same, None)

    def _needed(self, stream: str, vantage: Address, contact: Address) -> bool:
        return (stream, contact) not in self._asked and not self._book.knows(vantage, contact)


def _settle(out: _Out) -> None:
    if not out.answered.done():
        out.answered.set_result(None)
