"""Determine, else ask: what `quorate who` says, where it knows it from, and that nobody notices."""

from typing import Any

import pytest

from tests.interop.conftest import BOTH_SERVERS, House, MakeHouse
from tests.interop.im_client import ImClient

pytestmark = [pytest.mark.real("prosody", "ejabberdctl"), BOTH_SERVERS]


async def verdict(house: House, who: str) -> dict[str, Any]:
    done = await house.quorate.run("who", who, "--json")
    assert done.code == 0, done.err
    (found,) = done.json()
    assert isinstance(found, dict)
    return found


async def still_works(client: ImClient) -> None:
    """A round trip through the stream, stream management included."""
    await client.round_trip()
    client.ask_for_ack()
    await client.round_trip()


def leaked(client: ImClient) -> list[str]:
    """Stanzas that answer a request of Quorate's and should never have reached the client."""
    ours = [xml for xml in client.received.stanzas if xml.get("id", "").startswith("q-")]
    return [xml.get("id", "") for xml in ours if not xml.get("from", "").startswith("quorate@")]


async def test_what_the_stream_contained_is_answered_without_asking(make_house: MakeHouse) -> None:
    house = await make_house()
    alice = await house.login("alice", through=True)
    await house.login("bob", show="away")
    await alice.until(lambda got: any("bob" in w and t == "away" for w, t in got.presences), "bob away")
    found = await verdict(house, "bob")
    assert (found["person"], found["availability"]) == ("bob", "away")
    (used,) = [line for line in found["trace"] if line["used"]]
    assert used["asked"] is False
    assert used["age_s"] < 30


@pytest.mark.parametrize("show", ["away", None], ids=["online", "offline"])
async def test_a_question_travels_in_the_same_stream_and_leaves_no_trace(
    make_house: MakeHouse, show: str | None
) -> None:
    house = await make_house()
    alice = await house.login("alice", through=True)
    if show is not None:
        await house.login("bob", show=show)
        await alice.until(lambda got: any("bob" in w and t == show for w, t in got.presences), "bob away")
    await alice.round_trip()
    before = len(alice.received.stanzas)
    (found,) = await house.quorate.post("/presence/ask", {"who": "bob"})
    assert found["availability"] == (show or "offline")
    assert any(line["asked"] for line in found["trace"] if line["used"])
    await still_works(alice)
    answers = [xml for xml in alice.received.stanzas[before:] if "bob" in (xml.get("from") or "")]
    assert answers == []
    streams = (await house.quorate.run("streams", "--json")).json()
    assert [s["state"] for s in streams] == ["live"]


async def test_a_stranger_stays_unknown_and_the_reason_is_said(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.login("alice", through=True)
    done = await house.quorate.run("who", "stranger@example.org", "--json")
    found = done.json()[0]
    assert found["availability"] == "unknown"
    assert found["reason"] == "not-subscribed"


async def test_many_questions_leave_the_stream_as_it_was(make_house: MakeHouse) -> None:
    people = [f"person{n:02}" for n in range(30)]
    house = await make_house(people=["alice", *people])
    alice = await house.login("alice", through=True)
    done = await house.quorate.run("who", "--json")
    assert {p["availability"] for p in done.json()} <= {"offline", "unknown", "available"}
    await still_works(alice)
    assert leaked(alice) == []
    assert not alice.closed.is_set()
