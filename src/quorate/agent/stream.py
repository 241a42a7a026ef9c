"""One stream as the server knows it: what its splice notices becomes link messages, and back."""

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import BaseModel

from quorate.agent.commands_kept import CommandsKept
from quorate.agent.journal import Journal
from quorate.agent.knowledge import Knowledge
from quorate.agent.outlet import Outlet, saws
from quorate.agent.replies_kept import RepliesKept
from quorate.agent.words import NO_SERVER, refusal
from quorate.capture.carrier import Carrier
from quorate.clock import Clock
from quorate.errors import Refused, place_of
from quorate.link.messages import AskDone, CommandGiven, Replied, RosterIs, StreamIs
from quorate.model.address import Address, xmpp
from quorate.model.evidence import Evidence, Source
from quorate.model.reasons import Reason
from quorate.model.stream import Stream, StreamState
from quorate.rules.commands import parse_command
from quorate.splice.effects import (
    Answered,
    Bounced,
    CommandTyped,
    Done,
    LoggedIn,
    OwnPresenceSent,
    PresenceSeen,
    RosterSeen,
    SpliceEffect,
    StateChanged,
    TextSeen,
)
from quorate.splice.splice import Splice
from quorate.talk.companion import MISTAKE
from quorate.talk.replies import parse_reply
from quorate.wire.xmpp.presence import bounded

MAX_CONTACTS = 200
REST_S = 5.0
"""Without news for so long, and at most twice that, a stream is at rest."""

