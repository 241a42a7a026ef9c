"""Clients that take Quorate for their SOCKS5 or HTTP CONNECT proxy: NEG-1, NEG-3, NEG-4, no open relay."""

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from quorate.capture import newcomer as newcomer_module
from quorate.capture.listener import Bind
from quorate.model.reasons import Reason
from quorate.splice.arrival import Arrival
from tests.capture.stand_in import DOMAIN, House, Line, Upstream, server_context, starttls, until
from tests.interop.certificates import TestAuthority
from tests.interop.prosody import free_port

SOCKS_OK = b"\x05\x00" + b"\x05\x00\x00\x01" + bytes(6)
HTTP_OK = b"HTTP/1.1 200 Connection established\r\n\r\n"


def socks(host: str, port: int) -> bytes:
    try:
        address = ipaddress.ip_address(host)
        target = bytes([1 if address.version == 4 else 4]) + address.packed
    except ValueError:
        target = bytes([3, len(host)]) + host.encode()
    return b"\x05\x01\x00" + b"\x05\x01\x00" + target + port.to_bytes(2)


def connect(host: str, port: int) -> bytes:
    return f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()


WAYS = [(socks, SOCKS_OK), (connect, HTTP_OK)]


def house(path: Path, *ports: int, trust: TestAuthority | None = None) -> House:
    """No route and no name to look up: only what the client asks for can be reached."""
    return House(path, [], [trust.path] if trust else [], bind=Bind("127.0.0.1", 0, (), ports))


async def tunnel(house: House, upstream: Upstream) -> tuple[Line, Line]:
    client = await house.call()
    client.say(socks("127.0.0.1", upstream.port))
    await client.expect(SOCKS_OK)
    return client, await upstream.next()


