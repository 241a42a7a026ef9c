"""An agent without any IM behind it: speaks the link over the real socket, and remembers what it was told."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from quorate.clock import Clock
from quorate.link.connection import SOCKET_NAME
from quorate.link.messages import (
    AskDone,
    AskFor,
    CommandGiven,
    EffectDone,
    FromServer,
    Hello,
    Replied,
    RosterIs,
    Saw,
    SayTo,
    SnapshotDone,
    StreamIs,
    Tell,
)
from quorate.link.wire import encode, server_lines
from quorate.model.address import Address, xmpp
from quorate.model.command import Command
from quorate.model.evidence import Evidence, Presence, Source
from quorate.model.person import Contact, Subscription
from quorate.model.stream import Stream, StreamState
from quorate.rules.commands import parse_command
from quorate.talk.replies import parse_reply

WAIT_S = 60.0

M = TypeVar("M", bound=BaseModel)


class FakeAgent:
    """Executes every Tell and Say at once unless ``holding``; answers requests from ``answers``."""

    def __init__(self, data: Path, clock: Clock, name: str = "agent-1") -> None:
        self._path = data / SOCKET_NAME
        self._clock = clock
        self.name = name
        self.got: list[FromServer] = []
        self.answers: dict[str, Presence] = {}
        self.holding = False
        self._done: set[str] = set()
        self._changed = asyncio.Condition()
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._streams: dict[str, Stream] = {}
        self._messages = 0

    # the link

    async def connect(self) -> None:
        """Connect and say Hello; the snapshot is up to the test (see ``snapshot_done``)."""
        reader, self._writer = await asyncio.open_unix_connection(self._path)
        self._reading = asyncio.create_task(self._read(reader))
        self.send(Hello(agent=self.name, pid=1, im="127.0.0.1:5221"))

    async def close(self) -> None:
        assert self._writer is not None
        assert self._reading is not None
        self._writer.close()
        await self._reading
        await self._writer.wait_closed()

    def send(self, message: BaseModel) -> None:
        assert self._writer is not None
        self._writer.write(encode(message))

    def snapshot_done(self) -> None:
        self.send(SnapshotDone())

    async def _read(self, reader: asyncio.StreamReader) -> None:
        lines = server_lines()
        while data := await reader.read(65536):
            for message in lines.feed(data):
                self._react(message)
                async with self._changed:
                    self.got.append(message)
                    self._changed.notify_all()

    def _react(self, message: FromServer) -> None:
        if isinstance(message, Tell | SayTo) and not self.holding:
            self.done(message.effect)
        elif isinstance(message, AskFor) and message.contact in self.answers:
            account = self._streams[message.stream].account
            assert account is not None
            self.sees(message.stream, message.contact, self.answers[message.contact], asked=True)
            self.send(AskDone(request=message.request, contact=message.contact))

    def done(self, effect: str, reason: str | None = None) -> None:
        self._done.add(effect)
        self.send(EffectDone(effect=effect, reason=reason))

    # what happens on the streams

    def login(self, account: str, *contacts: str, groups: dict[str, list[str]] | None = None) -> str:
        """A client of this account comes online, with its roster; returns the stream's id."""
        stream = f"s-{self.name}-{account}"
        self.stream(stream, account, StreamState.LIVE)
        of = groups or {}
        self.send(
            RosterIs(
                stream=stream,
                contacts=tuple(
                    Contact(
                        address=xmpp(contact),
                        name=contact.partition("@")[0],
                        groups=tuple(g for g, members in of.items() if contact in members),
                        subscription=Subscription.BOTH,
                    )
                    for contact in contacts
                ),
                full=True,
            )
        )
        self.sees(stream, account, Presence.ONLINE, resource="desk")
        return stream

    def stream(self, id: str, account: str, state: StreamState) -> None:
        self._streams[id] = Stream(
            id=id,
            account=xmpp(account),
            network="xmpp",
            mode="listener",
            client="fake",
            server="example.org",
            state=state,
            since=self._clock.now(),
            contacts=0,
            companion=True,
        )
        self.send(StreamIs(stream=self._streams[id]))

    def logout(self, stream: str) -> None:
        account = self._streams[stream].account
        assert account is not None
        self.stream(stream, account.account, StreamState.ENDED)

    def sees(
        self, stream: str, who: str, presence: Presence, *, resource: str = "phone", asked: bool = False
    ) -> None:
        """Presence of a contact (or of the account itself) passes by."""
        now: datetime = self._clock.now()
        account = self._streams[stream].account
        evidence = Evidence(
            subject=xmpp(who),
            source=Source.STREAM,
            presence=presence,
            at=now,
            heard=now,
            vantage=account,
            resource=resource,
            asked=asked,
        )
        self.send(Saw(stream=stream, evidence=(evidence,)))

    def types(self, stream: str, text: str, *, message: str | None = None) -> None:
        """The user writes to the companion."""
        self._messages += 1
        command: Command = parse_command(text)
        self.send(
            CommandGiven(stream=stream, message=message or f"m{self._messages}-{self.name}", command=command)
        )

    def writes(self, stream: str, contact: str, text: str, *, message: str | None = None) -> None:
        """A watched contact writes something that is a reply."""
        self._messages += 1
        reply = parse_reply(text)
        assert reply is not None
        self.send(
            Replied(
                stream=stream,
                contact=contact,
                message=message or f"r{self._messages}-{self.name}",
                reply=reply,
                at=self._clock.now(),
            )
        )

    # what the server said

    def of(self, kind: type[M], match: Callable[[M], bool] = lambda _: True) -> list[M]:
        return [message for message in self.got if isinstance(message, kind) and match(message)]

    async def heard(self, kind: type[M], match: Callable[[M], bool] = lambda _: True, *, nth: int = 1) -> M:
        """Wait for the n-th message of a kind that matches."""

        def there() -> bool:
            return len(self.of(kind, match)) >= nth

        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(there), WAIT_S)
            except TimeoutError:
                raise AssertionError(f"no {kind.__name__} #{nth}; the last: {self.got[-12:]}") from None
        return self.of(kind, match)[nth - 1]

    async def told(self, who: str, text: str = "", *, nth: int = 1) -> Tell:
        """Wait for a message to a contact that contains the text."""
        return await self.heard(Tell, lambda m: m.to == who and text in m.text, nth=nth)

    async def said(self, text: str, *, nth: int = 1) -> SayTo:
        """Wait for a line in the companion's chat that contains the text."""
        return await self.heard(SayTo, lambda m: text in m.text, nth=nth)


def address(text: str) -> Address:
    return xmpp(text)
