"""The door in front of every request: who may pass, and what every answer carries."""

from collections.abc import AsyncIterator

import httpx
import pytest

from quorate.server.guard import CSP
from tests.server.stand_in import TOKEN, StandIn, app_of, client_of

JSON = {"content-type": "application/json"}
SAME = {"sec-fetch-site": "same-origin"}


async def session_of(api: httpx.AsyncClient) -> str:
    """A browser's session, got by the one-time key."""
    url = (await api.post("/api/v1/enter-keys")).json()["url"]
    answer = await api.get(url, headers={"authorization": ""})
    assert answer.status_code == 303
    return answer.cookies["quorate_session"]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xff"],
)
async def test_without_the_right_token_the_api_says_where_it_is(
    stranger: httpx.AsyncClient, authorization: str | None
) -> None:
    headers = {} if authorization is None else {b"authorization": authorization.encode("latin-1")}
    answer = await stranger.get("/api/v1/people", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "run.json" in answer.json()["remedy"]
    assert TOKEN not in answer.text


async def test_the_bearer_of_the_token_is_let_in(api: httpx.AsyncClient) -> None:
    assert (await api.get("/api/v1/people")).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
async def test_what_watches_the_installation_needs_no_token(stranger: httpx.AsyncClient, path: str) -> None:
    assert (await stranger.get(path)).status_code == 200


@pytest.mark.parametrize("changed", [{"public_url": "https://q.example.org"}, {"web": "192.0.2.7:8765"}])
async def test_how_many_streams_are_open_is_for_the_owner_only_once_others_reach_the_server(
    stand_in: StandIn, changed: dict[str, str]
) -> None:
    stand_in.settings = stand_in.settings.model_copy(update=changed)
    async with client_of(app_of(stand_in)) as client:
        assert (await client.get("/metrics", headers={"authorization": ""})).status_code == 401
        assert (await client.get("/metrics")).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8765", 200),
        ("localhost:9", 200),
        ("[::1]:8765", 200),
        ("127.9.9.9", 200),
        ("evil.example", 421),
        ("evil.example:8765", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("[", 421),
    ],
)
async def test_only_the_servers_own_names_are_answered_for(
    api: httpx.AsyncClient, host: str, status: int
) -> None:
    answer = await api.get("/api/v1/people", headers={"host": host})
    assert answer.status_code == status
    if status == 421:
        assert "public_url" in answer.json()["remedy"]


async def test_the_public_name_is_answered_for(stand_in: StandIn) -> None:
    stand_in.settings = stand_in.settings.model_copy(update={"public_url": "https://q.example.org"})
    async with client_of(app_of(stand_in)) as client:
        headers = {"host": "q.example.org"}
        assert (await client.get("/api/v1/people", headers=headers)).status_code == 200


async def test_a_one_time_key_lets_a_browser_in_once(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, stand_in: StandIn
) -> None:
    url = (await api.post("/api/v1/enter-keys")).json()["url"]
    first = await stranger.get(url)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=2592000"))
    assert "Secure" not in cookie
    # another app over the same store stands for a restarted server; keys do not survive it, sessions do
    async with client_of(app_of(stand_in), bearer=None) as later:
        later.cookies.set("quorate_session", first.cookies["quorate_session"])
        assert (await later.get("/api/v1/people")).status_code == 200