@pytest.mark.parametrize(("ask", "granted"), WAYS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_xmpp_through_a_proxy_is_read(
    tmp_path: Path, host: str, ask: Callable[[str, int], bytes], granted: bytes
) -> None:
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        client = await home.call()
        client.say(ask(host, upstream.port))
        await client.expect(granted)
        client.say(b"<stream>")
        far = await upstream.next()
        await far.expect(b"<stream>")
        far.say(b"<features/>")
        await client.expect(b"<features/>")
        (splice,) = home.splices
        assert splice.arrival.destination == f"{host}:{upstream.port}"
        assert home.watchers[0].driver.found_at == f"{host}:{upstream.port}"


@pytest.mark.parametrize(("ask", "granted"), WAYS)
async def test_a_client_in_a_hurry_sends_all_at_once(
    tmp_path: Path, ask: Callable[[str, int], bytes], granted: bytes
) -> None:
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        client = await home.call()
        client.say(ask("127.0.0.1", upstream.port) + b"<stream>")
        await client.expect(granted)
        await (await upstream.next()).expect(b"<stream>")


async def test_over_ipv6_too(tmp_path: Path) -> None:
    async with Upstream("::1") as upstream, house(tmp_path, upstream.port) as home:
        client = await home.call()
        client.say(socks("::1", upstream.port) + b"<stream>")
        await client.expect(SOCKS_OK)
        await (await upstream.next()).expect(b"<stream>")


async def test_starttls_is_verified_for_the_domain_and_not_for_the_destination(tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    server = server_context(*authority.issue(DOMAIN, tmp_path))
    async with Upstream() as upstream, house(tmp_path, upstream.port, trust=authority) as home:
        client, far = await tunnel(home, upstream)
        client.say(b"<starttls/>")
        await starttls(home, client, far, server)
        client.say(b"<stream>")
        await far.expect(b"<stream>")


async def test_direct_tls_through_a_proxy_is_read_with_its_protocol(tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    server = server_context(*authority.issue(DOMAIN, tmp_path), ["xmpp-client"])
    async with Upstream() as upstream, house(tmp_path, upstream.port, trust=authority) as home:
        client, far = await tunnel(home, upstream)
        dialling = asyncio.create_task(client.start_tls(home.client_context(alpn=["xmpp-client"]), DOMAIN))
        await far.start_tls(server)
        await dialling
        client.say(b"<stream>")
        await far.expect(b"<stream>")
        assert client.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "xmpp-client"


@pytest.mark.parametrize("case", ["no server name", "port 443 without xmpp-client"])
async def test_tls_that_cannot_be_read_passes_end_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    authority = TestAuthority(tmp_path)
    server = server_context(*authority.issue(DOMAIN, tmp_path))
    named = case != "no server name"
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        monkeypatch.setattr(newcomer_module, "HTTPS_PORT", upstream.port if named else 443)
        client, far = await tunnel(home, upstream)
        context = ssl.create_default_context(cafile=str(authority.path))
        context.check_hostname = named
        dialling = asyncio.create_task(client.start_tls(context, DOMAIN if named else None))
        await far.start_tls(server)
        # it has accepted the server's own certificate: it does not know our authority
        await dialling
        client.say(b"secret")
        await far.expect(b"secret")
        reason = home.splices[0].arrival.unread
        assert reason is (Reason.NOT_XMPP if named else Reason.NO_SERVER_NAME)
        assert "only forwarded" in (home.watchers[0].driver.detail or "")


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-x\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        "<?xml version='1.0'?>".encode("utf-16"),
        "<?xml version='1.0'?>".encode("utf-16-le"),
        "<?xml version='1.0'?>".encode("utf-16-be"),
        b"\x16\x03\x01nonsense",
        b"\x05\x01\x00",
        b"\x00",
    ],
)
async def test_whatever_is_no_im_is_tunnelled_byte_for_byte(tmp_path: Path, data: bytes) -> None:
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        client, far = await tunnel(home, upstream)
        client.say(data)
        await far.expect(data)
        far.say(b"\x00answer")
        await client.expect(b"\x00answer")
        assert home.splices[0].arrival.unread is Reason.NOT_XMPP


async def test_a_server_that_speaks_first_is_tunnelled(tmp_path: Path) -> None:
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        client, far = await tunnel(home, upstream)
        far.say(b"220 hello")
        await client.expect(b"220 hello")
        client.say(b"<EHLO>")
        await far.expect(b"<EHLO>")
        assert (home.watchers[0].driver.detail or "").startswith("The server spoke first")


@pytest.mark.parametrize("begun", [b"", b"\x16\x03\x01\x00"])
async def test_a_client_that_does_not_go_on_is_tunnelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(newcomer_module, "FIRST_BYTE_S", 0.05)
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        client, far = await tunnel(home, upstream)
        client.say(begun)
        await until(lambda: len(home.splices) == 1)
        client.say(b"late")
        await far.expect(begun + b"late")
        assert home.splices[0].arrival.unread is Reason.NOT_XMPP


@pytest.mark.parametrize(
    ("ask", "answer", "words"),
    [
        (socks, b"\x05\x00\x05\x02\x00\x01" + bytes(6), b""),
        (connect, b"HTTP/1.1 403 Forbidden\r\n", b"IM servers only (ports 5222, 5223), not to port 25."),
    ],
)
async def test_other_ports_are_forbidden(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    ask: Callable[[str, int], bytes],
    answer: bytes,
    words: bytes,
) -> None:
    async with House(tmp_path, []) as home:
        client = await home.call()
        with caplog.at_level(logging.WARNING):
            client.say(ask("127.0.0.1", 25))
            got = await client.expect_end()
        assert got.startswith(answer)
        assert words in got
        assert "refused reason=forbidden-port" in caplog.text
        assert home.splices == []
        await until(lambda: home.listener.connections == 0)


@pytest.mark.parametrize(
    ("ask", "host", "answer", "reason"),
    [
        (socks, "127.0.0.1", b"\x05\x00\x05\x05", "refused"),
        (socks, "nowhere.invalid", b"\x05\x00\x05\x04", "no-such-host"),
        (connect, "127.0.0.1", b"HTTP/1.1 502 Bad Gateway\r\n", "refused"),
        (connect, "nowhere.invalid", b"HTTP/1.1 502 Bad Gateway\r\n", "no-such-host"),
        (connect, "x" * 70 + ".example", b"HTTP/1.1 502 Bad Gateway\r\n", "no-such-host"),
    ],
)
async def test_what_cannot_be_reached_is_told_in_the_proxys_words(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    ask: Callable[[str, int], bytes],
    host: str,
    answer: bytes,
    reason: str,
) -> None:
    port = free_port()
    async with house(tmp_path, port) as home:
        client = await home.call()
        client.say(ask(host, port))
        assert (await client.expect_end()).startswith(answer)
        assert f"refused reason={reason} " in caplog.text
        assert home.listener.connections == 0


async def test_a_mistake_of_ours_leaves_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("a mistake of our own")

    monkeypatch.setattr(newcomer_module, "dial_exactly", broken)
    async with house(tmp_path, 5222) as home:
        client = await home.call()
        client.say(socks("127.0.0.1", 5222))
        assert (await client.expect_end()).startswith(b"\x05\x00\x05\x01")
        assert home.listener.connections == 0


@pytest.mark.parametrize("who", ["client", "server"])
async def test_who_leaves_before_the_first_byte_takes_the_other_along(tmp_path: Path, who: str) -> None:
    async with Upstream() as upstream, house(tmp_path, upstream.port) as home:
        client, far = await tunnel(home, upstream)
        (client if who == "client" else far).writer.write_eof()
        assert await (far if who == "client" else client).expect_end() == b""
        await until(lambda: home.listener.connections == 0)
        assert home.splices == []


async def test_without_a_proxy_nothing_is_known_of_a_destination(tmp_path: Path) -> None:
    async with House(tmp_path, []) as home:
        client = await home.call()
        client.say(b"<stream>")
        await client.expect_end()
        host, port = home.listener.address
        assert home.splices[0].arrival == Arrival(here=f"{host}:{port}")
