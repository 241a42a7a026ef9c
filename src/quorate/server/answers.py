"""Answers to what was typed to the companion, until they are on the wire: the way they came may be gone.

They live in memory only. Whoever handed the command over tells it again to the next server.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from quorate.activity.candidates import STREAM_REASONS
from quorate.link.messages import CommandDone, CommandGiven, EffectDone, SayTo, Stored
from quorate.link.server import LinkPeer
from quorate.model.address import Address
from quorate.model.stream import StreamState
from quorate.server.again import Again

if TYPE_CHECKING:
    from quorate.server.hub import Hub

KEPT: Final = timedelta(minutes=1)
"""How long an answer waits for a stream; later nobody knows what it is about."""
RETRY_S: Final = 2.0
"""When what a stream did not take is tried again."""


@dataclass(eq=False, slots=True)
class _Answer:
    command: CommandGiven
    account: Address
    text: str
    since: datetime
    given: LinkPeer | None = None
    """Handed over on this connection."""


class Answers:
    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._waiting: dict[str, _Answer] = {}
        self._again = Again(self.resume)

    def say(self, command: CommandGiven, account: Address, text: str | None) -> None:
        """Where it was typed, else on another stream of the account; None: somebody else answers."""
        if text is None:
            self._finished(command)
            return
        effect = f"say-{command.stream}-{command.message}"
        answer = self._waiting[effect] = _Answer(command, account, text, self._hub.clock.now())
        self._send(effect, answer)

    def ended(self, peer: LinkPeer, message: EffectDone) -> bool:
        """The agent has put it on the wire, or could not; False if it is no answer."""
        answer = self._waiting.get(message.effect)
        if answer is None:
            return False
        if message.reason in STREAM_REASONS:
            answer.given = None
            self._again.soon(RETRY_S)
        else:
            del self._waiting[message.effect]
            self._finished(answer.command)
        peer.send(Stored(effects=(message.effect,)))
        return True

    def peer_gone(self, peer: LinkPeer) -> None:
        for answer in self._waiting.values():
            if answer.given is peer:
                answer.given = None

    def resume(self) -> None:
        """A stream is live, or an agent is back: what waits is said, or forgotten."""
        oldest = self._hub.clock.now() - KEPT
        for effect, answer in list(self._waiting.items()):
            if answer.given is not None:
                continue
            if answer.since < oldest:
                del self._waiting[effect]
                self._finished(answer.command)
            else:
                self._send(effect, answer)

    def stop(self) -> None:
        self._again.stop()

    def _send(self, effect: str, answer: _Answer) -> None:
        found = self._place(answer)
        if found is not None:
            stream, peer = found
            if peer.send(SayTo(effect=effect, stream=stream, text=answer.text)):
                answer.given = peer

    def _place(self, answer: _Answer) -> tuple[str, LinkPeer] | None:
        streams = self._hub.streams_seen
        typed, peer = streams.get(answer.command.stream), streams.peer_of(answer.command.stream)
        if typed is not None and peer is not None and typed.state is StreamState.LIVE:
            return typed.id, peer
        found = streams.live(answer.account)
        return (found[0].id, found[1]) if found else None

    def _finished(self, command: CommandGiven) -> None:
        """Whoever keeps the command may forget it."""
        for peer in self._hub.agents_seen.peers:
            peer.send(CommandDone(stream=command.stream, message=command.message))
