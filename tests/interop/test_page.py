"""The page in a real Chromium, in front of the real server and people in their own clients."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.interop.chromium import Visitors, accessibility_faults, fetched, sideways
from tests.interop.conftest import House, house_factory

pytestmark = [
    pytest.mark.real("prosody", "chromium"),
    pytest.mark.asyncio(loop_scope="module"),
]

PEOPLE = ("alice", "bob", "carol", "dave", "erin")
GROUPS = {"dba": ("bob", "carol"), "legal": ("dave", "erin")}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """alice through Quorate; bob available, carol away, dave and erin offline."""
    async with house_factory(tmp_path_factory.mktemp("page")) as make:
        house = await make(people=PEOPLE, groups=GROUPS)
        alice = await house.login("alice", through=True)
        await house.login("bob")
        await house.login("carol", show="away")
        await alice.until(
            lambda got: {"bob", "carol"} <= {who.split("@")[0] for who, _ in got.presences}, "presence"
        )
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def page(house: House, visitors: Visitors) -> Page:
    """The page Now, entered, with everybody known."""
    page = await visitors.page(await house.quorate.way_in())
    await expect(row(page, "People", "dave")).to_contain_text("offline")
    return page


def row(page: Page, part: str, name: str) -> Locator:
    return page.get_by_role("region", name=part).get_by_role("listitem").filter(has_text=name)


def card(page: Page, about: str) -> Locator:
    return page.get_by_role("article", name=about, exact=True)


async def write(page: Page, who: str, about: str = "") -> None:
    await page.get_by_role("combobox").fill(who)
    if about:
        await page.get_by_placeholder("what it is about").fill(about)


async def cancel(house: House, page: Page, state: str) -> None:
    """Call off the one activity in that state, not through the page."""
    (found,) = await fetched(page, f"{house.quorate.url}/api/v1/activities?state={state}")
    await house.quorate.post(f"/activities/{found['id']}/cancel", {})


async def test_now_shows_people_with_source_and_age_and_streams(page: Page) -> None:
    for name, state in (("bob", "available"), ("carol", "away"), ("dave", "offline"), ("erin", "offline")):
        await expect(row(page, "People", name)).to_contain_text(state)
    bob = row(page, "People", "bob")
    await expect(bob).to_contain_text("told by your stream")
    await expect(bob).to_contain_text("@dba")
    await bob.get_by_role("button").click()
    evidence = bob.get_by_role("table", name="What is known about bob")
    await expect(evidence).to_contain_text(re.compile(r"alice.*stream.*\d+ (s|min).*yes", re.DOTALL))
    stream = row(page, "Streams", "alice@example.org")
    await expect(stream).to_contain_text("live")
    await expect(stream).to_contain_text("4 contacts")


async def test_a_persons_client_is_asked_again_from_the_page(page: Page) -> None:
    erin = row(page, "People", "erin")
    await erin.get_by_role("button").click()
    await erin.get_by_role("button", name="Ask erin’s client again").click()
    await expect(erin).to_contain_text(re.compile(r"asked on your stream \d+ (s|min) ago"))


@pytest.mark.parametrize(
    ("who", "says", "button"),
    [
        ("bob", ["Yes, this could work now.", "Would ring bob.", "Nobody is asked yet."], "Ask bob"),
        ("dave", ["Not now.", "dave is offline.", "Can wait for them."], "Wait and ask"),
        ("bob and stranger@example.org", ["Cannot tell yet.", "If they can come: yes."], "Wait and ask"),
    ],
    ids=["yes", "no", "unknown"],
)
async def test_while_typing_it_says_what_would_happen(
    page: Page, who: str, says: list[str], button: str
) -> None:
    await write(page, who)
    composer = page.get_by_role("region", name="Who do you need?")
    for text in says:
        await expect(composer).to_contain_text(text)
    await expect(composer.get_by_role("button", name=button)).to_be_enabled()
    assert await page.get_by_role("article").count() == 0


async def test_what_is_refused_says_where_and_is_mended_by_a_button(page: Page, visitors: Visitors) -> None:
    visitors.expect_errors("status of 422")
    await write(page, "any of @dbo")
    field = page.get_by_role("combobox")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(re.compile("^Column 8: there is no group “@dbo”."))
    await page.get_by_role("button", name="Use @dba").click()
    await expect(field).to_have_value("any of @dba")
    await expect(field).to_be_focused()
    await expect(page.get_by_text("Would ring bob.")).to_be_visible()


async def test_asking_from_the_page_rings_people_in_their_own_client(house: House, page: Page) -> None:
    await write(page, "bob and dave", "release 2.4")
    await page.get_by_role("button", name="Wait and ask").click()
    shown = card(page, "release 2.4")
    await expect(shown).to_contain_text("Waiting")
    await expect(shown).to_contain_text("Next")
    assert house.clients["bob"].received.messages == []

    dave = await house.login("dave")
    await expect(shown).to_contain_text("Ringing")
    for name in ("bob", "dave"):
        assert '"release 2.4"' in await house.clients[name].message_with("[Quorate]", "alice@example.org")
        await expect(shown.get_by_role("listitem").filter(has_text=f"{name}, being asked")).to_be_visible()
    house.clients["bob"].say("alice@example.org", "yes")
    await expect(shown.get_by_role("group", name="Who is needed: 2 of 3")).to_be_visible()
    dave.say("alice@example.org", "yes")
    await expect(shown).to_contain_text("Live")
    link = await house.clients["bob"].message_with("/r/", "alice@example.org")
    own = await shown.get_by_role("link", name="Open the room").get_attribute("href")
    assert own is not None
    assert own not in link

    await shown.get_by_role("link", name="release 2.4").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("release 2.4")
    happened = page.get_by_role("region", name="What happened").get_by_role("listitem")
    await expect(happened.first).to_be_visible()
    story = " ".join(await happened.all_inner_texts())
    for word in ("bob", "dave", "yes"):
        assert word in story
    why = page.get_by_role("region", name="Why", exact=True)
    await expect(why.get_by_role("listitem").first).to_contain_text("met:")
    assert await accessibility_faults(page) == []
    assert await sideways(page) == 0

    await page.get_by_role("button", name="End for all").click()
    await page.get_by_role("button", name="Yes, end it").click()
    await expect(page.get_by_text("Ended", exact=True)).to_be_visible()
    await dave.leave()
    await page.goto(f"{house.quorate.url}/history")
    await expect(card(page, "release 2.4")).to_contain_text("Ended")


async def test_cancelling_asks_once_tells_people_and_stays_in_history(house: House, page: Page) -> None:
    await write(page, "bob", "old plan")
    await page.get_by_role("button", name="Ask bob").click()
    shown = card(page, "old plan")
    await expect(shown).to_contain_text("Ringing")
    bob = house.clients["bob"]
    await bob.message_with('"old plan"', "alice@example.org")
    await shown.get_by_role("button", name="Cancel and tell them").click()
    await expect(shown).to_contain_text("1 person was asked. Tell them it is off?")
    await shown.get_by_role("button", name="Keep").click()
    await shown.get_by_role("button", name="Cancel and tell them").click()
    await shown.get_by_role("button", name="Yes, cancel").click()
    await bob.message_with('"old plan" is cancelled', "alice@example.org")
    await expect(page.get_by_role("heading", name="Under way")).to_be_visible()
    await expect(shown).to_be_hidden()
    await page.get_by_role("link", name="History").first.click()
    await expect(card(page, "old plan")).to_contain_text("Cancelled")


async def test_what_is_asked_in_a_client_appears_by_itself_and_can_be_extended(
    house: House, page: Page
) -> None:
    house.clients["alice"].say("quorate@quorate.invalid", 'meet erin about "later" within 20m')
    shown = card(page, "later")
    await expect(shown).to_contain_text("Waiting")
    before = await shown.inner_text()
    await shown.get_by_role("button", name="5 min more").click()
    await expect(shown).not_to_have_text(before)
    (listed,) = [a for a in (await house.quorate.run("list", "--json")).json() if a["about"] == "later"]
    await house.quorate.post(f"/activities/{listed['id']}/cancel", {})
    await expect(shown).to_be_hidden()


async def test_the_owner_says_busy_and_every_page_knows(house: House, page: Page, visitors: Visitors) -> None:
    other = await visitors.page(await house.quorate.way_in())
    await page.get_by_role("button", name="You are available").click()
    assert await accessibility_faults(page) == []
    await page.get_by_role("menuitem", name="Busy until I change it").click()
    for one in (page, other):
        await expect(one.get_by_role("button", name="You are busy")).to_be_visible()
    await page.get_by_role("button", name="You are busy").click()
    await page.get_by_role("menuitem", name="Available", exact=True).click()
    await expect(other.get_by_role("button", name="You are available")).to_be_visible()


async def test_keys_reach_the_composer_the_pages_and_their_own_list(page: Page, visitors: Visitors) -> None:
    visitors.expect_errors("status of 422")
    await page.keyboard.type("gp")
    await expect(page.get_by_role("heading", level=1)).to_have_text("People")
    await page.keyboard.press("/")
    await expect(page.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("any of @db?")
    await expect(page.get_by_role("combobox")).to_have_value("any of @db?")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    await expect(keys).to_be_visible()
    assert await accessibility_faults(page) == []
    await page.keyboard.press("Escape")
    await expect(keys).to_be_hidden()


async def test_a_suggestion_is_taken_and_sent_by_keys_alone(
    house: House, page: Page, visitors: Visitors
) -> None:
    visitors.expect_errors("status of 422")  # half a name, if it stands there long enough to be asked about
    await page.keyboard.press("/")
    await page.keyboard.type("bo")
    await expect(page.get_by_role("option").first).to_contain_text("bob")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("combobox")).to_have_value(re.compile("^bob ?$"))
    await expect(page.get_by_text("Would ring bob.")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(card(page, "bob")).to_contain_text("Ringing")
    await expect(page.get_by_role("combobox")).to_have_value("")
    (listed,) = [a for a in (await house.quorate.run("list", "--json")).json() if a["state"] == "ringing"]
    await house.quorate.post(f"/activities/{listed['id']}/cancel", {})


async def test_every_page_is_accessible_and_never_scrolls_sideways(
    house: House, page: Page, visitors: Visitors
) -> None:
    visitors.expect_errors("status of 404")
    for path in ("/", "/people", "/streams", "/history", "/activities/Q999", "/nowhere"):
        await page.goto(house.quorate.url + path)
        await expect(page.get_by_role("heading", level=1)).to_be_attached()
        assert await accessibility_faults(page) == [], path
        assert await sideways(page) == 0, path


async def test_the_composer_at_work_is_accessible(house: House, page: Page, visitors: Visitors) -> None:
    visitors.expect_errors("status of 422")
    for who, answer in (("bob", "Would ring bob."), ("any of @dbo", "Column 8")):
        await write(page, who)
        await expect(page.get_by_text(answer)).to_be_visible()
        assert await accessibility_faults(page) == []
        assert await sideways(page) == 0
