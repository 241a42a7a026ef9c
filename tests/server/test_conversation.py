"""What is typed to the companion, and what it answers, in the order it is typed."""

from datetime import timedelta
from pathlib import Path

import pytest

from quorate.clock import ManualClock
from quorate.link.messages import AskFor, CommandDone, CommandGiven, CompanionStatus, SayTo
from quorate.model.activity import ActivityState
from quorate.model.availability import Availability
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.rules.commands import parse_command
from quorate.talk.companion import DONE_BEFORE, TOO_LATE
from tests.server.hub_parts import ALICE, BOB, CAROL, api_of, at_the_desk, connected, in_state, running, until

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
        (["meet carol at tomorrow 23:59"], "23:59. Nobody is asked before. Ends"),
        (["meet carol on tue, thu between 0:00 and 0:01"], "Only on tue, thu between 00:00 and 00:01."),
        (["meet bob within 1h else carol within 5m"], "bob (offline). I will ask when it can work. Else, at"),
        (["meet bob within 1h else carl"], "Column 25: there is nobody called “carl”. Did you mean carol?"),
        (["cancel Q7"], "There is no activity Q7"),
        (["meet bob", "status"], "Q1: waiting, bob 0/1."),
        (["meet bob", "status q1"], "Q1: waiting, bob 0/1."),
        (["meet bob", "explain"], "Missing: bob (offline)."),
        (["meet bob", "cancel"], "Q1 is cancelled. Nobody was asked."),
        (["meet bob", "cancel", "cancel Q1"], "is cancelled already"),
        (["meet bob", "meet dave", "cancel"], "Several are under way: Q2, Q1."),
        (["meet bob within 1h", "extend 10m"], "Q1 now ends"),
        (["meet bob", "extend 10m"], "Q1 has no deadline"),
        (["meet bob", "take Q1 bob"], "bob has not said that they can"),
        (["meet bob", "take bobb"], "Did you mean bob?"),
        (["meet bob", "meet dave", "take bob"], "Say which one: take Q2 bob"),
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
                await agent.heard(SayTo, lambda m: m.effect.endswith("-m2"))
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


async def test_check_judges_a_line_or_its_parts(tmp_path: Path) -> None:
    async with (
        running(tmp_path, zone="UTC") as hub,
        connected(tmp_path) as agent,
        api_of(hub, tmp_path) as api,
    ):
        at_the_desk(agent, bob=OFFLINE, carol=ONLINE)
        tomorrow = (hub.clock.now() + timedelta(days=1)).isoformat()
        told = (await api.post("/check", json={"who": "carol", "at": tomorrow})).json()
        assert (told["verdict"], told["ring"], told["rings_then"]) == ("no", [], ["carol"])
        assert told["opens"] is not None
        told = (await api.post("/check", json={"who": "bob within 10m else carol"})).json()
        assert (told["verdict"], told["missing"], told["else"][0]["ring"]) == (
            "no",
            ["bob is offline"],
            ["carol"],
        )
        refused = await api.post("/check", json={"who": "bob within 10m", "within_s": 5})
        assert refused.status_code == 422
        refused = await api.post("/check", json={"who": "bob within 10m else carl"})
        assert refused.json()["column"] == 21


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


