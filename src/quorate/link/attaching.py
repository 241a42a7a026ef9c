"""Asking the agent to attach to a client, or to let go of one: one line of JSON each way.

A socket of the agent's own in the data directory, for the command line and the server alike; only the user
who owns the directory may connect.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from quorate.errors import Misconfigured, NotPossible, QuorateError

SOCKET_NAME = "attaching.sock"
ANSWER_S = 60.0
"""To put the library in takes a second, on a busy machine several."""
MAX_LINE = 64 * 1024


async def attach(data: Path, target: str) -> dict[str, Any]:
    """Attach to the client with this process id or name; raises QuorateError.

    Returns ``pid``, ``name``, ``state`` and ``reason`` as `quorate streams` shows them, and ``text``.
    """
    return await _ask(data, {"do": "attach", "target": target})


async def detach(data: Path, target: str) -> dict[str, Any]:
    """Let go of it; raises QuorateError. Returns ``pid`` and ``name``."""
    return await _ask(data, {"do": "detach", "target": target})


async def prepare(data: Path, program: Path) -> dict[str, Any]:
    """What a program has to be started with to be attached from its first byte on; raises QuorateError.

    Returns ``environment``: names to values.
    """
    return await _ask(data, {"do": "prepare", "program": str(program)})


async def attached(data: Path) -> dict[str, Any]:
    """``clients``: ``pid`` and ``name`` of each that is attached to; raises QuorateError."""
    return await _ask(data, {"do": "list"})


async def clients(data: Path) -> list[dict[str, Any]]:
    """The IM clients that run or are installed here, and how to capture each; raises QuorateError."""
    found: list[dict[str, Any]] = (await _ask(data, {"do": "clients"}))["clients"]
    return found


async def _ask(data: Path, request: dict[str, Any]) -> dict[str, Any]:
    try:
        reader, writer = await asyncio.open_unix_connection(data / SOCKET_NAME, limit=MAX_LINE)
    except OSError:
        raise NotPossible(
            f"No Quorate is running for the data directory {data}.",
            remedy="Start it with `quorate up`, or name its directory: QUORATE_DATA=DIR.",
        ) from None
    try:
        writer.write(json.dumps(request).encode() + b"\n")
        async with asyncio.timeout(ANSWER_S):
            line = await reader.readline()
        answer: dict[str, Any] = json.loads(line)
    except (OSError, ValueError, TimeoutError):
        raise NotPossible(
            "Quorate's agent did not answer.", remedy="See `quorate doctor`, then try again."
        ) from None
    finally:
        writer.close()
    if "problem" in answer:
        raise _problem(answer)
    return answer


def _problem(answer: dict[str, Any]) -> QuorateError:
    kind = Misconfigured if answer.get("code") == Misconfigured.code else NotPossible
    return kind(str(answer["problem"]), remedy=str(answer.get("remedy", "")))
