"""What the agent says to the library in a client: verdicts, additions, tables, and their order."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from quorate.capture.attach.attached import Attached
from quorate.capture.attach.door import Door
from quorate.capture.attach.protocol import AT_BOUNDARY, DOWN, UP
from quorate.capture.carrier import Carrier
from quorate.clock import SystemClock
from quorate.model.address import parse_address
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.arrival import Arrival
from quorate.splice.effects import LoggedIn, SpliceEffect, StateChanged
from quorate.splice.splice import SessionRegistry, Splice, SpliceConfig
from tests.capture.attach.scripted import ScriptedShim
from tests.splice.script import (
    BIND,
    BOUND,
    CLIENT_HEADER,
    ENABLE,
    ENABLED,
    FEATURES,
    ROSTER_GET,
    SERVER_HEADER,
    ids,
    roster,
)

A = "<a xmlns='urn:xmpp:sm:3' h='{}'/>"
R = "<r xmlns='urn:xmpp:sm:3'/>"
HI = "<message from='bob@example.org/pc'><body>hi</body></message>"


@dataclass
class Watcher:
    carrier: Carrier[Splice]
    seen: list[SpliceEffect] = field(default_factory=list)
    over: bool = False

    def noticed(self, effect: SpliceEffect) -> None:
        self.seen.append(effect)

    def settled(self) -> None: ...

    def ended(self) -> None:
        self.over = True

    def last(self) -> StateChanged:
        return next(e for e in reversed(self.seen) if isinstance(e, StateChanged))


class Watching:
    """Implements Host."""

    def __init__(self) -> None:
        self.streams: list[Watcher] = []
        self._sessions = SessionRegistry()

    def splice(self, arrival: Arrival, now: float) -> Splice:
        return Splice(SpliceConfig(ids_seed="5eed"), now, sessions=self._sessions, arrival=arrival)

    def observer(self, driver: Attached[Splice]) -> Watcher:
        self.streams.append(Watcher(driver))
        return self.streams[-1]


@asynccontextmanager
async def attached(folder: Path) -> AsyncIterator[tuple[ScriptedShim, Watching, Door[Splice]]]:
    host = Watching()
    door = Door(folder, host, SystemClock())
    door.start()
    try:
        async with ScriptedShim(door.path) as shim:
            yield shim, host, door
    finally:
        await door.stop()


async def log_in(shim: ScriptedShim, *, sm: bool = True) -> None:
    """Everything up to initial presence."""
    assert await shim.up(CLIENT_HEADER) == CLIENT_HEADER
    assert await shim.down(SERVER_HEADER + FEATURES) == SERVER_HEADER + FEATURES
    await shim.up(BIND)
    await shim.down(BOUND)
    if sm:
        await shim.up(ENABLE)
        shim.enabled = await shim.down(ENABLED)
    await shim.up(ROSTER_GET)
    await shim.down(roster())
    await shim.up("<presence/>")
    await shim.until(DOWN, "<presence from='quorate@quorate.invalid")


async def test_a_stream_from_its_first_byte_on(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, host, _):
        shim.open(fresh="1")
        await log_in(shim)
        (stream,) = host.streams
        assert stream.carrier.mode == "attach"
        assert (stream.carrier.domain, stream.carrier.found_at) == ("example.org", "127.0.0.1:5222")
        assert await shim.down(HI) == HI
        assert stream.last().companion
        shim.close()
        await shim.up("x", conn=_other(shim))
        assert stream.over


def _other(shim: ScriptedShim) -> int:
    shim.open(9, fresh="1")
    return 9


async def test_a_stanza_that_comes_in_pieces_stays_with_the_client(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, _, _door):
        connection = shim.open(fresh="1")
        await log_in(shim)
        presence = "<presence from='bob@example.org/pc'><show>away</show></presence>"
        assert await shim.down(HI + presence[:30]) == HI
        assert connection.ways[DOWN].held == presence[:30].encode()
        assert await shim.down(presence[30:] + HI[:5]) == presence
        assert await shim.down(HI[5:]) == HI


async def test_what_is_typed_to_the_companion_never_arrives(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, _, _door):
        connection = shim.open(fresh="1")
        await log_in(shim)
        shim.got(DOWN)
        typed = "<message to='quorate@quorate.invalid' type='chat'><body>help</body></message>"
        assert await shim.up(HI + typed + HI) == HI + HI
        # an <a/> of the server counts one stanza less than the client has sent: it travels down
        rows = connection.tables[DOWN]
        assert [shift for _, shift in rows] == [0, 1]
        await shim.until(DOWN, "disco#info")  # asked of whoever types to the companion
        assert await shim.down(A.format(rows[-1][0])) == A.format(rows[-1][0] + 1)


async def test_a_resumed_session_brings_its_tables_along(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, _, _door):
        shim.open(1, fresh="1")
        await log_in(shim)
        typed = "<message to='quorate@quorate.invalid' type='chat'><body>help</body></message>"
        assert await shim.up(HI + typed) == HI
        rows = shim.connections[1].tables[DOWN]
        shim.close(1)
        again = shim.open(2, fresh="1")
        await shim.up(CLIENT_HEADER, 2)
        await shim.down(SERVER_HEADER, 2)
        virtual = re.search(r"id='(q1\.\w+)'", shim.enabled)
        assert virtual is not None
        asked = await shim.up(f"<resume xmlns='urn:xmpp:sm:3' previd='{virtual[1]}' h='1'/>", 2)
        assert "previd='S9'" in asked
        await shim.down(f"<resumed xmlns='urn:xmpp:sm:3' previd='S9' h='{rows[-1][0]}'/>", 2)
        assert again.tables[DOWN] == ((rows[-1][0], rows[-1][1]),)


async def test_additions_go_before_the_verdict_that_names_them(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, host, _):
        connection = shim.open(fresh="1")
        await log_in(shim)
        (stream,) = host.streams
        bob = parse_address("bob@example.org")
        stream.carrier.do(lambda splice, now: splice.tell("e1", bob, "hello", now))
        assert (await shim.up(HI)).endswith(HI)
        assert [shift for _, shift in connection.tables[DOWN]] == [0, -1]


async def test_another_protocol_is_left_alone(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, host, _):
        for number, (first, fresh) in enumerate(
            (("GET / HTTP/1.1\r\n\r\n", "1"), ("NICK me\r\n", "1"), ("POST /x HTTP/1.1\r\n", "0"))
        ):
            connection = shim.open(number, fresh=fresh)
            assert await shim.up(first, number) == first
            assert connection.ignored
        assert host.streams == []


async def test_starttls_on_a_plain_socket_is_the_clients_own(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, host, _):
        plain = shim.open(1, lib="plain", fresh="1")
        await shim.up(CLIENT_HEADER)
        await shim.down(SERVER_HEADER)
        await shim.up("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
        assert await shim.down(proceed) == proceed
        assert plain.ignored or (await shim.up("\x16\x03", 1)) == "\x16\x03"
        shim.open(2, fresh="1")
        assert await shim.up(CLIENT_HEADER, 2) == CLIENT_HEADER
        assert len(host.streams) == 1


async def test_a_stream_without_tls_is_one_once_it_is_logged_in(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, host, _):
        shim.open(lib="plain", fresh="1")
        await log_in(shim)
        (stream,) = host.streams
        assert (stream.last().state, stream.last().companion) == (StreamState.LIVE, True)


async def test_channel_binding_stays_in_the_features(tmp_path: Path) -> None:
    features = (
        "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
        "<mechanism>SCRAM-SHA-1-PLUS</mechanism><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>"
    )
    async with attached(tmp_path) as (shim, _, _door):
        shim.open(fresh="1")
        await shim.up(CLIENT_HEADER)
        assert await shim.down(SERVER_HEADER + features) == SERVER_HEADER + features


async def test_a_stream_that_cannot_be_followed_is_let_go_whole(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, host, _):
        connection = shim.open(fresh="1")
        await log_in(shim)
        assert await shim.down(HI + "<presence from='bob@example.org'") == HI
        await shim.up("</nonsense>")
        await shim.up("more")
        assert connection.ignored
        assert "<presence from='bob@example.org'" in shim.got(DOWN)
        assert host.streams[0].last().reason is Reason.NOT_WELL_FORMED


async def count_midway(shim: ScriptedShim) -> str:
    """Both counts of a stream that was there before are learnt; returns the request for the roster."""
    assert await shim.up(HI) == HI
    assert await shim.down(HI) == R + HI
    assert await shim.up(A.format(7)) == R
    assert R in await shim.until(DOWN, R)
    assert await shim.up(A.format(8)) == ""
    assert R in await shim.until(DOWN, R)
    assert await shim.up(A.format(8)) == ""
    assert await shim.down(A.format(3)) == ""
    await shim.until(UP, R)
    assert await shim.down(A.format(3)) == ""
    return await shim.until(UP, "jabber:iq:roster")


async def answer_roster(shim: ScriptedShim, request: str) -> None:
    query = "<query xmlns='jabber:iq:roster'/>"
    await shim.down(f"<iq type='result' id='{ids(request)[0]}' to='a@example.org/x'>{query}</iq>")


async def test_joined_midway_and_left_again(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, host, door):
        connection = shim.open(fresh="0")
        request = await count_midway(shim)
        assert all(flags & AT_BOUNDARY for flags in connection.flags.values())
        await answer_roster(shim, request)
        (stream,) = host.streams
        assert [str(e.own) for e in stream.seen if isinstance(e, LoggedIn)] == ["a@example.org/x"]
        assert stream.last().reason is Reason.JOINED_MIDSTREAM
        await door.clients[next(iter(door.clients))].detach()
        assert shim.detached.is_set() or await shim.detached.wait()
        assert stream.over


async def test_a_client_that_cannot_be_woken_hears_of_it_from_the_server(tmp_path: Path) -> None:
    async with attached(tmp_path) as (shim, host, _):
        shim.open(fresh="1", wake="0")
        await log_in(shim)
        (stream,) = host.streams
        for text in ("", "hello"):
            if text:
                stream.carrier.do(lambda splice, now: splice.say("e1", "hello", now))
            rung = await shim.until(UP, "urn:xmpp:ping")
            assert text in shim.got(DOWN)
            assert await shim.down(f"<iq type='error' id='{ids(rung)[-1]}'/>") == ""
