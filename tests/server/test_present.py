"""What the API and the organiser's chat say of activities of a real hub."""

from pathlib import Path

import pytest

from quorate.model.activity import ActivityState
from quorate.model.evidence import Presence
from quorate.server.present import present_activity, present_person
from tests.server.hub_parts import BOB, CAROL, at_the_desk, connected, in_state, running, sent, until


async def test_while_it_waits_for_its_organiser_that_is_the_reason(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.ONLINE)
        agent.types(desk, "me away")
        agent.types(desk, "meet bob")
        activity = await until(hub, "Q1", in_state(ActivityState.WAITING))
        shown = present_activity(hub, activity)
        assert (shown.state, shown.reason, shown.organiser_state) == ("waiting", "organiser-away", "away")
        assert shown.reason_text == "You are not available."
        agent.types(desk, "me available")
        activity = await until(hub, "Q1", in_state(ActivityState.RINGING))
        assert present_activity(hub, activity).reason is None


@pytest.mark.parametrize(("how", "links"), [("", 1), (" without me", 0)])
async def test_whoever_takes_part_gets_a_link(tmp_path: Path, how: str, links: int) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.ONLINE)
        agent.types(desk, f"meet bob{how}")
        await agent.told(BOB)
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        assert "/r/" in (await agent.told(BOB, "is open")).text
        assert (await agent.said("is live")).text.count("/r/") == links


async def test_waiting_again_is_not_called_impossible(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        agent.writes(desk, BOB, "in 10m")
        await until(hub, "Q1", in_state(ActivityState.WAITING))
        assert "Waiting again." in [text for _, text in hub.explain("Q1").log]


async def test_being_asked_is_told_apart_from_being_in(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.ONLINE)

        def engaged() -> tuple[str | None, str | None]:
            shown = present_person(hub, "bob", None)
            assert shown is not None
            return shown.activity, shown.activity_state

        agent.types(desk, "meet bob")
        await agent.told(BOB)
        assert engaged() == ("Q1", "asked")
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        assert engaged() == ("Q1", "in")


async def test_who_is_rung_besides_those_needed_is_shown_as_spare(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.ONLINE, carol=Presence.ONLINE)
        agent.types(desk, "meet any of (bob, carol) urgent")
        assert "Ringing 2 (one spare)." in (await agent.said("Q1")).text
        activity = await until(hub, "Q1", sent("bob", "carol"))
        assert [p.spare for p in present_activity(hub, activity).people] == [False, True]
        agent.writes(desk, CAROL, "yes")
        await agent.told(BOB, "is covered")
