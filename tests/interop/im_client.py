"""A scripted XMPP client (slixmpp) that records everything it receives."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import slixmpp
from slixmpp import JID

WAIT_S = 60.0


@dataclass
class Received:
    """What one client got, in order."""

    messages: list[tuple[str, str]] = field(default_factory=list)
    """(bare sender, body)"""
    presences: list[tuple[str, str]] = field(default_factory=list)
    """(full sender, show or type)"""
    stanzas: list[ElementTree.Element] = field(default_factory=list)


class ImClient(slixmpp.ClientXMPP):
    """``async with ImClient(...) as bob``: logged in with roster and presence when entered."""

    def __init__(
        self,
        jid: str,
        password: str,
        host: str,
        port: int,
        ca: Path | None,
        *,
        direct_tls: bool = False,
        manage: bool = True,
        show: str = "",
    ) -> None:
        super().__init__(jid, password)
        self.host_port = (host, port)
        self.direct = direct_tls
        self.show = show
        self.manage = manage
        self.received = Received()
        self.news = asyncio.Condition()
        self.session = asyncio.Event()
        self.failure: str | None = None
        self.failed = asyncio.Event()
        self.closed = asyncio.Event()
        if ca is not None:
            self.ca_certs = ca
        for plugin in ("xep_0030", "xep_0199", "xep_0280", "xep_0012", "xep_0313"):
            self.register_plugin(plugin)
        if manage:
            self.register_plugin("xep_0198")
        self.add_filter("in", self._record)
        self.add_event_handler("session_start", self._started)
        self.add_event_handler("failed_auth", lambda _: self._fail("auth"))
        self.add_event_handler("failed_all_auth", lambda _: self._fail("auth"))
        self.add_event_handler(
            "stream_error", lambda e: self._fail(f"stream error {e['condition']} {e['text']}")
        )
        self.add_event_handler("ssl_invalid_chain", lambda e: self._fail(f"certificate {e}"))
        self.add_event_handler("connection_failed", lambda e: self._fail(f"connection {e}"))
        self.add_event_handler("disconnected", lambda _: self._over())

    def _over(self) -> None:
        self.closed.set()
        if not self.session.is_set():
            self._fail("the connection ended")

    def _fail(self, why: str) -> None:
        self.failure = self.failure or why
        self.failed.set()

    async def _started(self, _: object) -> None:
        await self.get_roster()
        if self.show:
            self.send_presence(pshow=self.show)
        else:
            self.send_presence()
        self.session.set()

    def _record(self, stanza: Any) -> Any:
        xml = stanza.xml if hasattr(stanza, "xml") else None
        if xml is None:
            return stanza
        self.received.stanzas.append(xml)
        kind = xml.tag.rsplit("}", 1)[-1]
        if kind == "message" and stanza["body"]:
            self.received.messages.append((stanza["from"].bare, stanza["body"]))
        elif kind == "presence":
            self.received.presences.append((str(stanza["from"]), stanza["type"]))
        asyncio.ensure_future(self._tell())  # noqa: RUF006
        return stanza

    async def _tell(self) -> None:
        async with self.news:
            self.news.notify_all()

    async def __aenter__(self) -> "ImClient":
        host, port = self.host_port
        self.enable_direct_tls = self.direct
        self.enable_starttls = not self.direct
        self.enable_plaintext = False
        self.connect(host, port)
        started = asyncio.create_task(self.session.wait())
        failed = asyncio.create_task(self.failed.wait())
        try:
            done, _ = await asyncio.wait(
                {started, failed}, timeout=WAIT_S, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in (started, failed):
                task.cancel()
        if started not in done:
            self.abort()
            raise ConnectionError(self.failure or f"{self.boundjid.bare} did not log in within {WAIT_S} s")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def leave(self) -> None:
        if self.closed.is_set():
            return
        await self.disconnect(wait=0.5)
        await asyncio.wait_for(self.closed.wait(), WAIT_S)

    async def until(self, holds: Callable[[Received], bool], what: str, within_s: float = WAIT_S) -> None:
        """Wait until ``holds`` is true of what was received, or fail saying what was missing."""
        try:
            async with asyncio.timeout(within_s), self.news:
                await self.news.wait_for(lambda: holds(self.received))
        except TimeoutError:
            got = self.received.messages[-8:]
            raise AssertionError(f"{self.boundjid.bare} waited for {what}; last messages: {got}") from None

    async def message_with(self, text: str, sender: str | None = None, within_s: float = WAIT_S) -> str:
        """Wait for a message that contains ``text``; returns its body."""

        def match(got: Received) -> bool:
            return any(text in body and sender in (None, who) for who, body in got.messages)

        await self.until(match, f"a message with {text!r}", within_s)
        return next(b for who, b in self.received.messages if text in b and sender in (None, who))

    def say(self, to: str, body: str) -> None:
        self.send_message(mto=JID(to), mbody=body, mtype="chat")

    async def round_trip(self) -> None:
        """To the own server and back: all that was sent before has been handled."""
        await self.plugin["xep_0199"].ping(JID(self.boundjid.domain), timeout=WAIT_S)

    def ask_for_ack(self) -> None:
        """XEP-0198 ``<r/>``: the counts of both ends are compared."""
        management: Any = self.plugin["xep_0198"]
        management.request_ack()