_UNDER_WAY = frozenset({Reason.WAITING_FOR_TRAFFIC, Reason.JOINING, Reason.JOINED_MIDSTREAM})
"""Reasons that say what goes on: over with the stream."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shared:
    """What all streams of an agent have in common."""

    clock: Clock
    outlet: Outlet
    journal: Journal
    replies: RepliesKept
    commands: CommandsKept


class AgentStream:
    """Implements quorate.capture.means.Observer."""

    def __init__(self, id: str, driver: Carrier[Splice], shared: Shared, over: Callable[[str], None]) -> None:
        """``over`` is called with the id when nothing more will come."""
        self.driver = driver
        self._shared = shared
        self._over = over
        self._knowledge = Knowledge()
        self._serial = itertools.count(1)
        self._stirred = False
        """Something was noticed since ``_rest`` was set."""
        self._rest: asyncio.TimerHandle | None = None
        self._heard_at = -1.0
        self._heard = shared.clock.now()
        self._own: Address | None = None
        self._own_resource = ""
        self._fault: Reason | None = None
        """Something of this stream was lost on the way to the server by a mistake of ours."""
        self.stream = Stream(
            id=id,
            account=None,
            network="xmpp",
            mode=driver.mode,
            client=driver.peer,
            server="",
            state=StreamState.NEGOTIATING,
            since=shared.clock.now(),
            contacts=0,
            companion=False,
        )

    def noticed(self, effect: SpliceEffect) -> None:
        """What we fail on is lost, said to be, and nothing else."""
        try:
            self._notice(effect)
        except Exception as error:
            kind = type(effect).__name__
            log.error("not noticed %s error=%s at=%s", kind, type(error).__name__, place_of(error))
            self._fault = Reason.INTERNAL_ERROR
            if isinstance(effect, CommandTyped):
                self.say(MISTAKE)
            self._is(reason=self.stream.reason or self._fault)

    def _notice(self, effect: SpliceEffect) -> None:
        match effect:
            case PresenceSeen():  # nearly all of them are
                self._presence_seen(effect)
            case LoggedIn():
                self._logged_in(effect)
            case StateChanged():
                self._state_changed(effect)
            case RosterSeen():
                self._roster_seen(effect)
            case OwnPresenceSent():
                self._own_presence(effect)
            case Answered():
                self._answered(effect)
            case Done():
                if (end := self._shared.journal.done(effect.effect, effect.reason)) is not None:
                    self._send(end)
            case Bounced():
                self._send(self._shared.journal.bounced(effect.effect))
            case CommandTyped():
                self._command(effect)
            case TextSeen():
                self._text_seen(effect)

    def settled(self) -> None:
        self._shared.outlet.settled()
        self._knowledge.settled()
        if (server := self._server()) != self.stream.server:
            self._is(server=server)
        self._stirred = True
        if self._rest is None:
            self._rest = asyncio.get_running_loop().call_later(REST_S, self._at_rest)

    def ended(self) -> None:
        """Both legs are gone."""
        if self._rest is not None:
            self._rest.cancel()
        if self.stream.state is not StreamState.ENDED:
            self._is(state=StreamState.ENDED, companion=False)
        for end in self._shared.journal.stream_over(self.stream.id):
            self._send(end)
        self._over(self.stream.id)

    def say(self, text: str) -> None:
        """A line of the agent's own in the companion's chat."""
        effect = f"local-{self.stream.id}-{next(self._serial)}"
        self.driver.do(lambda splice, now: splice.say(effect, text, now))

    def snapshot(self) -> list[BaseModel]:
        """All that a server has to know of this stream."""
        messages: list[BaseModel] = [StreamIs(stream=self.stream)]
        if self._knowledge.roster_seen:
            messages += self._rosters(RosterSeen(contacts=self._knowledge.contacts, full=True))
        return [*messages, *saws(self.stream.id, self._knowledge.evidence)]

    def _at_rest(self) -> None:
        """Nothing was noticed for a while: what is known needs little room until it is asked for."""
        self._rest = None
        if self._stirred:
            self._stirred = False
            self._rest = asyncio.get_running_loop().call_later(REST_S, self._at_rest)
        else:
            self._knowledge.settled(at_rest=True)
            self.driver.do(lambda splice, now: splice.rest(now))

    def _logged_in(self, effect: LoggedIn) -> None:
        self._own = xmpp(effect.own)
        self._own_resource = effect.own.resource
        self._is(account=self._own, server=self._server())

    def _state_changed(self, effect: StateChanged) -> None:
        if effect.state is StreamState.BLIND:
            self._knowledge.stale()
        self._is(
            state=effect.state,
            reason=effect.reason or self._fault,
            companion=effect.companion,
            client=effect.client or self.stream.client,
            server=self._server(),
            detail=self.driver.detail,
        )

    def _roster_seen(self, effect: RosterSeen) -> None:
        self._knowledge.roster(effect.contacts, effect.removed, full=effect.full)
        for message in self._rosters(effect):
            self._send(message)
        self._is(contacts=self._knowledge.count)

    def _rosters(self, effect: RosterSeen) -> list[BaseModel]:
        """In pieces; the first one carries what was removed and whether these are all."""
        removed, full = tuple(str(address) for address in effect.removed), effect.full
        messages: list[BaseModel] = []
        for start in range(0, max(len(effect.contacts), 1), MAX_CONTACTS):
            piece = effect.contacts[start : start + MAX_CONTACTS]
            messages.append(RosterIs(stream=self.stream.id, contacts=piece, removed=removed, full=full))
            removed, full = (), False
        return messages

    def _presence_seen(self, effect: PresenceSeen) -> None:
        heard = self._wall(effect.at)
        began = heard if effect.began is None else self._wall(effect.began)
        self._saw(
            Evidence(
                subject=effect.contact,
                source=Source.STREAM,
                presence=effect.presence,
                at=min(effect.since or began, heard),
                heard=heard,
                vantage=self._own,
                resource=effect.resource,
                priority=effect.priority,
                idle_since=self._idle(effect, heard),
                asked=effect.asked,
                implied=effect.implied,
                stale=effect.stale,
                reason=effect.reason,
            )
        )

    def _own_presence(self, effect: OwnPresenceSent) -> None:
        if self._own is None:
            return
        heard = self._wall(effect.at)
        self._saw(
            Evidence(
                subject=self._own,
                source=Source.STREAM,
                presence=effect.presence,
                at=heard,
                heard=heard,
                vantage=self._own,
                resource=self._own_resource,
                priority=effect.priority,
                idle_since=self._idle(effect, heard),
                implied=effect.implied,
            )
        )

    def _idle(self, effect: PresenceSeen | OwnPresenceSent, heard: datetime) -> datetime | None:
        """As the device's own clock says, if that can be believed (PR-2)."""
        if effect.idle_from is not None:
            return self._wall(effect.idle_from)
        return None if effect.idle_since is None else bounded(effect.idle_since, heard)

    def _answered(self, effect: Answered) -> None:
        self._send(
            AskDone(
                request=effect.request,
                contact=effect.contact.account,
                reason=effect.reason,
                asked=effect.asked,
            )
        )

    def _command(self, effect: CommandTyped) -> None:
        try:
            command = parse_command(effect.text)
        except Refused as refused:
            self.say(refusal(refused))
            return
        message = effect.message or self._name()
        given = CommandGiven(
            stream=self.stream.id,
            message=message,
            command=command,
            account=None if self._own is None else self._own.account,
            at=self._shared.clock.now(),
        )
        if self._shared.outlet.answering and self._send(given):
            self._shared.commands.keep(given, now=self._shared.clock.monotonic())
        else:
            self.say(NO_SERVER)

    def _text_seen(self, effect: TextSeen) -> None:
        """Only a whole message that is a reply goes on; any other text is forgotten here."""
        reply = parse_reply(effect.text)
        if reply is None:
            return
        message = Replied(
            stream=self.stream.id,
            contact=effect.contact.account,
            message=effect.message or self._name(),
            reply=reply,
            at=self._shared.clock.now(),
        )
        self._shared.replies.keep(message, sent=self._send(message), now=self._shared.clock.monotonic())

    def _saw(self, evidence: Evidence) -> None:
        self._knowledge.saw(evidence)
        self._shared.outlet.saw(self.stream.id, evidence)

    def _send(self, message: BaseModel) -> bool:
        return self._shared.outlet.send(message)

    def _is(self, **changes: object) -> None:
        """Tell the server if that is news."""
        if all(getattr(self.stream, name) == value for name, value in changes.items()):
            return
        after = replace(self.stream, **changes)  # type: ignore[arg-type]
        if after.state is StreamState.ENDED and after.reason in _UNDER_WAY:
            after = replace(after, reason=None)
        if after.state is not self.stream.state:
            after = replace(after, since=self._shared.clock.now())
        self.stream = after
        self._send(StreamIs(stream=after))

    def _server(self) -> str:
        domain, place = self.driver.domain, self.driver.found_at
        return f"{domain} ({place})" if place else domain

    def _name(self) -> str:
        """For a message that came without an id."""
        return f"{self.stream.id}-{next(self._serial)}"

    def _wall(self, at: float) -> datetime:
        """One object for all that was heard at the same moment."""
        if at != self._heard_at:
            clock = self._shared.clock
            self._heard_at, self._heard = (
                at,
                clock.now() - timedelta(seconds=max(clock.monotonic() - at, 0.0)),
            )
        return self._heard
