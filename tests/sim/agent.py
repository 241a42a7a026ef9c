"""An agent process of a story: the real journal and kept replies over streams that are only thought up.

What travels between it and the server arrives a little later and in order; a link that breaks loses what is
on its way, in both directions.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from pydantic import BaseModel

from quorate.agent.app import GIVE_UP_S
from quorate.agent.commands_kept import CommandsKept
from quorate.agent.journal import Journal
from quorate.agent.replies_kept import RepliesKept
from quorate.link.messages import (
    AskDone,
    AskFor,
    CommandDone,
    CommandGiven,
    EffectDone,
    FromAgent,
    FromServer,
    Hello,
    Replied,
    RosterIs,
    Saw,
    SayTo,
    SnapshotDone,
    Stored,
    StreamIs,
    Tell,
    Unwatch,
    WatchFor,
    Welcome,
)
from quorate.model.address import xmpp
from quorate.model.command import Meet
from quorate.model.evidence import Evidence, Presence, Source
from quorate.model.person import Contact, Subscription
from quorate.model.reasons import Reason
from quorate.model.stream import Stream, StreamState
from quorate.rules.commands import parse_command
from quorate.talk.replies import parse_reply
from tests.sim.record import Said, Typed

if TYPE_CHECKING:
    from tests.sim.story import Story

WIRE_S = 0.02
"""From the agent to the other person's screen, and back."""


class Peer:
    """The server's view of one connection; what is said into it arrives at the agent, as long as it holds."""

    def __init__(self, story: "Story", agent: "SimAgent") -> None:
        self._story = story
        self._agent = agent
        self.open = True
        self.life = story.life

    def send(self, message: BaseModel) -> bool:
        self._story.point(self.life)
        if self.open:
            self._story.after(self._story.lag(), lambda: self._arrive(message))
            self._story.point(self.life)
        return self.open

    def say(self, message: FromAgent) -> None:
        """From the agent to the server."""
        if self.open:
            self._story.after(self._story.lag(), lambda: self._story.to_server(self, message))

    def _arrive(self, message: BaseModel) -> None:
        if self.open and self._agent.alive:
            self._agent.received(message)  # type: ignore[arg-type]


