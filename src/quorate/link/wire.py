"""One JSON object a line: how link messages become bytes and bytes become link messages.

Shapes   ``{"type":"hello",...}\\n``, UTF-8, at most MAX_LINE bytes including the line feed.
Errors   BadLine(reason) for what cannot be read; its reason never contains any of the content.
"""

import json
from enum import StrEnum
from functools import cache
from typing import Generic, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from quorate.link.messages import FROM_AGENT, FROM_SERVER, FromAgent, FromServer

MAX_LINE = 1024 * 1024

M = TypeVar("M")


class LineFault(StrEnum):
    TOO_LONG = "line-too-long"
    NOT_JSON = "not-json"
    NOT_OBJECT = "not-an-object"
    NO_TYPE = "no-type"
    BAD_FIELDS = "bad-fields"


class BadLine(Exception):
    """The peer does not speak this link; the connection is closed."""

    def __init__(self, reason: LineFault, where: str = "") -> None:
        super().__init__(f"{reason} {where}".strip())
        self.reason = reason
        self.where = where
        """Message type and field names at fault; no content."""


def encode(message: BaseModel) -> bytes:
    """The line for one message; raises BadLine(TOO_LONG)."""
    line = _adapter(type(message)).dump_json(message) + b"\n"
    if len(line) > MAX_LINE:
        raise BadLine(LineFault.TOO_LONG, str(getattr(message, "type", "")))
    return line


@cache
def _adapter(kind: type[BaseModel]) -> TypeAdapter[BaseModel]:
    return TypeAdapter(kind)


class LineDecoder(Generic[M]):
    """Cuts one direction of the link into messages; what has an unknown ``type`` is left out."""

    def __init__(self, adapter: TypeAdapter[M]) -> None:
        self._adapter = adapter
        self._known = _types_of(adapter)
        self._tail = b""

    def feed(self, data: bytes) -> list[M]:
        """Return the messages ``data`` completed, oldest first; raises BadLine."""
        *whole, self._tail = (self._tail + data).split(b"\n")
        if len(self._tail) >= MAX_LINE or any(len(line) >= MAX_LINE for line in whole):
            raise BadLine(LineFault.TOO_LONG)
        decoded = (self._decode(line) for line in whole if line.strip())
        return [message for message in decoded if message is not None]

    def _decode(self, line: bytes) -> M | None:
        try:
            return self._adapter.validate_json(line)
        except ValidationError as error:
            self._judge(line, error)
            return None

    def _judge(self, line: bytes, unread: ValidationError) -> None:
        """Nothing if its type is only unknown, else raises BadLine."""
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadLine(LineFault.NOT_JSON) from error
        if not isinstance(fields, dict):
            raise BadLine(LineFault.NOT_OBJECT)
        kind = fields.get("type")
        if not isinstance(kind, str):
            raise BadLine(LineFault.NO_TYPE)
        if kind in self._known:
            raise BadLine(LineFault.BAD_FIELDS, f"{kind}: {_places(unread)}")


def agent_lines() -> LineDecoder[FromAgent]:
    """What a server reads."""
    return LineDecoder(FROM_AGENT)


def server_lines() -> LineDecoder[FromServer]:
    """What an agent reads."""
    return LineDecoder(FROM_SERVER)


@cache  # a schema takes long to make
def _types_of(adapter: TypeAdapter[M]) -> frozenset[str]:
    schema = adapter.json_schema()
    return frozenset(schema["discriminator"]["mapping"])


def _places(error: ValidationError) -> str:
    fields = {".".join(str(part) for part in e["loc"] if isinstance(part, str)) for e in error.errors()}
    return ", ".join(sorted(fields))[:200]
