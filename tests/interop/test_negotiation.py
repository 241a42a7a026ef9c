"""Ways to log in with a real Prosody and slixmpp: by proxy, bound to the channel, redirected. T5 to T7."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from quorate.agent.app import Agent
from quorate.agent.options import Options
from quorate.capture.listener import Bind
from quorate.capture.routes import Route
from quorate.link.messages import StreamIs
from quorate.model.reasons import Reason
from quorate.model.stream import Stream, StreamState
from tests.agent.conversation import COMPANION, Server
from tests.capture.stand_in import DOMAIN, WAIT_S, Line, Upstream, server_context
from tests.capture.test_proxy import HTTP_OK, SOCKS_OK, connect, socks
from tests.interop.certificates import TestAuthority
from tests.interop.im_client import ImClient
from tests.interop.prosody import Prosody

pytestmark = pytest.mark.real

TLS = b"xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
HEADER = (
    b"<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client'"
    b" xmlns:stream='http://etherx.jabber.org/streams'>"
)
ANSWER = HEADER.replace(b" to=", b" id='x' from=")
STARTTLS = b"<stream:features><starttls " + TLS + b"><required/></starttls></stream:features>"
ELSEWHERE = (
    b"<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>%s</see-other-host>"
    b"</stream:error></stream:stream>"
)


class House:
    """An agent of which the test says what it routes to; ``async with``."""

    def __init__(
        self, home: Path, authority: TestAuthority, *routes: Route, ports: tuple[int, ...] = ()
    ) -> None:
        home.mkdir()
        self.server = Server(home)
        bind = Bind("127.0.0.1", 0, (), ports)
        self.agent = Agent(Options(data=home, bind=bind, routes=routes, trust=(authority.path,)))
        self.ca = home / "ca.pem"

    async def __aenter__(self) -> "House":
        await self.server.__aenter__()
        self.running = asyncio.create_task(self.agent.run())
        await asyncio.wait_for(self.agent.ready.wait(), WAIT_S)
        await self.server.complete()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.agent.quit()
        await asyncio.wait_for(self.running, WAIT_S)
        await self.server.__aexit__()

    async def call(self) -> Line:
        host, _, port = self.agent.im.rpartition(":")
        return Line(*await asyncio.open_connection(host, int(port)))

    def client(self, ca: Path, *, direct_tls: bool = False, port: int = 0) -> ImClient:
        host, _, own = self.agent.im.rpartition(":")
        return ImClient("alice@example.org", "secret", host, port or int(own), ca, direct_tls=direct_tls)

    async def stream(self, state: StreamState, count: int = 1) -> Stream:
        """The last of ``count`` streams that came to be so."""
        async with asyncio.timeout(WAIT_S):
            while True:
                told = {m.stream.id: m.stream for m in self.server.all(StreamIs) if m.stream.state is state}
                if len(told) >= count:
                    return list(told.values())[count - 1]
                await self.server.until(StreamIs, len(self.server.all(StreamIs)) + 1)


def prosody(home: Path, authority: TestAuthority, ssl_extra: str = "") -> Prosody:
    home.mkdir()
    return Prosody(home, authority, accounts={"alice": "secret"}, ssl_extra=ssl_extra)


@asynccontextmanager
async def by_proxy(im: str, request: bytes, granted: bytes) -> AsyncIterator[int]:
    """What a client with a proxy setting does before its stream, as a port for one that has none."""
    host, _, port = im.rpartition(":")
    tasks: list[asyncio.Task[None]] = []

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        near, far = await asyncio.open_connection(host, int(port))
        far.write(request)
        assert await near.readexactly(len(granted)) == granted
        tasks.extend(asyncio.create_task(way) for way in (pipe(reader, far), pipe(near, writer)))

    relay = await asyncio.start_server(came, "127.0.0.1", 0)
    async with relay:
        yield relay.sockets[0].getsockname()[1]
        await asyncio.wait(tasks, timeout=WAIT_S)


@pytest.mark.parametrize("direct_tls", [False, True])
@pytest.mark.parametrize(("ask", "granted"), [(socks, SOCKS_OK), (connect, HTTP_OK)])
async def test_a_client_behind_the_proxy_is_read(
    tmp_path: Path, ask: Callable[[str, int], bytes], granted: bytes, direct_tls: bool
) -> None:
    authority = TestAuthority(tmp_path)
    async with prosody(tmp_path / "p", authority) as server:
        port = server.tls_port if direct_tls else server.port
        async with (
            House(tmp_path / "q", authority, ports=(port,)) as house,
            by_proxy(house.agent.im, ask("127.0.0.1", port), granted) as way,
            ImClient(
                "alice@example.org", "secret", "127.0.0.1", way, house.ca, direct_tls=direct_tls
            ) as alice,
        ):
            stream = await house.stream(StreamState.LIVE)
            assert stream.server == f"example.org (127.0.0.1:{port})"
            await alice.until(lambda _: COMPANION in alice.client_roster, "the companion")


@pytest.mark.parametrize("direct_tls", [False, True])
async def test_a_client_that_wants_to_see_plus_logs_in_at_its_second_try(
    tmp_path: Path, direct_tls: bool
) -> None:
    """CB-1, T7: slixmpp at a Prosody that binds to TLS 1.2; the first answer passes unchanged."""
    authority = TestAuthority(tmp_path)
    async with prosody(tmp_path / "p", authority, 'protocol = "tlsv1_2";') as server:
        routes = (
            Route(DOMAIN, "127.0.0.1", server.port, False),
            Route(DOMAIN, "127.0.0.1", server.tls_port, True),
        )
        async with House(tmp_path / "q", authority, *routes) as house:
            with pytest.raises(ConnectionError, match="auth"):
                await house.client(house.ca, direct_tls=direct_tls).__aenter__()
            ended = await house.stream(StreamState.ENDED)
            assert ended.reason is Reason.CHANNEL_BINDING
            async with house.client(house.ca, direct_tls=direct_tls) as alice:
                await house.stream(StreamState.LIVE)
                await alice.until(lambda _: COMPANION in alice.client_roster, "the companion")


async def upstream_tls(line: Line, server: ssl.SSLContext) -> None:
    """A server's part of STARTTLS."""
    await line.expect(HEADER)
    line.say(ANSWER + STARTTLS)
    await line.expect(b"<starttls " + TLS + b"/>")
    line.say(b"<proceed " + TLS + b"/>")
    await line.start_tls(server)


