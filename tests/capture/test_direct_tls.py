"""Clients that begin with TLS: the leaf, the protocols, the name (XEP-0368, NEG-4)."""

import asyncio
import ssl
from pathlib import Path

import pytest

from quorate.capture.dial import DialFailed
from quorate.capture.routes import Route
from quorate.capture.tls import TlsLeg
from quorate.model.reasons import Reason
from tests.capture.stand_in import DOMAIN, WAIT_S, House, encrypted
from tests.interop.prosody import free_port


@pytest.mark.parametrize("offered", [["xmpp-client"], None])
async def test_direct_tls_asks_upstream_for_what_the_client_asked_for(
    tmp_path: Path, offered: list[str] | None
) -> None:
    async with encrypted(tmp_path, alpn=["xmpp-client", "other"], direct=True) as (house, upstream, server):
        client = await house.call()
        dialling = asyncio.create_task(client.start_tls(house.client_context(alpn=offered), DOMAIN))
        far = await upstream.next()
        await far.start_tls(server)
        await dialling
        client.say(b"<stream>")
        await far.expect(b"<stream>")
        far.say(b"<features/>")
        await client.expect(b"<features/>")
        chosen = "xmpp-client" if offered else None
        for line in (client, far):
            assert line.writer.get_extra_info("ssl_object").selected_alpn_protocol() == chosen


async def test_direct_tls_to_a_bad_certificate_gets_no_leaf(tmp_path: Path) -> None:
    async with encrypted(tmp_path, name="evil.example", direct=True) as (house, upstream, server):
        client = await house.call()
        dialling = asyncio.create_task(client.start_tls(house.client_context(), DOMAIN))
        far = await upstream.next()
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await far.start_tls(server)
        with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
            await dialling
        assert house.splices[0].told[0] == f"connect-failed {Reason.UPSTREAM_CERTIFICATE}"


async def test_direct_tls_that_breaks_later_is_a_broken_connection(tmp_path: Path) -> None:
    """What is said of a server that cannot be reached would end the client's session for good (SM-11)."""
    async with encrypted(tmp_path, direct=True) as (house, upstream, server):
        client = await house.call()
        dialling = asyncio.create_task(client.start_tls(house.client_context(), DOMAIN))
        far = await upstream.next()
        await far.start_tls(server)
        await dialling
        far.writer.transport.get_extra_info("socket")._sock.send(b"no record of TLS at all")
        await house.over()
        assert house.splices[0].told[1] == f"tls-failed server {Reason.UPSTREAM_UNREACHABLE}"


async def test_direct_tls_with_upstream_down_says_so_inside_tls(tmp_path: Path) -> None:
    async with House(tmp_path, [Route(DOMAIN, "127.0.0.1", free_port())]) as house:
        client = await house.call()
        await client.start_tls(house.client_context(), DOMAIN)
        assert b"cannot be reached" in await client.expect_end()


async def test_a_client_that_names_no_domain_gets_the_only_one(tmp_path: Path) -> None:
    async with encrypted(tmp_path, direct=True) as (house, upstream, server):
        context = house.client_context()
        context.check_hostname = False
        client = await house.call()
        dialling = asyncio.create_task(client.start_tls(context))
        far = await upstream.next()
        await far.start_tls(server)
        await dialling
        client.say(b"<stream>")
        await far.expect(b"<stream>")


async def test_direct_tls_may_come_in_small_pieces(tmp_path: Path) -> None:
    async with encrypted(tmp_path, direct=True) as (house, upstream, server):
        client = await house.call()
        leg = TlsLeg(house.client_context(), hostname=DOMAIN)
        hello = leg.start().ciphertext
        for at in range(0, len(hello), 50):
            client.say(hello[at : at + 50])
            await asyncio.sleep(0)
        far = await upstream.next()
        await far.start_tls(server)
        client.say(leg.write(b"<stream>"))
        while not leg.ready:
            client.say(leg.feed(await asyncio.wait_for(client.reader.read(4096), WAIT_S)).ciphertext)
        await far.expect(b"<stream>")


async def test_direct_tls_for_a_name_nobody_verified_widens_no_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise DialFailed("nobody there")

    monkeypatch.setattr("quorate.capture.driver.dial", fails)
    async with House(tmp_path, [Route(DOMAIN, "127.0.0.1", free_port())]) as house:
        client = await house.call()
        with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
            await client.start_tls(house.client_context(), "junk.example")
        assert house.authority.domains == {DOMAIN}
