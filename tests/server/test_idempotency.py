import asyncio

import httpx
import pytest

from tests.server.stand_in import StandIn, app_of, client_of

KEY = {"Idempotency-Key": "k1"}


async def test_the_same_request_again_happens_once_and_gets_the_same_answer(
    api: httpx.AsyncClient, stand_in: StandIn
) -> None:
    first = await api.post("/api/v1/activities", json={"who": "bob"}, headers=KEY)
    again = await api.post("/api/v1/activities", json={"who": "bob"}, headers=KEY)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["content-type"] == "application/json"
    assert stand_in.said == ["meet bob within None"]


async def test_both_at_the_same_moment_happen_once(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    request = [api.post("/api/v1/activities", json={"who": "bob"}, headers=KEY) for _ in range(3)]
    answers = await asyncio.gather(*request)
    assert len({answer.content for answer in answers}) == 1
    assert stand_in.said == ["meet bob within None"]


async def test_it_holds_over_a_restart(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    first = await api.post("/api/v1/activities", json={"who": "bob"}, headers=KEY)
    async with client_of(app_of(stand_in)) as after:
        again = await after.post("/api/v1/activities", json={"who": "bob"}, headers=KEY)
    assert first.content == again.content
    assert stand_in.said == ["meet bob within None"]


async def test_the_key_of_another_request_is_refused(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    await api.post("/api/v1/activities", json={"who": "bob"}, headers=KEY)
    for path, body in (("/api/v1/activities", {"who": "carol"}), ("/api/v1/me", {"who": "bob"})):
        answer = await api.post(path, json=body, headers=KEY)
        assert (answer.status_code, answer.json()["type"]) == (409, "idempotency-key-reused")
    assert stand_in.said == ["meet bob within None"]


async def test_a_refusal_is_repeated_too(api: httpx.AsyncClient) -> None:
    answers = [await api.post("/api/v1/me", json={"state": "bbo"}, headers=KEY) for _ in range(2)]
    assert [a.status_code for a in answers] == [422, 422]
    assert answers[1].headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/v1/presence/ask", {"who": "bob"}), ("/api/v1/check", {"who": "bob"}), ("/api/v1/enter-keys", {})],
)
async def test_presence_and_keys_are_not_kept(
    api: httpx.AsyncClient, stand_in: StandIn, path: str, body: dict[str, str]
) -> None:
    first = await api.post(path, json=body, headers=KEY)
    again = await api.post(path, json=body, headers=KEY)
    assert first.status_code == again.status_code
    assert "idempotent-replayed" not in again.headers
    assert (await api.post("/api/v1/me", json={"state": "busy"}, headers=KEY)).status_code == 200


async def test_without_a_key_every_request_counts(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    for _ in range(2):
        await api.post("/api/v1/activities", json={"who": "bob"})
    assert len(stand_in.said) == 2


async def test_a_kept_answer_is_not_given_to_strangers(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await api.post("/api/v1/activities", json={"who": "bob"}, headers=KEY)
    answer = await stranger.post("/api/v1/activities", json={"who": "bob"}, headers=KEY)
    assert answer.status_code == 401


async def test_what_is_too_long_is_refused(api: httpx.AsyncClient) -> None:
    long_key = {"Idempotency-Key": "k" * 256}
    assert (await api.post("/api/v1/me", json={"state": "busy"}, headers=long_key)).status_code == 413
    big = await api.post("/api/v1/me", json={"state": "x" * 300_000}, headers=KEY)
    assert (big.status_code, big.json()["type"]) == (413, "too-big")
