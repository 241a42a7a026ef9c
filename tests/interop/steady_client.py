"""A small XMPP client that keeps its own XEP-0198 books to the letter, and can be cut off anywhere.

It shares no code with Quorate: what it counts is evidence. One stream at a time, STARTTLS and PLAIN only.
"""

import asyncio
import base64
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from xml.etree.ElementTree import Element, XMLPullParser

WAIT_S = 60.0
SM = "urn:xmpp:sm:3"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
STREAM = "http://etherx.jabber.org/streams"
CLIENT = "{jabber:client}"
STANZAS = frozenset({f"{CLIENT}message", f"{CLIENT}presence", f"{CLIENT}iq"})


class StreamBroken(Exception):
    """The other end is gone."""


@dataclass
class Wire:
    """One connection: complete top-level elements in, text out."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    parser: "XMLPullParser[Element]" = field(default_factory=lambda: XMLPullParser(("start", "end")))
    depth: int = 0
    ready: deque[Element] = field(default_factory=deque)

    def send(self, text: str) -> None:
        self.writer.write(text.encode())

    def restart(self, domain: str) -> None:
        self.parser, self.depth = XMLPullParser(("start", "end")), 0
        self.ready.clear()
        self.send(
            f"<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' xmlns='jabber:client' "
            f"xmlns:stream='{STREAM}'>"
        )

    async def element(self) -> Element:
        """The next one; raises StreamBroken at the end, however it came."""
        while not self.ready:
            try:
                data = await self.reader.read(16384)
            except OSError as error:
                raise StreamBroken from error
            if not data:
                raise StreamBroken
            self.parser.feed(data)
            self._collect()
        return self.ready.popleft()

    def _collect(self) -> None:
        for event in self.parser.read_events():
            kind, element = cast(tuple[str, Element], event)
            self.depth += 1 if kind == "start" else -1
            if kind == "end" and self.depth == 1:
                self.ready.append(element)

    def cut(self) -> None:
        self.writer.transport.abort()


class SteadyClient:
    """Logs in once, then comes back with ``resume`` whenever it was cut off."""

    def __init__(self, jid: str, password: str, port: int, ca: Path) -> None:
        self.local, _, self.domain = jid.partition("@")
        self.password, self.port = password, port
        self.context = ssl.create_default_context(cafile=str(ca))
        self.wire: Wire | None = None
        self.received: list[Element] = []
        """Stanzas, in order."""
        self.faults: list[str] = []
        """What no stream may contain."""
        self.resumptions = 0
        self.session_id = ""
        self.changed = asyncio.Condition()
        self.broken = asyncio.Event()
        self._handled = 0
        self._acked = 0
        self._unacked: deque[str] = deque()
        self._reading: asyncio.Task[None] | None = None

    async def log_in(self) -> None:
        """Bound, managed, with roster and presence."""
        await self._enter(await self._authenticated())

    async def resume(self, *, give_up: bool = False) -> bool:
        """Go on where the stream broke; False if the session is not known any more.

        ``give_up``: break off again before the answer is there.
        """
        await self.stop()
        wire = await self._authenticated()
        wire.send(f"<resume xmlns='{SM}' previd='{self.session_id}' h='{self._handled}'/>")
        if give_up:
            await wire.writer.drain()
            wire.cut()
            return True
        answer = await self._answer(wire, f"{{{SM}}}resumed", f"{{{SM}}}failed")
        if answer.tag == f"{{{SM}}}failed":
            self.wire = wire
            return False
        if answer.get("previd") != self.session_id:
            self.faults.append(f"resumed as {answer.get('previd')}")
        self._acknowledged(answer)
        self.resumptions += 1
        for stanza in self._unacked:
            wire.send(stanza)
        self._start(wire)
        return True

    async def bind_anew(self) -> None:
        """A new session where the resumption failed; what was not acknowledged is gone."""
        assert self.wire is not None
        await self._enter(self.wire)

    def send(self, stanza: str) -> None:
        """Now, or after the next resumption."""
        self._unacked.append(stanza)
        if self.wire is not None and not self.broken.is_set():
            self.wire.send(stanza)
            self.wire.send(f"<r xmlns='{SM}'/>")

    def say(self, to: str, body: str, id: str) -> None:
        self.send(f"<message type='chat' to='{to}' id='{id}'><body>{body}</body></message>")

    def cut(self) -> None:
        """Without a word, in the middle of whatever is on its way."""
        if self.wire is not None:
            self.wire.cut()

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(WAIT_S), self.changed:
                await self.changed.wait_for(lambda: holds() or bool(self.faults))
        except TimeoutError:
            raise AssertionError(f"{self.local} waited for {what}") from None
        assert self.faults == []

    async def stop(self) -> None:
        if self._reading is not None:
            self.cut()
            await self._reading
            self._reading = None
        elif self.wire is not None:
            self.cut()

    def bodies(self, sender: str) -> list[str]:
        """What somebody wrote, in order."""
        mine = (xml for xml in self.received if xml.get("from", "").partition("/")[0] == sender)
        return [text for xml in mine if (text := xml.findtext(f"{CLIENT}body"))]

    async def _authenticated(self) -> Wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        wire = Wire(reader, writer)
        wire.restart(self.domain)
        await self._answer(wire, f"{{{STREAM}}}features")
        wire.send(f"<starttls xmlns='{TLS}'/>")
        await self._answer(wire, f"{{{TLS}}}proceed")
        await writer.start_tls(self.context, server_hostname=self.domain)
        wire.restart(self.domain)
        await self._answer(wire, f"{{{STREAM}}}features")
        secret = base64.b64encode(f"\0{self.local}\0{self.password}".encode()).decode()
        wire.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{secret}</auth>")
        await self._answer(wire, f"{{{SASL}}}success")
        wire.restart(self.domain)
        await self._answer(wire, f"{{{STREAM}}}features")
        return wire

    async def _enter(self, wire: Wire) -> None:
        wire.send(f"<iq type='set' id='bind'><bind xmlns='{BIND}'/></iq>")
        await self._answer(wire, f"{CLIENT}iq")
        wire.send(f"<enable xmlns='{SM}' resume='true'/>")
        enabled = await self._answer(wire, f"{{{SM}}}enabled")
        self.session_id = enabled.get("id", "")
        self._handled = self._acked = 0
        self._unacked.clear()
        self._start(wire)
        self.send("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>")
        self.send("<presence/>")

    async def _answer(self, wire: Wire, *tags: str) -> Element:
        element = await asyncio.wait_for(wire.element(), WAIT_S)
        if element.tag not in tags:
            raise AssertionError(f"{self.local} got {element.tag} instead of {' or '.join(tags)}")
        return element

    def _start(self, wire: Wire) -> None:
        self.wire = wire
        self.broken.clear()
        self._reading = asyncio.create_task(self._read(wire))

    async def _read(self, wire: Wire) -> None:
        with suppress(StreamBroken):
            while True:
                self._take(wire, await wire.element())
                async with self.changed:
                    self.changed.notify_all()
        self.broken.set()

    def _take(self, wire: Wire, element: Element) -> None:
        if element.tag in STANZAS:
            self._handled += 1
            self.received.append(element)
        elif element.tag == f"{{{SM}}}r":
            wire.send(f"<a xmlns='{SM}' h='{self._handled}'/>")
        elif element.tag == f"{{{SM}}}a":
            self._acknowledged(element)
        else:
            children = [child.tag for child in element]
            self.faults.append(f"{element.tag} {children}")

    def _acknowledged(self, element: Element) -> None:
        """The other end says how many it has handled: never fewer than before, never more than were sent."""
        h = int(element.get("h", "-1"))
        if not self._acked <= h <= self._acked + len(self._unacked):
            self.faults.append(f"h={h} after {self._acked} with {len(self._unacked)} unacknowledged")
        while self._acked < h and self._unacked:
            self._unacked.popleft()
            self._acked += 1
