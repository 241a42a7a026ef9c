"""What becomes of notices whose stream goes away before they left, and of those that come too late."""

from pathlib import Path

import pytest

from quorate.activity.effects import Notice
from quorate.activity.inputs import Joined, Left
from quorate.link.messages import SayTo, Stored, Tell
from quorate.model.activity import Activity, ActivityState
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from tests.server.hub_parts import ALICE, BOB, CAROL, at_the_desk, connected, in_state, running, sent, until

ONLINE = Presence.ONLINE


@pytest.mark.parametrize("reason", [Reason.STREAM_ENDED, Reason.NO_STREAM, Reason.BLIND])
async def test_a_notice_whose_stream_ended_leaves_on_the_next_one(tmp_path: Path, reason: Reason) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        agent.holding = True
        agent.writes(desk, BOB, "yes")
        link = await agent.told(BOB, hub.links.url("Q1", "bob"))
        agent.logout(desk)
        agent.done(link.effect, reason)
        await agent.heard(Stored, lambda m: link.effect in m.effects)
        agent.login(ALICE, BOB)
        repeated = await agent.told(BOB, hub.links.url("Q1", "bob"), nth=2)
        assert repeated.effect == link.effect


@pytest.mark.parametrize("reason", [Reason.RATE_LIMITED, Reason.TOO_EARLY])
async def test_a_notice_a_live_stream_did_not_take_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: Reason
) -> None:
    monkeypatch.setattr("quorate.server.dispatcher.RETRY_S", 0.01)
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        agent.holding = True
        await hub.cancel("Q1")
        off = await agent.told(BOB, nth=2)
        agent.done(off.effect, reason)
        assert (await agent.told(BOB, nth=3)).effect == off.effect


async def test_a_notice_whose_stream_ended_leaves_on_another_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quorate.server.dispatcher.RETRY_S", 0.01)
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.stream("laptop", ALICE, StreamState.LIVE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        agent.holding = True
        await hub.cancel("Q1")
        off = await agent.told(BOB, nth=2)
        agent.stream(off.stream, ALICE, StreamState.ENDED)
        agent.done(off.effect, Reason.STREAM_ENDED)
        again = await agent.told(BOB, nth=3)
        assert (again.effect, again.stream != off.stream) == (off.effect, True)


async def test_a_notice_nobody_can_get_is_given_up(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        agent.holding = True
        await hub.cancel("Q1")
        off = await agent.told(BOB, nth=2)
        agent.done(off.effect, Reason.UNREACHABLE)
        await agent.heard(Stored, lambda m: off.effect in m.effects)
        assert off.effect not in {entry.effect.id for entry in hub.store.outbox.pending()}


async def test_what_is_over_is_not_announced_as_open(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, 'meet bob about "release"')
        await agent.told(BOB)
        await until(hub, "Q1", sent("bob"))
        agent.holding = True
        agent.writes(desk, BOB, "yes")
        await agent.told(BOB, nth=2)
        await agent.said("is live")
        await hub.owned.ask("Q1", Joined("bob"))
        await hub.owned.ask("Q1", Left("bob"))
        await until(hub, "Q1", in_state(ActivityState.ENDED))
    async with running(tmp_path) as hub, connected(tmp_path, "agent-2") as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        told = await agent.told(BOB)
        assert "ended" in told.text
        assert "/r/" not in told.text
        await agent.said("Q1")
        agent.types(desk, "status")
        await agent.heard(SayTo, lambda m: m.effect.startswith("say-"))
        assert len(agent.of(Tell)) == 1
        assert [m.text for m in agent.of(SayTo, lambda m: "/r/" in m.text)] == []


async def test_what_waits_for_who_said_stop_elsewhere_goes_on_waiting(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet bob and carol")
        agent.types(desk, "meet bob")
        await agent.told(CAROL)
        await until(hub, "Q1", sent("bob", "carol"))
        agent.writes(desk, BOB, "stop")
        await until(hub, "Q1", in_state(ActivityState.FAILED))
        assert hub.activity("Q2").state is ActivityState.WAITING
        assert "blocked" not in repr(hub.explain("Q2"))


async def test_one_effect_that_cannot_be_done_keeps_back_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet bob and carol")
        await until(hub, "Q1", sent("bob", "carol"))
        words = hub.notices.to_person

        def broken(activity: Activity, person: str, notice: Notice) -> str:
            if person == "bob":
                raise LookupError
            return words(activity, person, notice)

        monkeypatch.setattr(hub.notices, "to_person", broken)
        await hub.cancel("Q1")
        await agent.told(CAROL, nth=2)
        assert "effect failed: Tell" in caplog.text
        monkeypatch.undo()
        hub.dispatcher.resume()
        await agent.told(BOB, nth=2)


async def test_a_ring_withdrawn_as_it_left_is_not_remembered_for_ever(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        agent.holding = True
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        ring = await agent.told(BOB)
        await hub.cancel("Q1")
        for nth in (1, 2):
            agent.done(ring.effect)
            await agent.heard(Stored, lambda m: ring.effect in m.effects, nth=nth)
            await hub.owned.drained()
            assert hub.dispatcher.left == set()
