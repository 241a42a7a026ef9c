import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from slixmpp import JID

from quorate.agent.app import Agent
from quorate.agent.options import Options
from quorate.capture.listener import Bind
from quorate.capture.routes import Route
from quorate.link.messages import (
    AskDone,
    AskFor,
    CommandGiven,
    EffectDone,
    Replied,
    RosterIs,
    SayTo,
    StreamIs,
    Tell,
)
from quorate.model.command import Answer, Who
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import Stream, StreamState
from tests.agent.conversation import COMPANION, Server
from tests.agent.test_streams import seen, until_seen
from tests.capture.stand_in import WAIT_S
from tests.interop.certificates import TestAuthority
from tests.interop.im_client import ImClient
from tests.interop.prosody import Prosody, everybody_knows_everybody

pytestmark = pytest.mark.real

PEOPLE = ("alice", "bob", "carol")


@asynccontextmanager
async def house(home: Path, prosody: Prosody, trust: tuple[Path, ...]) -> AsyncIterator[tuple[Agent, Server]]:
    """A running agent in front of this Prosody, with a server on its link."""
    routes = (
        Route(prosody.domain, "127.0.0.1", prosody.port, False),
        Route(prosody.domain, "127.0.0.1", prosody.tls_port, True),
    )
    async with Server(home) as server:
        agent = Agent(Options(data=home, bind=Bind("127.0.0.1", 0), routes=routes, trust=trust))
        running = asyncio.create_task(agent.run())
        await asyncio.wait_for(agent.ready.wait(), WAIT_S)
        await server.complete()
        try:
            yield agent, server
        finally:
            agent.quit()
            await asyncio.wait_for(running, WAIT_S)


def home_in(path: Path) -> Path:
    home = path / "q"
    home.mkdir()
    return home


def server_of(home: Path, authority: TestAuthority, **more: bool | str) -> Prosody:
    home.mkdir()
    return Prosody(
        home,
        authority,
        accounts=dict.fromkeys(PEOPLE, "secret"),
        rosters=everybody_knows_everybody(PEOPLE, groups={"dba": ["bob"]}),
        **more,  # type: ignore[arg-type]
    )


def through(agent: Agent, home: Path, *, direct_tls: bool = False, name: str = "alice") -> ImClient:
    host, _, port = agent.im.rpartition(":")
    return ImClient(f"{name}@example.org", "secret", host, int(port), home / "ca.pem", direct_tls=direct_tls)


def straight(prosody: Prosody, name: str, show: str = "") -> ImClient:
    return ImClient(prosody.jid(name), "secret", "127.0.0.1", prosody.port, prosody.authority.path, show=show)


@pytest.mark.parametrize("direct_tls", [False, True])
async def test_a_client_logs_in_and_the_server_knows_who_is_there(tmp_path: Path, direct_tls: bool) -> None:
    authority = TestAuthority(tmp_path)
    home = home_in(tmp_path)
    async with server_of(tmp_path / "p", authority) as prosody, straight(prosody, "bob", show="away"):
        trust = (authority.path,)
        async with (
            house(home, prosody, trust) as (agent, server),
            through(agent, home, direct_tls=direct_tls) as alice,
        ):
            stream = await server.live()
            await until_seen(server, "bob@example.org", Presence.AWAY)
            roster = await server.until(RosterIs)
            assert {c.address.account for c in roster.contacts} == {
                "bob@example.org",
                "carol@example.org",
            }
            server.send(SayTo(effect="s1", stream=stream, text="Q1 waits"))
            await alice.until(lambda r: (COMPANION, "Q1 waits") in r.messages, "the companion's line")
            assert COMPANION in alice.client_roster
        assert "quorate" not in prosody.stored_text()


