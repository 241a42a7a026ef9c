"""The command line against a running server: one JSON document, and exit codes that tell how it ended."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from quorate.model.evidence import Presence
from quorate.server.app import create_app
from tests.server.hub_parts import at_the_desk, connected, running
from tests.server.serving import serving

TOKEN = "a-token-of-this-test"

Command = Callable[..., Awaitable[tuple[int, Any, str]]]


@pytest.fixture
async def quorate(tmp_path: Path) -> AsyncIterator[Command]:
    """``await quorate("show", "Q1") -> (exit code, JSON on stdout, stderr)``; bob is there, carol is not."""
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.ONLINE, carol=Presence.OFFLINE)
        agent.types(desk, "status")
        await agent.said("Nothing is under way")
        async with serving(create_app(hub, token=TOKEN, static_dir=tmp_path)) as endpoint:
            settings = {"QUORATE_URL": f"http://{endpoint}", "QUORATE_TOKEN": TOKEN}

            async def call(*words: str) -> tuple[int, Any, str]:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "quorate", *words, "--json"),
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    env={**os.environ, **settings, "QUORATE_DATA": str(tmp_path)},
                )
                out, err = await process.communicate()
                assert process.returncode is not None
                return process.returncode, json.loads(out), err.decode()

            yield call


async def test_now_that_cannot_be_now_has_failed(quorate: Command) -> None:
    code, activity, err = await quorate("meet", "carol", "--now")
    assert (code, activity["state"], activity["reason"]) == (1, "failed", "not-now")
    assert "Q1 is failed: It was not possible at once." in err
    assert "quorate explain Q1" in err


async def test_waiting_ends_in_the_state_too_late_or_otherwise(quorate: Command) -> None:
    code, activity, err = await quorate("meet", "carol", "--about", "storage")
    assert (code, activity["state"], err) == (0, "waiting", "")
    code, activity, err = await quorate("wait", "Q1", "--state", "waiting")
    assert (code, activity["state"], err) == (0, "waiting", "")
    code, activity, err = await quorate("wait", "Q1", "--timeout", "0")
    assert (code, activity["state"]) == (3, "waiting")
    assert "still waiting" in err
    await quorate("cancel", "Q1")
    code, activity, err = await quorate("wait", "Q1")
    assert (code, activity["state"]) == (1, "cancelled")
    assert "quorate explain Q1" in err
