"""`quorate clients` and the page's button: real clients are found, told apart, and attached to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from quorate.capture.processes import text_of
from tests.interop.conftest import House, MakeHouse
from tests.interop.test_profanity import sit_down

pytestmark = pytest.mark.real("prosody", "profanity", "tmux", "gcc")


@asynccontextmanager
async def page_of(house: House) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {house.quorate.token}"}
    async with httpx.AsyncClient(headers=headers, base_url=f"{house.quorate.url}/api/v1", timeout=60) as page:
        yield page


async def profanities(page: httpx.AsyncClient) -> list[dict[str, Any]]:
    return [c for c in (await page.get("/clients")).json() if c["name"] == "profanity" and c["pid"]]


def in_home(client: dict[str, Any], home: Path) -> bool:
    return f"HOME={home}" in text_of(client["pid"], "environ").split("\0")


async def test_clients_are_found_and_one_is_attached_to_with_one_click(
    make_house: MakeHouse, tmp_path: Path
) -> None:
    house = await make_house()
    bob_screen = await sit_down(house, tmp_path, "bob", through=True)
    alice = await sit_down(house, tmp_path, "alice", through=False)
    async with page_of(house) as page:
        found = await profanities(page)
        (bob,) = (c for c in found if in_home(c, tmp_path / "bob"))
        assert (bob["mode"], bob["way"], bob["command"]) == ("listener", "none", None)
        (free,) = (c for c in found if in_home(c, tmp_path / "alice"))
        assert (free["mode"], free["tls"], free["way"]) == (None, "OpenSSL", "attach")
        assert free["command"] == f"quorate attach {free['pid']}"
        typed = (await house.quorate.run("clients")).out
        assert f"profanity ({free['pid']})" in typed
        assert free["command"] in typed

        assert (await page.post("/clients/1/attach")).status_code == 404
        refused = await page.post(f"/clients/{bob['pid']}/attach")
        assert refused.status_code == 409
        assert "Captured: listener" in refused.json()["detail"]

        done = await page.post(f"/clients/{free['pid']}/attach")
        assert done.status_code == 200, done.text
        assert (done.json()["pid"], done.json()["name"]) == (free["pid"], "profanity")
        (now,) = (c for c in await profanities(page) if c["pid"] == free["pid"])
        assert (now["mode"], now["one_click"]) == ("attach", False)
    await alice.type("/msg bob hello")
    await bob_screen.shows("chat message: alice")
