"""What a question does on real servers, seen from the client asked through, its other device, and the server.

T20 to T25: an answer for everybody, nothing published, nothing cancelled, no news hidden.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.interop.conftest import House, SharedEjabberd, house_factory
from tests.interop.im_client import ImClient
from tests.interop.prosody import RosterItem

pytestmark = [pytest.mark.real("prosody", "ejabberdctl"), pytest.mark.asyncio(loop_scope="module")]

PEOPLE = ("alice", "bob", "carol", "dave", "eve")
ROSTERS = {
    "alice": [
        RosterItem("bob@example.org"),
        RosterItem("carol@example.org"),
        RosterItem("dave@example.org", subscription="none"),
        RosterItem("eve@example.org", subscription="none", ask=True),
    ],
    **{name: [RosterItem("alice@example.org")] for name in ("bob", "carol")},
}
ALICE = "alice@example.org"


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["prosody", "ejabberd"])
async def house(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    shared_ejabberd: SharedEjabberd,
) -> AsyncIterator[House]:
    other = shared_ejabberd if request.param == "ejabberd" else None
    async with house_factory(tmp_path_factory.mktemp("asking"), other) as make:
        yield await make(people=PEOPLE, rosters=ROSTERS)


@pytest_asyncio.fixture(loop_scope="module")
async def clients(house: House) -> AsyncIterator[None]:
    """Whoever logged in leaves again, so that nobody knows anything of the test before."""
    yield
    for client in house.all_clients:
        await client.leave()
    house.all_clients.clear()


async def asked(house: House, who: str) -> dict[str, dict[str, Any]]:
    found = await house.quorate.post("/presence/ask", {"who": who})
    return {verdict["person"]: verdict for verdict in found}


def shown(client: ImClient, who: str) -> list[str]:
    """How this client saw somebody; a server may say first that they are not there, or not."""
    seen = [show for sender, show in client.received.presences if sender.startswith(f"{who}@")]
    return seen[1:] if seen[:1] == ["unavailable"] else seen


def noticed(client: ImClient) -> list[str]:
    """All that has come but results of its own requests."""
    kinds = [(xml.tag.rpartition("}")[2], xml.get("type")) for xml in client.received.stanzas]
    return [f"{kind} {type}" for kind, type in kinds if kind in ("presence", "message") or type == "set"]


async def still_counts(client: ImClient) -> None:
    """Both ends' counts are compared (XEP-0198): a wrong one would end the stream."""
    client.ask_for_ack()
    await client.round_trip()
    client.ask_for_ack()
    await client.round_trip()
    assert not client.closed.is_set()


@pytest.mark.usefixtures("clients")
async def test_everybody_gets_an_answer_and_nobody_notices(house: House) -> None:
    stored = house.server.stored_roster("alice")
    alice = await house.login("alice", through=True)
    second = await house.login("alice")
    bob = await house.login("bob", show="away")
    await alice.until(lambda got: shown(alice, "bob") == ["away"], "bob's presence")
    everybody = (alice, second, bob)
    for client in everybody:
        await client.round_trip()
    before = [noticed(client) for client in everybody]

    found = await asked(house, "bob and carol and dave and eve")
    said = {name: (verdict["availability"], verdict.get("reason")) for name, verdict in found.items()}
    assert said == {
        "bob": ("away", None),
        "carol": ("offline", None),
        "dave": ("unknown", "not-subscribed"),
        "eve": ("unknown", "pending"),
    }
    for client in everybody:
        await still_counts(client)
    assert [noticed(client) for client in everybody] == before
    assert house.server.stored_roster("alice") == stored


@pytest.mark.usefixtures("clients")
async def test_news_that_crosses_the_question_reaches_the_client_once(house: House) -> None:
    alice = await house.login("alice", through=True)
    bob = await house.login("bob")
    await alice.until(lambda got: shown(alice, "bob") == ["available"], "bob's presence")
    bob.send_presence(pshow="dnd", pstatus="in a meeting")
    await asked(house, "bob")
    await alice.until(lambda got: "dnd" in shown(alice, "bob"), "bob's news")
    await still_counts(alice)
    assert shown(alice, "bob") == ["available", "dnd"]
    assert (await asked(house, "bob"))["bob"]["availability"] == "busy"


@pytest.mark.usefixtures("clients")
async def test_an_inactive_client_does_not_make_the_answer_old(house: House) -> None:
    alice = await house.login("alice", through=True)
    bob = await house.login("bob")
    await alice.until(lambda got: shown(alice, "bob") == ["available"], "bob's presence")
    alice.send_raw("<inactive xmlns='urn:xmpp:csi:0'/>")
    await alice.round_trip()
    bob.send_presence(pshow="dnd")
    await bob.round_trip()
    found = await asked(house, "bob and carol")
    assert {name: verdict["availability"] for name, verdict in found.items()} == {
        "bob": "busy",
        "carol": "offline",
    }
    alice.send_raw("<active xmlns='urn:xmpp:csi:0'/>")
    await still_counts(alice)
    assert shown(alice, "bob") == ["available", "dnd"]


@pytest.mark.usefixtures("clients")
async def test_all_devices_of_a_contact_count(house: House) -> None:
    alice = await house.login("alice", through=True)
    first = await house.login("bob", show="away")
    second = await house.login("bob", show="dnd")
    for client in (first, second):
        await client.round_trip()
    await alice.until(lambda got: set(shown(alice, "bob")) == {"away", "dnd"}, "both devices")
    found = await asked(house, "bob")
    resources = [line["says"] for line in found["bob"]["trace"]]
    assert found["bob"]["availability"] == "busy"
    assert len(resources) >= 2
    await still_counts(alice)
    assert sorted(shown(alice, "bob")) == ["away", "dnd"]


@pytest.mark.usefixtures("clients")
async def test_a_client_that_is_not_available_is_shown_nobody_and_everybody_once_it_is(house: House) -> None:
    alice = await house.login("alice", through=True)
    bob = await house.login("bob", show="away")
    await alice.until(lambda got: shown(alice, "bob") == ["away"], "bob's presence")
    alice.send_presence(ptype="unavailable")
    await alice.round_trip()
    bob.send_presence(pshow="dnd")
    await bob.round_trip()
    assert (await asked(house, "bob"))["bob"]["availability"] == "busy"
    await still_counts(alice)
    assert shown(alice, "bob") == ["away"]
    alice.send_presence()
    await alice.until(lambda got: shown(alice, "bob") == ["away", "dnd"], "bob's presence once more")
    await still_counts(alice)
