"""Determine, else ask: what `quorate who` says, where it knows it from, and that nobody notices."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.interop.conftest import House, SharedEjabberd, house_factory
from tests.interop.im_client import ImClient, Received

pytestmark = [pytest.mark.real("prosody", "ejabberdctl"), pytest.mark.asyncio(loop_scope="module")]

CROWD = [f"person{n:02}" for n in range(30)]
PEOPLE = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", *CROWD]
"""Every test asks for somebody else, about somebody else: they share a house."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["prosody", "ejabberd"])
async def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_ejabberd: SharedEjabberd
) -> AsyncIterator[House]:
    ejabberd = shared_ejabberd if request.param == "ejabberd" else None
    async with house_factory(tmp_path_factory.mktemp("asking"), ejabberd) as make:
        yield await make(people=PEOPLE)


@pytest_asyncio.fixture(loop_scope="module")
async def house(shared: House) -> AsyncIterator[House]:
    """Whoever logs in is gone after the test."""
    before = len(shared.all_clients)
    yield shared
    for client in shared.all_clients[before:]:
        await client.leave()


async def verdict(house: House, who: str) -> dict[str, Any]:
    done = await house.quorate.run("who", who, "--json")
    assert done.code == 0, done.err
    (found,) = done.json()
    assert isinstance(found, dict)
    return found


def shown(name: str, show: str) -> Callable[[Received], bool]:
    return lambda got: any(name in who and kind == show for who, kind in got.presences)


async def still_works(client: ImClient) -> None:
    """A round trip through the stream, stream management included."""
    await client.round_trip()
    client.ask_for_ack()
    await client.round_trip()


def leaked(client: ImClient) -> list[str]:
    """Stanzas that answer a request of Quorate's and should never have reached the client."""
    ours = [xml for xml in client.received.stanzas if xml.get("id", "").startswith("q-")]
    return [xml.get("id", "") for xml in ours if not xml.get("from", "").startswith("quorate@")]


async def test_what_the_stream_contained_is_answered_without_asking(house: House) -> None:
    alice = await house.login("alice", through=True)
    await house.login("bob", show="away")
    await alice.until(shown("bob", "away"), "bob away")
    found = await verdict(house, "bob")
    assert (found["person"], found["availability"]) == ("bob", "away")
    (used,) = [line for line in found["trace"] if line["used"]]
    assert used["asked"] is False
    assert 0 <= used["age_s"] < 300


@pytest.mark.parametrize(
    ("who", "about", "show"), [("carol", "dave", "away"), ("erin", "frank", None)], ids=["online", "offline"]
)
async def test_a_question_travels_in_the_same_stream_and_leaves_no_trace(
    house: House, who: str, about: str, show: str | None
) -> None:
    client = await house.login(who, through=True)
    if show is not None:
        await house.login(about, show=show)
        await client.until(shown(about, show), f"{about} {show}")
    await client.round_trip()
    before = len(client.received.stanzas)
    (found,) = await house.quorate.post("/presence/ask", {"who": about})
    assert found["availability"] == (show or "offline")
    assert any(line["asked"] for line in found["trace"] if line["used"])
    await still_works(client)
    answers = [xml for xml in client.received.stanzas[before:] if about in (xml.get("from") or "")]
    assert answers == []
    streams = (await house.quorate.run("streams", "--json")).json()
    assert [s["state"] for s in streams if who in s["account"]] == ["live"]


async def test_a_stranger_stays_unknown_and_the_reason_is_said(house: House) -> None:
    await house.login("grace", through=True)
    found = await verdict(house, "stranger@example.org")
    assert found["availability"] == "unknown"
    assert found["reason"] == "not-subscribed"


async def test_many_questions_leave_the_stream_as_it_was(house: House) -> None:
    heidi = await house.login("heidi", through=True)
    done = await house.quorate.run("who", "--json")
    assert {p["availability"] for p in done.json()} <= {"offline", "unknown", "available"}
    assert len(done.json()) > len(CROWD)
    await still_works(heidi)
    assert leaked(heidi) == []
    assert not heidi.closed.is_set()
