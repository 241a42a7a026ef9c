"""The server on a real PostgreSQL, over two restarts."""

from pathlib import Path

from quorate.link.messages import Tell
from quorate.model.activity import ActivityState
from quorate.model.evidence import Presence
from quorate.store.database import FILE_NAME
from tests.postgres import Postgres
from tests.server.hub_parts import BOB, CAROL, at_the_desk, connected, in_state, running, sent, until

ONLINE, OFFLINE = Presence.ONLINE, Presence.OFFLINE


async def test_from_a_wish_to_a_room_over_two_restarts(tmp_path: Path, postgres: Postgres) -> None:
    database = postgres.database()
    async with running(tmp_path, database=database), connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE, carol=ONLINE)
        agent.types(desk, "meet bob and carol within 1h")
        await agent.said("Q1")
    async with running(tmp_path, database=database) as hub, connected(tmp_path, "agent-2") as agent:
        assert hub.activity("Q1").state is ActivityState.WAITING
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        await until(hub, "Q1", sent("bob", "carol"))
        agent.writes(desk, BOB, "yes")
        agent.writes(desk, CAROL, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        await agent.told(CAROL, hub.links.url("Q1", "carol"))
    async with running(tmp_path, database=database) as hub, connected(tmp_path, "agent-3") as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        assert hub.activity("Q1").state is ActivityState.LIVE
        await hub.cancel("Q1")
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        assert [tell.effect for tell in agent.of(Tell)] == ["Q2-1"], "for Q1 nobody is rung again"
    assert not (tmp_path / FILE_NAME).exists()
