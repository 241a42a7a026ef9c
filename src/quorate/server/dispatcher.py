"""Effects of activities become messages to the agent; what the agent reports becomes inputs.

A Ring is handed to one agent and never to another: what a lost agent did with it is unknown, so it
counts as sent. Everything else may be repeated under its id, and waits for a stream up to NOTICE_KEPT.
"""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

from pydantic import BaseModel

from quorate.activity.candidates import STREAM_REASONS
from quorate.activity.effects import (
    ActivityEffect,
    Block,
    CloseRoom,
    Notice,
    OpenRoom,
    RevokeLink,
    Ring,
    Tell,
    TellOrganiser,
)
from quorate.activity.inputs import RingFailed, RingSent
from quorate.clock import Clock
from quorate.link import messages
from quorate.link.server import LinkPeer
from quorate.model.activity import Activity, InvitationState
from quorate.model.address import Address
from quorate.model.reasons import Reason
from quorate.model.stream import Stream
from quorate.rooms.own import Rooms
from quorate.rooms.tokens import Links
from quorate.server.accounts import reason_named
from quorate.server.activities import Activities
from quorate.server.again import Again
from quorate.server.agents import Agents
from quorate.server.notices import Notices
from quorate.server.streams import Streams
from quorate.server.world import World
from quorate.store.database import refuses
from quorate.store.open import Store
from quorate.store.repositories import Pending

NOTICE_KEPT = timedelta(hours=24)
RETRY_S = 10.0
"""When notices that a stream did not take are tried again; without a stream they wait for the next login."""
OVERTAKEN: Final = frozenset(
    {
        Notice.ACCEPTED,
        Notice.STILL_THERE,
        Notice.LATER_NOTED,
        Notice.STARTED,
        Notice.TALLY,
        Notice.LIVE,
    }
)
"""Once the activity is over these are not said any more: that it is over is said by its own notice."""
STANDINGS: Final = frozenset({Notice.STARTED, Notice.FELL_BACK, Notice.TALLY})
"""One of them may take the place of another in the chat; the others are to be noticed."""
INVITING: Final = frozenset({Notice.LINK, Notice.LATE})
"""Once it is over these become the news that it is."""

log = logging.getLogger(__name__)