class SimAgent:
    def __init__(self, story: "Story", number: int, generation: int, accounts: tuple[str, ...]) -> None:
        self.story = story
        self.number = number
        self.id = f"agent-{number}-{generation}"
        self.accounts = accounts
        self.alive = True
        self.peer: Peer | None = None
        self.streams: dict[str, str] = {}
        """Organiser to the id of their live stream."""
        self.fails: dict[str, list[Reason]] = {}
        self._journal = Journal()
        self._replies = RepliesKept()
        self._commands = CommandsKept()
        self._welcomed: Peer | None = None
        """The connection on which the server has said something."""
        self._breaks = 0
        self._watched: set[tuple[str, str]] = set()
        self._known: dict[str, dict[str, Evidence]] = {}
        self._serial = count(1)

    # the link

    def connect(self, peer: Peer) -> None:
        self.peer = peer
        self._say(Hello(agent=self.id, pid=self.number, im="127.0.0.1:5221"))
        for who in self.streams:
            self._tell_stream(who, StreamState.LIVE)
            self._tell_roster(who)
            self._say(Saw(stream=self.streams[who], evidence=tuple(self._known[who].values())))
        for end in self._journal.unsettled():
            self._say(end)
        self._say(SnapshotDone())
        for reply in self._replies.take(self.story.clock.monotonic()):
            self._say(reply)

    def received(self, message: FromServer) -> None:
        match message:
            case Tell() | SayTo():
                self._addition(message)
            case AskFor():
                self._ask(message)
            case WatchFor():
                self._watched.add((message.stream, message.contact))
            case Unwatch():
                self._watched.discard((message.stream, message.contact))
            case Stored():
                self._journal.stored(message.effects)
            case CommandDone():
                self._commands.done(message.stream, message.message)
            case Welcome():
                self._welcome()
            case _:
                pass

    # the streams

    def log_in(self, who: str) -> None:
        if who in self.streams:
            return
        self.streams[who] = f"{self.id}-{next(self._serial)}"
        self._known[who] = {
            name: self._evidence(who, name) for name in (who, *self.story.script.rosters[who])
        }
        self._tell_stream(who, StreamState.LIVE)
        self._tell_roster(who)
        self._say(Saw(stream=self.streams[who], evidence=tuple(self._known[who].values())))

    def log_out(self, who: str) -> None:
        stream = self.streams.get(who)
        if stream is None:
            return
        self._tell_stream(who, StreamState.ENDED)
        for end in self._journal.stream_over(stream):
            self._say(end)
        del self.streams[who], self._known[who]

    def presence(self, name: str) -> None:
        """Somebody's presence changed; every stream with them in the roster shows it."""
        for who, known in self._known.items():
            if name in known:
                known[name] = self._evidence(who, name)
                self._say(Saw(stream=self.streams[who], evidence=(known[name],)))

    def types(self, who: str, text: str) -> None:
        stream = self.streams.get(who)
        if stream is None:
            return
        id, now = f"m{next(self._serial)}-{self.id}", self.story.clock
        command = parse_command(text)
        self.story.record.typed.append(Typed(now.at, who, text, id))
        given = CommandGiven(
            stream=stream,
            message=id,
            command=replace(command, about=id) if isinstance(command, Meet) else command,
            account=address(who),
            at=now.now(),
        )
        if self._welcomed is not None and self._welcomed is self.peer and self._say(given):
            self._commands.keep(given, now=now.monotonic())
        else:
            self._no_server([given])

    def broken(self) -> None:
        """The connection is gone."""
        self.peer = self._welcomed = None
        self._breaks += 1
        breaks = self._breaks
        self.story.after(GIVE_UP_S, lambda: self._server_missing(breaks))

    def hears(self, who: str, contact: str, text: str) -> bool:
        """A contact writes to one of our accounts; False if its stream is not there."""
        stream = self.streams.get(who)
        if stream is None:
            return False
        reply = parse_reply(text)
        if reply is not None and (stream, address(contact)) in self._watched:
            message = Replied(
                stream=stream,
                contact=address(contact),
                message=f"r{next(self._serial)}-{self.id}",
                reply=reply,
                at=self.story.clock.now(),
            )
            sent = self._say(message)
            self._replies.keep(message, sent=sent, now=self.story.clock.monotonic())
        return True

    # how

    def _welcome(self) -> None:
        self._welcomed = self.peer
        now = self.story.clock.monotonic()
        self._no_server(self._commands.too_old(now))
        for command in self._commands.again(now):
            self._say(command)

    def _server_missing(self, breaks: int) -> None:
        if self.alive and self._welcomed is None and breaks == self._breaks:
            self._no_server(self._commands.give_up())

    def _no_server(self, commands: list[CommandGiven]) -> None:
        for command in commands:
            who = (command.account or "").partition("@")[0]
            if who in self.streams:
                self.story.record.said.append(Said(self.story.clock.at, who, f"local-{command.message}"))
            else:
                self.story.record.excused.add(command.message)

    def _say(self, message: FromAgent) -> bool:
        if self.peer is None or not self.peer.open:
            return False
        self.peer.say(message)
        return True

    def _addition(self, message: Tell | SayTo) -> None:
        if not self._journal.begin(message.effect, message.stream):
            if (end := self._journal.ended(message.effect)) is not None:
                self._say(end)
            return
        who = next((who for who, stream in self.streams.items() if stream == message.stream), None)
        if who is None:
            self._ended(message.effect, Reason.NO_STREAM)
        elif self.fails.get(who):
            self.story.record.disturbed.append((self.story.clock.at, self.story.clock.at))
            self._ended(message.effect, self.fails[who].pop())
        else:
            self.story.after(WIRE_S, self._writer(who, message))

    def _writer(self, who: str, message: Tell | SayTo) -> Callable[[], None]:
        def write() -> None:
            if not self.alive or self.streams.get(who) != message.stream:
                return
            if isinstance(message, Tell):
                if message.watch:
                    self._watched.add((message.stream, message.to))
                self.story.reaches(message.to.partition("@")[0], who, message, self.id)
            else:
                self.story.record.said.append(Said(self.story.clock.at, who, message.effect))
            self._ended(message.effect, None)

        return write

    def _ended(self, effect: str, reason: Reason | None) -> None:
        end = self._journal.done(effect, reason)
        if end is not None:
            self._say(EffectDone(effect=effect, reason=reason))

    def _ask(self, message: AskFor) -> None:
        who = next((who for who, stream in self.streams.items() if stream == message.stream), None)
        name = message.contact.partition("@")[0]
        done = AskDone(request=message.request, contact=message.contact)
        if who is None:
            self._say(
                AskDone(request=message.request, contact=message.contact, reason="no-stream", asked=False)
            )
        elif self.story.random.random() < self.story.script.silent_asks:
            self.story.after(3.0, lambda: self._say(done.model_copy(update={"reason": "timeout"})))
        else:
            self.story.after(self.story.lag(), lambda: self._answer(who, name, done))

    def _answer(self, who: str, name: str, done: AskDone) -> None:
        if self.alive and who in self.streams:
            self._say(Saw(stream=self.streams[who], evidence=(self._evidence(who, name, asked=True),)))
            self._say(done)

    def _tell_stream(self, who: str, state: StreamState) -> None:
        stream = Stream(
            id=self.streams[who],
            account=xmpp(address(who)),
            network="xmpp",
            mode="listener",
            client="sim",
            server="example.org",
            state=state,
            since=self.story.clock.now(),
            contacts=len(self._known[who]),
            companion=True,
        )
        self._say(StreamIs(stream=stream))

    def _tell_roster(self, who: str) -> None:
        contacts = tuple(
            Contact(
                address=xmpp(address(name)),
                name=name,
                groups=tuple(g for g, members in self.story.script.groups.items() if name in members),
                subscription=Subscription.BOTH,
            )
            for name in self.story.script.rosters[who]
        )
        self._say(RosterIs(stream=self.streams[who], contacts=contacts, full=True))

    def _evidence(self, who: str, name: str, *, asked: bool = False) -> Evidence:
        presence, now = self.story.presence[name], self.story.clock.now()
        return Evidence(
            subject=xmpp(address(name)),
            source=Source.STREAM,
            presence=presence,
            at=now,
            heard=now,
            vantage=xmpp(address(who)),
            resource="" if presence is Presence.OFFLINE else "phone",
            asked=asked,
        )


def address(name: str) -> str:
    return f"{name}@example.org"
