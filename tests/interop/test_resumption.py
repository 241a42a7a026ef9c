"""XEP-0198 for real: a connection that breaks while Quorate works in it loses and doubles nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from xml.etree import ElementTree

import pytest
from slixmpp import JID

from tests.interop.conftest import BOTH_SERVERS, House, MakeHouse
from tests.interop.ejabberd import Ejabberd
from tests.interop.im_client import WAIT_S, ImClient

pytestmark = [pytest.mark.real("prosody", "ejabberdctl"), BOTH_SERVERS]

COMPANION = "quorate@quorate.invalid"
SERVER = JID("example.org")
ALICE, BOB = "alice@example.org", "bob@example.org"
ROUNDS = 3


async def everybody(house: House) -> tuple[ImClient, ImClient, ImClient]:
    """alice through Quorate, bob and carol directly, all known to be there."""
    alice = await house.login("alice", through=True)
    bob, carol = await house.login("bob"), await house.login("carol")
    await alice.until(
        lambda got: {"bob", "carol"} <= {w.split("@")[0] for w, _ in got.presences}, "everybody"
    )
    return alice, bob, carol


async def break_and_resume(house: House, alice: ImClient, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """The TCP connection is cut without a word; the client comes back and resumes through Quorate."""
    resumed = asyncio.Event()
    alice.add_event_handler("session_resumed", lambda _: resumed.set())
    alice.closed.clear()
    assert alice.transport is not None
    alice.transport.abort()
    await asyncio.wait_for(alice.closed.wait(), WAIT_S)
    await meanwhile()
    if isinstance(house.server, Ejabberd):
        # a client that is quicker loses, doubles and reorders messages there, without Quorate too
        await house.server.until_lost("alice")
    alice.closed.clear()
    alice.connect("127.0.0.1", house.quorate.im_port)
    await asyncio.wait_for(resumed.wait(), WAIT_S)


async def test_asks_rings_and_chat_around_broken_connections(make_house: MakeHouse) -> None:
    house = await make_house()
    alice, bob, carol = await everybody(house)
    alice.say(COMPANION, 'meet bob and carol about "resumed"')
    for client in (bob, carol):
        await client.message_with("[Quorate]", ALICE)
    alice.say(COMPANION, 'meet dave about "back"')
    await alice.message_with('Q2 "back": waiting for dave (offline).', COMPANION)

    for number in range(ROUNDS):
        asking = asyncio.create_task(house.quorate.run("who", "bob and carol and dave"))
        for part in range(5):
            alice.say(BOB, f"out {number}.{part}")
        alice.say(COMPANION, "who bob")

        async def meanwhile(number: int = number) -> None:
            for part in range(5):
                bob.say(ALICE, f"in {number}.{part}")
            if number == 0:
                await house.login("dave")
            if number == 1:
                bob.say(ALICE, "yes")
            await bob.round_trip()

        await break_and_resume(house, alice, meanwhile)
        await asking
        await alice.message_with(f"in {number}.4", BOB)
        await bob.message_with(f"out {number}.4", ALICE)

    dave = house.clients["dave"]
    await dave.message_with("[Quorate]", ALICE)
    carol.say(ALICE, "yes")
    for client in (bob, carol):
        await client.message_with("is open", ALICE)
    await alice.message_with("Q1 is live", COMPANION)
    await alice.plugin["xep_0199"].ping(SERVER, timeout=60)

    parts = [f"{number}.{part}" for number in range(ROUNDS) for part in range(5)]
    said = [text for who, text in bob.received.messages if who == ALICE and text.startswith("out ")]
    heard = [text for who, text in alice.received.messages if who == BOB and text.startswith("in ")]
    assert said == [f"out {part}" for part in parts]
    assert heard == [f"in {part}" for part in parts]
    for client in (bob, carol, dave):
        assert len([1 for _, text in client.received.messages if "Reply yes" in text]) == 1
    for client in (bob, carol):
        assert len([1 for _, text in client.received.messages if "is open" in text]) == 1
    told = [text for who, text in alice.received.messages if who == COMPANION]
    assert len([1 for text in told if text.startswith('Q1 "resumed":')]) == 1
    assert len([1 for text in told if " is live " in text]) == 1
    assert len([1 for text in told if text.startswith("bob: available")]) == ROUNDS
    assert "quorate" not in house.server.stored_text()
    live = [s for s in (await house.quorate.run("streams", "--json")).json() if s["state"] != "ended"]
    assert [(s["state"], s["reason"], s["companion"]) for s in live] == [("live", None, True)]


def texts_in(stanzas: list[ElementTree.Element]) -> list[str]:
    """Everything said in these stanzas, however deep it is wrapped."""
    return [e.text or "" for xml in stanzas for e in xml.iter() if e.tag == "{jabber:client}body"]


async def test_another_device_and_the_archive_know_nothing_of_it(make_house: MakeHouse) -> None:
    house = await make_house()
    alice, bob, carol = await everybody(house)
    second = await house.login("alice", through=True)
    outside = await house.login("alice")
    for client in (alice, second, outside):
        await client.plugin["xep_0280"].enable()
    alice.say(COMPANION, 'meet bob and carol about "private"')
    for client in (bob, carol):
        await client.message_with("[Quorate]", ALICE)
        client.say(ALICE, "yes")
    for client in (bob, carol):
        await client.message_with("is open", ALICE)
    await alice.message_with("is live", COMPANION)
    alice.say(BOB, "typed by alice")
    for device in (second, outside):
        await device.until(lambda got: "typed by alice" in texts_in(got.stanzas), "alice's own words")

    await alice.plugin["xep_0199"].ping(SERVER, timeout=60)

    # of Quorate's words there is no copy on other devices, behind Quorate or not, and none in the archive
    said = ["typed by alice", "yes", "yes"]
    for device in (second, outside):
        assert sorted(texts_in(device.received.stanzas)) == said
    archived = [result.xml async for result in alice.plugin["xep_0313"].iterate()]
    assert sorted(texts_in(archived)) == said
    assert "quorate" not in "".join(ElementTree.tostring(xml, "unicode") for xml in archived)
    assert "quorate" not in house.server.stored_text()


async def back(client: ImClient, port: int) -> bool:
    """The client connects once more; True if its session could be resumed, else it has logged in afresh."""
    over: asyncio.Queue[bool] = asyncio.Queue()
    client.add_event_handler("session_resumed", lambda _: over.put_nowait(True))
    client.add_event_handler("session_start", lambda _: over.put_nowait(False))
    client.closed.clear()
    client.received.presences.clear()
    client.connect("127.0.0.1", port)
    resumed = await asyncio.wait_for(over.get(), WAIT_S)
    if not resumed:
        await client.until(lambda got: any(w.startswith(BOB) for w, _ in got.presences), "bob again")
    return resumed


async def test_a_session_nobody_can_translate_is_refused_and_the_client_logs_in_afresh(
    make_house: MakeHouse,
) -> None:
    """T14: around Quorate the server does not know the id. T13: after a restart Quorate does not."""
    house = await make_house()
    alice, bob, _ = await everybody(house)
    assert str(alice.plugin["xep_0198"].sm_id).startswith("q1.")
    alice.say(COMPANION, "status")
    await alice.message_with("Nothing is under way", COMPANION)
    assert alice.transport is not None
    alice.transport.abort()
    await asyncio.wait_for(alice.closed.wait(), WAIT_S)
    through, alice.ca_certs = alice.ca_certs, house.server.authority.path
    assert not await back(alice, house.server.port)
    assert COMPANION not in str(await alice.get_roster())
    bob.say(ALICE, "directly")
    await alice.message_with("directly", BOB)
    await alice.leave()

    alice.ca_certs = through
    assert not await back(alice, house.quorate.im_port)
    assert str(alice.plugin["xep_0198"].sm_id).startswith("q1.")
    await house.quorate.kill()
    house.quorate.end_agent()
    await asyncio.wait_for(alice.closed.wait(), WAIT_S)
    await house.quorate.start()
    assert not await back(alice, house.quorate.im_port)
    bob.say(ALICE, "welcome back")
    await alice.message_with("welcome back", BOB)
    alice.say(COMPANION, "who bob")
    await alice.message_with("bob: available", COMPANION)
    assert alice.failure is None
