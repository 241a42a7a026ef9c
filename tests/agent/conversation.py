"""An agent with a recording server on its link, and clients that log in to a scripted IM server."""

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from quorate.agent.app import Agent
from quorate.agent.options import Options
from quorate.capture.listener import Bind
from quorate.capture.routes import Route
from quorate.link.messages import FromAgent, Hello, SnapshotDone, StreamIs, Welcome
from quorate.link.server import LinkPeer, LinkServer
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from tests.capture.stand_in import DOMAIN, WAIT_S, Line, Upstream

M = TypeVar("M", bound=BaseModel)

HEADER = (
    b"<?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client'"
    b" xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)
ANSWER = (
    b"<?xml version='1.0'?><stream:stream from='example.org' id='x' xmlns='jabber:client'"
    b" xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)
BIND = b"<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>"
PLAIN = (
    b"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    b"<mechanism>PLAIN</mechanism></mechanisms></stream:features>"
)
AUTH = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>"
SUCCESS = b"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
COMPANION = "quorate@quorate.invalid"


class Server:
    """The server's end of the link: remembers every message, in order."""

    def __init__(self, data: Path) -> None:
        self._link = LinkServer(data, self)
        self.peers: list[LinkPeer] = []
        self.messages: list[FromAgent] = []
        self._news = asyncio.Event()

    async def __aenter__(self) -> "Server":
        await self._link.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._link.stop()

    def opened(self, peer: LinkPeer) -> None:
        self.peers.append(peer)

    def received(self, peer: LinkPeer, message: FromAgent) -> None:
        self.messages.append(message)
        if isinstance(message, Hello):
            peer.send(Welcome(page="http://127.0.0.1:1/"))
        self._news.set()

    def closed(self, peer: LinkPeer) -> None:
        self.peers.remove(peer)
        self._news.set()

    def send(self, message: BaseModel) -> None:
        self.peers[-1].send(message)

    def all(self, kind: type[M]) -> list[M]:
        return [m for m in self.messages if isinstance(m, kind)]

    async def until(self, kind: type[M], count: int = 1) -> M:
        """The last of ``count`` messages of a kind."""
        async with asyncio.timeout(WAIT_S):
            while len(self.all(kind)) < count:
                self._news.clear()
                await self._news.wait()
        return self.all(kind)[count - 1]

    async def live(self) -> str:
        """The id of the first stream that is live."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for message in self.all(StreamIs):
                    if message.stream.state is StreamState.LIVE:
                        return message.stream.id
                self._news.clear()
                await self._news.wait()

    async def hears_of(self, state: StreamState, reason: Reason | None) -> None:
        """Wait until that is what was told of a stream last."""
        async with asyncio.timeout(WAIT_S):
            while (last := self.all(StreamIs)[-1].stream).state is not state or last.reason is not reason:
                self._news.clear()
                await self._news.wait()

    async def complete(self) -> None:
        await self.until(SnapshotDone)


@dataclass
class Login:
    """A client and the server's end of its connection, logged in as alice."""

    client: Line
    far: Line
    seen: bytes = b""
    """All the client was sent."""
    got: bytes = b""
    """All the server was sent."""

    async def client_sees(self, text: str) -> str:
        self.seen = await _read_until(self.client, self.seen, text)
        return self.seen.decode()

    async def server_gets(self, text: str) -> str:
        self.got = await _read_until(self.far, self.got, text)
        return self.got.decode()

    def types(self, text: str, id: str = "c1") -> None:
        """Write to the companion."""
        self.client.say(
            f"<message to='{COMPANION}' type='chat' id='{id}'><body>{text}</body></message>".encode()
        )

    def arrives(self, sender: str, text: str, id: str) -> None:
        """Somebody writes to alice."""
        self.far.say(
            f"<message from='{sender}' to='alice@example.org' type='chat' id='{id}'>"
            f"<body>{text}</body></message>".encode()
        )


async def _read_until(line: Line, had: bytes, text: str) -> bytes:
    async with asyncio.timeout(WAIT_S):
        while text.encode() not in had:
            piece = await line.reader.read(65536)
            if not piece:
                raise AssertionError(f"ended without {text!r}: {had.decode()}")
            had += piece
    return had


@dataclass
class Scene:
    """``async with``: a running agent and its upstream; servers are started by the test."""

    home: Path
    alone_s: float = 30.0
    lines: list[Line] = field(default_factory=list)

    async def __aenter__(self) -> "Scene":
        self.upstream = await Upstream().__aenter__()
        route = Route(DOMAIN, "127.0.0.1", self.upstream.port)
        options = Options(data=self.home, bind=Bind("127.0.0.1", 0), routes=(route,))
        self.agent = Agent(options, alone_s=self.alone_s)
        self.running = asyncio.create_task(self.agent.run())
        await asyncio.wait_for(self.agent.ready.wait(), WAIT_S)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.agent.quit()
        await asyncio.wait_for(self.running, WAIT_S)
        for line in self.lines:
            line.close()
        await self.upstream.__aexit__()

    async def log_in(self, roster: str = "", resource: str = "phone") -> Login:
        login = await log_in(self.agent.im, self.upstream, roster, resource)
        self.lines.append(login.client)
        return login


async def log_in(
    im: str, upstream: Upstream, roster: str = "", resource: str = "phone", account: str = "alice"
) -> Login:
    """Header, SASL, bind, roster, presence through ``im``: plain, as a server without TLS allows."""
    host, _, port = im.rpartition(":")
    client = Line(*await asyncio.open_connection(host, int(port)))
    client.say(HEADER)
    login = Login(client, await upstream.next())
    await login.server_gets(HEADER.decode())
    login.far.say(ANSWER + PLAIN)
    await login.client_sees(PLAIN.decode())
    client.say(AUTH)
    await login.server_gets("</auth>")
    login.far.say(SUCCESS)
    await login.client_sees("<success")
    client.say(HEADER)
    login.got = b""
    await login.server_gets(HEADER.decode())
    login.far.say(ANSWER + BIND)
    await login.client_sees("xmpp-bind")
    client.say(b"<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
    await login.server_gets("xmpp-bind")
    login.far.say(
        f"<iq type='result' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
        f"<jid>{account}@example.org/{resource}</jid></bind></iq>".encode()
    )
    await login.client_sees("</jid>")
    client.say(b"<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>")
    await login.server_gets("jabber:iq:roster")
    login.far.say(
        f"<iq type='result' id='r1' to='{account}@example.org/{resource}'>"
        f"<query xmlns='jabber:iq:roster'>{roster}</query></iq>".encode()
    )
    client.say(b"<presence/>")
    await login.server_gets("<presence/>")
    await login.client_sees(f"from='{COMPANION}")
    return login


def bodies(text: str) -> list[str]:
    """What was said in all messages of a piece of stream."""
    return [
        b.replace("&apos;", "'").replace("&quot;", '"') for b in re.findall(r"<body>(.*?)</body>", text, re.S)
    ]
