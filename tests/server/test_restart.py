"""The server dies and another takes over the same directory: nothing is lost, nobody is rung twice."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quorate.clock import ManualClock
from quorate.link.messages import Tell, Unwatch, WatchFor
from quorate.model.activity import ActivityState, InvitationState
from quorate.model.address import xmpp
from quorate.model.availability import Availability
from quorate.model.command import MeState
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from tests.server.fake_agent import FakeAgent
from tests.server.hub_parts import (
    ALICE,
    BOB,
    CAROL,
    at_the_desk,
    connected,
    in_state,
    running,
    sent,
    until,
)

ONLINE, OFFLINE = Presence.ONLINE, Presence.OFFLINE


async def again(agent: FakeAgent) -> str:
    """The same agent process connects to the new server and tells all it knows."""
    await agent.connect()
    return at_the_desk(agent, bob=ONLINE, carol=ONLINE)


async def test_waiting_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path), connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "meet bob within 1h")
        await agent.said("Q1")
    async with running(tmp_path) as hub, connected(tmp_path, "agent-2") as agent:
        assert hub.activity("Q1").state is ActivityState.WAITING
        desk = at_the_desk(agent, bob=ONLINE)
        await agent.told(BOB)
        agent.types(desk, "meet carol")
        await agent.said("Q2")


@pytest.mark.parametrize("name", ["agent-1", "agent-2"])
async def test_who_was_rung_is_not_rung_again(tmp_path: Path, name: str) -> None:
    async with running(tmp_path), connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet bob and carol")
        await agent.told(CAROL)
    async with running(tmp_path) as hub, connected(tmp_path, name) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        await agent.heard(WatchFor, lambda m: m.contact == BOB)
        await until(hub, "Q1", sent("bob", "carol"))
        agent.writes(desk, BOB, "yes")
        agent.writes(desk, CAROL, "yes")
        live = await until(hub, "Q1", in_state(ActivityState.LIVE))
        assert [i.person for i in live.invitations] == ["bob", "carol"]
        await agent.told(BOB, hub.links.url("Q1", "bob"))
        assert not any(tell.watch for tell in agent.of(Tell)), "no invitation, only notices"


async def test_a_ring_the_same_agent_still_has_is_repeated_under_its_id(tmp_path: Path) -> None:
    async with AsyncExitStack() as first:
        await first.enter_async_context(running(tmp_path))
        agent = await first.enter_async_context(connected(tmp_path))
        agent.holding = True
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        ring = await agent.told(BOB)
    agent.holding = False
    async with running(tmp_path) as hub:
        await again(agent)
        repeated = await agent.told(BOB, nth=2)
        assert repeated.effect == ring.effect
        await until(hub, "Q1", sent("bob"))
        await agent.close()


async def test_a_ring_of_a_lost_agent_counts_as_sent(tmp_path: Path) -> None:
    async with running(tmp_path), connected(tmp_path) as agent:
        agent.holding = True
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
    async with running(tmp_path) as hub, connected(tmp_path, "agent-2") as agent:
        at_the_desk(agent, bob=ONLINE)
        await until(hub, "Q1", sent("bob"))
        assert agent.of(Tell) == []
        assert hub.store.outbox.pending() == () or not any(
            entry.effect.id == "Q1-1" for entry in hub.store.outbox.pending()
        )


async def test_who_may_have_been_rung_by_a_lost_agent_hears_that_it_was_cancelled(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path, "agent-2") as other:
        async with connected(tmp_path) as agent:
            agent.holding = True
            desk = at_the_desk(agent, bob=ONLINE)
            agent.types(desk, "meet bob")
            await agent.told(BOB)
            await hub.cancel("Q1")
        at_the_desk(other, bob=ONLINE)
        await other.told(BOB, "cancelled")
        assert not any(tell.watch for tell in other.of(Tell))


@pytest.mark.parametrize("name", ["agent-1", "agent-2"])
async def test_whose_ring_may_have_left_is_listened_to(tmp_path: Path, name: str) -> None:
    """The crash came between the ring on the wire and its end being stored: the answer may come at once."""
    async with running(tmp_path), connected(tmp_path) as agent:
        agent.holding = True
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        ring = await agent.told(BOB)
    async with running(tmp_path) as hub, connected(tmp_path, name) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.done(ring.effect)
        await agent.heard(WatchFor, lambda m: m.contact == BOB)
        assert agent.of(Unwatch) == []
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))


async def test_notices_of_a_lost_agent_are_repeated(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        agent.holding = True
        agent.writes(desk, BOB, "yes")
        link = await agent.told(BOB, hub.links.url("Q1", "bob"))
    async with running(tmp_path) as hub, connected(tmp_path, "agent-2") as agent:
        at_the_desk(agent, bob=ONLINE)
        repeated = await agent.told(BOB, hub.links.url("Q1", "bob"))
        assert (repeated.effect, repeated.text) == (link.effect, link.text)


async def test_notices_wait_for_a_stream_of_their_account(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        agent.logout(desk)
        events = hub.bus.subscribe(0)
        while hub.streams_seen.live_accounts():
            await anext(events)
        await hub.cancel("Q1")
        assert len(agent.of(Tell)) == 1
        agent.login(ALICE, BOB)
        await agent.told(BOB, nth=2)


async def test_old_notices_are_dropped(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    async with running(tmp_path, clock) as hub, connected(tmp_path, clock=clock) as agent:
        agent.holding = True
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "meet bob")
        await agent.said("Q1")
    clock.advance(timedelta(hours=25).total_seconds())
    async with running(tmp_path, clock) as hub, connected(tmp_path, "agent-2", clock) as agent:
        agent.holding = True
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "meet carol")
        await agent.said("Q2")
        assert {entry.activity for entry in hub.store.outbox.pending()} == {"Q2"}


async def test_time_goes_on_without_any_agent(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    async with running(tmp_path, clock), connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "meet bob within 10m")
        await agent.said("Q1")
    clock.advance(660)
    async with running(tmp_path, clock) as hub:
        expired = await until(hub, "Q1", in_state(ActivityState.EXPIRED))
        assert expired.reason is Reason.DEADLINE


async def test_a_live_room_is_open_again(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        url = hub.links.url("Q1", "bob")
    async with running(tmp_path) as hub:
        assert hub.rooms.is_open("Q1")
        assert hub.links.url("Q1", "bob") == url
        await hub.rooms.join("Q1", "bob")
        assert hub.activity("Q1").joined == {"bob"}


async def test_what_was_said_and_watched_is_remembered(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "me busy for 1h")
        agent.types(desk, "watch bob", message="w")
        await agent.said("bob")
    async with running(tmp_path) as hub, connected(tmp_path, "agent-2") as agent:
        at_the_desk(agent, bob=ONLINE)
        await agent.said("bob")
        assert hub.verdict("alice", xmpp(ALICE)).availability is Availability.BUSY
        hub.say_me(xmpp(ALICE), MeState.AVAILABLE, None)


async def test_a_queued_ring_without_outbox_entry_counts_as_sent(tmp_path: Path) -> None:
    """The crash came between noting the effect's end and the input it makes."""
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        agent.holding = True
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        hub.store.outbox.done("Q1-1")
    async with running(tmp_path) as hub:
        activity = await until(hub, "Q1", sent("bob"))
        assert activity.invitations[0].state is InvitationState.SENT


