"""What agents report, brought to whom it concerns. The only place that knows every link message."""

from typing import TYPE_CHECKING

from quorate.link.messages import (
    AskDone,
    CommandGiven,
    EffectDone,
    FromAgent,
    Hello,
    Replied,
    RosterIs,
    Saw,
    SnapshotDone,
    StreamIs,
    Welcome,
)
from quorate.link.server import BEAT_S, LinkPeer
from quorate.model.address import xmpp
from quorate.model.reasons import Reason
from quorate.model.stream import Stream, StreamState
from quorate.server.accounts import reason_named

if TYPE_CHECKING:
    from quorate.server.hub import Hub

MAX_PERSON_EVENTS = 200
"""A bigger roster is announced as its stream only; who shows people reads them anew."""


class Inbound:
    """Implements quorate.link.server.LinkHandler for the hub."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub

    def opened(self, peer: LinkPeer) -> None:
        """Nothing to say before the agent's Hello."""

    def closed(self, peer: LinkPeer) -> None:
        hub = self._hub
        hub.agents_seen.gone(peer)
        hub.dispatcher.peer_gone(peer)
        hub.conversation.answers.peer_gone(peer)
        hub.lookouts.peer_gone(peer)
        for stream in hub.streams_seen.drop(peer):
            self._stale(stream.id, Reason.STREAM_ENDED)
            hub.bus.publish("stream", stream.id)

    def received(self, peer: LinkPeer, message: FromAgent) -> None:
        hub = self._hub
        match message:
            case Hello():
                hub.agents_seen.greeted(peer, message)
                peer.send(Welcome(page=hub.settings.url, beat_s=BEAT_S))
            case StreamIs():
                self._stream(peer, message.stream)
            case RosterIs():
                self._roster(message)
            case Saw():
                hub.changed(hub.book.saw(message.stream, message.evidence), tell=hub.agents_seen.ready(peer))
            case AskDone():
                self._answered(message)
            case EffectDone():
                self._effect_done(peer, message)
            case CommandGiven():
                hub.conversation.given(message)
            case Replied():
                self._replied(message)
            case SnapshotDone():
                hub.agents_seen.told_all(peer)
                hub.conversation.answers.resume()
                hub.dispatcher.resume()
                hub.owned.look_again()
                hub.lookouts.look_again()

    def _effect_done(self, peer: LinkPeer, message: EffectDone) -> None:
        hub = self._hub
        for owner in (hub.conversation.answers, hub.lookouts):
            if owner.ended(peer, message):
                return
        hub.dispatcher.ended(peer, message)

    def _stream(self, peer: LinkPeer, stream: Stream) -> None:
        hub = self._hub
        before = hub.streams_seen.put(stream, peer)
        was_live = (
            before is not None and before.state is StreamState.LIVE and before.account == stream.account
        )
        if stream.account is not None and not was_live:
            hub.own_account(stream.account)
        if stream.state in (StreamState.ENDED, StreamState.BLIND):
            reason = Reason.BLIND if stream.state is StreamState.BLIND else Reason.STREAM_ENDED
            self._stale(stream.id, reason)
        if stream.state is StreamState.LIVE and not was_live:
            self._became_live(peer, stream)
        hub.bus.publish("stream", stream.id)

    def _became_live(self, peer: LinkPeer, stream: Stream) -> None:
        hub = self._hub
        if stream.account is None:
            return
        hub.watching.stream_live(peer, stream.id, stream.account)
        hub.notices.show_status(stream.account)
        hub.upkeep.after_login(stream.account)
        hub.conversation.answers.resume()
        if hub.agents_seen.ready(peer):
            hub.dispatcher.resume()
            hub.lookouts.look_again()
            hub.changed({hub.directory.key_of(stream.account)})

    def _stale(self, stream: str, reason: Reason) -> None:
        hub = self._hub
        hub.notices.stream_ended(stream)
        touched = hub.book.stream_ended(stream, reason)
        asked = hub.asker.stream_ended(stream)
        hub.changed(touched | {hub.directory.key_of(contact) for contact in asked})

    def _roster(self, message: RosterIs) -> None:
        hub = self._hub
        stream = hub.streams_seen.get(message.stream)
        if stream is None or stream.account is None:
            return
        hub.directory.roster(stream.account, message.contacts, message.removed, message.full)
        hub.bus.publish("stream", stream.id)
        if len(message.contacts) <= MAX_PERSON_EVENTS:
            for contact in message.contacts:
                hub.bus.publish("person", hub.directory.key_of(contact.address))

    def _answered(self, message: AskDone) -> None:
        hub = self._hub
        asked = hub.asker.done(message)
        if asked is None:
            return
        vantage, contact = asked
        touched = {hub.directory.key_of(contact)}
        if message.reason is not None:
            touched |= hub.book.no_answer(vantage, contact, reason_named(message.reason), asked=message.asked)
        hub.changed(touched)

    def _replied(self, message: Replied) -> None:
        stream = self._hub.streams_seen.get(message.stream)
        if stream is not None and stream.account is not None:
            self._hub.replied(stream.account, xmpp(message.contact), message)
