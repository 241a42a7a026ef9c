import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from quorate.capture.leg import HIGH_WATER, SCRATCH_SIZE
from quorate.capture.listener import Bind, check_bind, parse_networks
from quorate.capture.routes import Route
from quorate.errors import Misconfigured
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import Side, StateChanged
from tests.capture.stand_in import (
    DOMAIN,
    WAIT_S,
    House,
    Line,
    Upstream,
    encrypted,
    most_held,
    server_context,
    starttls,
    until,
)
from tests.interop.certificates import TestAuthority
from tests.interop.prosody import free_port


async def secured(house: House, upstream: Upstream, server: ssl.SSLContext) -> tuple[Line, Line]:
    """Client and server after STARTTLS."""
    client = await house.call()
    client.say(b"<starttls/>")
    far = await upstream.next()
    await starttls(house, client, far, server)
    return client, far


async def test_plain_bytes_pass_both_ways_and_nagle_is_off(tmp_path: Path) -> None:
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client = await house.call()
        client.say(b"<stream>one")
        far = await upstream.next()
        await far.expect(b"<stream>one")
        far.say(b"two")
        await client.expect(b"two")
        driver = house.watchers[0].driver
        assert driver.found_at == f"127.0.0.1:{upstream.port}"
        for leg in driver._legs.values():
            assert leg._transport is not None
            sock = leg._transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_both_legs_are_encrypted_after_starttls(tmp_path: Path) -> None:
    async with encrypted(tmp_path) as (house, upstream, server):
        client, far = await secured(house, upstream, server)
        client.say(b"up" * 50_000)
        await far.expect(b"up" * 50_000)
        far.say(b"down" * 50_000)
        await client.expect(b"down" * 50_000)
        shown = client.writer.get_extra_info("peercert")
        assert ("DNS", DOMAIN) in shown["subjectAltName"]


@pytest.mark.parametrize(
    ("name", "expired", "trusted", "reason", "words"),
    [
        ("evil.example", False, True, Reason.UPSTREAM_CERTIFICATE, "another name"),
        (DOMAIN, True, True, Reason.UPSTREAM_CERTIFICATE, "expired"),
        (DOMAIN, False, False, Reason.UPSTREAM_CERTIFICATE, "does not trust"),
    ],
)
async def test_a_bad_upstream_certificate_is_never_hidden_behind_ours(
    tmp_path: Path, name: str, expired: bool, trusted: bool, reason: Reason, words: str
) -> None:
    authority = TestAuthority(tmp_path)
    server = server_context(*authority.issue(name, tmp_path, expired=expired))
    trust = [authority.path] if trusted else []
    async with Upstream() as upstream, House(tmp_path, [upstream.route], trust) as house:
        client = await house.call()
        client.say(b"<starttls/>")
        far = await upstream.next()
        await far.expect(b"<starttls/>")
        far.say(b"<proceed/>")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await far.start_tls(server)
        assert await client.expect_end() == b"<failure/>"
        watcher = await house.over()
        assert f"tls-failed server {reason}" in house.splices[0].told
        assert watcher.driver.detail is not None
        assert words in watcher.driver.detail


async def test_a_client_that_refuses_our_authority_is_named_as_such(tmp_path: Path) -> None:
    async with encrypted(tmp_path) as (house, upstream, server):
        client = await house.call()
        client.say(b"<starttls/>")
        far = await upstream.next()
        await far.expect(b"<starttls/>")
        far.say(b"<proceed/>")
        await far.start_tls(server)
        await client.expect(b"<proceed/>")
        with pytest.raises(ssl.SSLCertVerificationError):
            await client.start_tls(house.client_context(trusting=False), DOMAIN)
        await house.over()
        assert f"tls-failed client {Reason.CLIENT_DISTRUST}" in house.splices[0].told


@pytest.mark.parametrize(
    ("side", "words"),
    [
        (Side.CLIENT, "The client's encrypted connection broke."),
        (Side.SERVER, f"The server of {DOMAIN} cannot be used: the encrypted connection to it broke."),
    ],
)
async def test_tls_that_breaks_in_the_midst_is_no_refusal(tmp_path: Path, side: Side, words: str) -> None:
    async with encrypted(tmp_path) as (house, upstream, server):
        client, far = await secured(house, upstream, server)
        line = client if side is Side.CLIENT else far
        line.writer.transport.get_extra_info("socket")._sock.send(b"no record of TLS at all")
        watcher = await house.over()
        assert watcher.driver.detail == words


async def test_upstream_down_is_said_in_a_sentence(tmp_path: Path) -> None:
    port = free_port()
    async with House(tmp_path, [Route(DOMAIN, "127.0.0.1", port)]) as house:
        client = await house.call()
        client.say(b"<stream>")
        text = (await client.expect_end()).decode()
        assert text == (
            f"The server of {DOMAIN} cannot be reached (127.0.0.1:{port}: connection refused)."
            " Check the domain or --route, and that the server runs."
        )
        await house.over()


