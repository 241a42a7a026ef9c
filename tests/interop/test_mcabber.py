"""Alice at another real client: mcabber, whose library is loudmouth."""

from pathlib import Path

import pytest

from tests.interop.conftest import MakeHouse
from tests.interop.terminal import Mcabber

pytestmark = pytest.mark.real("prosody", "mcabber", "tmux")

COMPANION = "quorate@quorate.invalid"


async def test_roster_companion_and_chat(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house(people=("alice", "bob"))
    bob = await house.login("bob")
    folder = tmp_path / "alice"
    folder.mkdir()
    client = Mcabber(folder, house.server.jid("alice"), "secret-alice", house.quorate.im_port, folder)
    alice = await house.stack.enter_async_context(client)
    await alice.shows("Quorate")
    await bob.until(lambda got: any(who.startswith("alice@") for who, _ in got.presences), "alice")
    await alice.type(f"/roster search {COMPANION}")
    await alice.type("who bob")
    await alice.shows("bob: available")
    await alice.type("/roster search bob@example.org")
    await alice.type("hello from mcabber")
    await bob.message_with("hello from mcabber", "alice@example.org")
    bob.say("alice@example.org", "hello back")
    await alice.shows("hello back")
    assert (await house.quorate.run("who", "bob")).code == 0
    (stream,) = (await house.quorate.run("streams", "--json")).json()
    assert (stream["state"], stream["reason"], stream["companion"]) == ("live", None, True)
    assert "quorate" not in house.server.stored_text()
