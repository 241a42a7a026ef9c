"""Who may come, how many, and for how long: floods, tricklers, strangers."""

import asyncio
from pathlib import Path

import pytest

from quorate.capture import listener as listener_module
from quorate.capture import newcomer as newcomer_module
from quorate.capture.listener import Bind, Listener, parse_networks
from quorate.capture.routes import Route
from quorate.model.address import Jid
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import LoggedIn, SpliceEffect, StateChanged
from tests.capture.stand_in import DOMAIN, House, Line, Upstream, until
from tests.interop.prosody import free_port


async def test_connections_beyond_the_limit_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "MAX_CONNECTIONS", 2)
    async with House(tmp_path, []) as house:
        first = [await house.call(), await house.call()]
        await until(lambda: house.listener.connections == 2)
        third = await house.call()
        assert await third.reader.read() == b""
        first[0].close()
        await until(lambda: house.listener.connections == 1)


async def test_who_never_says_what_it_wants_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcomer_module, "HEADER_S", 0.05)
    async with House(tmp_path, []) as house:
        client = await house.call()
        assert await client.reader.read() == b""


async def trickle(client: Line) -> None:
    """Without end, also while and after it is told that it is over."""
    while True:
        client.say(b" ")
        await asyncio.sleep(0)


async def test_a_client_that_trickles_is_closed_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener_module, "LOGIN_S", 0.2)
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client, _ = await house.talk(upstream)
        trickling = asyncio.create_task(trickle(client))
        assert await client.expect_end() == b"The login took more than 0 s."
        trickling.cancel()
        assert f"put-out {Reason.LOGIN_TIMEOUT}" in house.splices[0].told
        assert "refused reason=login-timeout" in caplog.text


@pytest.mark.parametrize("end", ["login", "blind"])
async def test_who_has_logged_in_may_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(listener_module, "LOGIN_S", 1.5)
    proof: SpliceEffect = StateChanged(state=StreamState.BLIND, reason=Reason.COMPRESSED, companion=False)
    if end == "login":
        proof = LoggedIn(own=Jid("alice", "example.org", "pc"), resumed=False, at=0.0)
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client, far = await house.talk(upstream)
        second = await house.call()
        second.say(b"<stream>")
        await until(lambda: len(house.watchers) == 2)
        house.watchers[0].driver.do(lambda _splice, _now: [proof])
        assert proof in house.watchers[0].effects
        # the other one's time is over: this one's would be, too
        assert b"took more than" in await second.expect_end()
        client.say(b"still here")
        await far.expect(b"still here")


@pytest.mark.parametrize("begun", [b"", b"<", b"CONNECT ", b"\x05\x01"])
async def test_a_crowd_that_says_nothing_pushes_only_itself_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, begun: bytes
) -> None:
    """A flood in small: the proportions are those of 10,000 to the real limit."""
    monkeypatch.setattr(listener_module, "MAX_NEWCOMERS_PER_PEER", 5)
    monkeypatch.setattr(listener_module, "MAX_STRANGERS_PER_PEER", 5)
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        user, far = await house.talk(upstream)
        crowd = []
        for _ in range(100):
            crowd.append(await house.call())
            crowd[-1].say(begun)
            assert house.listener.connections <= 7
        user.say(b"unaffected")
        await far.expect(b"unaffected")
        late = await house.call()
        late.say(b"<stream>")
        await (await upstream.next()).expect(b"<stream>")
        assert [await line.expect_end() for line in crowd[:90]] == [b""] * 90
        assert "refused reason=crowded-out" in caplog.text


async def test_a_crowd_that_never_logs_in_pushes_only_itself_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "MAX_STRANGERS_PER_PEER", 3)
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        user, far = await house.talk(upstream)
        logged_in = LoggedIn(own=Jid("alice", "example.org", "pc"), resumed=False, at=0.0)
        house.watchers[0].driver.do(lambda _splice, _now: [logged_in])
        for n in range(12):
            stranger = await house.call()
            stranger.say(b"<stream>")
            await until(lambda n=n: len(house.watchers) == n + 2)  # type: ignore[misc]
        await until(lambda: house.listener.connections == 4)
        assert f"put-out {Reason.CROWDED_OUT}" in house.splices[1].told
        user.say(b"unaffected")
        await far.expect(b"unaffected")


async def test_only_allowed_networks_may_come(tmp_path: Path) -> None:
    async with House(tmp_path, [], bind=Bind("127.0.0.1", 0, parse_networks(["10.0.0.0/8"]))) as house:
        listener: Listener[object] = house.listener  # type: ignore[assignment,type-var]
        assert listener._admits("127.0.0.1")
        assert listener._admits("10.1.2.3")
        assert not listener._admits("192.168.1.1")
        assert not listener._admits("fe80::1%eth0")


async def test_a_handshake_that_never_ends_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quorate.capture.driver.HANDSHAKE_S", 0.1)
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client = await house.call()
        client.say(b"<starttls/>")
        far = await upstream.next()
        await far.expect(b"<starttls/>")
        far.say(b"<proceed/>")
        assert await client.expect_end() == b"<failure/>"
        assert f"tls-failed server {Reason.UPSTREAM_UNREACHABLE}" in house.splices[0].told


async def test_a_way_that_leads_back_here_is_not_gone_in_circles(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    house = House(tmp_path, [Route(DOMAIN, "127.0.0.1", port)], bind=Bind("127.0.0.1", port))
    async with house:
        client = await house.call()
        client.say(b"<stream>")
        assert await client.expect_end() == b""
        client.close()
        await until(lambda: house.listener.connections == 0)
    assert len(house.watchers) == 1
    assert "reason=leads-back-here" in caplog.text


async def test_a_client_may_have_the_local_port_of_one_of_our_own_connections(tmp_path: Path) -> None:
    """The system gives a port again to a connection that goes elsewhere: with 400 streams it happens."""
    async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
        client = await house.call()
        own = client.writer.get_extra_info("sockname")
        house.means.outgoing.add((f"{own[0]}:{own[1]}", f"127.0.0.1:{upstream.port}"))
        client.say(b"<stream>")
        await (await upstream.next()).expect(b"<stream>")
