"""Alice is a person at a real client: profanity, in a terminal, connected to Quorate by STARTTLS."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.interop.conftest import House, MakeHouse
from tests.interop.terminal import WAIT_S, Profanity, trust_directory

pytestmark = pytest.mark.real("prosody", "profanity", "tmux")

COMPANION = "quorate@quorate.invalid"
LISTED = f"{COMPANION} (Quorate) - both - Quorate"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/r/[\w-]+")
SHORT = 140
"""Characters: one row of the screen these tests give profanity, and no more than two."""
MANY = 60


async def sit_down(house: House, home: Path, name: str = "alice", *, through: bool = True) -> Profanity:
    """Somebody logs in with profanity, through Quorate or directly."""
    port = house.quorate.im_port if through else house.server.port
    folder = home / name
    folder.mkdir()
    trust = trust_directory(folder / "trust", house.quorate.ca, house.server.authority.path)
    jid = house.server.jid(name)
    client = Profanity(folder, jid, house.server.accounts[name], port, trust)
    await house.stack.enter_async_context(client)
    await client.shows(f"{jid}/profanity logged in successfully")
    return client


async def chat_opened(client: Profanity) -> None:
    """In the companion's window, once it has come online."""
    await client.shows("Quorate (q) is online")
    await client.type("/msg Quorate help")
    assert "is offline" not in await client.shows("What I understand:")


async def answered(client: Profanity, typed: str, answer: str) -> None:
    """Type a line to the companion; the first answer below it begins so."""
    await client.type("/clear")
    await client.type(typed)
    await client.shows(f"Quorate/q: {answer}")


async def console(client: Profanity, typed: str, shown: str) -> str:
    """Type a command in the console and wait for what it prints."""
    await client.type("/win 1")
    await client.type("/clear")
    await client.type(typed)
    return await client.shows(shown)


async def has_only_the_answers(alice: Profanity) -> None:
    """Her chats with the others show what they wrote and nothing of Quorate's."""
    for name, said in (("bob", "yes"), ("carol", "no"), ("dave", "yes")):
        await alice.type(f"/msg {name}")
        chat = await alice.shows(f": {said}")
        assert re.search(rf" - {name}\S*: {said}\s*$", chat, re.MULTILINE)
        assert "[Quorate]" not in chat, "the invitation shows up as if alice had typed it"


