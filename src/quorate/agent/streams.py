"""All streams of this agent: makes them for the listener, and does on them what the server wants."""

import itertools
import logging
from collections.abc import Callable, Iterable

from pydantic import BaseModel

from quorate.agent.stream import AgentStream, Shared
from quorate.agent.words import NO_SERVER, NO_SERVER_STATUS
from quorate.capture.carrier import Carrier
from quorate.errors import Refused, place_of
from quorate.link.messages import (
    AskDone,
    AskFor,
    CommandDone,
    CommandGiven,
    CompanionStatus,
    EffectDone,
    FromServer,
    Quit,
    SayTo,
    Stored,
    StreamIs,
    Tell,
    Unwatch,
    WatchFor,
    Welcome,
)
from quorate.model.address import Address, parse_address, xmpp
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.arrival import Arrival
from quorate.splice.channel_binding import Profiles
from quorate.splice.effects import SpliceEffect
from quorate.splice.splice import SessionRegistry, Splice, SpliceConfig

log = logging.getLogger(__name__)

Act = Callable[[Splice, float], list[SpliceEffect]]


class Streams:
    """Implements quorate.capture.listener.Host."""

    def __init__(
        self, agent: str, config: SpliceConfig, shared: Shared, profiles: Profiles | None = None
    ) -> None:
        self._agent = agent
        self._config = config
        self._shared = shared
        self._sessions = SessionRegistry()
        self._profiles = profiles or Profiles()
        self._streams: dict[str, AgentStream] = {}
        self._serial = itertools.count(1)
        self.changed: Callable[[], None] = lambda: None
        """Called when a stream came or went."""
        self.quit: Callable[[], None] = lambda: None
        """Called when the server wants the agent to end."""

    def __len__(self) -> int:
        return len(self._streams)

    def splice(self, arrival: Arrival, now: float) -> Splice:
        return Splice(self._config, now, sessions=self._sessions, profiles=self._profiles, arrival=arrival)

    def observer(self, driver: Carrier[Splice]) -> AgentStream:
        id = f"{self._agent[:6]}-{next(self._serial)}"
        stream = self._streams[id] = AgentStream(id, driver, self._shared, self._over)
        self.changed()
        return stream

    def carriers(self) -> list[Carrier[Splice]]:
        """Of the streams that have not ended."""
        return [s.driver for s in self._streams.values() if s.stream.state is not StreamState.ENDED]

    def of(self, carriers: Iterable[Carrier[Splice]]) -> list[AgentStream]:
        """The streams that these carry."""
        wanted = set(map(id, carriers))
        return [stream for stream in self._streams.values() if id(stream.driver) in wanted]

    def snapshot(self) -> Iterable[BaseModel]:
        """Everything a server has to know that has just come, without Hello and SnapshotDone."""
        for stream in self._streams.values():
            if stream.stream.state is not StreamState.ENDED:
                yield from self._snapshot(stream)
        yield from self._shared.journal.unsettled()

    def _snapshot(self, stream: AgentStream) -> Iterable[BaseModel]:
        """A mistake about one stream does not keep the server from the others."""
        try:
            return stream.snapshot()
        except Exception as error:
            log.error("stream not told error=%s at=%s", type(error).__name__, place_of(error))
            return (StreamIs(stream=stream.stream),)

    def received(self, message: FromServer) -> None:
        match message:
            case Tell():
                self._tell(message)
            case SayTo():
                self._addition(message, lambda s, now: s.say(message.effect, message.text, now, message.of))
            case AskFor():
                self._ask(message)
            case WatchFor():
                self._about(message, lambda s, contact, now: s.watch(contact, now))
            case Unwatch():
                self._about(message, lambda s, contact, now: s.unwatch(contact, now))
            case CompanionStatus():
                self._status(self._streams.get(message.stream), message.text)
            case CommandDone():
                self._shared.commands.done(message.stream, message.message)
            case Stored():
                self._shared.journal.stored(message.effects)
            case Welcome():
                self._shared.journal.stored(message.done)
            case Quit():
                self.quit()

    def server_missing(self) -> None:
        """Let the user see in the companion's presence that nobody decides anything now."""
        for stream in self._streams.values():
            self._status(stream, NO_SERVER_STATUS)

    def give_up(self) -> None:
        """What no server has answered is not told to the next one any more; the user hears so."""
        self._unanswered(self._shared.commands.give_up())

    def server_back(self) -> None:
        """It said Welcome: it is at work, and what the one before left unanswered is for it."""
        commands, now = self._shared.commands, self._shared.clock.monotonic()
        for stream in self._streams.values():
            self._status(stream, self._config.companion_status)
        self._unanswered(commands.too_old(now))
        for command in commands.again(now):
            self._send(command)

    def _unanswered(self, commands: Iterable[CommandGiven]) -> None:
        for command in commands:
            stream = self._streams.get(command.stream) or self._other(command.account)
            if stream is not None:
                stream.say(NO_SERVER)

    def _other(self, account: str | None) -> AgentStream | None:
        """Where else this account's user can be told something."""
        of = None if account is None else xmpp(account)
        live = (s for s in self._streams.values() if s.stream.state is StreamState.LIVE)
        return next((s for s in live if of is not None and s.stream.account == of), None)

    def _over(self, id: str) -> None:
        self._streams.pop(id, None)
        self.changed()

    def _status(self, stream: AgentStream | None, text: str) -> None:
        if stream is not None:
            stream.driver.do(lambda splice, now: splice.companion_status(text, now))

    def _tell(self, message: Tell) -> None:
        contact = _address(message.to)
        if contact is None:
            self._send(EffectDone(effect=message.effect, reason=Reason.NEVER_SEEN))
            return
        self._addition(
            message,
            lambda splice, now: splice.tell(
                message.effect, contact, message.text, now, echo=message.echo, watch=message.watch
            ),
        )

    def _addition(self, message: Tell | SayTo, act: Act) -> None:
        """Once and only once: a repeated one is answered with the end it has had."""
        journal = self._shared.journal
        try:
            new = journal.begin(message.effect, message.stream)
        except Exception as error:
            log.error("not begun error=%s at=%s", type(error).__name__, place_of(error))
            self._send(EffectDone(effect=message.effect, reason=Reason.INTERNAL_ERROR))
            return
        if not new:
            if (end := journal.ended(message.effect)) is not None:
                self._send(end)
            return
        stream = self._streams.get(message.stream)
        if stream is not None and stream.driver.do(act):
            return
        reason = Reason.NO_STREAM if stream is None else Reason.BLIND
        if (end := journal.done(message.effect, reason)) is not None:
            self._send(end)

    def _ask(self, message: AskFor) -> None:
        """The server asks only for what the streams did not tell it, or because somebody wants it anew."""
        stream, contact = self._streams.get(message.stream), _address(message.contact)
        reason = Reason.NO_STREAM
        if stream is not None and contact is not None:
            asked = stream.driver.do(
                lambda splice, now: splice.ask(message.request, contact, now, force=True)
            )
            if asked:
                return
            reason = Reason.BLIND
        self._send(AskDone(request=message.request, contact=message.contact, reason=reason, asked=False))

    def _about(
        self, message: WatchFor | Unwatch, act: Callable[[Splice, Address, float], list[SpliceEffect]]
    ) -> None:
        stream, contact = self._streams.get(message.stream), _address(message.contact)
        if stream is not None and contact is not None:
            stream.driver.do(lambda splice, now: act(splice, contact, now))

    def _send(self, message: BaseModel) -> None:
        self._shared.outlet.send(message)


def _address(text: str) -> Address | None:
    try:
        return parse_address(text)
    except Refused:
        return None
