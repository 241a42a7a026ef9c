import asyncio
import json
from pathlib import Path

import pytest

from quorate.agent.words import NO_SERVER, NO_SERVER_STATUS, SHORT_HELP
from quorate.link.messages import (
    AskDone,
    AskFor,
    CommandDone,
    CommandGiven,
    CompanionStatus,
    EffectDone,
    Hello,
    Quit,
    Replied,
    RosterIs,
    Saw,
    SayTo,
    SnapshotDone,
    Stored,
    StreamIs,
    Tell,
    Unwatch,
    WatchFor,
)
from quorate.model.address import Address
from quorate.model.command import Answer, Meet
from quorate.model.evidence import Evidence, Presence
from quorate.model.stream import StreamState
from tests.agent.conversation import COMPANION, Login, Scene, Server, bodies
from tests.capture.stand_in import WAIT_S

ALICE = Address("xmpp", "alice@example.org")
BOB = Address("xmpp", "bob@example.org")
ROSTER = (
    "<item jid='bob@example.org' name='Bob' subscription='both'><group>dba</group></item>"
    "<item jid='carol@example.org' subscription='both'/>"
)


def seen(server: Server) -> dict[tuple[str, str], Evidence]:
    return {(e.subject.account, e.resource): e for saw in server.all(Saw) for e in saw.evidence}


async def until_seen(server: Server, subject: str, presence: Presence) -> Evidence:
    async with asyncio.timeout(WAIT_S):
        while True:
            count = len(server.all(Saw))
            for (account, _), evidence in seen(server).items():
                if account == subject and evidence.presence is presence:
                    return evidence
            await server.until(Saw, count + 1)


