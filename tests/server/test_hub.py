"""The server's core as an agent sees it: over a real socket, with a real store."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quorate.clock import ManualClock
from quorate.errors import NotFound, NotPossible, QuorateError, Refused
from quorate.link.messages import AskFor, Quit, SayTo, Stored, Tell, Welcome
from quorate.model.activity import ActivityState, InvitationState
from quorate.model.address import xmpp
from quorate.model.availability import Availability
from quorate.model.command import Answer, MeState, Reply
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.server.hub import Hub
from quorate.server.meetings import NewMeeting
from tests.server.hub_parts import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    at_the_desk,
    connected,
    in_state,
    running,
    sent,
    until,
)

ONLINE, OFFLINE = Presence.ONLINE, Presence.OFFLINE


async def test_the_story(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE, carol=ONLINE, dave=ONLINE)
        agent.types(desk, 'meet bob and (carol or dave) about "release 2.4"')
        await agent.said("Q1")
        assert agent.of(Tell) == []

        agent.sees(desk, BOB, ONLINE)
        ring = await agent.told(BOB, "release 2.4")
        await agent.told(CAROL)
        assert ring.watch
        assert ring.effect in {i.id for i in hub.activity("Q1").invitations}
        await until(hub, "Q1", sent("bob", "carol"))

        agent.writes(desk, BOB, "yes")
        agent.writes(desk, CAROL, "no")
        await agent.told(DAVE)
        agent.writes(desk, DAVE, "Yes!")
        live = await until(hub, "Q1", in_state(ActivityState.LIVE))
        assert set(live.accepted) == {"bob", "dave"}
        for person, account in (("bob", BOB), ("dave", DAVE)):
            await agent.told(account, hub.links.url("Q1", person))
        assert len(agent.of(Tell, lambda m: m.to == CAROL)) == 1
        await agent.said(hub.links.url("Q1", "alice"))


async def test_who_asks_only_what_the_stream_did_not_say(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, carol=Presence.AWAY)
        agent.answers = {BOB: ONLINE}
        agent.types(desk, "who bob and carol")
        answer = await agent.said("bob")
        assert "carol" in answer.text
        assert [ask.contact for ask in agent.of(AskFor)] == [BOB]
        assert hub.verdict("bob", xmpp(ALICE)).availability is Availability.AVAILABLE
        assert hub.verdict("bob", xmpp(ALICE)).trace[0].asked
        assert hub.verdict("carol", xmpp(ALICE)).availability is Availability.AWAY


async def test_an_unanswered_request_is_unknown_with_its_reason(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        at_the_desk(agent)
        await agent.heard(Welcome)
        await until_known(hub, "bob")
        await hub.ask(hub.select("bob"), hub.vantage(None))
        verdict = hub.verdict("bob", xmpp(ALICE))
        assert (verdict.availability, verdict.reason) == (Availability.UNKNOWN, Reason.TIMEOUT)
        assert hub.ask_results() == {"timeout": 1}
        await hub.ask(hub.select("bob"), hub.vantage(None))
        assert len(agent.of(AskFor)) == 1, "one request per contact and login"
        await hub.ask(hub.select("bob"), hub.vantage(None), force=True)
        assert len(agent.of(AskFor)) == 2


async def test_now_fails_at_once_if_it_cannot_be(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "meet bob now")
        failed = await until(hub, "Q1", in_state(ActivityState.FAILED))
        assert failed.reason is Reason.NOT_NOW
        assert agent.of(Tell) == []


async def test_silence_rings_the_substitute(tmp_path: Path) -> None:
    async with running(tmp_path, ring_s=0.05) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet bob or carol")
        await agent.told(BOB)
        await agent.told(CAROL)
        activity = await until(hub, "Q1", lambda a: a.latest("carol") is not None)
        bobs = activity.latest("bob")
        assert bobs is not None
        assert bobs.state is InvitationState.SILENT


@pytest.mark.parametrize("how", ["away", "logged out"])
async def test_nobody_is_rung_without_the_organiser(tmp_path: Path, how: str) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "meet bob")
        await agent.said("Q1")
        if how == "away":
            agent.sees(desk, ALICE, Presence.AWAY, resource="desk")
            agent.sees(desk, BOB, ONLINE)
        else:
            agent.logout(desk)
        activity = await until(hub, "Q1", lambda a: how != "away" or a.log[-1].reason is not None)
        assert agent.of(Tell) == []
        if how == "away":
            assert activity.log[-1].reason is Reason.ORGANISER_AWAY
            agent.sees(desk, ALICE, ONLINE, resource="desk")
        else:
            again = agent.login(ALICE, BOB)
            agent.sees(again, BOB, ONLINE)
        await agent.told(BOB)


async def test_cancel_tells_who_was_rung(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=OFFLINE)
        agent.types(desk, "meet bob and (carol or dave)")
        await agent.said("Q1")
        agent.sees(desk, CAROL, ONLINE)
        await until(hub, "Q1", sent("bob", "carol"))
        agent.types(desk, "cancel Q1")
        await agent.told(BOB, nth=2)
        await agent.told(CAROL, nth=2)
        assert agent.of(Tell, lambda m: m.to == DAVE) == []


async def test_a_command_is_done_once(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "meet bob", message="same")
        agent.types(desk, "meet bob", message="same")
        agent.types(desk, "status", message="other")
        await agent.heard(SayTo, lambda m: m.effect.endswith("-other"))
        assert [a.id for a in hub.activities()] == ["Q1"]


async def test_busy_until_is_a_verdict(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "me busy for 1h")
        await agent.heard(SayTo)
        me = hub.me()
        assert me.availability is Availability.BUSY
        assert me.until is not None
        assert timedelta(minutes=59) < me.until - datetime.now(UTC) <= timedelta(hours=1)
        hub.say_me(None, MeState.AVAILABLE, None)
        assert hub.me().availability is Availability.AVAILABLE


async def test_a_new_word_takes_back_what_was_said_through_another_address(tmp_path: Path) -> None:
    people = {"alice": {"addresses": [ALICE, "alice@home.example"]}}
    async with running(tmp_path, people=people) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "me busy for 48h")
        await agent.heard(SayTo)
        assert hub.me().availability is Availability.BUSY
        hub.say_me(xmpp("alice@home.example"), MeState.AVAILABLE, None)
        assert hub.me().availability is Availability.AVAILABLE
        now = hub.clock.now()
        assert [s.state for s in hub.store.statements.all(now)] == [MeState.AVAILABLE]


async def test_watch_tells_once(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "watch bob")
        await agent.heard(SayTo)
        agent.sees(desk, BOB, ONLINE)
        told = await agent.heard(SayTo, lambda m: m.effect.startswith("watch-") and "bob" in m.text)
        await agent.heard(Stored, lambda m: told.effect in m.effects)
        assert hub.store.watches.all() == ()
        agent.types(desk, "who bob")
        await agent.said("bob", nth=3)
        assert len(agent.of(SayTo, lambda m: m.effect == told.effect)) == 1


async def test_joining_makes_busy_and_the_last_to_leave_ends(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await hub.answer("Q1", "bob", Reply(answer=Answer.YES))
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        await hub.rooms.join("Q1", "bob")
        assert hub.verdict("bob", xmpp(ALICE)).availability is Availability.BUSY
        await hub.rooms.leave("Q1", "bob")
        assert hub.activity("Q1").state is ActivityState.ENDED
        assert hub.activity("Q1").reason is Reason.LAST_LEFT
        assert hub.verdict("bob", xmpp(ALICE)).availability is Availability.AVAILABLE


async def test_effects_are_acknowledged(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        ring = await agent.told(BOB)
        await agent.heard(Stored, lambda m: ring.effect in m.effects)
        assert ring.effect not in {entry.effect.id for entry in hub.store.outbox.pending()}


async def test_an_agent_that_leaves_takes_its_knowledge_along(tmp_path: Path) -> None:
    async with running(tmp_path) as hub:
        async with connected(tmp_path) as agent:
            at_the_desk(agent, bob=ONLINE)
            await until_known(hub, "bob")
            assert hub.verdict("bob", xmpp(ALICE)).availability is Availability.AVAILABLE
        assert await hub.agents_seen.until(False, 5)
        verdict = hub.verdict("bob", xmpp(ALICE))
        assert (verdict.availability, verdict.reason) == (Availability.UNKNOWN, Reason.STREAM_ENDED)
        assert [s.id for s in hub.streams()] == []
        with pytest.raises(NotPossible, match="No client is connected"):
            hub.vantage(None)


async def test_down_tells_the_agents(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        await agent.heard(Welcome)
        hub.quit_agents()
        await agent.heard(Quit)


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("bobb", "unknown-name"),
        ("alice", "meeting-oneself"),
        ("4 of (bob, carol, dave)", "impossible-count"),
        ("bob and", "syntax"),
        ("@nobody", "unknown-name"),
    ],
)
async def test_nonsense_is_refused_and_nobody_is_messaged(tmp_path: Path, who: str, code: str) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        at_the_desk(agent, bob=ONLINE)
        await until_known(hub, "bob")
        with pytest.raises(Refused) as refused:
            await hub.meet(NewMeeting(who=who), xmpp(ALICE))
        assert refused.value.code == code
        assert refused.value.remedy
        assert hub.activities() == []
        assert agent.of(Tell) == []


@pytest.mark.parametrize(
    ("meeting", "expected"),
    [
        (NewMeeting(who="bob", before=datetime(2020, 1, 1, tzinfo=UTC)), Refused),
    ],
)
async def test_times_that_cannot_be(
    tmp_path: Path, meeting: NewMeeting, expected: type[QuorateError]
) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        at_the_desk(agent, bob=ONLINE)
        await until_known(hub, "bob")
        with pytest.raises(expected):
            await hub.meet(meeting, xmpp(ALICE))


async def test_the_vantage_must_be_named_if_there_are_several(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        at_the_desk(agent, bob=ONLINE)
        second = agent.login(BOB, ALICE)
        await until_known(hub, "alice", BOB)
        with pytest.raises(Refused, match=ALICE):
            hub.vantage(None)
        assert hub.vantage("alice") == hub.vantage(ALICE) == xmpp(ALICE)
        with pytest.raises(Refused, match="not one of your accounts"):
            hub.vantage("carol")
        agent.logout(second)
        await until_gone(hub, BOB)
        with pytest.raises(NotPossible, match="no open connection"):
            hub.vantage(BOB)
        assert hub.vantage(None) == xmpp(ALICE)


async def test_asks_for_our_own_accounts(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.login(BOB, ALICE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        [asked] = hub.asks()
        assert (asked.activity.id, asked.invitation.person) == ("Q1", "bob")


@pytest.mark.parametrize(("later", "shown"), [(0, 1), (59, 1), (61, 0)])
async def test_an_ask_is_shown_for_a_minute_after_the_end(tmp_path: Path, later: int, shown: int) -> None:
    clock = ManualClock()
    async with running(tmp_path, clock) as hub, connected(tmp_path, clock=clock) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.login(BOB, ALICE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        await hub.cancel("Q1")
        clock.advance(later)
        assert len(hub.asks()) == shown


async def test_what_the_organiser_started_stands_above_whom_it_rings(tmp_path: Path) -> None:
    async with running(tmp_path), connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        in_chat = [m for m in agent.got if isinstance(m, Tell) or getattr(m, "effect", "") == "Q1-n1"]
        assert [type(m) for m in in_chat] == [SayTo, Tell]


async def test_the_page_hears_of_everybody_who_is_free_again(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE)
        agent.types(desk, "meet bob")
        await agent.told(BOB)
        agent.writes(desk, BOB, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        before = hub.bus.last
        await hub.cancel("Q1")
        told = {event.id for event in hub.bus.since(before) if event.kind == "person"}
        assert {"alice", "bob"} <= told


async def test_a_decision_that_could_not_be_stored_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quorate.server.activities.RETRY", timedelta(milliseconds=10))
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=OFFLINE)
        agent.types(desk, "meet bob within 1s")
        await agent.said("Q1")
        save, tried = hub.store.activities.save, asyncio.Event()

        def disk_full(*_: object) -> None:
            tried.set()
            raise OSError

        monkeypatch.setattr(hub.store.activities, "save", disk_full)
        await asyncio.wait_for(tried.wait(), 60)
        monkeypatch.setattr(hub.store.activities, "save", save)
        await until(hub, "Q1", in_state(ActivityState.EXPIRED))


async def test_unknown_activity(tmp_path: Path) -> None:
    async with running(tmp_path) as hub:
        with pytest.raises(NotFound, match="Q9"):
            hub.activity("Q9")
        with pytest.raises(NotFound):
            await hub.cancel("Q9")


async def until_known(hub: Hub, key: str, account: str = ALICE) -> None:
    """Wait until what the fake agent sent about a person has arrived."""
    events = hub.bus.subscribe(0)
    while hub.directory.person(key) is None or xmpp(account) not in hub.streams_seen.live_accounts():
        await anext(events)
    while not hub.book.about([xmpp(account)], xmpp(account)) or not hub.agents_seen.connected:
        await anext(events)


async def until_gone(hub: Hub, account: str) -> None:
    events = hub.bus.subscribe(0)
    while xmpp(account) in hub.streams_seen.live_accounts():
        await anext(events)


async def test_who_answers_late_is_told_to_the_organiser_in_the_room(tmp_path: Path) -> None:
    async with running(tmp_path) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=ONLINE, carol=ONLINE)
        agent.types(desk, "meet bob or carol")
        await agent.told(BOB)
        agent.writes(desk, BOB, "in 5m")
        await agent.told(CAROL)
        agent.writes(desk, CAROL, "yes")
        await until(hub, "Q1", in_state(ActivityState.LIVE))
        agent.writes(desk, BOB, "yes")
        await agent.told(BOB, "Join anyway?")
        assert [(line.text, line.only) for line in hub.rooms.lines("Q1", "alice")] == [
            ("bob answered late and was asked: join anyway?", "alice")
        ]
        assert hub.rooms.lines("Q1", "carol") == []
