"""Whatever is wrong with a request: one problem, in one shape, with the next step."""

import httpx
import pytest

from tests.server.stand_in import StandIn

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "type_", "detail"),
    [
        ("GET", "/api/v1/nothing", None, 404, "not-found", "GET /api/v1/nothing"),
        ("DELETE", "/api/v1/people", None, 405, "method-not-allowed", "DELETE /api/v1/people"),
        ("POST", "/api/v1/activities", "{", 400, "malformed-json", "not JSON"),
        ("POST", "/api/v1/activities", "", 422, "invalid", "body"),
        ("POST", "/api/v1/activities", "[]", 422, "invalid", "body"),
        ("POST", "/api/v1/activities", "{}", 422, "invalid", "who"),
        ("POST", "/api/v1/activities", '{"who": "bob", "whom": 1}', 422, "invalid", "whom"),
        ("POST", "/api/v1/activities", '{"who": "bob", "within_s": -1}', 422, "invalid", "within_s"),
        (
            "POST",
            "/api/v1/activities",
            '{"who": "bob", "before": "2026-01-01T10:00"}',
            422,
            "refused",
            "before",
        ),
        ("POST", "/api/v1/activities/Q1/extend", '{"by_s": 1e999}', 422, "invalid", "by_s"),
        ("POST", "/api/v1/asks/Q9-1/answer", '{"answer": "yes"}', 404, "not-found", "Nobody asks"),
        ("POST", "/api/v1/check", '{"who": "meet bbo"}', 422, "unknown-name", "bbo"),
        ("GET", "/api/v1/activities/Q9", None, 404, "not-found", "There is no Q9."),
        ("GET", "/api/v1/activities?state=asleep", None, 422, "invalid", "state"),
        ("GET", "/api/v1/rooms/none", None, 404, "not-found", "This link does not work."),
    ],
)
async def test_a_bad_request_ends_in_one_sentence_with_what_to_do(
    api: httpx.AsyncClient, method: str, path: str, body: str | None, status: int, type_: str, detail: str
) -> None:
    answer = await api.request(method, path, content=body, headers=JSON)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["type"]) == (status, status, type_)
    assert answer.headers["content-type"] == "application/problem+json"
    assert detail in problem["detail"]
    assert problem["remedy"]


async def test_a_refusal_points_at_the_column_and_suggests(api: httpx.AsyncClient) -> None:
    problem = (await api.post("/api/v1/check", json={"who": "meet bbo"})).json()
    assert (problem["column"], problem["suggestion"]) == (6, "bob")


async def test_what_was_sent_is_not_repeated_in_the_problem(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/v1/me", json={"state": "very-private-text"})
    assert answer.status_code == 422
    assert "very-private-text" not in answer.text


async def test_without_a_client_the_remedy_says_how_to_connect_one(
    api: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.without_client = True
    answer = await api.post("/api/v1/activities", json={"who": "bob"})
    assert (answer.status_code, answer.json()["type"]) == (409, "not-possible")
    assert "127.0.0.1:5221" in answer.json()["remedy"]


async def test_a_mistake_of_ours_is_a_problem_too(
    api: httpx.AsyncClient, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand_in, "streams", lambda: 1 / 0)
    answer = await api.get("/api/v1/streams")
    assert (answer.status_code, answer.json()["type"]) == (500, "internal-error")
    assert "division" not in answer.text
