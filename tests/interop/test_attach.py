"""Clients nobody has configured: their process is known, and that is all."""

import asyncio
import os
import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from quorate.link import attaching
from tests.interop.attached import Slix, known, sit_down, slix, stream_of, until_attached
from tests.interop.cable import Cable
from tests.interop.certificates import TestAuthority
from tests.interop.conftest import House, MakeHouse
from tests.interop.im_client import ImClient
from tests.interop.prosody import Prosody
from tests.interop.quorate_process import Quorate
from tests.interop.terminal import Finch, Mcabber, Profanity, Terminal

pytestmark = pytest.mark.real("prosody", "profanity", "mcabber", "finch", "tmux", "gcc", "curl")

COMPANION = "quorate@quorate.invalid"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/r/[\w-]+")
ALICE = "alice@example.org"


async def attach(house: House, target: int | str) -> None:
    done = await house.quorate.run("attach", str(target))
    assert done.code == 0, done.err
    assert "Attached to" in done.out


async def answers(client: Terminal, typed: str, shown: str) -> None:
    await client.type("/clear")
    await client.type(typed)
    await client.shows(f"Quorate/q: {shown}")


async def test_the_story_in_profanity_started_by_run(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    bob = await house.login("bob")
    alice = await sit_down(house, tmp_path, Profanity, "alice", by_run=True)
    await alice.shows("Quorate (q) is online")
    stream = await stream_of(house, "alice")
    assert (stream["mode"], stream["state"], stream["reason"]) == ("attach", "live", None)
    assert stream["server"] == f"example.org (127.0.0.1:{house.server.port})"
    assert await known(house, "bob") == {"bob": ("available", False)}
    await alice.type("/msg Quorate help")
    await alice.shows("What I understand:")
    await answers(alice, 'meet bob about "release 2.4"', "Q1")
    await bob.message_with("[Quorate]", ALICE)
    bob.say(ALICE, "yes")
    screen = await alice.shows("Q1 is live after")
    (link,) = set(LINK.findall(screen))
    async with httpx.AsyncClient() as web:
        assert (await web.get(link)).status_code == 200
    await bob.message_with("/r/", ALICE)
    assert "quorate" not in house.server.stored_text()


async def test_killed_while_messages_flow(make_house: MakeHouse, tmp_path: Path) -> None:
    """With counts that differ: the companion was shown and questions were asked."""
    house = await make_house()
    bob = await house.login("bob")
    async with slix(house, "alice", by_run=True) as alice:
        await stream_of(house, "alice")
        await known(house, "carol and dave")
        expected = []
        for number in range(150):
            text = f"message {number:03}"
            expected.append(text)
            alice.say("bob@example.org", text)
            bob.say(ALICE, text)
            if number == 50:
                agent = house.quorate.agent_pid()
                assert agent is not None
                await house.quorate.kill()
                os.kill(agent, signal.SIGKILL)
            await asyncio.sleep(0)
        await arrive(alice, bob, expected)
        alice.say("bob@example.org", "still here")
        await bob.message_with("still here")
        await house.quorate.start()
        bob.say(ALICE, "once more")
        await alice.until("once more")
        alice.say("bob@example.org", "and back")
        await bob.message_with("and back")
        assert (await stream_of(house, "alice"))["reason"] == "joined-midstream"
        assert await known(house, "bob") == {"bob": ("available", True)}
        assert not alice.closed
    assert not [line for line in house.server.log if "handled" in line]


async def arrive(alice: Slix, bob: ImClient, expected: list[str]) -> None:
    """Both have got each of these once, in order."""
    await alice.until(expected[-1])
    await bob.message_with(expected[-1])
    assert alice.texts == expected
    assert [text for _, text in bob.received.messages] == expected


async def test_joined_after_login_left_and_joined_again(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    bob = await house.login("bob")
    alice = await sit_down(house, tmp_path, Profanity, "alice")
    await alice.shows(f"{ALICE}/profanity logged in successfully")
    pid = await alice.pid()
    await alice.type("/msg bob@example.org before")
    await bob.message_with("before")
    for turn in ("first", "second"):
        await attach(house, pid)
        bob.say(ALICE, f"{turn} hello")
        await alice.shows(f"{turn} hello")
        stream = await stream_of(house, "alice")
        assert (stream["reason"], stream["contacts"], stream["companion"]) == ("joined-midstream", 3, True)
        assert await known(house, "bob and carol") == {"bob": ("available", True), "carol": ("offline", True)}
        await alice.type("/msg Quorate help")
        await answers(alice, "who bob", "bob: available")
        await answers(alice, f'meet bob about "the {turn}"', "Q")
        await bob.message_with(f'"the {turn}"', ALICE)
        bob.say(ALICE, "no")
        assert (await house.quorate.run("detach", str(pid))).code == 0
        await alice.type(f"/msg bob@example.org after the {turn}")
        await bob.message_with(f"after the {turn}")
        bob.say(ALICE, f"and back {turn}")
        await alice.type("/win 2")
        await alice.shows(f"and back {turn}")
    await alice.type("/win 1")
    await alice.type("/ping")
    await alice.shows("Ping response from server")
    assert "Lost connection" not in await alice.screen()
    assert "quorate" not in house.server.stored_text()


async def test_a_session_joined_midway_is_not_resumed_when_quorate_is_gone(make_house: MakeHouse) -> None:
    """It has the server's own id, and counts that nobody can translate any more on another connection."""
    house = await make_house(people=("alice", "bob"))
    bob = await house.login("bob")
    async with (
        Cable(house.server.port) as cable,
        slix(house, "alice", port=cable.port) as alice,
        slix(house, "alice", port=cable.port) as other,
    ):
        await attaching.attach(house.quorate.data, str(alice.pid))
        bob.say(ALICE, "hello")
        await alice.until("hello")
        alice.say("bob@example.org", "hello")
        assert (await stream_of(house, "alice"))["reason"] == "joined-midstream"
        assert await known(house, "bob") == {"bob": ("available", True)}
        agent = house.quorate.agent_pid()
        assert agent is not None
        await house.quorate.kill()
        os.kill(agent, signal.SIGKILL)
        cable.cut()
        for client, outcome in ((alice, "afresh"), (other, "resumed")):
            await client.until("closed")
            client.reconnect()
            assert (await client.until("back"))["back"] == outcome
        bob.say(ALICE, "once more")
        await alice.until("once more")
        alice.say("bob@example.org", "and back")
        await bob.message_with("and back")
        assert not any("error" in line for line in (*alice.said, *other.said))
    assert not [line for line in house.server.log if "handled" in line]


async def test_other_clients_joined_after_login(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    dave = await house.login("dave")
    alice = await sit_down(house, tmp_path, Mcabber, "alice")
    bob = await sit_down(house, tmp_path, Finch, "bob")
    seen = {"alice@example.org", "bob@example.org"}
    await dave.until(lambda got: seen <= {who.partition("/")[0] for who, _ in got.presences}, "both")
    async with slix(house, "carol") as carol:
        pids = {"alice": await alice.pid(), "bob": await bob.pid(), "carol": carol.pid}
        for pid in pids.values():
            await attaching.attach(house.quorate.data, str(pid))
        for name in pids:
            dave.say(f"{name}@example.org", "hello")
        carol.say("dave@example.org", "hello")
        await bob.shows("dave (bob@example.org")
        for name in pids:
            stream = await stream_of(house, name)
            assert (stream["mode"], stream["contacts"]) == ("attach", 3)
            assert (await known(house, "dave", **{"from": f"{name}@example.org"}))["dave"][0] == "available"
        for pid in pids.values():
            await attaching.detach(house.quorate.data, str(pid))
        for name in pids:
            dave.say(f"{name}@example.org", "goodbye")
        await carol.until("goodbye")
        assert not carol.closed
    assert not [line for line in house.server.log if "handled" in line]


async def test_two_quorates_a_stopped_one_and_a_client_that_is_killed(
    make_house: MakeHouse, tmp_path: Path
) -> None:
    house = await make_house(people=("alice", "bob"))
    bob = await house.login("bob")
    other = Quorate(tmp_path / "other", house.quorate.routes, house.quorate.trust)
    async with other, slix(house, "alice", by_run=True) as alice:
        await stream_of(house, "alice")
        refused = await other.run("attach", str(alice.pid))
        assert "is attached to by another Quorate." in refused.err
        assert f"quorate detach {alice.pid}" in refused.err
        agent = house.quorate.agent_pid()
        assert agent is not None
        os.kill(agent, signal.SIGSTOP)
        bob.say(ALICE, "nobody answers")
        await alice.until("nobody answers")
        os.kill(agent, signal.SIGCONT)
        await stream_of(house, "alice", "ended")
        await until_attached(house)
        bob.say(ALICE, "hello")
        await alice.until("hello")
        alice.say("bob@example.org", "hello")
        assert (await stream_of(house, "alice"))["reason"] == "joined-midstream"
        os.kill(alice.pid, signal.SIGKILL)
        await stream_of(house, "alice", "ended")


async def test_a_login_bound_to_its_tls_channel(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house(people=("alice",))
    folder = tmp_path / "bound"
    folder.mkdir()
    async with (
        Prosody(
            folder / "prosody",
            TestAuthority(folder),
            accounts={"alice": "secret"},
            ssl_extra='protocol = "tlsv1_2";',
        ) as server,
        slix(house, "alice", by_run=True, server=server) as alice,
    ):
        assert (await alice.until("online"))["mechanism"].endswith("-PLUS")
        stream = await stream_of(house, "alice")
        assert (stream["mode"], stream["reason"], stream["companion"]) == ("attach", None, True)


async def test_whatever_is_no_im_client_is_left_alone(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house(people=("alice",))
    url = f"{house.quorate.url}/healthz"
    done = await house.quorate.run("run", "--", "curl", "-s", "-w", "%{http_code}", url)
    assert (done.code, done.out[-3:]) == (0, "200")
    assert (await house.quorate.run("run", "--", "sh", "-c", "exit 7")).code == 7
    assert (await house.quorate.run("streams", "--json")).json() == []
    other = await asyncio.create_subprocess_exec("cat", stdin=subprocess.PIPE)
    for words, said in (
        (("attach", "no-such-client"), "No process is called “no-such-client”."),
        (("attach", "999999999"), "There is no process 999999999."),
        (("attach", str(other.pid)), "is no IM client"),
        (("detach", "profanity"), "Quorate is not attached to “profanity”."),
        (("run", "--", "no-such-client"), "There is no program “no-such-client”."),
    ):
        refused = await house.quorate.run(*words)
        assert (refused.code, said in refused.err) == (1, True), refused.err
    await other.communicate(b"")
