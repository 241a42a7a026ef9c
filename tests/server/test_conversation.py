"""What is typed to the companion, and what it answers, in the order it is typed."""

from pathlib import Path

import pytest

from quorate.clock import ManualClock
from quorate.link.messages import CompanionStatus, SayTo
from quorate.model.availability import Availability
from quorate.model.evidence import Presence
from tests.server.hub_parts import ALICE, BOB, at_the_desk, connected, running

ONLINE, OFFLINE = Presence.ONLINE, Presence.OFFLINE


@pytest.mark.parametrize(
    ("typed", "answered"),
    [
        (["status"], "Nothing is under way."),
        (["cancel"], "Nothing is under way."),
        (["help meet"], "meet WHO"),
        (["who bob"], "bob: offline (alice@example.org's stream, just now)"),
        (["who"], "carol: available"),
        (["who @nobody"], "there is no group"),
        (["meet bobb"], "Did you mean bob?"),
        (["meet alice"], "Leave yourself out"),
        (["meet bob at 23:59"], "not start at a given time yet"),
        (["cancel Q7"], "There is no activity Q7"),
        (["meet bob", "status"], "Q1: waiting, bob 0/1."),
        (["meet bob", "status q1"], "Q1: waiting, bob 0/1."),
        (["meet bob", "explain"], "Missing: bob (offline)."),
        (["meet bob", "cancel"], "Q1 is cancelled. Nobody was asked."),
        (["meet bob", "cancel", "cancel Q1"], "is cancelled already"),
        (["meet bob", "meet dave", "cancel"], "Several are under way: Q2, Q1."),
        (["meet bob within 1h", "extend 10m"], "Q1 now ends"),
        (["meet bob", "extend 10m"], "Q1 has no deadline"),
        (["watch carol"], "carol is available now."),
        (["watch bob"], "I tell you when bob is available."),
        (["watch zed"], "there is nobody called"),
        (["me away for 10m"], "Noted: you are away until"),
    ],
)
async def test_typed_and_answered(tmp_path: Path, typed: list[str], answered: str) -> None:
    async with running(tmp_path), connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE, carol=ONLINE, dave=OFFLINE)
        for number, line in enumerate(typed, 1):
            agent.types(desk, line)
            await agent.heard(SayTo, nth=number)
        assert answered in agent.of(SayTo)[-1].text


@pytest.mark.parametrize(
    ("minutes", "texts", "activities"),
    [(1, ["meet bob", "meet bob"], 1), (1, ["meet bob", "meet dave"], 2), (11, ["meet bob", "meet bob"], 2)],
    ids=["sent again", "another one", "later"],
)
async def test_a_command_sent_again_on_a_new_stream_is_carried_out_once(
    tmp_path: Path, minutes: int, texts: list[str], activities: int
) -> None:
    """SM-8: the agent was restarted, the client could not resume, and sends what was not acknowledged."""
    clock = ManualClock()
    async with running(tmp_path, clock) as hub:
        for number, text in enumerate(texts):
            async with connected(tmp_path, f"agent-{number}", clock) as agent:
                desk = at_the_desk(agent, bob=OFFLINE, dave=OFFLINE)
                agent.types(desk, text, message="m1")
                agent.types(desk, "status", message="m2")
                await agent.heard(SayTo, lambda m: m.effect == "say-m2")
            clock.advance(60 * minutes)
        assert len(hub.owned.open()) == activities


async def test_others_activities_are_not_found(tmp_path: Path) -> None:
    async with running(tmp_path), connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        other = agent.login(BOB, ALICE)
        agent.types(desk, "meet carol")
        await agent.said("Q1")
        agent.types(other, "cancel Q1")
        await agent.said("There is no activity Q1 of yours.")


async def test_the_companions_presence_tells_what_is_under_way(tmp_path: Path) -> None:
    async with running(tmp_path), connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.heard(CompanionStatus, lambda m: "1 ringing" in m.text)
        agent.types(desk, "cancel Q1")
        await agent.heard(CompanionStatus, lambda m: "ringing" not in m.text, nth=2)


async def test_check_supposes_without_asking(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        at_the_desk(agent, bob=OFFLINE, carol=ONLINE)
        events = hub.bus.subscribe(0)
        while hub.verdict("carol").availability is not Availability.AVAILABLE:
            await anext(events)
        vantage = hub.vantage(None)
        assert hub.check("carol", vantage).verdict == "yes"
        assert hub.check("bob", vantage).verdict == "no"
        assert hub.check("bob and carol", vantage, {"bob": Availability.AVAILABLE}).ring == ("bob", "carol")
        assert (
            hub.check("2 of @x", None, {"p": Availability.AVAILABLE}, {"x": ["p", "q"]}).verdict == "unknown"
        )