async def test_the_story_typed_by_hand(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    carol = await house.login("carol")
    dave = await house.login("dave")
    alice = await sit_down(house, tmp_path)
    await chat_opened(alice)
    await console(alice, "/roster", LISTED)
    await alice.type("/msg Quorate")
    await answered(
        alice,
        'meet bob and (carol or dave) about "release 2.4"',
        'Q1 "release 2.4": waiting for bob (offline). carol could now.',
    )

    bob = await sit_down(house, tmp_path, "bob", through=False)
    await bob.shows("chat message: alice")
    await bob.type("/win 2")
    await bob.shows(
        '[Quorate] I\'d like to talk now with you and carol: "release 2.4". Reply yes, no, or: in 10m'
    )
    await bob.type("yes")
    await carol.message_with("[Quorate]", "alice@example.org")
    carol.say("alice@example.org", "no")
    await dave.message_with("[Quorate]", "alice@example.org")
    dave.say("alice@example.org", "yes")

    await bob.shows('The room for "release 2.4" is open with dave: http://')
    await dave.message_with("/r/", "alice@example.org")
    screen = await alice.shows("Q1 is live after")
    assert len([1 for who, _ in carol.received.messages if who == "alice@example.org"]) == 1
    short_lines(screen)
    async with httpx.AsyncClient() as web:
        (link,) = set(LINK.findall(screen))
        assert (await web.get(link)).status_code == 200

    await has_only_the_answers(alice)
    assert "quorate" not in house.server.stored_text()


def short_lines(screen: str) -> None:
    """What the companion said below the meeting typed is short, each line for itself."""
    said = re.findall(r"Quorate(?:/q)?: (.*(?:\n {11}.*)*)", screen.partition("me: meet")[2])
    assert said
    for line in said:
        assert len(" ".join(line.split())) < SHORT


async def test_every_verb_and_what_a_typo_brings(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    await house.login("carol")
    alice = await sit_down(house, tmp_path)
    await chat_opened(alice)
    for typed, answer in (
        ("hlep", "Column 1: “hlep” is no command. Did you mean: help"),
        ("mete bob", "Column 1: “mete” is no command. Did you mean: meet bob"),
        ("meet bbo", "Column 6: there is nobody called “bbo”. Did you mean bob?"),
        ("who carol", "carol: available (alice@example.org's stream"),
        ("me busy until 23:59", "Noted: you are busy until 23:59."),
        ("me available", "Noted: you are available."),
        ('meet bob about "lunch"', 'Q1 "lunch": waiting for bob (offline).'),
        ("status", 'Q1 "lunch": waiting, bob 0/1.'),
        ("explain Q1", 'Q1 "lunch" is waiting: bob 0/1. Missing: bob (offline).'),
        ("extend Q1 10m", "Q1 has no deadline: it goes on until it works or is cancelled."),
        ("cancel Q1", 'Q1 "lunch" is cancelled. Nobody was asked.'),
        ("watch bob", "I tell you when bob is available."),
    ):
        await answered(alice, typed, answer)
    await house.login("bob")
    await alice.shows("bob is available now.")


async def test_commands_of_the_client_that_name_the_companion(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    alice = await sit_down(house, tmp_path)
    stored = house.server.stored_roster("alice")
    await chat_opened(alice)
    for change in (f"/roster nick {COMPANION} Robot", f"/roster remove {COMPANION}"):
        await console(alice, change, "")
        # its answer comes behind the push that puts the contact right again
        await console(alice, f"/ping {COMPANION}/q", "does not support ping requests")
        await console(alice, "/roster", LISTED)
    await console(alice, "/ping", "Ping response from server")
    await console(alice, "/receipts request on", "Request delivery receipts enabled")
    await console(alice, "/autoaway mode away", "")
    await console(alice, "/status set away", "Status set to away")
    await alice.type("/msg Quorate")
    await answered(alice, "who alice", "alice: away")
    await console(alice, "/status set online", "Status set to online")
    assert house.server.stored_roster("alice") == stored
    assert "quorate" not in house.server.stored_text()


async def test_acknowledgements_fit_over_many_stanzas(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    bob = await house.login("bob")
    alice = await sit_down(house, tmp_path)
    await chat_opened(alice)
    await alice.type("/msg bob hello")
    for number in range(MANY):
        await alice.type(f"from alice {number:02}")
        bob.say("alice@example.org", f"from bob {number:02}")
        if number % 20 == 0:
            assert (await house.quorate.run("who", "bob and carol")).code == 0
    await alice.shows(f"from bob {MANY - 1:02}")
    await bob.message_with(f"from alice {MANY - 1:02}")
    texts = [text for _, text in bob.received.messages]
    assert texts == ["hello", *(f"from alice {number:02}" for number in range(MANY))]
    await console(alice, "/ping", "Ping response from server")
    (stream,) = (await house.quorate.run("streams", "--json")).json()
    assert (stream["state"], stream["reason"], stream["companion"]) == ("live", None, True)


async def test_after_down_nothing_of_the_companion_is_left(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    carol = await house.login("carol")
    alice = await sit_down(house, tmp_path)
    await chat_opened(alice)
    await answered(alice, "meet carol", "Q1: ")
    await carol.message_with("[Quorate]")
    await alice.shows("Q1: asked carol.")
    # an open window would stay in the client's list, as any stranger's does
    await console(alice, "/close 2", "Closed window 2")
    async with ending(house.quorate.agent_pid()):
        assert (await house.quorate.run("down")).code == 0
        await alice.shows("Quorate (q) is offline")
        await alice.shows(f"Roster item removed: {COMPANION}")
        await alice.shows("Lost connection")

    await console(alice, f"/account set alice@example.org port {house.server.port}", "Updated port")
    await console(alice, "/connect alice@example.org", "logged in successfully")
    listed = await console(alice, "/roster", "dave@example.org (dave) - both")
    assert "quorate" not in listed.lower()
    await alice.type("/msg carol still here")
    await carol.message_with("still here")
    assert "quorate.invalid" not in house.server.stored_text()


@asynccontextmanager
async def ending(pid: int | None) -> AsyncIterator[None]:
    """When left, this process has ended."""
    assert pid is not None
    over, handle, loop = asyncio.Event(), os.pidfd_open(pid), asyncio.get_running_loop()
    loop.add_reader(handle, over.set)
    try:
        yield
        await asyncio.wait_for(over.wait(), WAIT_S)
    finally:
        loop.remove_reader(handle)
        os.close(handle)


async def test_a_time_hours_and_others_instead(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    carol = await house.login("carol")
    alice = await sit_down(house, tmp_path)
    await chat_opened(alice)
    await answered(alice, "meet carol at tomorrow 9:00", "Q1: waiting until ")
    await alice.type("/clear")
    await alice.type("meet carol on weekdays between 25:00 and 26:00")
    await alice.shows("“between” needs two different times of the day")
    await answered(alice, "meet bob within 3s else carol within 5m", "Q2: waiting for bob (offline).")
    await alice.shows("Q2: not enough people said yes in time. Now: carol. Ringing 1.")
    await carol.message_with("[Quorate]", "alice@example.org")
    carol.say("alice@example.org", "conflict")
    await carol.message_with("for anything else you are", "alice@example.org")
    await alice.shows("Q2 ended without starting")
    await answered(alice, "explain Q2", "Q2 failed. Too many said no.")
    await alice.shows("carol has a conflict of interest")
    assert len([1 for _, text in carol.received.messages if "I'd like to" in text]) == 1
