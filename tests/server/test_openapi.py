import json
import subprocess
import sys
from typing import Any

import pytest

from quorate.server.app import openapi_document


@pytest.fixture
def document() -> dict[str, Any]:
    return json.loads(json.dumps(openapi_document()))  # type: ignore[no-any-return]


def test_the_document_is_printed_the_same_every_time() -> None:
    command = [sys.executable, "-m", "quorate.server.openapi"]
    first, again = (subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2))
    assert first == again
    assert json.loads(first)["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/people",
        "/api/v1/presence",
        "/api/v1/presence/ask",
        "/api/v1/activities",
        "/api/v1/activities/{id}",
        "/api/v1/activities/{id}/cancel",
        "/api/v1/activities/{id}/extend",
        "/api/v1/activities/{id}/explain",
        "/api/v1/check",
        "/api/v1/streams",
        "/api/v1/clients",
        "/api/v1/clients/{pid}/attach",
        "/api/v1/events",
        "/healthz",
        "/readyz",
        "/metrics",
    ],
)
def test_every_address_people_rely_on_is_in_it(document: dict[str, Any], path: str) -> None:
    assert path in document["paths"]


def test_every_answer_that_is_none_is_a_problem(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            content = operation["responses"]["default"]["content"]
            assert list(content) == ["application/problem+json"]
            assert "422" not in operation["responses"]


def test_only_rooms_and_health_need_no_token(document: dict[str, Any]) -> None:
    free = {p for p, ops in document["paths"].items() for op in ops.values() if "security" not in op}
    rooms = {"/api/v1/rooms/{token}", "/api/v1/rooms/{token}/answer"}
    assert free == rooms | {"/healthz", "/readyz", "/metrics"}


def test_every_reference_has_its_schema_and_no_two_operations_share_a_name(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    wanted = {part.rpartition("/")[2] for part in _references(document)}
    assert wanted <= set(schemas)
    assert {"RoomView", "ChatLine", "RoomSays", "RoomTrouble"} <= set(schemas)
    names = [op["operationId"] for ops in document["paths"].values() for op in ops.values()]
    assert len(names) == len(set(names))


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [ref for value in node.values() for ref in _references(value)]
    return [ref for value in node for ref in _references(value)] if isinstance(node, list) else []
