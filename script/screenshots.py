"""Takes the pictures of the README from a real Quorate: .venv/bin/python script/screenshots.py [FOLDER]

Needs what the tests need (script/test installs it): Prosody, Chromium, the built page. Everything is private,
on free loopback ports, in a temporary directory.
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.interop.chromium import DESK, chromium  # noqa: E402
from tests.interop.conftest import House, house_factory  # noqa: E402

IMAGES = ROOT / "docs" / "images"
MAX_BYTES = 200 * 1024
PEOPLE = ("sam", "raj", "kofi", "lena", "omar", "ines", "hana", "nadia", "ruth")
SHOWS = {"raj": "", "kofi": "", "omar": "", "nadia": "", "ruth": "", "hana": "away", "ines": "dnd"}
GROUPS = {"dba": ("raj", "kofi", "ines"), "ops": ("hana",), "legal": ("nadia", "ruth")}
SAM = "sam@example.org"
COMPANION = "quorate@quorate.invalid"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/r/\S+")


async def ask(house: House, who: str, about: str, *, within_s: int) -> None:
    await house.quorate.post("/activities", {"who": who, "about": about, "within_s": within_s})


async def answer(house: House, name: str, about: str, text: str) -> None:
    await house.clients[name].message_with(f'"{about}"', SAM)
    house.clients[name].say(SAM, text)


async def open_page(browser: Browser, url: str) -> Page:
    context = await browser.new_context(viewport=DESK, color_scheme="light", reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(url)
    return page


async def keep(page: Page, name: str, folder: Path) -> None:
    path = folder / f"{name}.png"
    await page.screenshot(path=path)
    size = path.stat().st_size
    print(f"{path}: {size // 1024} KiB")
    if size > MAX_BYTES:
        raise SystemExit(f"{path} is larger than {MAX_BYTES // 1024} KiB: show less on it.")


async def picture_of_now(house: House, browser: Browser, folder: Path) -> None:
    """One said yes, two are being asked; somebody else is waited for; the next question is being typed."""
    await ask(house, "lena and any of @ops", "release 2.4", within_s=2 * 3600)
    await ask(house, "2 of @dba and (omar or lena)", "orders DB down", within_s=600)
    await answer(house, "raj", "orders DB down", "yes")
    page = await open_page(browser, await house.quorate.way_in())
    card = page.get_by_role("article", name="orders DB down")
    await expect(card.get_by_role("group", name="Who is needed: 2 of 4")).to_be_visible()
    await expect(page.get_by_role("region", name="People").get_by_text("hana")).to_be_visible()
    await page.get_by_role("combobox").fill("any of @legal")
    await page.get_by_placeholder("what it is about").fill("NDA, sign 17:00")
    await expect(page.get_by_role("button", name=re.compile("^Ask "))).to_be_visible()
    await keep(page, "now", folder)


async def picture_of_the_room(house: House, browser: Browser, folder: Path) -> None:
    """The same people once they are there."""
    await answer(house, "omar", "orders DB down", "yes")
    await answer(house, "kofi", "orders DB down", "yes")
    pages = {}
    for name in ("sam", "raj", "kofi", "omar"):
        words, sender = ("is live", COMPANION) if name == "sam" else (" is open", SAM)
        found = LINK.search(await house.clients[name].message_with(words, sender))
        if found is None:
            raise SystemExit(f"{name} got no link.")
        pages[name] = await open_page(browser, found.group())
    here = pages["sam"].get_by_role("complementary", name="Who").get_by_role("listitem")
    await expect(here).to_have_count(len(pages))
    for name, text in (
        ("sam", "Thanks for coming. Orders has refused new connections since 02:14."),
        ("kofi", "Pool is exhausted, 200 of 200, most of them idle in transaction."),
        ("raj", "The import job from 02:10 holds them. Shall I stop it?"),
        ("omar", "Nobody needs it before Monday, please do."),
        ("raj", "Stopped. Connections are coming back."),
    ):
        field = pages[name].get_by_role("textbox", name="Message to everybody here")
        await field.fill(text)
        await field.press("Enter")
        await expect(pages["sam"].get_by_role("log")).to_contain_text(text)
    await keep(pages["sam"], "room", folder)


async def take(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="quorate-pictures-") as home:
        async with house_factory(Path(home)) as make, chromium() as browser:
            house = await make(people=PEOPLE, groups=GROUPS, config="settle_s = 0\nring_s = 60\n")
            sam = await house.login("sam", through=True, resource="Gajim")
            for name, show in SHOWS.items():
                await house.login(name, show=show)
            expected = set(SHOWS)
            await sam.until(lambda got: expected <= {w.split("@")[0] for w, _ in got.presences}, "presence")
            await picture_of_now(house, browser, folder)
            await picture_of_the_room(house, browser, folder)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(target))
