"""Presence from the bytes of a stream to the verdict about a person. PR-1 to PR-8, T30, T31."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from pydantic import BaseModel

from quorate.agent.commands_kept import CommandsKept
from quorate.agent.journal import Journal
from quorate.agent.outlet import Outlet
from quorate.agent.replies_kept import RepliesKept
from quorate.agent.stream import AgentStream, Shared
from quorate.capture.driver import Driver
from quorate.clock import ManualClock
from quorate.link.messages import RosterIs, Saw, StreamIs
from quorate.model.address import Address, parse_address
from quorate.model.availability import Availability, Verdict
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.server.directory import Directory
from quorate.server.evidence_book import EvidenceBook
from quorate.splice.splice import SessionRegistry, Splice
from tests.splice.script import BIND, BOB, BOUND, CAROL, ENABLE, ENABLED, ROSTER_GET, Talk, roster, who

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
ALICE = parse_address("alice@example.org")
GATEWAY = "<item jid='irc.example.org' subscription='both'/>"
ZOE = "<item jid='zoe%net@irc.example.org' subscription='both'/>"
SM = "xmlns='urn:xmpp:sm:3'"


@dataclass
class Wire:
    """Stands in for the driver of a scripted connection."""

    talk: Talk
    peer: str = "test"
    detail: str | None = None
    domain: str = "example.org"
    found_at: str = ""
    mode: str = "listener"

    def do(self, act: object) -> bool:
        self.talk.do(act(self.talk.splice, self.talk.now))  # type: ignore[operator]
        return True


@dataclass
class Desk:
    """Alice's connections through one agent, and the server that is told about them."""

    home: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    directory: Directory = field(default_factory=Directory)
    sessions: SessionRegistry = field(default_factory=SessionRegistry)
    connected: bool = True
    answering: bool = True
    count: int = 0

    def __post_init__(self) -> None:
        self.directory.own(ALICE)
        self.book = EvidenceBook(
            self.clock, self.directory, settle_s=0, ask_timeout_s=3, zone=UTC, changed=lambda _: None
        )
        outlet = Outlet(self, self.clock)
        self.shared = Shared(self.clock, outlet, Journal(), RepliesKept(), CommandsKept())

    def send(self, message: BaseModel) -> bool:
        match message:
            case Saw():
                self.book.saw(message.stream, message.evidence)
            case RosterIs():
                self.directory.roster(ALICE, message.contacts, message.removed, message.full)
            case StreamIs() if message.stream.state in (StreamState.ENDED, StreamState.BLIND):
                self.book.stream_ended(message.stream.id)
        return True

    def connection(self) -> "Line":
        self.count += 1
        talk = Talk(sessions=self.sessions)
        talk.now = self.clock.monotonic()
        driver = cast("Driver[Splice]", Wire(talk))
        return Line(self, talk, AgentStream(f"s{self.count}", driver, self.shared, lambda _: None))

    def login(self, *items: str) -> "Line":
        line = self.connection()
        line.talk.log_in(*(items or (BOB, CAROL)), sm=True)
        line.told()
        return line

    def about(self, name: str) -> Verdict:
        address: Address = parse_address(name) if "@" in name else who(name)
        person = self.directory.person(self.directory.key_of(address))
        assert person is not None
        return self.book.verdict(person, ALICE)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.book.on_time()


@dataclass
class Line:
    desk: Desk
    talk: Talk
    stream: AgentStream

    def s(self, text: str) -> None:
        self.talk.s(text)
        self.told()

    def c(self, text: str) -> None:
        self.talk.c(text)
        self.told()

    def wait(self, seconds: float) -> None:
        self.talk.wait(seconds)
        self.desk.wait(seconds)
        self.told()

    def lose(self) -> None:
        self.talk.lose()
        self.told()
        self.stream.ended()

    def told(self) -> None:
        """Everything the splice noticed goes the way it goes in the agent."""
        noticed = self.talk.all
        self.talk.all = []
        for effect in noticed:
            self.stream.noticed(effect)
        self.stream.settled()
        self.desk.shared.outlet.flush()


def bob(content: str = "", resource: str = "x", kind: str = "") -> str:
    type_ = f" type='{kind}'" if kind else ""
    device = f"/{resource}" if resource else ""
    return f"<presence{type_} from='bob@example.org{device}'>{content}</presence>"


