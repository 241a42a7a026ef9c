"""What makes no sense is refused in one sentence with a remedy, whichever door it comes through."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from quorate.cli.main import run
from quorate.clock import ManualClock
from quorate.errors import NotSyntax
from quorate.link.messages import SayTo, Tell
from quorate.model.activity import ActivityState
from quorate.model.evidence import Presence
from quorate.rules.commands import parse_command
from quorate.server.app import create_app
from quorate.server.hub import Hub
from quorate.talk.companion import error_text
from tests.server.fake_agent import FakeAgent
from tests.server.hub_parts import BOB, api_of, at_the_desk, connected, in_state, running, until
from tests.server.serving import serving

TOKEN = "a-token-of-this-test"
GROUPS = {"ghosts": ("casper", "banquo"), "empty": (), "hollow": ("@empty",)}


@dataclass(frozen=True)
class Bad:
    """``said`` stands in what is answered; without ``typed`` there is no way to type it, and so on."""

    who: str = "bob"
    said: str = ""
    typed: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()


BAD = {
    "a group that names nobody": Bad("any of @empty", "there is nobody in @empty"),
    "a group of groups that name nobody": Bad("any of @hollow", "there is nobody in @hollow"),
    "a group of strangers": Bad("any of @ghosts", "nobody in @ghosts is known: casper, banquo"),
    "10,000 names": Bad(",".join(["bob"] * 10_000), "characters"),
    "2,001 names": Bad(",".join(["bob"] * 2_001), "more than 2,000 names"),
    "parentheses 1,000 deep": Bad("(" * 1000 + "bob" + ")" * 1000, "nested deeper than 100"),
    "more ways than can be looked at": Bad(
        " and ".join(["(bob or carol or dave)"] * 40), "ways; at most 10,000 are looked at"
    ),
    "a zone that does not exist": Bad(
        said="There is no time zone “Mars/Olympus”", body={"at": "14:00", "zone": "Mars/Olympus"}
    ),
    "a zone that is a path": Bad(
        said="There is no time zone", body={"at": "14:00", "zone": "../../etc/passwd"}
    ),
    "a time today that is over": Bad(
        typed="at today 0:00",
        body={"at": "today 0:00"},
        words=("--at", "today 0:00"),
        said="00:00 today is over",
    ),
    "a moment in the past": Bad(
        body={"at": "2020-01-01T00:00:00Z"},
        words=("--at", "2020-01-01T00:00:00Z"),
        said="That time is over already",
    ),
    "a moment in a thousand years": Bad(
        body={"at": "3020-01-01T00:00:00Z"},
        words=("--at", "3020-01-01T00:00:00Z"),
        said="more than 366 days ahead",
    ),
    "no time": Bad(typed="at noon", body={"at": "noon"}, words=("--at", "noon"), said="“noon”"),
    "at, without a time": Bad(said="“at” needs a time", body={"when": "at"}),
    "asap, at a time": Bad(said="It cannot be “asap” and begin", body={"when": "asap", "at": "14:00"}),
    "ends before it begins": Bad(
        body={"at": "2999-01-01T00:00:00Z", "before": "2020-01-01T00:00:00Z"}, said="more than 366 days ahead"
    ),
    "no hours": Bad(
        typed="between 9:00 and 9:00",
        body={"window": "between 9:00 and 9:00"},
        words=("--between", "9:00 and 9:00"),
        said="“between” needs two different times of the day",
    ),
    "no day": Bad(
        typed="on someday", body={"window": "on someday"}, words=("--on", "someday"), said="“on” needs days"
    ),
    "not only hours": Bad(said="is no window", body={"window": "on fri urgent"}),
    "others instead, without a time": Bad(
        typed="else carol",
        body={"else": [{"who": "carol"}]},
        words=("--else", "carol"),
        said="“else” needs a time before it",
    ),
    "nobody instead": Bad(
        typed="within 5m else zed",
        body={"within_s": 300, "else": [{"who": "zed"}]},
        words=("--within", "5m", "--else", "zed"),
        said="there is nobody called “zed”",
    ),
    "now, and others instead": Bad(
        typed="now within 5m else carol",
        body={"when": "now", "within_s": 300, "else": [{"who": "carol"}]},
        words=("--now", "--within", "5m", "--else", "carol"),
        said="“now” is at once or not at all",
    ),
}


@asynccontextmanager
async def house(data: Path) -> AsyncIterator[tuple[Hub, FakeAgent, str]]:
    async with running(data, groups=GROUPS, zone="Europe/Berlin") as hub, connected(data) as agent:
        yield hub, agent, at_the_desk(agent, bob=Presence.ONLINE)


async def type_it(agent: FakeAgent, desk: str, line: str) -> str:
    """What the companion answers; what is no command the agent answers by itself, in these words."""
    try:
        parse_command(line)
    except NotSyntax as error:
        return error_text(error)
    before = len(agent.of(SayTo))
    agent.types(desk, line)
    return (await agent.heard(SayTo, nth=before + 1)).text


async def test_what_is_typed_to_the_companion(tmp_path: Path) -> None:
    async with house(tmp_path) as (hub, agent, desk):
        for name, bad in BAD.items():
            if bad.body and not bad.typed:
                continue
            assert bad.said in await type_it(agent, desk, f"meet {bad.who} {bad.typed}"), name
        assert hub.activities() == []
        assert agent.of(Tell) == []
        agent.types(desk, "meet bob")
        await agent.told(BOB)


async def test_what_is_sent_to_the_api(tmp_path: Path) -> None:
    async with house(tmp_path) as (hub, agent, desk), api_of(hub, tmp_path) as api:
        await type_it(agent, desk, "status")
        for name, bad in BAD.items():
            answer = await api.post("/activities", json={"who": bad.who, **bad.body})
            assert answer.status_code == 422, (name, answer.text)
            problem = answer.json()
            assert bad.said.replace(",", "") in problem["detail"].replace(",", ""), name
            assert problem["remedy"], name
        assert hub.activities() == []
        made = await api.post("/activities", json={"who": "bob"})
        assert (made.status_code, made.json()["state"]) == (201, "ringing")


async def test_what_is_asked_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house(tmp_path) as (hub, agent, desk):
        await type_it(agent, desk, "status")
        async with serving(create_app(hub, token=TOKEN, static_dir=tmp_path)) as endpoint:
            monkeypatch.setenv("QUORATE_URL", f"http://{endpoint}")
            monkeypatch.setenv("QUORATE_TOKEN", TOKEN)
            clients: list[httpx.Client] = []
            original = httpx.Client.__init__

            def noted(self: httpx.Client, **given: Any) -> None:
                original(self, **given)
                clients.append(self)

            monkeypatch.setattr(httpx.Client, "__init__", noted)
            for name, bad in BAD.items():
                if bad.body and not bad.words:
                    continue
                monkeypatch.setattr(sys, "argv", ["quorate", "meet", bad.who, *bad.words])
                with pytest.raises(SystemExit) as ended:
                    await asyncio.to_thread(run)
                while clients:
                    clients.pop().close()  # a process of its own would just end
                err = capsys.readouterr().err
                assert ended.value.code == (2 if err.startswith("Usage: ") else 1), (name, err)
                assert bad.said.replace(",", "") in err.replace(",", ""), name
        assert hub.activities() == []


async def test_a_time_the_clocks_skip_is_the_one_after_the_change(tmp_path: Path) -> None:
    """02:30 on the night of 29 March 2026 is 03:30 in Berlin: told so, and begun then."""
    clock = ManualClock()
    clock.advance(timedelta(days=85, hours=12, minutes=30).total_seconds())  # 28 March, 00:30 UTC
    async with (
        running(tmp_path, clock, zone="Europe/Berlin") as hub,
        connected(tmp_path, clock=clock) as agent,
    ):
        desk = at_the_desk(agent, bob=Presence.ONLINE)
        said = await type_it(agent, desk, "meet bob at tomorrow 2:30")
        assert "waiting until Sun 03:30" in said
        async with api_of(hub, tmp_path) as api:
            body = {"who": "bob", "at": "2026-03-29T02:30", "zone": "Europe/Berlin"}
            shown = (await api.post("/activities", json=body)).json()
        assert shown["at"] == "2026-03-29T01:30:00Z"
        assert shown["next"]["at"] == shown["at"]


async def test_a_clock_that_jumps_back_a_day_stops_nothing(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running(tmp_path, clock) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=Presence.OFFLINE)
        await type_it(agent, desk, "meet bob within 1h")
        clock.advance(-timedelta(days=1).total_seconds())
        hub.owned.on_time()
        assert "Q1: waiting, bob 0/1." in await type_it(agent, desk, "status Q1")
        agent.sees(desk, BOB, Presence.ONLINE)
        await agent.told(BOB)
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
