"""The app over the real hub, store and clock, without an agent."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from quorate.server.app import create_app
from quorate.server.config import ConfiguredPerson, Settings
from quorate.server.hub import Hub
from quorate.store.open import open_store
from tests.server.stand_in import TOKEN, client_of


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    bob = ConfiguredPerson(name="Bob", addresses=("bob@example.org",))
    raj = ConfiguredPerson(name="Raj Rao", addresses=("raj@example.org",))
    ines = ConfiguredPerson(name="Ines", addresses=("ines@example.org",))
    groups = {"dba": ("bob",), "admins": ("raj", "ines")}
    settings = Settings(data=tmp_path, people={"bob": bob, "raj": raj, "ines": ines}, groups=groups)
    store = open_store(tmp_path)
    hub = Hub(settings, store)
    await hub.start()
    async with client_of(create_app(hub, token=TOKEN, static_dir=tmp_path)) as client:
        yield client
    await hub.stop()
    store.close()


@pytest.mark.parametrize("path", ["/activities", "/streams", "/asks"])
async def test_at_first_there_is_nothing(real: httpx.AsyncClient, path: str) -> None:
    answer = await real.get(f"/api/v1{path}")
    assert (answer.status_code, answer.json()) == (200, [])


async def test_people_of_the_config_are_known_and_their_presence_is_not(real: httpx.AsyncClient) -> None:
    for path in ("/people", "/presence?who=bob", "/presence?who=@dba"):
        bob = (await real.get(f"/api/v1{path}")).json()[0]
        assert (bob["person"], bob["name"], bob["availability"]) == ("bob", "Bob", "unknown")
        assert bob["groups"] == ["dba"]


async def test_nobody_can_be_asked_without_a_client(real: httpx.AsyncClient) -> None:
    answer = await real.post("/api/v1/activities", json={"who": "bob"})
    assert (answer.status_code, answer.json()["type"]) == (409, "not-possible")
    assert answer.json()["remedy"]


async def test_an_unknown_name_is_refused_with_its_column(real: httpx.AsyncClient) -> None:
    answer = await real.post("/api/v1/check", json={"who": "bob and bbo"})
    assert (answer.status_code, answer.json()["type"]) == (422, "unknown-name")
    assert answer.json()["column"] == 9


async def test_what_would_happen_is_judged_by_what_is_given(real: httpx.AsyncClient) -> None:
    question = {"who": "1 of @dba", "given": {"bob": "available"}, "groups": {"dba": ["bob", "raj"]}}
    answer = (await real.post("/api/v1/check", json=question)).json()
    assert (answer["verdict"], answer["ring"]) == ("yes", ["bob"])


@pytest.mark.parametrize(
    ("question", "verdict", "ring"),
    [
        pytest.param(
            {"who": "any of @admins", "given": {"raj": "available"}}, "yes", ["raj"], id="real group"
        ),
        pytest.param(
            {"who": "all of @admins", "given": {"raj rao": "available", "INES": "available"}},
            "yes",
            ["raj", "ines"],
            id="real people in any spelling",
        ),
        pytest.param({"who": "raj and zoe", "given": {"raj": "away"}}, "no", [], id="nobody knows zoe"),
        pytest.param({"who": "zoe", "given": {"raj": "away"}}, "unknown", [], id="nothing known of zoe"),
        pytest.param(
            {"who": "2 of @admins", "given": {"a": "available"}, "groups": {"admins": ["a", "ines"]}},
            "unknown",
            [],
            id="groups as given come first",
        ),
    ],
)
async def test_what_is_given_goes_before_what_is_known(
    real: httpx.AsyncClient, question: dict[str, Any], verdict: str, ring: list[str]
) -> None:
    answer = (await real.post("/api/v1/check", json=question)).json()
    assert (answer["verdict"], answer["ring"]) == (verdict, ring)


async def test_without_an_agent_it_is_not_ready(real: httpx.AsyncClient) -> None:
    answer = await real.get("/readyz")
    assert (answer.status_code, answer.json()["parts"]["agent"]) == (503, False)
    lines = {line["name"]: line["ok"] for line in (await real.get("/api/v1/doctor")).json()}
    assert (lines["agent"], lines["store"], lines["streams"]) == (False, True, False)