class Dispatcher:
    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        streams: Streams,
        agents: Agents,
        notices: Notices,
        rooms: Rooms,
        links: Links,
        world: World,
    ) -> None:
        self._clock = clock
        self._store = store
        self._streams = streams
        self._agents = agents
        self._notices = notices
        self._rooms = rooms
        self._links = links
        self._world = world
        self._given: dict[str, LinkPeer] = {}
        """Effects handed over on a connection that is still open."""
        self._again = Again(self.resume)
        self.left: set[str] = set()
        """Invitations known to have left, of which their activity is not told yet."""
        self.activities: Activities
        """Set once by the hub: the two know each other."""

    def execute(self, activity: Activity, effects: tuple[ActivityEffect, ...]) -> None:
        """Do what was just decided and stored, in order."""
        for effect in effects:
            self._try(activity, effect, given_to=None)

    def resume(self) -> None:
        """Go through everything not known to be done: after a start, a login, an agent's return."""
        for pending in self._store.outbox.pending():
            if pending.effect.id in self._given:
                continue
            activity = self.activities.find(pending.activity)
            if activity is None or self._too_old(pending):
                self._store.outbox.done(pending.effect.id, Reason.STALE)
            else:
                self._try(activity, pending.effect, given_to=pending.dispatched_to)

    def taken_in(self, activity: Activity) -> None:
        """The activity is told what had become of its invitations by then."""
        if self.left:
            queued = InvitationState.QUEUED
            self.left.difference_update(i.id for i in activity.invitations if i.state is not queued)

    def peer_gone(self, peer: LinkPeer) -> None:
        self._given = {effect: of for effect, of in self._given.items() if of is not peer}

    def ended(self, peer: LinkPeer, message: messages.EffectDone) -> None:
        """The agent has put it on the wire, or never will."""
        reason = None if message.reason is None else reason_named(message.reason)
        activity = self.activities.find(message.effect.rpartition("-")[0])
        self._given.pop(message.effect, None)
        is_ring = activity is not None and any(i.id == message.effect for i in activity.invitations)
        if activity is not None and is_ring:
            self._ring_ended(activity, message.effect, reason)
        if is_ring or reason not in STREAM_REASONS:
            self._store.outbox.done(message.effect, reason)
        else:
            self._again.soon(RETRY_S)
        peer.send(messages.Stored(effects=(message.effect,)))

    def stop(self) -> None:
        self._again.stop()

    # one effect

    def _try(self, activity: Activity, effect: ActivityEffect, given_to: str | None) -> None:
        """What cannot be done now stays pending and keeps nothing else from being done."""
        try:
            self._do(activity, effect, given_to)
        except Exception as error:
            log.exception("effect failed: %s", type(effect).__name__)
            if refuses(error):
                self._again.soon(RETRY_S)

    def _do(self, activity: Activity, effect: ActivityEffect, given_to: str | None) -> None:
        match effect:
            case Ring():
                self._ring(activity, effect, given_to)
            case Tell() | TellOrganiser():
                self._notify(activity, effect)
            case OpenRoom():
                self._rooms.open(activity)
                self._store.outbox.done(effect.id)
            case CloseRoom():
                self._rooms.close(activity.id)
                self._store.outbox.done(effect.id)
            case RevokeLink():
                self._links.revoke(activity.id, effect.person)
                self._store.outbox.done(effect.id)
            case Block():
                self._world.block(activity.organiser_via, effect.via)
                self._store.outbox.done(effect.id)
                self.activities.world_changed([effect.person])
            case _:
                assert_never(effect)

    def _ring(self, activity: Activity, ring: Ring, given_to: str | None) -> None:
        found = self._streams.live(activity.organiser_via)
        agent = self._agents.id_of(found[1]) if found else None
        if given_to is not None and given_to != agent:
            self._fate_unknown(activity, ring, given_to)
        elif not _queued(activity, ring.invitation):
            self._store.outbox.done(ring.id)
        elif found is None:
            self.activities.post(activity.id, RingFailed(ring.invitation, Reason.NO_STREAM))
            self._store.outbox.done(ring.id, Reason.NO_STREAM)
        else:
            self._send(activity, ring)

    def _fate_unknown(self, activity: Activity, ring: Ring, given_to: str) -> None:
        """Another agent was given it. Still connected, or none at all yet: wait for its word.

        Also if nobody needs the ring any more: who may have been rung hears so.
        """
        connected = {agent.id for agent in self._agents.connected}
        if connected and given_to not in connected:
            self._rang(ring.via)
            self.activities.post(activity.id, RingSent(ring.invitation))
            self._store.outbox.done(ring.id)

    def _notify(self, activity: Activity, effect: Tell | TellOrganiser) -> None:
        """A notice that had to wait may be overtaken by what happened meanwhile."""
        if _overtaken(activity, effect):
            self._store.outbox.done(effect.id, Reason.STALE)
            return
        if activity.state.over and isinstance(effect, Tell) and effect.notice in INVITING:
            effect = replace(effect, notice=Notice.OVER)
        self._send(activity, effect)

    def _send(self, activity: Activity, effect: Ring | Tell | TellOrganiser) -> None:
        found = self._streams.live(activity.organiser_via)
        if found is None:
            return
        stream, peer = found
        agent = self._agents.id_of(peer)
        if agent is None:
            return
        message = self._message(activity, effect, stream)
        self._store.outbox.dispatched(effect.id, agent)
        self._given[effect.id] = peer
        peer.send(message)

    def _message(self, activity: Activity, effect: Ring | Tell | TellOrganiser, stream: Stream) -> BaseModel:
        if isinstance(effect, TellOrganiser):
            text = self._notices.to_organiser(activity, effect)
            of = activity.id if effect.notice in STANDINGS else None
            return messages.SayTo(effect=effect.id, stream=stream.id, text=text, of=of)
        notice = Notice.INVITE if isinstance(effect, Ring) else effect.notice
        return messages.Tell(
            effect=effect.id,
            stream=stream.id,
            to=effect.via.account,
            text=self._notices.to_person(activity, effect.person, notice),
            watch=isinstance(effect, Ring),
            echo=self._notices.echo(activity, effect.person, notice),
        )

    def _ring_ended(self, activity: Activity, effect: str, reason: Reason | None) -> None:
        invitation = next((i for i in activity.invitations if i.id == effect), None)
        if invitation is None:
            return
        if invitation.sent_at is not None:
            if reason is not None and reason not in STREAM_REASONS:
                self.activities.post(activity.id, RingFailed(invitation.id, reason))
        elif reason is None:
            self._rang(invitation.via)
            self.left.add(invitation.id)
            self.activities.post(activity.id, RingSent(invitation.id))
        else:
            self.activities.post(activity.id, RingFailed(invitation.id, reason))

    def _rang(self, address: Address) -> None:
        self._world.rang(address, self._clock.now())

    def _too_old(self, pending: Pending) -> bool:
        return self._clock.now() - pending.created > NOTICE_KEPT


def _overtaken(activity: Activity, effect: Tell | TellOrganiser) -> bool:
    if activity.state.over:
        return effect.notice in OVERTAKEN
    if isinstance(effect, Tell) and effect.notice is Notice.STILL_THERE:
        invitation = activity.latest(effect.person)
        return invitation is None or not invitation.in_question
    return False


def _queued(activity: Activity, invitation: str) -> bool:
    return any(i.id == invitation and i.state is InvitationState.QUEUED for i in activity.invitations)