def stamp(minutes_ago: float) -> str:
    return (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def delay(minutes_ago: float) -> str:
    return f"<delay xmlns='urn:xmpp:delay' stamp='{stamp(minutes_ago)}'/>"


def idle(minutes_ago: float) -> str:
    return f"<idle xmlns='urn:xmpp:idle:1' since='{stamp(minutes_ago)}'/>"


AWAY, DND, P = "<show>away</show>", "<show>dnd</show>", "<priority>{}</priority>"
LAST = "<query xmlns='jabber:iq:last' seconds='1200'/>"
ROOM = "<x xmlns='http://jabber.org/protocol/muc#user'><item jid='bob@example.org/x' role='participant'/></x>"
UNSHARED = (
    "<iq type='set' id='p'><query xmlns='jabber:iq:roster'>"
    "<item jid='bob@example.org' subscription='{}'/></query></iq>"
)
BLOCKED = "<iq type='set' id='p'><block xmlns='urn:xmpp:blocking'><item jid='bob@example.org'/></block></iq>"

STORIES: dict[str, tuple[list[str], str, str | None]] = {
    # name: (what the server sends, verdict about bob, reason)
    "nothing yet": ([], "unknown", "never-seen"),
    "online": ([bob()], "available", None),
    "free for chat": ([bob("<show>chat</show>")], "available", None),
    "away": ([bob(AWAY)], "away", None),
    "extended away": ([bob("<show>xa</show>")], "away", None),
    "busy": ([bob(DND)], "busy", None),
    "a show nobody knows": ([bob("<show>skiing</show>")], "available", None),
    "the higher priority": ([bob(AWAY + P.format(10)), bob(P.format(1), "y")], "away", None),
    "a negative one is lower": ([bob(AWAY + P.format(0)), bob(P.format(-1), "y")], "away", None),
    "127 is the highest": ([bob(P.format(999)), bob(AWAY + P.format(127), "y")], "away", None),
    "nonsense is 0": ([bob(AWAY + P.format("top")), bob(P.format(-1), "y")], "away", None),
    "of equals the latest": ([bob(), bob(AWAY, "y")], "away", None),
    "the latest by its own date": ([bob(AWAY + delay(1)), bob(delay(9), "y")], "away", None),
    "a busy device decides": ([bob(P.format(9)), bob(DND, "y")], "busy", None),
    "idle for long": ([bob(idle(20))], "away", None),
    "idle for a moment": ([bob(idle(2))], "available", None),
    "idle in the future": ([bob(idle(-60))], "available", None),
    "gone long before the login": ([bob(LAST)], "available", None),
    "one device leaves": ([bob(), bob(AWAY, "y"), bob("", "y", "unavailable")], "available", None),
    "all leave": ([bob(), bob("", "x", "unavailable")], "offline", None),
    "leaves altogether": ([bob(), bob(AWAY, "y"), bob("", "", "unavailable")], "offline", None),
    "invisible or hidden from us": ([bob("", "", "unavailable")], "offline", None),
    "an error is no presence": ([bob(), bob("<error type='cancel'/>", "x", "error")], "available", None),
    "a request is no presence": ([bob(AWAY), bob("", "", "subscribe")], "away", None),
    "does not share any more": ([bob(), bob("", "", "unsubscribed")], "unknown", "not-subscribed"),
    "subscription lost": ([bob(), UNSHARED.format("none")], "unknown", "not-subscribed"),
    "removed": ([bob(), UNSHARED.format("remove")], "unknown", "not-subscribed"),
    "blocked": ([bob(), BLOCKED], "unknown", "blocked"),
    "a room says nothing": (
        [bob(), f"<presence from='r@muc.example.org/bob'>{DND}{ROOM}</presence>"],
        "available",
        None,
    ),
    "leaving a room neither": (
        [bob(), f"<presence type='unavailable' from='r@muc.example.org/bob'>{ROOM}</presence>"],
        "available",
        None,
    ),
    "an address in other letters": (
        ["<presence from='BOB@Example.ORG/x'><show>dnd</show></presence>"],
        "busy",
        None,
    ),
}


@pytest.mark.parametrize(("stanzas", "verdict", "reason"), STORIES.values(), ids=STORIES)
async def test_what_the_server_sends(
    tmp_path: Path, stanzas: list[str], verdict: str, reason: str | None
) -> None:
    desk = Desk(tmp_path)
    line = desk.login()
    for stanza in stanzas:
        line.wait(0.1)
        line.s(stanza)
    found = desk.about("bob")
    assert (found.availability, found.reason) == (verdict, reason)


async def test_who_takes_no_chat_is_present_and_not_reachable(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.login().s(bob(P.format(-1)))
    found = desk.about("bob")
    assert (found.availability, found.reachable) == (Availability.AVAILABLE, False)


@pytest.mark.parametrize(
    ("content", "minutes"),
    [
        (delay(5), 5),
        (delay(5) + delay(30), 30),
        (delay(-5), 0),
        (AWAY + idle(20), 0),
        (idle(20), 20),
        ("<show>xa</show>" + LAST, 0),
    ],
    ids=["delay", "the oldest delay", "in the future", "away", "idle", "away by itself"],
)
async def test_since_when(tmp_path: Path, content: str, minutes: int) -> None:
    desk = Desk(tmp_path)
    desk.login().s(bob(content))
    assert desk.about("bob").since == NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("content", "says"), [("<show>xa</show>" + LAST, "idle 20 min"), (AWAY + idle(20), "idle 20 min")]
)
async def test_how_long_idle_is_in_the_trace(tmp_path: Path, content: str, says: str) -> None:
    desk = Desk(tmp_path)
    desk.login().s(bob(content))
    assert says in desk.about("bob").trace[0].says


async def test_a_clock_an_hour_ahead_makes_somebody_idle_from_now_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    line = desk.login()
    line.s(bob(idle(-60)))
    line.wait(599)
    assert desk.about("bob").availability is Availability.AVAILABLE
    line.wait(2)
    assert desk.about("bob").availability is Availability.AWAY


async def test_users_of_a_dead_gateway_are_unknown(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    line = desk.login(GATEWAY, ZOE, BOB)
    line.s("<presence from='irc.example.org'/><presence from='zoe%net@irc.example.org/r'/>")
    assert desk.about("zoe%net@irc.example.org").availability is Availability.AVAILABLE
    line.s("<presence type='unavailable' from='zoe%net@irc.example.org/r'/>")
    line.s("<presence type='unavailable' from='irc.example.org'/>")
    found = desk.about("zoe%net@irc.example.org")
    assert (found.availability, found.reason) == (Availability.UNKNOWN, Reason.STALE)
    assert "offline" not in [line.says for line in found.trace if line.used]


async def test_directed_presence_of_somebody_unknown_counts_until_it_is_taken_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    line = desk.login()
    line.s("<presence from='zed@example.net/a'/>")
    assert desk.about("zed@example.net").availability is Availability.AVAILABLE
    line.s("<presence type='unavailable' from='zed@example.net/a'/>")
    found = desk.about("zed@example.net")
    assert (found.availability, found.reason) == (Availability.UNKNOWN, Reason.NOT_SUBSCRIBED)


def resume(desk: Desk, *, h: int = 3) -> Line:
    line = desk.connection()
    line.talk.open()
    (virtual,) = list(desk.sessions._sessions)
    line.c(f"<resume {SM} h='{h}' previd='{virtual}'/>")
    line.s(f"<resumed {SM} h='2' previd='S9'/>")
    return line


async def test_a_resume_keeps_what_was_known_and_since_when(tmp_path: Path) -> None:
    """PR-7."""
    desk = Desk(tmp_path)
    line = desk.login()
    line.s(bob())
    line.wait(60)
    line.lose()
    assert desk.about("bob").availability is Availability.UNKNOWN
    desk.wait(60)
    resume(desk)
    found = desk.about("bob")
    assert (found.availability, found.since) == (Availability.AVAILABLE, NOW)


async def test_a_fresh_login_knows_nothing_of_the_one_before(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    line = desk.login()
    line.s(bob())
    line.lose()
    again = desk.login()
    assert desk.about("bob").availability is Availability.UNKNOWN
    again.wait(6)
    assert desk.about("bob").availability is Availability.OFFLINE


async def test_a_second_device_that_leaves_takes_nothing_along(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    first, second = desk.login(), desk.login()
    for line in (first, second):
        line.s(bob())
    second.lose()
    assert desk.about("bob").availability is Availability.AVAILABLE
    first.lose()
    assert desk.about("bob").availability is Availability.UNKNOWN


async def test_a_second_device_that_sleeps_makes_nothing_stale(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    first, second = desk.login(), desk.login()
    for line in (first, second):
        line.s(bob())
    second.c("<inactive xmlns='urn:xmpp:csi:0'/>")
    assert desk.about("bob").availability is Availability.AVAILABLE
    first.s(bob(DND))
    assert desk.about("bob").availability is Availability.BUSY
    first.c("<inactive xmlns='urn:xmpp:csi:0'/>")
    assert desk.about("bob").availability is Availability.UNKNOWN
    second.c("<active xmlns='urn:xmpp:csi:0'/>")
    second.s(bob(DND))
    assert desk.about("bob").availability is Availability.BUSY


async def test_a_connection_that_dies_after_its_session_moved_takes_nothing_along(tmp_path: Path) -> None:
    """SM-9: the client is back before anybody has noticed that its old connection is dead."""
    desk = Desk(tmp_path)
    old = desk.login()
    old.s(bob())
    resume(desk)
    old.s("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
    old.lose()
    assert desk.about("bob").availability is Availability.AVAILABLE


async def test_a_frozen_stream_still_knows(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    line = desk.login()
    line.c(f"<a {SM} h='99'/>")
    line.s(bob(DND))
    assert desk.about("bob").availability is Availability.BUSY


async def test_a_stream_that_is_only_forwarded_knows_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    line = desk.connection()
    line.talk.open()
    for side, text in (("c", BIND), ("s", BOUND), ("c", ENABLE), ("s", ENABLED), ("c", ROSTER_GET)):
        (line.c if side == "c" else line.s)(text)
    line.s(bob())
    line.c("<!DOCTYPE x>")
    line.s(roster(BOB))
    assert desk.about("bob").availability is Availability.UNKNOWN
