"""A client that keeps XEP-0198 to the letter: it breaks on every count that is not possible."""

import asyncio
import base64
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

WAIT_S = 20.0
STANZAS = frozenset({"{jabber:client}message", "{jabber:client}presence", "{jabber:client}iq"})
_STREAM = "http://etherx.jabber.org/streams"
_SM = "{urn:xmpp:sm:3}"
_BIND = "urn:ietf:params:xml:ns:xmpp-bind"


class Broken(Exception):
    """The other side did what no client can live with."""


@dataclass
class StrictClient:
    """``await connect()`` logs in or resumes; ``kill()`` breaks the connection without a word."""

    local: str
    domain: str
    password: str
    host: str
    port: int
    ca: Path
    unacked: deque[str] = field(default_factory=deque)
    acked: int = 0
    handled: int = 0
    sm_id: str | None = None
    seen: list[ET.Element] = field(default_factory=list)
    """Every stanza received, in order."""
    resumed: int = 0
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._news = asyncio.Condition()
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        async with asyncio.timeout(WAIT_S):
            context = ssl.create_default_context(cafile=str(self.ca))
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
            await self._open()
            self._write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            await self._next("{urn:ietf:params:xml:ns:xmpp-tls}proceed")
            await self._writer.start_tls(context, server_hostname=self.domain)
            await self._open()
            token = base64.b64encode(f"\0{self.local}\0{self.password}".encode()).decode()
            self._write(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{token}</auth>")
            await self._next("{urn:ietf:params:xml:ns:xmpp-sasl}success")
            await self._open()
            await (self._resume() if self.sm_id else self._bind())
            self._reading = asyncio.create_task(self._read_on())

    def send(self, stanza: str) -> None:
        """Kept until it is acknowledged; sent again after a resumption."""
        self.unacked.append(stanza)
        self._write(stanza)

    def ask_for_ack(self) -> None:
        self._write("<r xmlns='urn:xmpp:sm:3'/>")

    async def kill(self) -> None:
        assert self._writer is not None
        assert self._reading is not None
        self._writer.transport.abort()
        self._reading.cancel()
        await asyncio.wait([self._reading])

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds of what was received."""
        try:
            async with asyncio.timeout(WAIT_S), self._news:
                await self._news.wait_for(lambda: bool(self.faults) or holds())
        except TimeoutError:
            raise AssertionError(f"waited for {what}; faults: {self.faults}") from None
        assert self.faults == []

    def bodies(self) -> list[str]:
        """All that was said, in order."""
        return [text for xml in self.seen if (text := xml.findtext("{jabber:client}body"))]

    def _write(self, text: str) -> None:
        assert self._writer is not None
        if not self._writer.is_closing():
            self._writer.write(text.encode())

    async def _open(self) -> None:
        """A new stream, up to its features."""
        self._parser: Any = ET.XMLPullParser(("start", "end"))
        self._depth = 0
        self._ready: deque[ET.Element] = deque()
        self._write(
            f"<?xml version='1.0'?><stream:stream to='{self.domain}' xmlns='jabber:client'"
            f" xmlns:stream='{_STREAM}' version='1.0'>"
        )
        await self._next(f"{{{_STREAM}}}features")

    async def _bind(self) -> None:
        self._write(f"<iq type='set' id='bind'><bind xmlns='{_BIND}'/></iq>")
        await self._next("{jabber:client}iq")
        self._write("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        enabled = await self._next(f"{_SM}enabled")
        self.sm_id = enabled.get("id")

    async def _resume(self) -> None:
        self._write(f"<resume xmlns='urn:xmpp:sm:3' h='{self.handled}' previd='{self.sm_id}'/>")
        resumed = await self._next(f"{_SM}resumed")
        if resumed.get("previd") != self.sm_id:
            raise Broken(f"resumed {resumed.get('previd')} instead of {self.sm_id}")
        self._acknowledged(resumed)
        self.resumed += 1
        self._write("".join(self.unacked))

    def _acknowledged(self, element: ET.Element) -> None:
        h = int(element.get("h", "-1"))
        if not self.acked <= h <= self.acked + len(self.unacked):
            raise Broken(f"h={h} after {self.acked}, {len(self.unacked)} were sent since")
        for _ in range(h - self.acked):
            self.unacked.popleft()
        self.acked = h

    async def _next(self, name: str) -> ET.Element:
        element = await self._element()
        if element.tag != name:
            raise Broken(f"{ET.tostring(element, 'unicode')} instead of {name}")
        return element

    async def _element(self) -> ET.Element:
        """The next top-level element."""
        while not self._ready:
            data = await self._reader.read(65536)
            if not data:
                raise Broken("the connection ended")
            self._parser.feed(data)
            events: Any = self._parser.read_events()
            for event, element in events:
                self._depth += 1 if event == "start" else -1
                if event == "end" and self._depth == 1:
                    self._ready.append(element)
        return self._ready.popleft()

    async def _read_on(self) -> None:
        try:
            while True:
                self._handle(await self._element())
                async with self._news:
                    self._news.notify_all()
        except (Broken, OSError, ET.ParseError) as error:
            self.faults.append(str(error))
            async with self._news:
                self._news.notify_all()

    def _handle(self, element: ET.Element) -> None:
        if element.tag in STANZAS:
            self.handled += 1
            self.seen.append(element)
        elif element.tag == f"{_SM}r":
            self._write(f"<a xmlns='urn:xmpp:sm:3' h='{self.handled}'/>")
        elif element.tag == f"{_SM}a":
            self._acknowledged(element)
        else:
            raise Broken(ET.tostring(element, "unicode"))
