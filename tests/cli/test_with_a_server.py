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
    """``await quorate("show", "Q1") -> (exit code, JSON on stdout, stderr)``; bob is there, carol is not.

    With ``text=True`` without ``--json``: stdout as it is printed for people.
    """
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.ONLINE, carol=Presence.OFFLINE)
        agent.types(desk, "status")
        await agent.said("Nothing is under way")
        async with serving(create_app(hub, token=TOKEN, static_dir=tmp_path)) as endpoint:
            settings = {"QUORATE_URL": f"http://{endpoint}", "QUORATE_TOKEN": TOKEN}

            async def call(*words: str, text: bool = False) -> tuple[int, Any, str]:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "quorate", *words, *([] if text else ["--json"])),
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    env={**os.environ, **settings, "QUORATE_DATA": str(tmp_path)},
                )
                out, err = await process.communicate()
                assert process.returncode is not None
                return process.returncode, out.decode() if text else json.loads(out), err.decode()

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


async def test_a_list_for_people_names_what_is_under_way_and_counts_the_rest(quorate: Command) -> None:
    for about in ("storage", "budget"):
        await quorate("meet", "carol", "--about", about)
    await quorate("cancel", "Q1")
    _, known, _ = await quorate("list")
    assert {a["id"]: a["state"] for a in known} == {"Q1": "cancelled", "Q2": "waiting"}
    _, shown, _ = await quorate("list", text=True)
    assert "budget" in shown
    assert "storage" not in shown
    assert "Over: 1. To see them too: quorate list --all" in shown
    _, shown, _ = await quorate("list", "--all", text=True)
    assert "storage" in shown
    assert "Over" not in shown
