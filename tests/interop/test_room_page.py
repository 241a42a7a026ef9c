"""Personal links in a real Chromium: what organiser and guests see, do and never learn."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, WebSocket, expect

from tests.interop.chromium import DESK, PHONE, Visitors, accessibility_faults, fetched, sideways
from tests.interop.conftest import House, house_factory

pytestmark = [
    pytest.mark.real("prosody", "chromium"),
    pytest.mark.asyncio(loop_scope="module"),
]

PEOPLE = ("alice", "bob", "carol", "dave", "erin")
COMPANION = "quorate@quorate.invalid"
ALICE = "alice@example.org"
LONGEST_WAIT_MS = 90_000
"""A page that has found no server for a while tries again every 30 s."""
LINK = re.compile(r"http://127\.0\.0\.1:\d+/r/\S+")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """alice through Quorate; everybody else available in clients of their own."""
    async with house_factory(tmp_path_factory.mktemp("room")) as make:
        house = await make(people=PEOPLE)
        alice = await house.login("alice", through=True)
        for name in PEOPLE[1:]:
            await house.login(name)
        await alice.until(lambda got: {w.split("@")[0] for w, _ in got.presences} >= set(PEOPLE), "presence")
        yield house


class Meeting:
    """One activity of alice's, and everybody's links to it."""

    def __init__(self, house: House, made: dict[str, Any]) -> None:
        self.house = house
        self.id = str(made["id"])
        self.about = str(made["about"])

    async def say(self, name: str, answer: str) -> None:
        """Once rung, ``name`` answers in their own client."""
        client = self.house.clients[name]
        await client.message_with(f'"{self.about}"', ALICE)
        client.say(ALICE, answer)

    async def link(self, name: str) -> str:
        """The first link that ``name`` got."""
        found = LINK.search(await self.house.clients[name].message_with("/r/", ALICE))
        assert found is not None
        return found.group()

    async def end(self) -> None:
        await self.house.quorate.post(f"/activities/{self.id}/cancel", {})


async def meet(house: House, who: str, about: str) -> Meeting:
    for client in house.clients.values():
        client.received.messages.clear()
    return Meeting(house, await house.quorate.post("/activities", {"who": who, "about": about}))


async def own_link(meeting: Meeting) -> str:
    alice = meeting.house.clients["alice"]
    found = LINK.search(await alice.message_with(f"{meeting.id} is live", COMPANION))
    assert found is not None
    return found.group()


def people_here(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Who").get_by_role("listitem")


async def says(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message to everybody here").fill(text)
    await page.keyboard.press("Enter")


async def test_a_guest_waits_and_never_learns_who_was_asked_or_declined(
    house: House, visitors: Visitors
) -> None:
    meeting = await meet(house, "bob and (carol or dave) and erin", "disk full")
    await meeting.say("bob", "yes")
    url = await meeting.link("bob")
    page = await visitors.page("about:blank", size=PHONE)
    frames: list[str] = []

    def follow(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(str(frame)))

    page.on("websocket", follow)
    await page.goto(url)
    await expect(page.get_by_role("heading", name="disk full")).to_be_visible()
    await expect(page.get_by_text("alice asked you, bob")).to_be_visible()
    await expect(page.get_by_text("You are in.")).to_be_visible()
    await expect(page.get_by_role("heading", name="2 of 4 are in")).to_be_visible()
    assert await accessibility_faults(page) == []
    assert await sideways(page) == 0

    await meeting.say("carol", "no")
    await meeting.say("erin", "yes")
    await expect(page.get_by_role("heading", name="3 of 4 are in")).to_be_visible()
    await house.clients["dave"].message_with('"disk full"', ALICE)
    await expect(page.get_by_text("erin").first).to_be_visible()
    raw = json.dumps(await fetched(page, url.replace("/r/", "/api/v1/rooms/")))
    shown = await page.content()
    assert frames
    for name in ("carol", "dave"):
        for text in (raw, shown, *frames):
            assert name not in text
    assert "example.org" not in raw + shown + "".join(frames)

    await meeting.say("dave", "yes")
    await expect(page.get_by_role("textbox", name="Message to everybody here")).to_be_visible()
    assert all("carol" not in text for text in (await page.content(), *frames))
    await meeting.end()


async def ways_out_stand_together(page: Page) -> None:
    """On a phone, too, and on the right."""
    await page.set_viewport_size(PHONE)
    end, leave = [
        await page.get_by_role("button", name=name).bounding_box() for name in ("End for all", "Leave")
    ]
    assert end is not None
    assert leave is not None
    assert end["y"] == leave["y"]
    assert PHONE["width"] - (leave["x"] + leave["width"]) < end["x"]
    await page.set_viewport_size(DESK)


async def test_the_open_room_from_first_word_to_the_end_for_all(house: House, visitors: Visitors) -> None:
    meeting = await meet(house, "bob", "orders")
    await meeting.say("bob", "yes")
    organiser = await visitors.page(await own_link(meeting))
    guest = await visitors.page(await meeting.link("bob"), size=DESK)
    for page in (organiser, guest):
        await expect(people_here(page)).to_have_count(2)
        await expect(page.get_by_role("status").filter(has_text="2 of 2 here")).to_be_visible()
        await expect(page.get_by_role("log")).to_contain_text("Nobody wrote yet.")

    await ways_out_stand_together(organiser)

    await says(organiser, "hello bob")
    await expect(guest.get_by_role("log")).to_contain_text("hello bob")
    await says(guest, "<b>hello</b> alice")
    await expect(organiser.get_by_role("log")).to_contain_text("<b>hello</b> alice")
    for page in (organiser, guest):
        assert await accessibility_faults(page) == []
        assert await sideways(page) == 0
        await page.set_viewport_size(DESK)
    assert "hello bob" not in house.server.stored_text()

    await expect(guest.get_by_role("button", name="End for all")).to_be_hidden()
    await guest.get_by_role("button", name="Leave").click()
    await expect(guest.get_by_text("You left the room.")).to_be_visible()
    await expect(people_here(organiser)).to_have_count(1)
    await guest.get_by_role("button", name="Come back").click()
    await expect(people_here(organiser)).to_have_count(2)
    await expect(guest.get_by_role("log")).to_contain_text("hello bob")

    await organiser.get_by_role("button", name="End for all").click()
    await expect(organiser.get_by_text("This closes the room for everybody.")).to_be_visible()
    await organiser.get_by_role("button", name="Yes, end it").click()
    for page in (organiser, guest):
        await expect(page.get_by_text(re.compile(r"This ended at \d\d:\d\d\."))).to_be_visible()
    await expect(guest.get_by_text("write to alice in your own chat")).to_be_visible()
    assert await accessibility_faults(guest) == []
    assert await sideways(guest) == 0


async def test_whoever_comes_late_is_told_who_covers_and_may_join_anyway(
    house: House, visitors: Visitors
) -> None:
    meeting = await meet(house, "(bob or carol) and dave", "backup")
    await meeting.say("bob", "yes")
    link = await meeting.link("bob")
    await meeting.say("bob", "no")
    await meeting.say("carol", "yes")
    await meeting.say("dave", "yes")
    organiser = await visitors.page(await own_link(meeting))
    guest = await visitors.page(link, size=PHONE)
    await expect(guest.get_by_text(re.compile(r"Covered by carol \d+ (s|min) ago\."))).to_be_visible()
    await expect(guest.get_by_text("Nothing you need to do. You can still join.")).to_be_visible()
    await expect(guest.get_by_role("listitem").filter(has_text="alice")).to_be_visible()
    assert await accessibility_faults(guest) == []
    assert await sideways(guest) == 0
    await guest.set_viewport_size(DESK)
    await guest.get_by_role("button", name="Yes, join now").click()
    await expect(people_here(guest).filter(has_text="bob")).to_be_visible()
    await expect(people_here(organiser).filter(has_text="bob")).to_be_visible()
    await meeting.end()


async def test_who_cannot_after_all_says_so_on_the_page_and_another_is_asked(
    house: House, visitors: Visitors
) -> None:
    meeting = await meet(house, "(bob or carol) and dave", "restore")
    await meeting.say("bob", "yes")
    guest = await visitors.page(await meeting.link("bob"), size=PHONE)
    await guest.get_by_role("button", name="I cannot after all").click()
    await expect(guest.get_by_text("Your no was passed on.")).to_be_visible()
    await meeting.say("carol", "yes")
    await meeting.say("dave", "yes")
    await expect(guest.get_by_text(re.compile("Covered by carol"))).to_be_visible()
    await guest.get_by_role("button", name="No, thanks").click()
    await expect(guest.get_by_role("button", name="Yes, join now")).to_be_hidden()
    await meeting.end()
    await expect(guest.get_by_text(re.compile(r"This ended at"))).to_be_visible()


async def test_what_is_cancelled_is_said_on_the_open_link(house: House, visitors: Visitors) -> None:
    meeting = await meet(house, "bob and carol", "sprint")
    await meeting.say("bob", "yes")
    guest = await visitors.page(await meeting.link("bob"), size=PHONE)
    await expect(guest.get_by_text("You are in.")).to_be_visible()
    await meeting.end()
    await expect(guest.get_by_text("alice took this back. Nothing you need to do.")).to_be_visible()


async def test_what_was_written_while_the_server_was_gone_arrives(house: House, visitors: Visitors) -> None:
    visitors.expect_errors("net::ERR_", "WebSocket connection to")
    meeting = await meet(house, "bob", "outage")
    await meeting.say("bob", "yes")
    organiser = await visitors.page(await own_link(meeting))
    guest = await visitors.page(await meeting.link("bob"))
    await expect(people_here(organiser)).to_have_count(2)
    await house.quorate.kill()
    await expect(guest.get_by_text("Not connected since")).to_be_visible()
    await says(guest, "still there?")
    await expect(guest.get_by_role("log")).to_contain_text("not sent yet")
    await house.quorate.start()
    await expect(organiser.get_by_role("log")).to_contain_text("still there?", timeout=LONGEST_WAIT_MS)
    await expect(guest.get_by_text("Not connected since")).to_be_hidden()
    await meeting.end()


async def test_a_link_that_leads_nowhere_says_what_to_do(house: House, visitors: Visitors) -> None:
    visitors.expect_errors("status of 404")
    page = await visitors.page(f"{house.quorate.url}/r/AAAAAAAAAAAAAAAAAAAAAAAA", size=PHONE)
    await expect(page.get_by_role("heading", name="This link does not work.")).to_be_visible()
    await expect(page.get_by_text("Ask whoever sent it for a new one")).to_be_visible()
    assert await accessibility_faults(page) == []
    assert await sideways(page) == 0