async def test_a_login_is_told_with_roster_and_presence(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        await server.complete()
        login = await scene.log_in(ROSTER)
        login.far.say(
            b"<presence from='bob@example.org/desk' to='alice@example.org'><show>away</show></presence>"
        )
        bob = await until_seen(server, "bob@example.org", Presence.AWAY)
        assert (bob.vantage, bob.resource, bob.asked) == (ALICE, "desk", False)
        assert bob.at <= bob.heard
        own = await until_seen(server, "alice@example.org", Presence.ONLINE)
        assert (own.vantage, own.resource) == (ALICE, "phone")
        last = server.all(StreamIs)[-1].stream
        assert last.account == ALICE
        assert last.state is StreamState.LIVE
        assert last.contacts == 2
        assert last.companion
        assert last.server == f"example.org (127.0.0.1:{scene.upstream.port})"
        (roster,) = server.all(RosterIs)
        assert roster.full
        assert {c.address.account: (c.name, c.groups) for c in roster.contacts} == {
            "bob@example.org": ("Bob", ("dba",)),
            "carol@example.org": ("", ()),
        }


async def test_a_stream_that_ends_says_so(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        login = await scene.log_in()
        await server.live()
        login.client.close()
        login.far.close()
        async with asyncio.timeout(WAIT_S):
            while server.all(StreamIs)[-1].stream.state is not StreamState.ENDED:
                await server.until(StreamIs, len(server.all(StreamIs)) + 1)


async def test_commands_go_to_the_server_and_nothing_of_them_to_the_im_server(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        login = await scene.log_in(ROSTER)
        await server.live()
        login.types('meet bob about "release"', "m1")
        given = await server.until(CommandGiven)
        assert isinstance(given.command, Meet)
        assert (given.message, given.command.who, given.command.about) == ("m1", "bob", "release")
        login.client.say(b"<message to='bob@example.org' type='chat'><body>hello</body></message>")
        assert COMPANION not in await login.server_gets("hello")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("hello there", SHORT_HELP),
        ("meet 2 off @dba", "Did you mean: meet 2 of @dba"),
        ("meet", "Say who you need"),
    ],
)
async def test_what_is_no_command_is_answered_at_once(tmp_path: Path, typed: str, answer: str) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        await server.complete()
        login = await scene.log_in(ROSTER)
        login.types(typed)
        assert any(answer in body for body in bodies(await login.client_sees(answer.replace('"', "&quot;"))))
        assert server.all(CommandGiven) == []


async def test_without_a_server_the_companion_says_so(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        login = await scene.log_in(ROSTER)
        login.types("meet bob")
        assert "quorate up" in await login.client_sees("quorate up")
        assert NO_SERVER in bodies(login.seen.decode())


async def test_a_command_no_server_answered_is_told_to_the_next_one(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        async with Server(tmp_path) as first:
            login = await scene.log_in(ROSTER)
            stream = await first.live()
            login.types("meet bob", "t1")
            login.types("who bob", "t2")
            assert (await first.until(CommandGiven, 2)).account == "alice@example.org"
            first.send(CommandDone(stream=stream, message="t2"))
            await tell(first, stream, "e1", "order")
        async with Server(tmp_path) as second:
            assert await second.until(CommandGiven) == first.all(CommandGiven)[0]
            kinds = [type(m) for m in second.messages]
            assert kinds.index(SnapshotDone) < kinds.index(CommandGiven)
            await tell(second, stream, "e2", "order")
            assert len(second.all(CommandGiven)) == 1
        assert NO_SERVER not in bodies(login.seen.decode())


async def test_a_command_nobody_answered_before_the_server_was_gone_is_said_to_be_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quorate.agent.app.GIVE_UP_S", 0.0)
    async with Scene(tmp_path) as scene:
        async with Server(tmp_path) as first:
            login = await scene.log_in(ROSTER)
            stream = await first.live()
            login.types("meet bob")
            await first.until(CommandGiven)
        assert NO_SERVER in bodies(await login.client_sees("quorate up"))
        async with Server(tmp_path) as second:
            await second.complete()
            await tell(second, stream, "e1", "order")
            assert second.all(CommandGiven) == []


async def test_the_companion_speaks_only_when_spoken_to(tmp_path: Path) -> None:
    """A client that waits for its first message must not find one that nobody sent."""
    async with Scene(tmp_path) as scene:
        login = await scene.log_in()
        login.types("nonsense", "m1")
        await login.client_sees("no command")
        assert len(bodies(login.seen.decode())) == 1


async def tell(server: Server, stream: str, effect: str, text: str, **more: str | bool) -> EffectDone:
    count = len(server.all(EffectDone))
    message = Tell.model_validate(
        {"effect": effect, "stream": stream, "to": "bob@example.org", "text": text, **more}
    )
    server.send(message)
    return await server.until(EffectDone, count + 1)


async def test_a_message_leaves_once_however_often_it_is_given(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        login = await scene.log_in(ROSTER)
        stream = await server.live()
        assert await tell(server, stream, "e1", "come, please", echo="I asked bob.") == EffectDone(
            effect="e1"
        )
        assert await tell(server, stream, "e1", "come, please") == EffectDone(effect="e1")
        assert await tell(server, stream, "e2", "thank you") == EffectDone(effect="e2")
        assert bodies(await login.server_gets("thank you")) == ["come, please", "thank you"]
        await login.client_sees("I asked bob.")


async def test_what_could_not_leave_may_be_tried_again(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        await server.complete()
        assert (await tell(server, "nowhere", "e1", "come")).reason == "no-stream"
        login = await scene.log_in(ROSTER)
        assert (await tell(server, await server.live(), "e1", "come")).reason is None
        await login.server_gets("<body>come</body>")
        assert (await tell(server, await server.live(), "e2", "come", to="@@")).reason == "never-seen"


async def test_a_message_that_came_back_is_told_and_its_error_kept_from_the_client(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        login = await scene.log_in(ROSTER)
        await tell(server, await server.live(), "e1", "come?", watch=True)
        sent = (await login.server_gets("come?")).rpartition("<message ")[2].replace('"', "'")
        id = sent.partition("id='")[2].partition("'")[0]
        login.far.say(
            f"<message type='error' id='{id}' from='bob@example.org'>"
            "<error type='cancel'/></message>".encode()
        )
        assert await server.until(EffectDone, 2) == EffectDone(effect="e1", reason="unreachable")
        login.arrives("bob@example.org/desk", "hello", "m1")
        assert id not in await login.client_sees("id='m1'")


async def test_only_whole_replies_of_watched_people_are_told(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        login = await scene.log_in(ROSTER)
        stream = await server.live()
        login.arrives("bob@example.org/desk", "no", "m0")
        await login.client_sees("id='m0'")
        await tell(server, stream, "e1", "come?", watch=True)
        login.arrives("bob@example.org/desk", "no idea, ask Kim", "m1")
        login.arrives("carol@example.org/x", "yes", "m2")
        login.arrives("bob@example.org/desk", "Yes!", "m3")
        reply = await server.until(Replied)
        assert (reply.contact, reply.message, reply.reply.answer) == ("bob@example.org", "m3", Answer.YES)
        server.send(WatchFor(stream=stream, contact="carol@example.org"))
        server.send(Unwatch(stream=stream, contact="bob@example.org"))
        await tell(server, stream, "e2", "thanks")
        login.arrives("bob@example.org/desk", "no", "m4")
        login.arrives("carol@example.org/x", "no", "m5")
        assert (await server.until(Replied, 2)).message == "m5"
        assert bodies(await login.client_sees("id='m5'"))[-1:] == ["no"]
        assert len(server.all(Replied)) == 2


async def test_a_question_is_asked_in_the_stream_and_its_end_told(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        login = await scene.log_in(ROSTER)
        stream = await server.live()
        server.send(AskFor(request="q1", stream=stream, contact="bob@example.org"))
        await login.server_gets("jabber:iq:last")
        asked = login.got.decode().rpartition("<iq ")[2]
        id = asked.partition("id='")[2].partition("'")[0] or asked.partition('id="')[2].partition('"')[0]
        login.far.say(
            f"<iq type='result' id='{id}' from='bob@example.org' to='alice@example.org/phone'>"
            "<query xmlns='jabber:iq:last' seconds='90'/></iq>".encode()
        )
        done = await server.until(AskDone)
        assert (done.request, done.contact, done.reason, done.asked) == ("q1", "bob@example.org", None, True)
        offline = await until_seen(server, "bob@example.org", Presence.OFFLINE)
        assert offline.asked
        assert id not in login.seen.decode()
        server.send(AskFor(request="q2", stream="nowhere", contact="bob@example.org"))
        lost = await server.until(AskDone, 2)
        assert (lost.request, lost.reason, lost.asked) == ("q2", "no-stream", False)


async def test_a_strangers_answer_with_our_id_passes_and_the_question_stays_open(tmp_path: Path) -> None:
    """T20: who has learnt the id of a request can neither answer for the contact nor have it hidden."""
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        login = await scene.log_in(ROSTER)
        server.send(AskFor(request="q1", stream=await server.live(), contact="bob@example.org"))
        request = (await login.server_gets("jabber:iq:last")).rpartition("<iq ")[2].replace('"', "'")
        id = request.partition("id='")[2].partition("'")[0]
        answer = (
            f"<iq type='result' id='{id}' from='{{}}' to='alice@example.org/phone'>"
            "<query xmlns='jabber:iq:last' seconds='90'/></iq>"
        )
        login.far.say(answer.format("mallory@example.net/x").encode())
        assert id in await login.client_sees("mallory@example.net/x")
        assert server.all(AskDone) == []
        login.far.say(answer.format("bob@example.org").encode())
        assert (await server.until(AskDone)).reason is None
        assert (await until_seen(server, "bob@example.org", Presence.OFFLINE)).asked
        login.arrives("bob@example.org/desk", "hello", "m1")
        assert (await login.client_sees("id='m1'")).count(id) == 1


async def test_a_new_server_is_told_everything_again(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        async with Server(tmp_path) as first:
            login = await scene.log_in(ROSTER)
            stream = await first.live()
            login.far.say(b"<presence from='bob@example.org/desk' to='alice@example.org'/>")
            await until_seen(first, "bob@example.org", Presence.ONLINE)
            await tell(first, stream, "e1", "come?", watch=True)
            await tell(first, stream, "e2", "more")
            first.send(Stored(effects=("e1",)))
            await tell(first, stream, "e3", "order")
        login.arrives("bob@example.org/desk", "yes", "m1")
        await login.client_sees("id='m1'")
        async with Server(tmp_path) as second:
            await second.until(Replied)
            kinds = [type(m) for m in second.messages]
            assert kinds[0] is Hello
            assert kinds.index(SnapshotDone) < kinds.index(Replied)
            assert second.all(Hello)[0].agent == first.all(Hello)[0].agent
            assert second.all(StreamIs)[0].stream.state is StreamState.LIVE
            assert second.all(RosterIs)[0].contacts[0].address == BOB
            assert seen(second)["bob@example.org", "desk"] == seen(first)["bob@example.org", "desk"]
            assert seen(second)["alice@example.org", "phone"].presence is Presence.ONLINE
            assert {e.effect for e in second.all(EffectDone)} == {"e2", "e3"}
            assert await tell(second, stream, "e3", "order") == EffectDone(effect="e3")
            assert await login.server_gets("order") == login.got.decode()
            assert bodies(login.got.decode()).count("order") == 1


async def test_lines_and_status_reach_the_companion(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        login = await scene.log_in(ROSTER)
        stream = await server.live()
        server.send(SayTo(effect="s1", stream=stream, text="Q1 waits"))
        assert await server.until(EffectDone) == EffectDone(effect="s1")
        await login.client_sees("<body>Q1 waits</body>")
        server.send(CompanionStatus(stream=stream, text="1 waiting"))
        await login.client_sees("<status>1 waiting</status>")


async def test_a_server_that_stays_away_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quorate.agent.app.MISSING_S", 0.0)
    async with Scene(tmp_path) as scene:
        async with Server(tmp_path) as server:
            login = await scene.log_in(ROSTER)
            await server.live()
        await login.client_sees(NO_SERVER_STATUS)


async def test_quit_takes_the_companion_away_and_ends(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene, Server(tmp_path) as server:
        login = await scene.log_in(ROSTER)
        await server.live()
        assert json.loads((tmp_path / "agent.json").read_text())["im"] == scene.agent.im
        server.send(Quit())
        text = await _rest(login)
        assert "unavailable" in text
        assert "subscription='remove'" in text.replace('"', "'")
        await asyncio.wait_for(scene.running, WAIT_S)
        assert not (tmp_path / "agent.json").exists()
        assert server.all(StreamIs)[-1].stream.state is StreamState.ENDED


async def _rest(login: Login) -> str:
    return (await asyncio.wait_for(login.client.reader.read(), WAIT_S)).decode()


async def test_an_agent_nobody_needs_ends(tmp_path: Path) -> None:
    async with Scene(tmp_path, alone_s=0.05) as scene:
        await asyncio.wait_for(scene.running, WAIT_S)


async def test_an_agent_with_a_server_stays(tmp_path: Path) -> None:
    async with Server(tmp_path) as server, Scene(tmp_path, alone_s=0.05) as scene:
        await server.complete()
        _, still = await asyncio.wait([scene.running], timeout=0.2)
        assert still