async def client_tls(line: Line, context: ssl.SSLContext) -> None:
    line.say(HEADER)
    await line.expect(ANSWER + STARTTLS)
    line.say(b"<starttls " + TLS + b"/>")
    await line.expect(b"<proceed " + TLS + b"/>")
    await line.start_tls(context, DOMAIN)


async def test_a_redirect_is_followed_by_us_and_verified_for_the_domain(tmp_path: Path) -> None:
    """T5; and a target that is not the domain's server is left again."""
    authority = TestAuthority(tmp_path)
    right = server_context(*authority.issue(DOMAIN, tmp_path))
    wrong = server_context(*authority.issue("127.0.0.1", tmp_path))
    async with Upstream() as first, Upstream() as second:
        route = Route(DOMAIN, "127.0.0.1", first.port)
        async with House(tmp_path / "q", authority, route) as house:
            context = ssl.create_default_context(cafile=str(house.ca))
            client = await house.call()
            client.say(HEADER)
            far = await first.next()
            await far.expect(HEADER)
            far.say(ANSWER + ELSEWHERE % f"127.0.0.1:{second.port}".encode())
            await client.expect(ANSWER + ELSEWHERE % house.agent.im.encode())
            client.close()
            for certificate in (right, wrong):
                client = await house.call()
                handshake = asyncio.create_task(client_tls(client, context))
                far = await second.next()
                if certificate is right:
                    await upstream_tls(far, right)
                    await handshake
                else:
                    with pytest.raises((ssl.SSLError, ConnectionError)):
                        await upstream_tls(far, wrong)
                    with pytest.raises(AssertionError):  # <failure/> comes where <proceed/> should
                        await handshake
                client.close()
            client = await house.call()
            client.say(HEADER)
            await (await first.next()).expect(HEADER)
            client.close()


OFFER = (
    b"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    b"<mechanism>SCRAM-SHA-1-PLUS</mechanism></mechanisms></stream:features>"
)
BOUND = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1-PLUS'>cD10bHMt</auth>"
REFUSED = b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><malformed-request/></failure>"


@pytest.mark.parametrize("direct_tls", [False, True])
async def test_a_client_bound_to_its_channel_has_it_end_to_end_next_time(
    tmp_path: Path, direct_tls: bool
) -> None:
    """CB-3: at its next connection it sees the server's own certificate."""
    authority = TestAuthority(tmp_path)
    server = server_context(*authority.issue(DOMAIN, tmp_path))

    async def open_up(house: House, client: Line, context: ssl.SSLContext) -> Line:
        if direct_tls:
            dialling = asyncio.create_task(client.start_tls(context, DOMAIN))
            far = await upstream.next()
            await far.start_tls(server)
        else:
            dialling = asyncio.create_task(client_tls(client, context))
            far = await upstream.next()
            await upstream_tls(far, server)
        await dialling
        client.say(HEADER)
        await far.expect(HEADER)
        return far

    async with Upstream(direct=direct_tls) as upstream:
        route = Route(DOMAIN, "127.0.0.1", upstream.port)
        async with House(tmp_path / "q", authority, route) as house:
            ours = ssl.create_default_context(cafile=str(house.ca))
            client = await house.call()
            far = await open_up(house, client, ours)
            far.say(ANSWER + OFFER)
            client.say(BOUND)
            await far.expect(BOUND)
            far.say(REFUSED)
            seen = ANSWER + OFFER.replace(b"<mechanism>SCRAM-SHA-1-PLUS</mechanism>", b"") + REFUSED
            await client.expect(seen)
            client.close()
            assert (await house.stream(StreamState.ENDED)).reason is Reason.CHANNEL_BINDING
            client = await house.call()
            theirs = ssl.create_default_context(cafile=str(authority.path))
            far = await open_up(house, client, theirs)
            far.say(ANSWER + OFFER)
            await client.expect(ANSWER + OFFER)
            stream = await house.stream(StreamState.BLIND)
            assert stream.reason is Reason.CHANNEL_BINDING
            assert stream.server == f"example.org (127.0.0.1:{upstream.port})"
            client.close()