async def test_an_order_that_could_not_be_stored_is_carried_out_when_it_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: what is not done is not noted as done, and leaves nothing behind."""
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        with monkeypatch.context() as full:
            full.setattr(hub.store.activities, "save", raising)
            agent.types(desk, "meet bob", message="m1")
            await agent.said("made a mistake")
        assert hub.owned.open() == []
        agent.types(desk, "meet bob", message="m1")
        await agent.said("Q2")
        agent.types(desk, "meet bob", message="m1")
        agent.types(desk, "cancel", message="m2")
        await agent.said("Q2 is cancelled")
        agent.types(desk, "meet carol", message="m3")
        await agent.said("Q3")
        agent.types(desk, "cancel", message="m2")
        await agent.said(DONE_BEFORE)
        assert [a.id for a in hub.owned.open()] == ["Q3"]


async def test_a_command_told_again_while_it_is_being_done_is_done_once(tmp_path: Path) -> None:
    """The link broke while bob was being asked about: the answer goes where the account is now."""
    async with running(tmp_path, ask_timeout_s=0.5) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent)
        agent.types(desk, "meet bob", message="m1")
        agent.types(desk, "who bob", message="m2")
        await agent.heard(AskFor)
        await agent.close()
        await agent.connect()
        desk = at_the_desk(agent)
        agent.types(desk, "meet bob", message="m1")
        agent.types(desk, "who bob", message="m2")
        await agent.said("Q1")
        await agent.said("bob: unknown")
        assert len(hub.owned.open()) == 1


@pytest.mark.parametrize("at_once", [True, False], ids=["another stream is live", "it comes back"])
async def test_an_answer_goes_out_although_the_connection_it_was_typed_on_broke(
    tmp_path: Path, at_once: bool
) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.holding = True
        agent.types(desk, "status", message="m1")
        first = await agent.heard(SayTo)
        if at_once:
            agent.stream("s-phone", ALICE, StreamState.LIVE)
        agent.logout(desk)
        agent.done(first.effect, "stream-ended")
        agent.holding = False
        if not at_once:
            agent.stream("s-resumed", ALICE, StreamState.LIVE)
        again = await agent.heard(SayTo, nth=2)
        assert (again.text, again.stream) == (first.text, "s-phone" if at_once else "s-resumed")
        done = await agent.heard(CommandDone)
        assert (done.stream, done.message) == (desk, "m1")
        assert hub.store.outbox.pending() == ()


async def test_an_answer_nobody_was_there_for_is_forgotten(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running(tmp_path, clock), connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.holding = True
        agent.types(desk, "status", message="m1")
        said = await agent.heard(SayTo)
        agent.logout(desk)
        agent.done(said.effect, "stream-ended")
        clock.advance(61)
        agent.stream("s-later", ALICE, StreamState.LIVE)
        await agent.heard(CommandDone)
        assert len(agent.of(SayTo)) == 1


async def test_an_order_a_hung_server_reads_late_is_not_begun(tmp_path: Path) -> None:
    """The user was told long ago that there is no server."""
    clock = ManualClock()
    async with running(tmp_path, clock) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        typed = clock.now()
        clock.advance(61)
        agent.send(
            CommandGiven(
                stream=desk, message="m1", command=parse_command("meet bob"), account=ALICE, at=typed
            )
        )
        await agent.said(TOO_LATE)
        assert hub.owned.open() == []


async def test_a_command_is_known_by_its_account_when_its_stream_is_gone(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        at_the_desk(agent, bob=OFFLINE)
        agent.send(
            CommandGiven(stream="s-gone", message="m1", command=parse_command("meet bob"), account=ALICE)
        )
        await agent.said("Q1")
        assert [a.organiser_via.account for a in hub.owned.open()] == [ALICE]


def raising(*_: object, **__: object) -> None:
    raise OSError("full")


async def test_the_start_says_the_usual_wait_and_who_can_later_is_taken(tmp_path: Path) -> None:
    """The customer on the line, of the journeys."""
    clock = ManualClock()
    groups = {"presales": ("bob", "carol", "dave")}
    async with running(tmp_path, clock, groups=groups) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE, dave=OFFLINE)
        for number in (1, 2, 3):
            agent.types(desk, "meet any of @presales")
            await until(hub, f"Q{number}", lambda a: any(i.sent_at for i in a.invitations))
            clock.advance(10 * number)
            asked = hub.activity(f"Q{number}").invitations[0].via.account
            agent.writes(desk, asked, "yes")
            await until(hub, f"Q{number}", in_state(ActivityState.LIVE))
            agent.types(desk, f"cancel Q{number}")
            await until(hub, f"Q{number}", in_state(ActivityState.ENDED))
        agent.types(desk, 'meet any of @presales as call about "storage question" within 4m')
        await agent.said('Q4 "storage question": 0/1. 2 of 3 can be asked. Usual wait 20 s. Ringing 1.')
        await until(hub, "Q4", lambda a: any(i.sent_at for i in a.invitations))
        first = hub.activity("Q4").invitations[0]
        agent.writes(desk, first.via.account, "in 2m")
        who = first.person
        await agent.said(f"Q4: {who} can in 2 min, asking others meanwhile. Take {who} now: take Q4 {who}")
        agent.types(desk, f"take Q4 {who}")
        await agent.said(f"Q4 is live after 0 s: {who}. http")
        other = next(i for i in hub.activity("Q4").invitations if i.person != who)
        await agent.told(other.via.account, "is covered")


async def test_done_closes_the_review_it_is_about_and_says_nothing_else(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, 'meet bob as review contract.pdf about "NDA" within 20m')
        await agent.told(BOB, "Reply yes, no, conflict")
        await until(hub, "Q1", lambda a: any(i.sent_at for i in a.invitations))
        agent.writes(desk, BOB, "yes")
        await agent.told(BOB, "When you are through, reply: done")
        agent.types(desk, 'meet bob about "lunch"')
        agent.writes(desk, BOB, "done: ok with 2 comments")
        await agent.said('Q1 "NDA" is done after 0 s: bob. What they say about it is in your chat with bob.')
        await agent.told(BOB, "alice is told that you are done")
        assert hub.activity("Q1").reason is Reason.DONE


async def test_a_substitute_who_is_not_there_is_told_to_the_organiser(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=OFFLINE)
        agent.types(desk, "meet bob")
        await until(hub, "Q1", lambda a: any(i.sent_at for i in a.invitations))
        agent.writes(desk, BOB, "sub carol")
        await agent.said("Q1: bob cannot and suggests carol (offline). carol is asked once they can be.")
        agent.sees(desk, CAROL, ONLINE)
        await agent.told(CAROL, "[Quorate]")
