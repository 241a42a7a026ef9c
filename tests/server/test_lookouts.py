"""``watch NAME`` is told once, and not lost with a stream or a link that breaks just then."""

from pathlib import Path

import pytest

from quorate.link.messages import SayTo, Stored
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from tests.server.fake_agent import FakeAgent
from tests.server.hub_parts import ALICE, BOB, at_the_desk, connected, running

ONLINE, OFFLINE = Presence.ONLINE, Presence.OFFLINE


def is_line(message: SayTo) -> bool:
    return message.effect.startswith("watch-")


async def line_given(agent: FakeAgent) -> tuple[str, SayTo]:
    """The stream, and the line that was given to it, of which nothing is known yet."""
    desk = at_the_desk(agent, bob=OFFLINE)
    agent.types(desk, "watch bob")
    await agent.said("I tell you when")
    agent.holding = True
    agent.sees(desk, BOB, ONLINE)
    return desk, await agent.heard(SayTo, is_line)


async def test_a_line_whose_stream_ended_is_told_on_the_next_one(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk, line = await line_given(agent)
        agent.logout(desk)
        agent.done(line.effect, Reason.STREAM_ENDED)
        await agent.heard(Stored, lambda m: line.effect in m.effects)
        agent.holding = False
        desk = agent.login(ALICE, BOB)
        agent.sees(desk, BOB, ONLINE)
        assert (await agent.heard(SayTo, is_line, nth=2)).effect == line.effect
        await agent.heard(Stored, lambda m: line.effect in m.effects, nth=2)
        assert hub.store.watches.all() == ()


async def test_a_line_a_live_stream_did_not_take_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quorate.server.lookouts.RETRY_S", 0.01)
    async with running(tmp_path), connected(tmp_path) as agent:
        _, line = await line_given(agent)
        agent.done(line.effect, Reason.RATE_LIMITED)
        assert (await agent.heard(SayTo, is_line, nth=2)).effect == line.effect


@pytest.mark.parametrize("restarted", [False, True], ids=["link", "server"])
async def test_a_line_on_its_way_when_the_link_broke_has_the_same_id_again(
    tmp_path: Path, restarted: bool
) -> None:
    """So that the agent, if it has said it by then, does not say it twice."""
    async with running(tmp_path) as hub:
        async with connected(tmp_path) as agent:
            _, line = await line_given(agent)
        if not restarted:
            async with connected(tmp_path) as agent:
                at_the_desk(agent, bob=ONLINE)
                assert (await agent.heard(SayTo, is_line)).effect == line.effect
                await agent.heard(Stored, lambda m: line.effect in m.effects)
                assert hub.store.watches.all() == ()
            return
    async with running(tmp_path), connected(tmp_path) as agent:
        at_the_desk(agent, bob=ONLINE)
        assert (await agent.heard(SayTo, is_line)).effect == line.effect


async def test_what_the_agent_had_said_before_the_link_broke_is_not_said_again(tmp_path: Path) -> None:
    async with running(tmp_path) as hub:
        async with connected(tmp_path) as agent:
            _, line = await line_given(agent)
        async with connected(tmp_path) as agent:
            agent.done(line.effect)
            await agent.heard(Stored, lambda m: line.effect in m.effects)
            desk = at_the_desk(agent, bob=ONLINE)
            agent.types(desk, "who bob")
            await agent.said("bob")
            assert agent.of(SayTo, is_line) == []
            assert hub.store.watches.all() == ()


async def test_whoever_has_left_again_meanwhile_is_told_at_their_next_coming(tmp_path: Path) -> None:
    async with running(tmp_path), connected(tmp_path) as agent:
        desk, line = await line_given(agent)
        agent.sees(desk, BOB, OFFLINE)
        agent.logout(desk)
        agent.done(line.effect, Reason.STREAM_ENDED)
        await agent.heard(Stored, lambda m: line.effect in m.effects)
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "who bob")
        await agent.heard(SayTo, lambda m: m.effect.startswith("say-"), nth=2)
        assert len(agent.of(SayTo, is_line)) == 1
        agent.sees(desk, BOB, ONLINE)
        await agent.heard(SayTo, is_line, nth=2)
