"""The streams of all connected agents, and through which of them an own account can be reached."""

from collections import OrderedDict

from quorate.link.server import LinkPeer
from quorate.model.address import Address
from quorate.model.stream import Stream, StreamState

ENDED_KEPT = 20
"""Ended streams still shown, so that their reason can be read."""


class Streams:
    def __init__(self) -> None:
        self._open: dict[str, tuple[Stream, LinkPeer]] = {}
        self._ended: OrderedDict[str, Stream] = OrderedDict()
        self._typed: dict[Address, str] = {}
        """Own account to the stream it typed its latest command on."""

    def all(self) -> list[Stream]:
        """Open ones first, then ended ones, the latest first."""
        by_age = sorted((s for s, _ in self._open.values()), key=lambda s: s.since, reverse=True)
        return by_age + list(reversed(self._ended.values()))

    def get(self, id: str) -> Stream | None:
        entry = self._open.get(id)
        return entry[0] if entry else self._ended.get(id)

    def put(self, stream: Stream, peer: LinkPeer) -> Stream | None:
        """Take note of a stream's state; returns what was known before."""
        before = self.get(stream.id)
        if stream.state is StreamState.ENDED:
            self._open.pop(stream.id, None)
            self._ended[stream.id] = stream
            self._ended.move_to_end(stream.id)
            while len(self._ended) > ENDED_KEPT:
                self._ended.popitem(last=False)
        else:
            self._ended.pop(stream.id, None)
            self._open[stream.id] = (stream, peer)
        return before

    def drop(self, peer: LinkPeer) -> list[Stream]:
        """An agent is gone: forget its streams (it tells them anew if it comes back) and return them."""
        gone = [stream for stream, of in self._open.values() if of is peer]
        for stream in gone:
            del self._open[stream.id]
        return gone

    def typed(self, account: Address, stream: str) -> None:
        """Somebody sits at this device: what concerns them is said there."""
        self._typed[account] = stream

    def live(self, account: Address) -> tuple[Stream, LinkPeer] | None:
        """The stream to write on for this account.

        With a companion if possible, then where the account typed last, then the latest.
        """
        usable = [
            entry
            for entry in self._open.values()
            if entry[0].account == account and entry[0].state is StreamState.LIVE
        ]
        typed = self._typed.get(account)
        return max(usable, key=lambda e: (e[0].companion, e[0].id == typed, e[0].since), default=None)

    def live_accounts(self) -> list[Address]:
        """Own accounts that can be written for now, in the order of their first stream."""
        live = (s for s, _ in self._open.values() if s.state is StreamState.LIVE)
        return list(dict.fromkeys(s.account for s in live if s.account is not None))

    def peer_of(self, id: str) -> LinkPeer | None:
        entry = self._open.get(id)
        return entry[1] if entry else None
