"""What one direction of a stream holds while its reader stalls: at most 256 KiB, whatever passes. P-3."""

import asyncio
import re
import ssl
from pathlib import Path

import pytest

from quorate.capture.leg import HIGH_WATER
from quorate.splice.arrival import Arrival
from quorate.splice.effects import Side
from quorate.splice.splice import SessionRegistry, Splice, SpliceConfig
from tests.capture.stand_in import DOMAIN, WAIT_S, House, Line, Upstream, most_held, server_context, until
from tests.interop.certificates import TestAuthority
from tests.splice.script import BIND, BOB, BOUND, CLIENT_HEADER, FEATURES, ROSTER_GET, SERVER_HEADER, roster

BOUND_OF_A_DIRECTION = 256 * 1024
TLS_RECORD = 16 * 1024 + 512
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
PROCEED = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
SMALL = b"<message to='bob@example.org' from='carol@example.org/x'><body>%d</body></message>"
FEW = b"".join(SMALL % n for n in range(2000))
MANY = b"".join(SMALL % n for n in range(100_000))


def long(kib: int) -> bytes:
    return (
        b"<message to='bob@example.org' from='eve@example.org/x'><body>"
        + b"x" * kib * 1024
        + b"</body></message>"
    )


AGAIN = ROSTER_GET.replace("r1", "r2")
LONG_ROSTER = roster(*(f"<item jid='p{n}@example.org' name='{'n' * 400}'/>" for n in range(2000))).replace(
    "r1", "r2"
)
PASSING = {
    "small": FEW + MANY,
    "300 KiB": FEW + long(300) + MANY,
    "just held": FEW + long(150) + FEW + long(159) + MANY,
    "a roster of 900 KiB": FEW + LONG_ROSTER.encode() + MANY,
}


ADDED = re.compile(rb"<iq type='set' id='q-.*?</iq>|<presence from='quorate@.*?</presence>")
"""The companion, which comes back after a roster that was fetched again."""


class Real(House):
    """The listener over real splices."""

    def splice(self, arrival: Arrival, now: float) -> Splice:  # type: ignore[override]
        return Splice(SpliceConfig(ids_seed="5eed"), now, sessions=SessionRegistry(), arrival=arrival)


async def logged_in(house: House, upstream: Upstream, server: ssl.SSLContext | None) -> tuple[Line, Line]:
    """Client and server; the client has its roster and the companion."""
    client = await house.call()
    client.say(CLIENT_HEADER.encode())
    far = await upstream.next()
    await far.expect(CLIENT_HEADER.encode())
    far.say(SERVER_HEADER.encode())
    await client.expect(SERVER_HEADER.encode())
    if server is not None:
        client.say(STARTTLS)
        await far.expect(STARTTLS)
        far.say(PROCEED)
        await far.start_tls(server)
        await client.expect(PROCEED)
        await client.start_tls(house.client_context(), DOMAIN)
        client.say(CLIENT_HEADER.encode())
        await far.expect(CLIENT_HEADER.encode())
        far.say(SERVER_HEADER.encode())
        await client.expect(SERVER_HEADER.encode())
    far.say((FEATURES + BOUND.replace("'b1'", "'none'")).encode())
    client.say((BIND + ROSTER_GET + "<presence/>").encode())
    await far.expect((BIND + ROSTER_GET + "<presence/>").encode())
    far.say((BOUND + roster(BOB)).encode())
    await asyncio.wait_for(client.reader.readuntil(b"<priority>0</priority></presence>"), WAIT_S)
    return client, far


async def everything(line: Line) -> bytes:
    """All up to the last of many."""
    got = bytearray()
    async with asyncio.timeout(WAIT_S):
        while not got.endswith(MANY[-90:]):
            got += await line.reader.read(2**16)
    return bytes(got)


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("passing", PASSING)
@pytest.mark.parametrize("origin", Side)
async def test_a_stalled_reader_holds_at_most_256_kib_and_gets_everything_later(
    tmp_path: Path, origin: Side, passing: str, encrypted: bool
) -> None:
    authority = TestAuthority(tmp_path)
    server = server_context(*authority.issue(DOMAIN, tmp_path)) if encrypted else None
    data = PASSING[passing]
    async with Upstream() as upstream, Real(tmp_path, [upstream.route], [authority.path]) as house:
        client, far = await logged_in(house, upstream, server)
        if origin is Side.SERVER:
            client.say(AGAIN.encode())
            await far.expect(AGAIN.encode())
        most, legs = most_held(house.watchers[0].driver), house.watchers[0].driver._legs
        speaker, reader = (client, far) if origin is Side.CLIENT else (far, client)
        reader.writer.transport.pause_reading()  # type: ignore[attr-defined]
        speaker.say(data)
        await until(lambda: legs[origin]._paused)
        assert HIGH_WATER < most[origin] + TLS_RECORD <= BOUND_OF_A_DIRECTION
        reader.writer.transport.resume_reading()  # type: ignore[attr-defined]
        got = await everything(reader)
        assert ADDED.sub(b"", got) == data
        assert most[origin] + TLS_RECORD <= BOUND_OF_A_DIRECTION
