"""Times, hours and others who are asked instead: over a real socket and store, shown, and over a restart."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quorate.clock import ManualClock
from quorate.link.messages import SayTo, Tell
from quorate.model.activity import ActivityState
from quorate.model.evidence import Presence
from quorate.server.config import Settings
from quorate.server.zones import name_of, system_zone
from tests.server.hub_parts import (
    ALICE,
    BOB,
    CAROL,
    api_of,
    at_the_desk,
    connected,
    in_state,
    running,
    sent,
    until,
)

ONLINE, OFFLINE = Presence.ONLINE, Presence.OFFLINE
BERLIN = {"zone": "Europe/Berlin"}  # a ManualClock begins on a Thursday at noon, UTC: it is 13:00 there


ASKED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "at, as typed": (
        {"at": "14:00"},
        {"when": "at", "at": "2026-01-01T13:00:00Z", "deadline": "2026-01-01T14:00:00Z", "reason": "not-yet"},
    ),
    "at, in another zone": (
        {"at": "14:00", "zone": "America/New_York"},
        {"at": "2026-01-01T19:00:00Z", "deadline": "2026-01-01T20:00:00Z"},
    ),
    "at, exactly": (
        {"at": "2026-01-01T14:00:00+01:00", "within_s": 600},
        {"at": "2026-01-01T13:00:00Z", "deadline": "2026-01-01T13:10:00Z"},
    ),
    "hours": (
        {"window": "on weekdays between 18:00 and 20:30"},
        {
            "when": "asap",
            "deadline": None,
            "reason": "outside-window",
            "window": {
                "start": "18:00",
                "end": "20:30",
                "days": [0, 1, 2, 3, 4],
                "zone": "Europe/Berlin",
                "text": "on weekdays between 18:00 and 20:30",
            },
        },
    ),
    "others instead": (
        {"within_s": 600, "at": "14:00", "else": [{"who": "carol"}, {"who": "dave", "within_s": 60}]},
        {
            "else": [
                {"who": "carol", "within_s": 600.0, "before": None},
                {"who": "dave", "within_s": 60.0, "before": None},
            ],
            "fell_back": None,
        },
    ),
}


@pytest.mark.parametrize(("body", "shown"), ASKED.values(), ids=ASKED)
async def test_asked_through_the_api_and_shown(
    tmp_path: Path, body: dict[str, Any], shown: dict[str, Any]
) -> None:
    clock = ManualClock()
    async with running(tmp_path, clock, **BERLIN) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "status")
        await agent.heard(SayTo)
        async with api_of(hub, tmp_path) as api:
            made = (await api.post("/activities", json={"who": "bob", **body})).json()
        assert {key: made[key] for key in shown} == shown
        assert made["state"] == "waiting"
        assert agent.of(Tell) == []


async def test_hours_are_those_of_the_organisers_zone(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running(tmp_path, clock, **BERLIN) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob between 18:00 and 20:30")
        said = (await agent.said("Q1")).text
        assert said.startswith(
            "Q1: waiting until 18:00. Only between 18:00 and 20:30. Nobody is asked before."
        )
        step = hub.next_step("Q1")
        assert step is not None
        assert step.at == datetime.fromisoformat("2026-01-01T18:00+01:00")
        assert "its hours begin" in step.reason
        assert "Only between 18:00 and 20:30." in " ".join(hub.explain("Q1").lines)
        clock.advance(timedelta(hours=5).total_seconds())
        hub.owned.on_time()
        await agent.told(BOB)


async def test_a_time_is_kept_over_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running(tmp_path, clock, **BERLIN), connected(tmp_path, clock=clock) as agent:
        agent.types(at_the_desk(agent, bob=ONLINE), "meet bob at 14:00")
        assert "waiting until 14:00. Nobody is asked before. Ends 15:00." in (await agent.said("Q1")).text
    async with running(tmp_path, clock, **BERLIN) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "status")
        assert "Begins 14:00. Ends 15:00." in (await agent.heard(SayTo)).text
        assert agent.of(Tell) == []
        clock.advance(timedelta(hours=1).total_seconds())
        hub.owned.on_time()
        await agent.told(BOB)


async def test_others_are_asked_instead_over_a_restart(tmp_path: Path) -> None:
    """The server is away when the time is over; also who is called how is known to the next one."""
    clock = ManualClock()
    async with running(tmp_path, clock), connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=OFFLINE, carol=ONLINE)
        agent.types(desk, "meet bob about “storage” within 10m else carol")
        assert "Else, at" in (await agent.said("Q1")).text
    clock.advance(timedelta(minutes=20).total_seconds())
    async with running(tmp_path, clock) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=OFFLINE, carol=ONLINE)
        said = (await agent.said("not enough people said yes in time")).text
        assert "Now: carol." in said
        await agent.told(CAROL)
        activity = await until(hub, "Q1", sent("carol"))
        assert activity.deadline == clock.now() + timedelta(minutes=10)
        lines = [text for _, text in hub.explain("Q1").log]
        assert "You asked for bob." in lines
        assert "Not enough people said yes in time. Asked instead: carol." in lines
        async with api_of(hub, tmp_path) as api:
            shown = (await api.get("/activities/Q1")).json()
        assert (shown["who"], shown["fell_back"]["who"], shown["else"]) == ("carol", "bob", [])
        agent.writes(desk, CAROL, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))


async def test_of_two_who_say_yes_at_once_one_is_in_and_the_other_asked(tmp_path: Path) -> None:
    groups = {"pair": ("bob", "carol")}
    async with running(tmp_path, groups=groups) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet 1 of @pair urgent")
        await until(hub, "Q1", sent("bob", "carol"))
        agent.writes(desk, BOB, "yes")
        agent.writes(desk, CAROL, "yes")
        assert "Join anyway? yes | no" in (await agent.told(CAROL, "Join anyway")).text
        activity = await until(hub, "Q1", in_state(ActivityState.LIVE))
        assert activity.accepted == ("bob",)
        agent.writes(desk, CAROL, "yes")
        await until(hub, "Q1", lambda a: set(a.accepted) == {"bob", "carol"})


async def test_a_conflict_is_for_this_activity_alone(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=OFFLINE)
        agent.types(desk, "meet bob or carol")
        await until(hub, "Q1", sent("bob"))
        agent.writes(desk, BOB, "Conflict.")
        assert "for anything else you are" in (await agent.told(BOB, "Noted")).text
        assert "bob has a conflict of interest" in " ".join(hub.explain("Q1").lines)
        agent.types(desk, "meet bob")
        await until(hub, "Q2", sent("bob"))
        assert hub.vantage(None).account == ALICE


@pytest.mark.parametrize(("name", "expected"), [("Europe/Berlin", "Europe/Berlin"), (":UTC", "UTC")])
def test_the_zone_of_this_machine_knows_when_its_clocks_change(
    monkeypatch: pytest.MonkeyPatch, name: str, expected: str
) -> None:
    monkeypatch.setenv("TZ", name)
    assert name_of(system_zone()) == expected
    assert name_of(Settings().tz) == expected


def test_a_zone_without_a_name_is_the_offset_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Nowhere/At/All")
    assert name_of(system_zone()) == ""