async def test_a_reply_not_yet_taken_in_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crash came after the reply was read and before what it changes was stored."""
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        monkeypatch.setattr(hub.owned, "_decide", lambda *_: None)
        agent.writes(desk, BOB, "yes", message="r1")
        agent.types(desk, "status")
        await agent.said("Q1", nth=2)
        monkeypatch.undo()
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        await until(hub, "Q1", sent("bob"))
        agent.writes(desk, BOB, "yes", message="r1")
        await until(hub, "Q1", in_state(ActivityState.LIVE))


@pytest.mark.parametrize(("minutes", "kind"), [(1, WatchFor), (20, Unwatch)])
async def test_nobody_is_listened_to_for_longer_than_a_late_reply(
    tmp_path: Path, minutes: int, kind: type[WatchFor | Unwatch]
) -> None:
    clock = ManualClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    async with running(tmp_path, clock) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        await hub.cancel("Q1")
        await agent.told(BOB, nth=2)
    clock.advance(minutes * 60)
    async with running(tmp_path, clock), connected(tmp_path, clock=clock) as agent:
        at_the_desk(agent, bob=ONLINE)
        await agent.heard(kind, lambda m: m.contact == BOB)


async def test_now_goes_on_when_the_agent_is_back(tmp_path: Path) -> None:
    """The ring fell silent while no agent had told yet who else is there."""
    clock = ManualClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    async with running(tmp_path, clock) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet bob or carol now")
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
    clock.advance(31)
    async with running(tmp_path, clock) as hub, connected(tmp_path, clock=clock) as agent:
        await until(hub, "Q1", lambda a: a.invitations[0].state is InvitationState.SILENT)
        assert hub.activity("Q1").state is ActivityState.RINGING
        at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        await until(hub, "Q1", sent("carol"))
