"""What is counted stays counted, whatever is forgotten afterwards."""

from pathlib import Path

from quorate.model.activity import ActivityState, InvitationState
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.server.activities import SHOWN_OVER
from quorate.server.meetings import NewMeeting
from quorate.server.metrics import exposition
from tests.server.hub_parts import BOB, at_the_desk, connected, in_state, running, until


async def test_what_is_forgotten_stays_counted(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent)
        agent.types(desk, "status")
        await agent.said("Nothing is under way")
        for _ in range(SHOWN_OVER + 3):
            activity = await hub.meet(NewMeeting(who="bob"), hub.vantage(None))
            await hub.cancel(activity.id)
        assert len(hub.activities()) < SHOWN_OVER + 3
        assert hub.tallies.activities == {
            ActivityState.WAITING: SHOWN_OVER + 3,
            ActivityState.CANCELLED: SHOWN_OVER + 3,
        }


async def test_a_ring_is_counted_in_every_state_it_comes_to(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        seen = (InvitationState.QUEUED, InvitationState.SENT, InvitationState.ACCEPTED)
        assert hub.tallies.rings == dict.fromkeys(seen, 1)
        assert "quorate_time_to_live_seconds_count 1" in exposition(hub)


async def test_what_was_not_done_is_counted_by_reason(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.ONLINE)
        agent.types(desk, "me away")
        await agent.said("away")
        await hub.meet(NewMeeting(who="bob"), hub.vantage(None))
        assert hub.tallies.not_done == {Reason.ORGANISER_AWAY: 1}
        assert 'quorate_not_done_total{reason="organiser-away"} 1' in exposition(hub)


async def test_a_new_server_begins_with_what_the_store_tells(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent)
        agent.types(desk, "meet bob")
        await until(hub, "Q1", in_state(ActivityState.WAITING))
    async with running(tmp_path) as hub:
        assert hub.tallies.activities == {ActivityState.WAITING: 1}
