"""kill -9 at any moment loses no activity and rings nobody twice."""

import pytest

from tests.interop.conftest import MakeHouse

pytestmark = pytest.mark.real

COMPANION = "quorate@quorate.invalid"


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