async def test_rings_replies_and_questions_in_one_stream(tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    home = home_in(tmp_path)
    async with server_of(tmp_path / "p", authority) as prosody, straight(prosody, "bob") as bob:
        async with house(home, prosody, (authority.path,)) as (agent, server), through(agent, home) as alice:
            stream = await server.live()
            server.send(AskFor(request="q1", stream=stream, contact="carol@example.org"))
            done = await server.until(AskDone)
            assert (done.request, done.reason, done.asked) == ("q1", None, True)
            assert seen(server)["carol@example.org", ""].presence is Presence.OFFLINE
            tell = Tell(
                effect="e1", stream=stream, to="bob@example.org", text="come?", watch=True, echo="asked bob"
            )
            server.send(tell)
            assert await server.until(EffectDone) == EffectDone(effect="e1")
            await bob.until(lambda r: ("alice@example.org", "come?") in r.messages, "the invitation")
            bob.send_message(mto=JID("alice@example.org"), mbody="what for?", mtype="chat")
            bob.send_message(mto=JID("alice@example.org"), mbody="yes", mtype="chat")
            reply = await server.until(Replied)
            assert (reply.contact, reply.reply.answer) == ("bob@example.org", Answer.YES)
            await alice.until(lambda r: ("bob@example.org", "yes") in r.messages, "what bob wrote")
            assert ("bob@example.org", "what for?") in alice.received.messages
            alice.send_message(mto=JID(COMPANION), mbody="who bob", mtype="chat")
            assert (await server.until(CommandGiven)).command == Who("bob")
            alice.send_message(mto=JID("bob@example.org"), mbody="see you", mtype="chat")
            await bob.until(lambda r: ("alice@example.org", "see you") in r.messages, "what alice wrote")
            assert alice.failure is None
        assert "who bob" not in prosody.stored_text()


async def test_a_lost_connection_is_resumed_through_the_agent(tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    home = home_in(tmp_path)
    async with (
        server_of(tmp_path / "p", authority) as prosody,
        straight(prosody, "bob") as bob,
        house(home, prosody, (authority.path,)) as (agent, server),
        through(agent, home) as alice,
    ):
        first = await server.live()
        resumed = asyncio.Event()
        alice.add_event_handler("session_resumed", lambda _: resumed.set())
        server.send(SayTo(effect="s1", stream=first, text="Q1 waits"))
        await alice.until(lambda r: (COMPANION, "Q1 waits") in r.messages, "the companion's line")
        assert alice.transport is not None
        alice.transport.abort()
        await until_state(server, first, StreamState.ENDED)
        bob.send_message(mto=JID("alice@example.org"), mbody="while away", mtype="chat")
        host, _, port = agent.im.rpartition(":")
        alice.connect(host, int(port))
        await asyncio.wait_for(resumed.wait(), WAIT_S)
        await alice.until(lambda r: ("bob@example.org", "while away") in r.messages, "what bob wrote")
        second = server.all(StreamIs)[-1].stream.id
        await until_state(server, second, StreamState.LIVE)
        server.send(SayTo(effect="s2", stream=second, text="Q1 still waits"))
        await alice.until(lambda r: (COMPANION, "Q1 still waits") in r.messages, "the next line")
        texts = [text for _, text in alice.received.messages]
        assert texts.count("Q1 waits") == texts.count("while away") == 1
        assert first != second


async def until_state(server: Server, stream: str, state: StreamState) -> None:
    async with asyncio.timeout(WAIT_S):
        while (stream, state) not in [(m.stream.id, m.stream.state) for m in server.all(StreamIs)]:
            await server.until(StreamIs, len(server.all(StreamIs)) + 1)


async def until_reason(server: Server, reason: Reason) -> Stream:
    async with asyncio.timeout(WAIT_S):
        while True:
            told = [m.stream for m in server.all(StreamIs)]
            for stream in told:
                if stream.reason is reason:
                    return stream
            await server.until(StreamIs, len(told) + 1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"certificate_for": "evil.example"}, "another name"),
        ({"expired": True}, "expired"),
        ({}, "does not trust"),
    ],
)
async def test_a_bad_certificate_of_the_server_ends_the_login(
    tmp_path: Path, wrong: dict[str, bool | str], words: str
) -> None:
    authority = TestAuthority(tmp_path)
    trust = (authority.path,) if wrong else ()
    home = home_in(tmp_path)
    async with server_of(tmp_path / "p", authority, **wrong) as prosody, house(home, prosody, trust) as both:
        agent, server = both
        alice = through(agent, home)
        login = asyncio.create_task(alice.__aenter__())
        refused = await until_reason(server, Reason.UPSTREAM_CERTIFICATE)
        login.cancel()
        alice.abort()
        assert words in (refused.detail or "")
        assert not alice.session.is_set()
