"""`quorate clients` and the page's button: real clients are found, told apart, and attached to."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from quorate.capture.processes import text_of
from tests.interop.conftest import House, MakeHouse
from tests.interop.test_profanity import sit_down

pytestmark = pytest.mark.real("prosody", "profanity", "tmux", "gcc")


async def client_of(house: House, **wanted: object) -> dict[str, Any]:
    done = await house.quorate.run("clients", "--json")
    assert done.code == 0, done.err
    (found,) = (c for c in done.json() if all(c[key] == value for key, value in wanted.items()))
    return dict(found)


async def press(house: House, pid: int) -> httpx.Response:
    headers = {"Authorization": f"Bearer {house.quorate.token}"}
    async with httpx.AsyncClient(headers=headers, timeout=30) as page:
        return await page.post(f"{house.quorate.url}/api/v1/clients/{pid}/attach")


async def pid_of(house: House, account: str, home: Path) -> int:
    """Of the profanity that lives in this directory."""
    for client in (await house.quorate.run("clients", "--json")).json():
        if client["name"] == "profanity" and client["pid"] is not None:
            if f"HOME={home / account}" in text_of(client["pid"], "environ").split("\0"):
                return int(client["pid"])
    raise AssertionError(f"{account}'s profanity is not listed")


async def test_clients_are_found_and_one_is_attached_to_with_one_click(
    make_house: MakeHouse, tmp_path: Path
) -> None:
    house = await make_house()
    bob_screen = await sit_down(house, tmp_path, "bob", through=True)
    alice = await sit_down(house, tmp_path, "alice", through=False)
    bob_pid, alice_pid = [await pid_of(house, name, tmp_path) for name in ("bob", "alice")]

    bob = await client_of(house, pid=bob_pid)
    assert (bob["mode"], bob["way"], bob["command"]) == ("listener", "none", None)
    free = await client_of(house, pid=alice_pid)
    assert (free["mode"], free["tls"], free["way"]) == (None, "openssl", "attach")
    assert free["command"] == f"quorate attach {alice_pid}"
    typed = (await house.quorate.run("clients")).out
    assert f"profanity ({alice_pid})" in typed
    assert f"quorate attach {alice_pid}" in typed

    assert (await press(house, 1)).status_code == 404
    refused = await press(house, bob_pid)
    assert refused.status_code == 409
    assert "Captured: listener" in refused.json()["detail"]

    done = await press(house, alice_pid)
    assert done.status_code == 200, done.text
    assert (done.json()["pid"], done.json()["name"]) == (alice_pid, "profanity")
    assert (await client_of(house, pid=alice_pid))["mode"] == "attach"
    await alice.type("/msg bob hello")
    await bob_screen.shows("chat message: alice")


async def test_without_quorate_they_are_found_all_the_same(make_house: MakeHouse) -> None:
    house = await make_house(people=["alice"])
    await house.quorate.stop()
    done = await house.quorate.run("clients", "--json")
    assert done.code == 0
    assert {"profanity", "mcabber"} <= {client["name"] for client in done.json()}
    assert "quorate up" in (await house.quorate.run("clients")).err
