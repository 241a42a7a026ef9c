"""Who is rung, over which address, and whose replies count; over a real socket, with a real store."""

import itertools
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from quorate.clock import ManualClock
from quorate.link.messages import SayTo, Tell
from quorate.model.activity import ActivityState, InvitationState
from quorate.model.address import xmpp
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from tests.server.hub_parts import ALICE, BOB, CAROL, at_the_desk, connected, in_state, running, sent, until

ONLINE, OFFLINE = Presence.ONLINE, Presence.OFFLINE


async def test_two_activities_never_ring_one_person(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE, carol=ONLINE)
        agent.types(desk, "meet bob and carol")
        agent.types(desk, "meet bob")
        await agent.said("Q1")
        await agent.said("Q2")
        agent.sees(desk, BOB, ONLINE)
        first = await agent.told(BOB)
        owner = first.effect.partition("-")[0]
        other = "Q2" if owner == "Q1" else "Q1"
        await until(hub, owner, lambda a: a.state is ActivityState.RINGING)
        await until(hub, other, lambda a: a.log[-1].reason is Reason.HELD)
        assert hub.activity(other).state is ActivityState.WAITING
        assert hub.check("bob", hub.vantage(None)).verdict == "no"
        agent.writes(desk, BOB, "no")
        second = await agent.told(BOB, nth=2)
        assert second.effect.startswith(other)


