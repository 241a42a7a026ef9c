"""Connections that nftables diverts to the listener, in a network namespace of the test's own."""

import asyncio
import ctypes
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from quorate.capture import newcomer as newcomer_module
from quorate.capture.listener import Bind, check_bind, parse_networks
from quorate.capture.transparent import nft_rules
from quorate.errors import Misconfigured
from quorate.model.reasons import Reason
from tests.capture.stand_in import DOMAIN, House, Line, Upstream, server_context, starttls, until
from tests.interop.certificates import TestAuthority
from tests.interop.rights import network, run

pytestmark = pytest.mark.real("nft", "ip")
DOOR = 5229
NOBODY = 65534
QUORATE = 0
TPROXY = """table inet t {{
 chain output {{ type filter hook output priority mangle;
  meta skuid {uid} tcp dport {port} meta mark set 1; }}
 chain prerouting {{ type filter hook prerouting priority mangle; meta mark 1 {tproxy} accept; }}
}}"""
_LIBC = ctypes.CDLL(None)


@pytest.fixture(autouse=True)
def own_network() -> Iterator[None]:
    with network():
        yield


def house(path: Path, *ports: int, host: str = "127.0.0.1", trust: Path | None = None) -> House:
    bind = Bind("127.0.0.1", 0, (), ports, transparent=((host, DOOR),))
    return House(path, [], [trust] if trust else [], bind=bind)


def divert(*ports: int, host: str = "127.0.0.1", uid: int = QUORATE) -> None:
    """Load the rules that users are given."""
    run("nft", "-f", "-", stdin=nft_rules([(host, DOOR)], ports, uid))


async def call(home: House, host: str, port: int) -> Line:
    """A client that knows of no Quorate, of another user."""
    _LIBC.setfsuid(NOBODY)
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    _LIBC.setfsuid(QUORATE)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, (host, port))
    line = Line(*await asyncio.open_connection(sock=sock))
    home.lines.append(line)
    return line


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_diverted_stream_is_read_and_goes_where_it_was_going(tmp_path: Path, host: str) -> None:
    async with Upstream(host) as upstream, house(tmp_path, upstream.port, host=host) as home:
        divert(upstream.port, host=host)
        client = await call(home, host, upstream.port)
        client.say(b"<stream>")
        far = await upstream.next()
        await far.expect(b"<stream>")
        far.say(b"<features/>")
        await client.expect(b"<features/>")
        (splice,) = home.splices
        there = f"[{host}]:{upstream.port}" if ":" in host else f"{host}:{upstream.port}"
        assert (splice.arrival.destination, splice.arrival.mode) == (there, "transparent")
        assert splice.arrival.unread is None
        assert home.watchers[0].driver.found_at == there


async def test_tproxy_serves_as_well(tmp_path: Path) -> None:
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        tproxy = f"meta nfproto ipv4 meta l4proto tcp tproxy ip to 127.0.0.1:{DOOR}"
        run("nft", "-f", "-", stdin=TPROXY.format(uid=NOBODY, port=upstream.port, tproxy=tproxy))
        client = await call(home, "127.0.0.1", upstream.port)
        client.say(b"<stream>")
        await (await upstream.next()).expect(b"<stream>")
        assert home.splices[0].arrival.destination == f"127.0.0.1:{upstream.port}"


