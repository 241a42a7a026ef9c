"""The main job, end to end: one real Prosody, four real clients, Quorate in alice's stream."""

import re

import pytest

from tests.interop.conftest import BOTH_SERVERS, MakeHouse

pytestmark = [pytest.mark.real("prosody", "ejabberdctl"), BOTH_SERVERS]

COMPANION = "quorate@quorate.invalid"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/r/\S+")


async def test_a_meeting_comes_about_through_everybodys_own_client(make_house: MakeHouse) -> None:
    house = await make_house()
    alice = await house.login("alice", through=True)
    carol = await house.login("carol")
    dave = await house.login("dave")
    await alice.until(lambda got: any("carol" in who for who, _ in got.presences), "carol's presence")

    alice.say(COMPANION, 'meet bob and (carol or dave) about "release 2.4"')
    started = await alice.message_with("Q1", COMPANION)
    assert 'Q1 "release 2.4": waiting for bob (offline)' in started
    assert "carol could now" in started
    assert "cancel Q1" in started

    bob = await house.login("bob")
    invitation = await bob.message_with("[Quorate]", "alice@example.org")
    assert '"release 2.4"' in invitation
    assert "carol" in invitation
    await carol.message_with("[Quorate]", "alice@example.org")

    bob.say("alice@example.org", "yes")
    carol.say("alice@example.org", "no")
    await dave.message_with("[Quorate]", "alice@example.org")
    dave.say("alice@example.org", "yes")

    for client in (bob, dave):
        assert LINK.search(await client.message_with("/r/", "alice@example.org"))
    assert LINK.search(await alice.message_with("/r/", COMPANION))
    assert ("carol@example.org", "no") in alice.received.messages
    assert ("bob@example.org", "yes") in alice.received.messages
    assert len([1 for who, _ in carol.received.messages if who == "alice@example.org"]) == 1
    assert COMPANION.split("@")[1] not in house.server.stored_text()