async def test_the_client_ends_first_and_still_hears_the_rest(tmp_path: Path) -> None:
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client = await house.call()
        client.say(b"<stream></stream>")
        far = await upstream.next()
        client.writer.write_eof()
        assert await far.expect_end() == b"<stream></stream>"
        far.say(b"last words")
        far.writer.write_eof()
        assert await client.expect_end() == b"last words"
        await house.over()
        assert set(house.splices[0].told) == {"connected", "closed client", "closed server"}


async def test_the_server_ends_first(tmp_path: Path) -> None:
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client, far = await house.talk(upstream)
        far.say(b"x" * 300_000)
        far.writer.write_eof()
        assert await client.expect_end() == b"x" * 300_000
        client.close()
        await house.over()


@pytest.mark.parametrize("secure", [False, True])
async def test_a_reader_that_stalls_holds_a_bounded_number_of_bytes(tmp_path: Path, secure: bool) -> None:
    async with encrypted(tmp_path) as (house, upstream, server):
        if secure:
            client, far = await secured(house, upstream, server)
        else:
            client, far = await house.talk(upstream, b"<s")
        driver = house.watchers[0].driver
        most, total = most_held(driver), 24 * 1024 * 1024
        far.say(b"y" * total)
        await until(lambda: driver._legs[Side.SERVER]._paused)
        assert len(await asyncio.wait_for(client.reader.readexactly(total), WAIT_S * 3)) == total
        assert HIGH_WATER < most[Side.SERVER] <= HIGH_WATER + SCRATCH_SIZE + 4096


async def test_a_splice_that_raises_costs_no_byte(tmp_path: Path) -> None:
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client, far = await house.talk(upstream)
        house.splices[0].raising = True
        client.say(b"unread")
        await far.expect(b"unread")
        far.say(b"as well")
        await client.expect(b"as well")
        blind = StateChanged(state=StreamState.BLIND, reason=Reason.INTERNAL_ERROR, companion=False)
        assert house.watchers[0].effects == [blind]


async def test_a_splice_that_cannot_say_when_costs_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object) -> None:
        raise ValueError("a mistake of our own")

    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client, far = await house.talk(upstream)
        monkeypatch.setattr("tests.capture.stand_in.PassThrough.next_deadline", broken)
        client.say(b"this and")
        client.say(b" that")
        await far.expect(b"this and that")
        far.say(b"as well")
        await client.expect(b"as well")


async def test_a_fault_while_connecting_ends_the_stream_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ValueError("a mistake of our own")

    monkeypatch.setattr("quorate.capture.driver.dial", broken)
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client = await house.call()
        client.say(b"<stream>")
        assert await client.expect_end() == b""
        await until(lambda: house.listener.connections == 0)


async def test_a_deadline_of_the_splice_is_kept(tmp_path: Path) -> None:
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client, far = await house.talk(upstream)
        house.splices[0].deadline = 0.0
        far.say(b"go")
        await client.expect(b"go<tick/>")


async def test_stopping_says_goodbye_and_closes_both(tmp_path: Path) -> None:
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client, far = await house.talk(upstream)
        await house.listener.stop()
        assert await client.expect_end() == b"<bye/>"
        assert await far.expect_end() == b""
        assert house.watchers[0].over.is_set()
        await until(lambda: house.listener.connections == 0)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 501 Not Implemented\r\n"),
        (b"\x16\x03\x01nonsense", b""),
        (b"EHLO me\r\n", b""),
    ],
)
async def test_what_is_no_im_is_answered_once_and_closed(tmp_path: Path, data: bytes, answer: bytes) -> None:
    async with House(tmp_path, []) as house:
        client = await house.call()
        client.say(data)
        assert (await client.expect_end()).startswith(answer)
        assert house.splices == []
        await until(lambda: house.listener.connections == 0)


async def test_a_taken_port_is_a_sentence_with_the_way_out(tmp_path: Path) -> None:
    async with House(tmp_path, []) as house:
        _, port = house.listener.address
        second = House(tmp_path, [], bind=Bind("127.0.0.1", port))
        with pytest.raises(Misconfigured) as refused:
            await second.__aenter__()
        assert refused.value.problem == f"The port of the IM listener, 127.0.0.1:{port}, is taken."
        assert "quorate down" in refused.value.remedy


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "im.example.org"])
def test_an_address_open_to_others_needs_to_be_told_who(host: str) -> None:
    with pytest.raises(Misconfigured, match="--allow CIDR"):
        check_bind(Bind(host, 5221))
    check_bind(Bind(host, 5221, parse_networks(["192.168.0.0/16"])))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_leave(host: str) -> None:
    check_bind(Bind(host, 5221))


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(Misconfigured, match="--allow"):
        parse_networks(["everybody"])


async def test_an_observer_that_raises_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object) -> None:
        raise RuntimeError("a mistake of our own")

    monkeypatch.setattr("tests.capture.stand_in.Watcher.settled", broken)
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client, far = await house.talk(upstream)
        far.say(b"still there")
        await client.expect(b"still there")