async def test_starttls_is_verified_for_the_domain_the_client_wants(tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    server = server_context(*authority.issue(DOMAIN, tmp_path))
    async with Upstream() as upstream, house(tmp_path, upstream.port, trust=authority.path) as home:
        divert(upstream.port)
        client = await call(home, "127.0.0.1", upstream.port)
        client.say(b"<starttls/>")
        far = await upstream.next()
        await starttls(home, client, far, server)
        client.say(b"<stream>")
        await far.expect(b"<stream>")


async def test_what_is_no_im_stream_passes_unread(tmp_path: Path) -> None:
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        divert(upstream.port)
        client = await call(home, "127.0.0.1", upstream.port)
        client.say(b"GET / HTTP/1.1\r\n\r\n")
        far = await upstream.next()
        await far.expect(b"GET / HTTP/1.1\r\n\r\n")
        far.say(b"HTTP/1.1 204 No Content\r\n\r\n")
        await client.expect(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert home.splices[0].arrival.unread is Reason.NOT_XMPP


async def test_a_port_that_is_no_im_port_passes_unread_whatever_it_carries(tmp_path: Path) -> None:
    async with Upstream() as upstream, house(tmp_path, 5222) as home:
        divert(upstream.port)
        client = await call(home, "127.0.0.1", upstream.port)
        far = await upstream.next()
        far.say(b"220 the server speaks first")
        await client.expect(b"220 the server speaks first")
        client.say(b"<stream>")
        await far.expect(b"<stream>")
        assert home.splices[0].arrival.unread is Reason.NOT_XMPP


async def test_tls_without_a_name_passes_end_to_end(tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    server = server_context(*authority.issue(DOMAIN, tmp_path))
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        divert(upstream.port)
        client = await call(home, "127.0.0.1", upstream.port)
        far = await upstream.next()
        context = ssl.create_default_context(cafile=str(authority.path))
        context.check_hostname = False
        dialling = asyncio.create_task(client.start_tls(context))
        await far.start_tls(server)
        await dialling
        client.say(b"<stream>")
        await far.expect(b"<stream>")
        assert home.splices[0].arrival.unread is Reason.NO_SERVER_NAME


async def test_a_server_that_is_not_there_is_not_there_for_the_client_either(tmp_path: Path) -> None:
    async with Upstream() as upstream:
        port = upstream.port
    async with house(tmp_path, port) as home:
        divert(port)
        client = await call(home, "127.0.0.1", port)
        assert await client.expect_end() == b""
        assert home.splices == []


async def test_our_own_connections_do_not_go_in_circles(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rules that forget to leave Quorate's own user out."""
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        divert(upstream.port, uid=12345)
        client = await call(home, "127.0.0.1", upstream.port)
        client.say(b"<stream>")
        assert await client.expect_end() == b""
        await until(lambda: home.listener.connections == 0)
        assert len(home.splices) <= 1
        assert home.listener.outgoing == set()
        assert "refused reason=leads-back-here" in caplog.text


async def test_who_connects_to_the_door_itself_is_not_served(tmp_path: Path) -> None:
    async with house(tmp_path, DOOR) as home:
        client = await call(home, "127.0.0.1", DOOR)
        client.say(b"<stream>")
        assert await client.expect_end() == b""
        assert home.splices == []


async def test_a_client_that_was_on_its_way_to_the_listener_is_served_by_it(tmp_path: Path) -> None:
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        host, port = home.listener.address
        divert(port)
        client = await call(home, host, port)
        client.say(b"\x05\x01\x00")
        await client.expect(b"\x05\x00")


async def test_a_silent_client_waits_for_its_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomer_module, "FIRST_BYTE_S", 0.05)
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        divert(upstream.port)
        client = await call(home, "127.0.0.1", upstream.port)
        far = await upstream.next()
        await until(lambda: len(home.splices) == 1)
        far.say(b"hello")
        await client.expect(b"hello")


def test_the_printed_rules_can_be_loaded_twice_and_taken_away() -> None:
    for _ in range(2):
        divert(5222, 5223)
    assert "skuid != 0" in run("nft", "list", "table", "inet", "quorate")
    run("nft", "delete", "table", "inet", "quorate")
    assert run("nft", "list", "tables") == ""


@pytest.mark.parametrize(("allow", "refused"), [((), True), (("10.0.0.0/8",), False)])
def test_a_door_for_others_needs_to_be_told_for_whom(allow: tuple[str, ...], refused: bool) -> None:
    bind = Bind("127.0.0.1", 5221, parse_networks(allow), transparent=(("0.0.0.0", DOOR),))
    if refused:
        with pytest.raises(Misconfigured, match=r"0\.0\.0\.0"):
            check_bind(bind)
    else:
        check_bind(bind)
