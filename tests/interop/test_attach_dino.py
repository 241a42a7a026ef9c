"""Dino, whose TLS is GnuTLS under GLib's own network code, and which nobody can configure."""

import os
import signal
from pathlib import Path

import pytest

from quorate.link import attaching
from tests.interop.attached import known, stream_of
from tests.interop.conftest import House, MakeHouse
from tests.interop.dino import Dino, dino
from tests.interop.im_client import ImClient

pytestmark = pytest.mark.real("prosody", "dino-im", "Xvfb", "xdotool", "unshare", "gcc")

ALICE, BOB = "alice@example.org", "bob@example.org"
COMPANION = "quorate@quorate.invalid"
AT_ONCE = 20
"""Messages that are on their way when Quorate is killed."""


async def test_the_story_in_dino_started_by_run(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    bob = await house.login("bob")
    async with dino(house, tmp_path / "dino", "alice", by_run=True) as alice:
        stream = await stream_of(house, "alice")
        assert (stream["mode"], stream["reason"], stream["companion"]) == ("attach", None, True)
        assert await known(house, "bob and carol") == {
            "bob": ("available", False),
            "carol": ("offline", False),
        }
        await talk(alice, bob, "hello")
        assert COMPANION in alice.contacts
        await a_meeting(house, alice, bob)
        await talk(alice, bob, "and on")
        unharmed(house)


async def test_dino_joined_after_login_left_and_quorate_killed(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house()
    bob = await house.login("bob")
    async with dino(house, tmp_path / "dino", "alice") as alice:
        await talk(alice, bob, "before")
        done = await house.quorate.run("attach", "dino")
        assert f"Attached to dino-im (process {alice.pid})" in done.out, done.err
        await joined(house, alice, bob, "first")
        await a_meeting(house, alice, bob)
        await attaching.detach(house.quorate.data, "dino")
        await talk(alice, bob, "left")
        await attaching.attach(house.quorate.data, str(alice.pid))
        await joined(house, alice, bob, "second")
        agent = house.quorate.agent_pid()
        assert agent is not None
        await house.quorate.kill()
        os.kill(agent, signal.SIGKILL)
        texts = [f"message {number}" for number in range(AT_ONCE)]
        for text in texts:
            bob.say(ALICE, text)
        await alice.until(texts[-1])
        assert [text for text in alice.texts if text in texts] == texts
        await talk(alice, bob, "alone")
        await house.quorate.start()
        await joined(house, alice, bob, "third")
        unharmed(house)


async def talk(alice: Dino, bob: ImClient, word: str) -> None:
    """One message each way."""
    bob.say(ALICE, f"{word} down")
    await alice.until(f"{word} down")
    await alice.type(f"{word} up")
    await bob.message_with(f"{word} up", ALICE)


async def joined(house: House, alice: Dino, bob: ImClient, word: str) -> None:
    await talk(alice, bob, word)
    stream = await stream_of(house, "alice")
    assert (stream["reason"], stream["contacts"], stream["companion"]) == ("joined-midstream", 3, True)
    assert await known(house, "bob and carol") == {"bob": ("available", True), "carol": ("offline", True)}
    assert COMPANION in alice.contacts


async def a_meeting(house: House, alice: Dino, bob: ImClient) -> None:
    assert (await house.quorate.run("meet", "bob", "--about", "release")).code == 0
    await bob.message_with("[Quorate]", ALICE)
    bob.say(ALICE, "yes")
    await bob.message_with("/r/", ALICE)
    await alice.until("is live after")


def unharmed(house: House) -> None:
    """It logged in once, and no count was ever wrong."""
    logins = [line for line in house.server.log if f"Authenticated as {ALICE}" in line]
    assert len(logins) == 1
    assert not [line for line in house.server.log if "handled" in line]
    assert "quorate.invalid" not in house.server.stored_text()
