"""Activities and effects as versioned JSON text, both ways.

What has its default is left out: a third of the text, and of the time to read it. So the model may get fields
with a default in the same version; another default, or anything else, needs a new one and its step in
``UPGRADES``.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from pydantic import TypeAdapter
from pydantic_core import CoreSchema, SchemaValidator

from quorate.activity.effects import (
    ActivityEffect,
    Block,
    CloseRoom,
    OpenRoom,
    RevokeLink,
    Ring,
    Tell,
    TellOrganiser,
)
from quorate.errors import Misconfigured
from quorate.model.activity import Activity

FORMAT: Final = 2
UPGRADES: Final[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {1: lambda document: document}
"""Version -> the step from it to the next one. 2: times, windows, fall-backs; what lacks them has none."""


def _first_fits(schema: Any) -> Any:
    """Of the kinds of a union the first that fits, where pydantic would look for the best."""
    if isinstance(schema, dict):
        inner = {key: _first_fits(value) for key, value in schema.items()}
        return {**inner, "mode": "left_to_right"} if schema.get("type") == "union" else inner
    if isinstance(schema, list | tuple):
        return type(schema)(_first_fits(value) for value in schema)
    return schema


_ACTIVITY: Final = TypeAdapter(Activity)
# Parts of a requirement are told apart by the fields they must have: to try them all would double a start.
_READ_ACTIVITY: Final = SchemaValidator(cast(CoreSchema, _first_fits(_ACTIVITY.core_schema)))
_KINDS: Final[Mapping[str, type[ActivityEffect]]] = {
    "ring": Ring,
    "tell": Tell,
    "tell-organiser": TellOrganiser,
    "open-room": OpenRoom,
    "close-room": CloseRoom,
    "revoke-link": RevokeLink,
    "block": Block,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}
_EFFECTS: Final[Mapping[str, TypeAdapter[ActivityEffect]]] = {
    name: TypeAdapter(kind) for name, kind in _KINDS.items()
}


def activity_text(activity: Activity) -> str:
    return _ACTIVITY.dump_json(activity, exclude_defaults=True).decode()


def activity_from(text: str, version: int) -> Activity:
    """Read a document of any version up to ``FORMAT``; raises Misconfigured on a newer one."""
    if version > FORMAT:
        raise newer()
    if version == FORMAT:
        return _read(text)
    document = json.loads(text)
    for at in range(version, FORMAT):
        document = UPGRADES[at](document)
    return _read(json.dumps(document))


def _read(text: str) -> Activity:
    return cast(Activity, _READ_ACTIVITY.validate_json(text))


def effect_text(effect: ActivityEffect) -> tuple[str, str]:
    """Its kind and its document."""
    kind = _NAMES[type(effect)]
    return kind, _EFFECTS[kind].dump_json(effect).decode()


def effect_from(kind: str, text: str) -> ActivityEffect:
    return _EFFECTS[kind].validate_json(text)


def newer() -> Misconfigured:
    return Misconfigured(
        "The data directory is of a newer Quorate.", remedy="Upgrade Quorate, or use another one with --data."
    )
