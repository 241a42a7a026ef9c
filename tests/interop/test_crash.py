"""kill -9 at any moment loses no activity and rings nobody twice."""

import pytest

from tests.interop.conftest import MakeHouse

pytestmark = pytest.mark.real

COMPANION = "quorate@quorate.invalid"


async def test_the_server_dies_while_people_are_being_rung(make_house: MakeHouse) -> None:
    house = await make_house()
    alice = await house.login("alice", through=True)
    bob = await house.login("bob")
    carol = await house.login("carol")
    await alice.until(
        lambda got: len({w.split("/")[0] for w, _ in got.presences}) >= 3, "everybody's presence"
    )
    alice.say(COMPANION, 'meet bob and carol about "crash"')
    await bob.message_with("[Quorate]")
    await carol.message_with("[Quorate]")

    await house.quorate.kill()
    alice.say("bob@example.org", "still here?")
    await bob.message_with("still here?")

    await house.quorate.start()
    bob.say("alice@example.org", "yes")
    carol.say("alice@example.org", "yes")
    await bob.message_with("/r/")
    await carol.message_with("/r/")
    for client in (bob, carol):
        rings = [body for who, body in client.received.messages if "Reply yes" in body]
        assert len(rings) == 1
    listed = (await house.quorate.run("list", "--json")).json()
    assert [a["state"] for a in listed] == ["live"]


async def test_everything_dies_and_continues_after_the_client_comes_back(make_house: MakeHouse) -> None:
    house = await make_house()
    alice = await house.login("alice", through=True)
    bob = await house.login("bob")
    await alice.until(lambda got: any("bob" in who for who, _ in got.presences), "bob's presence")
    alice.say(COMPANION, 'meet bob and carol about "crash"')
    await alice.message_with("Q1", COMPANION)
    await house.quorate.kill()
    house.quorate.end_agent()
    await alice.closed.wait()

    await house.quorate.start()
    listed = (await house.quorate.run("list", "--json")).json()
    assert [(a["id"], a["state"]) for a in listed] == [("Q1", "waiting")]
    await house.login("alice", through=True)
    carol = await house.login("carol")
    for client in (bob, carol):
        await client.message_with("[Quorate]")
        client.say("alice@example.org", "yes")
    await bob.message_with("/r/")
    assert len([1 for _, body in bob.received.messages if "Reply yes" in body]) == 1
