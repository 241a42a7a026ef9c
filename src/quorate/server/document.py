"""What FastAPI cannot know about our OpenAPI document: problems, frames of the room, who may call."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from quorate.server.api.schemas import Problem
from quorate.server.api.schemas_rooms import RoomSays, RoomTrouble
from quorate.server.guard import is_owners
from quorate.server.problems import MEDIA_TYPE

_REF: Final = "#/components/schemas/{model}"
_PROBLEM: Final = {
    "description": "A problem, with what to do about it",
    "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
}


def document_problems(app: FastAPI) -> None:
    """Give the app an ``openapi()`` that adds these once, in a fixed order."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(
                get_openapi(
                    title=app.title, version=app.version, description=app.description, routes=app.routes
                )
            )
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    _, more = models_json_schema(
        [(Problem, "serialization"), (RoomTrouble, "serialization"), (RoomSays, "validation")],
        ref_template=_REF,
    )
    schemas.update(more["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "The token in DIR/run.json."}
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _PROBLEM
            if is_owners(path):
                operation["security"] = [{"bearer": []}]
    return document