async def test_who_gets_a_link_is_not_rung_for_something_else_at_that_moment(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        agent.types(desk, "meet bob")
        await until(hub, "Q2", lambda a: a.log[-1].reason is Reason.HELD)
        agent.writes(desk, BOB, "yes")
        await agent.told(BOB, hub.links.url("Q1", "bob"))
        agent.types(desk, "status", message="now")
        await agent.heard(SayTo, lambda m: m.effect.endswith("-now"))
        assert hub.activity("Q2").invitations == ()
        assert "asked for Q1" in " ".join(hub.explain("Q2").lines)
        await hub.rooms.join("Q1", "bob")
        await hub.rooms.leave("Q1", "bob")
        await until(hub, "Q2", sent("bob"))


async def test_a_reply_seen_on_two_streams_is_one_reply(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as hub,
        connected(tmp_path) as agent,
        connected(tmp_path, "agent-2") as other,
    ):
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        laptop = at_the_desk(other, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet carol or bob")
        await until(hub, "Q1", sent("carol"))
        agent.writes(desk, CAROL, "no")
        await until(hub, "Q1", sent("bob"))
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        agent.writes(desk, CAROL, "yes", message="late")
        await until(hub, "Q1", lambda a: "carol" in a.told_late)
        other.writes(laptop, CAROL, "yes", message="late")
        other.types(laptop, "status")
        await other.heard(SayTo, lambda m: m.effect.startswith("say-"))
        assert hub.activity("Q1").accepted == ("bob",)


async def test_two_contacts_may_use_the_same_message_id(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet bob and carol")
        await until(hub, "Q1", sent("bob", "carol"))
        agent.writes(desk, BOB, "yes", message="1")
        agent.writes(desk, CAROL, "yes", message="1")
        await until(hub, "Q1", in_state(ActivityState.LIVE))


@pytest.mark.parametrize("name", ["eve@elsewhere.example", "carol@example.org", "carol"])
async def test_a_substitute_is_somebody_the_organiser_knows(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quorate.server.upkeep.BURST_S", 60.0)
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.answers = {CAROL: ONLINE}
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        agent.writes(desk, BOB, f"sub {name}")
        if name.startswith("eve"):
            await agent.said(f"suggests “{name}”")
            assert [p.key for p in hub.activity("Q1").people] == ["bob"]
        else:
            assert (await agent.told(CAROL)).watch, "somebody the stream never mentioned is asked for first"


async def test_a_person_is_rung_where_they_are(tmp_path: Path) -> None:
    people = {"bob": {"addresses": ["bob@example.org", "bob@home.example"]}}
    async with running(tmp_path, people=people) as hub, connected(tmp_path) as agent:
        desk = agent.login(ALICE, BOB, "bob@home.example")
        agent.sees(desk, BOB, OFFLINE)
        agent.sees(desk, "bob@home.example", ONLINE)
        agent.snapshot_done()
        agent.types(desk, "meet bob")
        await agent.told("bob@home.example")
        await until(hub, "Q1", sent("bob"))
        agent.writes(desk, "bob@home.example", "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        assert agent.of(Tell, lambda m: m.to == BOB) == []


async def test_stop_is_remembered(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        agent.writes(desk, BOB, "stop")
        await until(hub, "Q1", in_state(ActivityState.FAILED))
        assert hub.store.blocks.all() == {(xmpp(ALICE), xmpp(BOB))}
        agent.types(desk, "meet bob now")
        failed = await until(hub, "Q2", lambda a: a.state.over)
        assert (failed.invitations, failed.reason) == ((), Reason.NOT_NOW)


async def test_an_invitation_that_came_back_is_no_ring_and_the_next_one_is_asked(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet bob or carol")
        ring = await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        agent.done(ring.effect, Reason.UNREACHABLE)
        await agent.told(CAROL)
        bob = hub.activity("Q1").latest("bob")
        assert bob is not None
        assert (bob.state, bob.reason) == (InvitationState.SILENT, Reason.UNREACHABLE)
        told = " ".join(hub.explain("Q1").lines)
        assert "bob could not be asked (They cannot be reached)" in told


async def test_an_agent_that_lost_its_stream_takes_no_ring_back(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        ring = await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        agent.done(ring.effect, Reason.STREAM_ENDED)
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        assert [i.id for i in hub.activity("Q1").invitations] == [ring.effect]


async def test_nobody_is_rung_more_often_than_the_settings_say(tmp_path: Path) -> None:
    """Whoever asks, also after a restart; then the hour passes."""
    clock = ManualClock()
    async with running(tmp_path, clock, rings_per_hour=2), connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        for nth in (1, 2):
            agent.types(desk, "meet bob")
            await agent.told(BOB, nth=2 * nth - 1)
            agent.types(desk, f"cancel Q{nth}")
            await agent.told(BOB, nth=2 * nth)
            clock.advance(1)
        agent.types(desk, "meet bob")
        await agent.said("asked enough until")
    async with (
        running(tmp_path, clock, rings_per_hour=2) as hub,
        connected(tmp_path, "agent-2", clock=clock) as agent,
    ):
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "explain Q3")
        await agent.said("bob may be asked again at 13:00.")
        assert hub.check("bob", xmpp(ALICE)).verdict == "no"
        clock.advance(3600)
        hub.owned.on_time()
        await until(hub, "Q3", sent("bob"))


async def test_a_yes_that_cannot_be_stored_counts_once_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is locked for a while: the answer is not lost, and nobody is rung twice."""
    monkeypatch.setattr("quorate.server.mailbox.FIRST_PAUSE_S", 0.001)
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet bob and carol")
        await until(hub, "Q1", sent("bob", "carol"))
        save, tries = hub.store.activities.save, itertools.count(1)

        def refusing(*given: Any) -> None:
            if next(tries) < 5:
                raise OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))
            save(*given)

        monkeypatch.setattr(hub.store.activities, "save", refusing)
        agent.writes(desk, BOB, "yes", message="r1")
        agent.writes(desk, CAROL, "yes", message="r2")
        live = await until(hub, "Q1", in_state(ActivityState.LIVE))
        assert [(i.person, i.state) for i in live.invitations] == [
            ("bob", InvitationState.ACCEPTED),
            ("carol", InvitationState.ACCEPTED),
        ]
        await agent.told(CAROL, hub.links.url("Q1", "carol"))
        assert len([tell for tell in agent.of(Tell) if tell.watch]) == 2
        assert next(tries) > 5


async def test_who_said_yes_long_ago_is_asked_whether_they_are_still_there(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running(tmp_path, clock) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet bob and carol")
        await until(hub, "Q1", sent("bob", "carol"))
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q1", lambda a: a.accepted == ("bob",))
        agent.writes(desk, CAROL, "in 2m")
        await until(hub, "Q1", in_state(ActivityState.WAITING))
        clock.advance(90)
        agent.writes(desk, CAROL, "yes", message="now")
        assert (await agent.told(BOB, "Still there?")).watch is False
        assert "whether they are still there" in " ".join(hub.explain("Q1").lines)
        agent.writes(desk, BOB, "yes", message="again")
        await until(hub, "Q1", in_state(ActivityState.LIVE))


async def test_who_answers_at_once_answers_what_has_just_rung(tmp_path: Path) -> None:
    """Their answer comes together with the news that the ring has left; they were in something before."""
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        await hub.cancel("Q1")
        await agent.told(BOB, nth=2)
        agent.holding = True
        agent.types(desk, "meet bob")
        ring = await agent.told(BOB, nth=3)
        agent.done(ring.effect)
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q2", in_state(ActivityState.LIVE))
        assert hub.dispatcher.left == set()
