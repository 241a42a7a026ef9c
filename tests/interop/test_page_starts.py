"""The way into the page, the first start, and a server that dies and comes back, in a real Chromium."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.interop.chromium import Visitors, accessibility_faults, sideways
from tests.interop.conftest import house_factory

pytestmark = [
    pytest.mark.real("prosody", "chromium"),
    pytest.mark.asyncio(loop_scope="module"),
]

LOST_MS = 60_000
"""The page notices after 8 s of silence; after a cut it tries again for so long first."""


async def test_from_the_first_start_to_the_first_client(tmp_path: Path, visitors: Visitors) -> None:
    visitors.expect_errors("status of 401", r"favicon\.ico: .* 404")
    async with house_factory(tmp_path) as make:
        house = await make()
        quorate = house.quorate
        way_in = await quorate.way_in()

        stranger = await visitors.page(quorate.url)
        await expect(stranger.get_by_role("heading", name="Come in")).to_be_visible()
        await expect(stranger.get_by_text("quorate page")).to_be_visible()

        page = await visitors.page(way_in)
        await expect(page).to_have_url(f"{quorate.url}/")
        await stranger.goto(way_in)
        await expect(stranger.get_by_role("heading", name="This way in is closed")).to_be_visible()
        await expect(stranger.get_by_text("was used already")).to_be_visible()

        title = page.get_by_role("heading", level=1)
        await expect(title).to_have_text("Connect the client you already use")
        await expect(page.get_by_text(f"first connection on 127.0.0.1:{quorate.im_port}")).to_be_visible()
        await expect(page.get_by_text(str(quorate.ca))).to_be_visible()
        await page.get_by_role("button", name="Check now").click()
        await expect(page.get_by_role("button", name="Check now")).to_be_enabled()
        assert await accessibility_faults(page) == []
        assert await sideways(page) == 0

        await house.login("alice", through=True)
        await expect(title).to_have_text("Now")
        stream = page.get_by_role("region", name="Streams").get_by_role("listitem")
        await expect(stream).to_contain_text("alice@example.org")
        await expect(stream).to_contain_text("live")
        await page.get_by_role("link", name="Connect another").click()
        await expect(page.get_by_text(re.compile("alice@example.org is live, 3 contacts"))).to_be_visible()
        await visitors.leave()


async def test_while_the_server_is_gone_nobody_is_shown_as_available(
    tmp_path: Path, visitors: Visitors
) -> None:
    visitors.expect_errors("net::ERR_")
    async with house_factory(tmp_path) as make:
        house = await make()
        await house.login("alice", through=True)
        bob = await house.login("bob")
        page = await visitors.page(await house.quorate.way_in())
        shown = page.get_by_role("region", name="People").get_by_role("listitem").filter(has_text="bob")
        await expect(shown).to_contain_text("available")
        stream = page.get_by_role("region", name="Streams").get_by_role("listitem")
        await expect(stream).to_contain_text("live")

        await house.quorate.kill()
        strip = page.get_by_role("status").filter(has_text="Not up to date since")
        await expect(strip).to_be_visible(timeout=LOST_MS)
        await expect(strip).to_contain_text("People are shown as unknown until then.")
        await expect(shown).to_contain_text("unknown")
        await expect(shown).not_to_contain_text("available")
        await expect(page.get_by_role("button", name="You: unknown")).to_be_visible()
        await expect(stream).to_contain_text("unknown")
        assert await accessibility_faults(page) == []
        assert await sideways(page) == 0

        bob.send_presence(pshow="dnd")
        await house.clients["alice"].until(
            lambda got: any("bob" in who and what == "dnd" for who, what in got.presences), "bob busy"
        )
        await house.quorate.start()
        await expect(strip).to_be_hidden(timeout=LOST_MS)
        await expect(shown).to_contain_text("busy")
        await expect(page.get_by_role("button", name="You are available")).to_be_visible()
        await visitors.leave()
