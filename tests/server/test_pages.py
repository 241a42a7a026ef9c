"""The page as files: who gets which, and how long a browser keeps it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.server.stand_in import StandIn, app_of, client_of, incident

PAGE = '<title>the page</title><link rel="stylesheet" crossorigin href="/assets/index-4f2a.css">'


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A page as the build leaves it."""
    directory = tmp_path / "static"
    (directory / "assets").mkdir(parents=True)
    (directory / "index.html").write_text(PAGE)
    (directory / "room.html").write_text("<title>the room</title>")
    (directory / "assets" / "index-4f2a.js").write_text("1")
    (directory / "secret.txt").write_text("not served")
    return directory


@pytest.fixture
async def built(stand_in: StandIn, static: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app_of(stand_in, static)) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/activities", "/activities/Q1", "/people", "/streams", "/history"])
async def test_the_owner_gets_the_page_at_each_of_its_addresses(built: httpx.AsyncClient, path: str) -> None:
    answer = await built.get(path)
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


async def test_whoever_is_not_the_owner_is_told_how_to_get_in(stand_in: StandIn, static: Path) -> None:
    async with client_of(app_of(stand_in, static), bearer=None) as client:
        answer = await client.get("/")
        assert (answer.status_code, "quorate page" in answer.text) == (401, True)
        assert "<style" not in answer.text
        assert "style=" not in answer.text
        assert '<link rel="stylesheet" href="/assets/index-4f2a.css">' in answer.text


async def test_a_guest_gets_the_room_without_an_account(stand_in: StandIn, static: Path) -> None:
    stand_in.put(incident())
    async with client_of(app_of(stand_in, static), bearer=None) as client:
        answer = await client.get(f"/r/{stand_in.links.token('Q1', 'raj')}")
        assert (answer.status_code, answer.text) == (200, "<title>the room</title>")
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        dead = await client.get("/r/none")
        assert (dead.status_code, dead.text) == (404, "<title>the room</title>")


async def test_hashed_assets_are_kept_for_ever(built: httpx.AsyncClient) -> None:
    answer = await built.get("/assets/index-4f2a.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "javascript" in answer.headers["content-type"]
    missing = await built.get("/assets/index-0000.js")
    assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")


@pytest.mark.parametrize(
    "path", ["/secret.txt", "/assets/../secret.txt", "/assets/%2e%2e/secret.txt", "/favicon.svg"]
)
async def test_nothing_else_is_served(built: httpx.AsyncClient, path: str) -> None:
    answer = await built.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/enter?key=old", "/nowhere"])
async def test_plain_pages_have_an_icon_too(stand_in: StandIn, static: Path, path: str) -> None:
    (static / "assets" / "logo-7d1e.svg").write_text("<svg/>")
    async with client_of(app_of(stand_in, static), bearer=None) as client:
        page = (await client.get(path, headers={"accept": "text/html"})).text
        icon = re.search(r'<link rel="icon" href="([^"]+)"', page)
        assert icon
        for address in (icon[1], "/favicon.ico"):
            answer = await client.get(address)
            assert (answer.text, answer.headers["content-type"]) == ("<svg/>", "image/svg+xml")


@pytest.mark.parametrize("path", ["/", "/r/none"])
async def test_a_page_that_was_not_built_says_how(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(path)
    assert answer.status_code == 503
    assert "script/up" in answer.text
    assert "npm run build" in answer.text