async def test_a_key_that_was_used_is_worth_nothing(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    url = (await api.post("/api/v1/enter-keys")).json()["url"]
    assert (await stranger.get(url)).status_code == 303
    stranger.cookies.clear()
    again = await stranger.get(url)
    assert again.status_code == 401
    assert "quorate page" in again.text


async def test_a_browser_that_is_in_does_not_use_up_a_key(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    first, second = [(await api.post("/api/v1/enter-keys")).json()["url"] for _ in range(2)]
    await stranger.get(first)
    assert (await stranger.get(second)).status_code == 303
    stranger.cookies.clear()
    assert "set-cookie" in (await stranger.get(second)).headers


async def test_a_key_is_too_old_after_ten_minutes(stand_in: StandIn) -> None:
    async with client_of(app_of(stand_in)) as client:
        url = (await client.post("/api/v1/enter-keys")).json()["url"]
        stand_in.hands.advance(600)
        assert (await client.get(url, headers={"authorization": ""})).status_code == 401


async def test_a_session_ends_after_thirty_days(stand_in: StandIn) -> None:
    async with client_of(app_of(stand_in)) as client:
        client.cookies.set("quorate_session", await session_of(client))
        del client.headers["authorization"]
        assert (await client.get("/api/v1/people")).status_code == 200
        stand_in.hands.advance(30 * 24 * 3600)
        assert (await client.get("/api/v1/people")).status_code == 401


async def test_over_https_the_session_cookie_is_secure(stand_in: StandIn) -> None:
    stand_in.settings = stand_in.settings.model_copy(update={"public_url": "https://localhost"})
    async with client_of(app_of(stand_in)) as client:
        key = (await client.post("/api/v1/enter-keys")).json()["url"].partition("key=")[2]
        answer = await client.get(f"/enter?key={key}", headers={"authorization": ""})
        assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (SAME | JSON, 200),
        ({"sec-fetch-site": "none"} | JSON, 200),
        ({"origin": "http://127.0.0.1:8765"} | JSON, 200),
        (
            {"origin": "http://127.0.0.1:8765"}
            | SAME
            | JSON
            | {"content-type": "application/json; charset=utf-8"},
            200,
        ),
        (JSON, 403),
        ({"sec-fetch-site": "cross-site"} | JSON, 403),
        ({"sec-fetch-site": "same-site"} | JSON, 403),
        ({"origin": "http://evil.example"} | JSON, 403),
        ({"origin": "http://evil.example"} | SAME | JSON, 403),
        ({"origin": "null"} | JSON, 403),
        ({"origin": "http://127.0.0.1:9999"} | JSON, 403),
        (SAME | {"content-type": "text/plain"}, 403),
        (SAME | {"content-type": "application/x-www-form-urlencoded"}, 403),
    ],
)
async def test_another_site_cannot_act_through_the_owners_browser(
    stand_in: StandIn, headers: dict[str, str], status: int
) -> None:
    async with client_of(app_of(stand_in)) as client:
        client.cookies.set("quorate_session", await session_of(client))
        del client.headers["authorization"]
        answer = await client.post("/api/v1/me", content='{"state": "busy"}', headers=headers)
        assert answer.status_code == status
        assert stand_in.said == (["me busy"] if status == 200 else [])


async def test_a_wrong_token_is_not_mended_by_a_session(stand_in: StandIn) -> None:
    async with client_of(app_of(stand_in)) as client:
        client.cookies.set("quorate_session", await session_of(client))
        answer = await client.get("/api/v1/people", headers={"authorization": "Bearer wrong"})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "cookie", ["quorate_session", "quorate_session=", "=; ;", 'quorate_session="\\', "\x00"]
)
async def test_a_cookie_that_is_none_is_no_session(stranger: httpx.AsyncClient, cookie: str) -> None:
    assert (await stranger.get("/api/v1/people", headers={"cookie": cookie})).status_code == 401


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/api/v1/people", "/nothing", "/r/none", "/assets/none.js"]
)
async def test_every_answer_forbids_what_the_page_does_not_need(
    stranger: httpx.AsyncClient, path: str
) -> None:
    headers = (await stranger.get(path)).headers
    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'" in CSP
    )
    assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(CSP.split("; "))


async def chunks(of: bytes, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield of


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
async def test_a_body_without_an_end_is_not_read_to_its_end(
    api: httpx.AsyncClient, stand_in: StandIn, headers: dict[str, str]
) -> None:
    """Neither kept in memory nor acted upon; the answer may be any refusal."""
    body = chunks(b'{"state": "busy", "until": null}' + b" " * 60_000, 100)
    answer = await api.post("/api/v1/me", content=body, headers=JSON | headers)
    assert 400 <= answer.status_code < 500
    assert stand_in.said == []
    assert [chunk async for chunk in body] != []
