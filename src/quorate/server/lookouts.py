"""``watch NAME``: who wants to hear, once, when somebody becomes available."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from quorate.activity.candidates import STREAM_REASONS
from quorate.link.messages import EffectDone, SayTo, Stored
from quorate.link.server import LinkPeer
from quorate.model.address import Address
from quorate.model.availability import Availability
from quorate.model.person import Person
from quorate.server.again import Again
from quorate.talk.companion import now_available

if TYPE_CHECKING:
    from quorate.server.hub import Hub

RETRY_S: Final = 10.0
"""When a line that a stream did not take is tried again."""


@dataclass(eq=False, slots=True)
class _Lookout:
    account: Address
    person: str
    effect: str
    given: LinkPeer | None = None
    """Its line was handed over on this connection, and nobody has said yet what became of it."""


class Lookouts:
    """One is over when its line is on the wire, not before: a stream or a link may break just then."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._open: dict[str, _Lookout] = {}
        """By effect."""
        self._again = Again(self.look_again)

    def load(self) -> None:
        for account, person, at in self._hub.store.watches.all():
            self._note(account, person, at)

    def begin(self, account: Address, person: Person) -> bool:
        """Tell this account once when the person is available; False if they are already."""
        if self._available(account, person.key):
            return False
        known = any(o.account == account and o.person == person.key for o in self._open.values())
        if not known:
            self._note(account, person.key, self._hub.store.watches.add(account, person.key))
        return True

    def changed(self, people: set[str]) -> None:
        for lookout in sorted(self._open.values(), key=lambda o: (o.person, o.account)):
            waits = lookout.person in people and lookout.given is None
            if waits and self._available(lookout.account, lookout.person):
                self._tell(lookout)

    def look_again(self) -> None:
        self.changed({lookout.person for lookout in self._open.values()})

    def ended(self, peer: LinkPeer, message: EffectDone) -> bool:
        """The agent has put it on the wire, or could not; False if it is none of these lines."""
        lookout = self._open.get(message.effect)
        if lookout is None:
            return False
        if message.reason in STREAM_REASONS:
            lookout.given = None
            self._again.soon(RETRY_S)
        else:
            self._hub.store.watches.remove(lookout.account, lookout.person)
            del self._open[message.effect]
        peer.send(Stored(effects=(message.effect,)))
        return True

    def peer_gone(self, peer: LinkPeer) -> None:
        """The same line may be given again: an agent that comes back knows whether it has left."""
        for lookout in self._open.values():
            if lookout.given is peer:
                lookout.given = None

    def stop(self) -> None:
        self._again.stop()

    def _note(self, account: Address, person: str, at: datetime) -> None:
        # the same after a restart of the server
        order = f"{account}\0{person}\0{at.timestamp():.6f}"
        effect = f"watch-{blake2b(order.encode(), digest_size=16).hexdigest()}"
        self._open[effect] = _Lookout(account, person, effect)

    def _available(self, account: Address, key: str) -> bool:
        return self._hub.verdict(key, account).availability is Availability.AVAILABLE

    def _tell(self, lookout: _Lookout) -> None:
        found = self._hub.streams_seen.live(lookout.account)
        person = self._hub.directory.person(lookout.person, lookout.account)
        if found is None or person is None:
            return
        stream, peer = found
        if peer.send(SayTo(effect=lookout.effect, stream=stream.id, text=now_available(person))):
            lookout.given = peer
