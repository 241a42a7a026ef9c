"""Talks to the running server: finds it, sends one request, turns problems into errors people can read."""

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from quorate.errors import NotFound, NotPossible, QuorateError, Refused

TIMEOUT_S = 30.0
RUN_FILE = "run.json"


class ServerGone(QuorateError):
    code = "no-server"


class Rejected(QuorateError):
    """The server's answer was a problem that has no class of its own here."""

    code = "rejected"


@dataclass(frozen=True)
class Server:
    """Where the server is and how it lets us in."""

    url: str
    token: str


def default_data() -> Path:
    """``QUORATE_DATA``, else ``$XDG_DATA_HOME/quorate``."""
    if given := os.environ.get("QUORATE_DATA"):
        return Path(given)
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "quorate"


def find_server(data: Path | None = None) -> Server | None:
    """From ``QUORATE_URL`` and ``QUORATE_TOKEN``, else from ``DIR/run.json``; None if there is neither."""
    url, token = os.environ.get("QUORATE_URL"), os.environ.get("QUORATE_TOKEN")
    path = (data or default_data()) / RUN_FILE
    if url and token:
        return Server(url.rstrip("/"), token)
    try:
        found = json.loads(path.read_text())
        return Server((url or found["url"]).rstrip("/"), token or found["token"])
    except (OSError, ValueError, KeyError):
        return None


def gone(data: Path | None = None) -> ServerGone:
    if url := os.environ.get("QUORATE_URL"):
        return ServerGone(
            f"No Quorate answers at {url} (from QUORATE_URL).", remedy="Start it there, or unset QUORATE_URL."
        )
    where = data or default_data()
    return ServerGone(
        f"No Quorate is running for the data directory {where}.",
        remedy="Start it with `quorate up`, or name its directory: QUORATE_DATA=DIR.",
    )


class Api:
    """One server, as calls that return parsed JSON."""

    def __init__(self, server: Server | None = None, *, timeout_s: float = TIMEOUT_S) -> None:
        found = server or find_server()
        if found is None:
            raise gone()
        self._client = httpx.Client(
            base_url=found.url, headers={"Authorization": f"Bearer {found.token}"}, timeout=timeout_s
        )
        self._timeout_s = timeout_s

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return self._call("POST", path, json=body or {}, headers=headers)

    def _call(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = self._client.request(method, f"/api/v1{path}", **more)
        except httpx.TimeoutException as error:
            raise ServerGone(
                f"Quorate did not answer within {self._timeout_s:.0f} s.",
                remedy="See `quorate doctor`, then try again.",
            ) from error
        except httpx.HTTPError as error:
            raise gone() from error
        if answer.is_success:
            return answer.json() if answer.content else None
        raise problem(answer)

    def events(self) -> Iterator[tuple[str, Any]]:
        """Kind and JSON of what changes from now on, until the server ends it."""
        try:
            with self._client.stream("GET", "/api/v1/events", timeout=TIMEOUT_S) as answer:
                if not answer.is_success:
                    answer.read()
                    raise problem(answer)
                kind = "message"
                for line in answer.iter_lines():
                    if line.startswith("event:"):
                        kind = line.removeprefix("event:").strip()
                    elif line.startswith("data:"):
                        yield kind, json.loads(line.removeprefix("data:"))
        except httpx.HTTPError as error:
            raise gone() from error


def problem(answer: httpx.Response) -> QuorateError:
    """The error behind a problem+json answer."""
    try:
        said = answer.json()
        detail = str(said.get("detail") or said.get("title"))
    except (ValueError, AttributeError):
        said, detail = {}, f"The server answered {answer.status_code}."
    remedy = str(said.get("remedy") or "")
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        if os.environ.get("QUORATE_TOKEN"):
            detail = "The server does not take the token in QUORATE_TOKEN."
            remedy = "Correct it, or unset it: then the one in run.json of the data directory is used."
        return Rejected(detail, remedy=remedy)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return NotFound(detail, remedy=remedy or "See `quorate list`.")
    if answer.status_code == httpx.codes.CONFLICT:
        return NotPossible(detail, remedy=remedy)
    if answer.status_code in (httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY):
        return Refused(detail, remedy=remedy, column=said.get("column"), suggestion=said.get("suggestion"))
    return Rejected(detail, remedy=remedy or "See `quorate doctor`.")
