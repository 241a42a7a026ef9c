"""A hub that is a table of activities, with the real store, bus, rooms and links, to test the HTTP side."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Unpack

import httpx
from fastapi import FastAPI

from quorate.activity.view import View
from quorate.clock import ManualClock
from quorate.errors import NotFound, NotPossible, UnknownName
from quorate.model.activity import Activity, ActivityState, Happened, Invitation, InvitationState, LogLine
from quorate.model.address import Address, xmpp
from quorate.model.availability import Availability, TraceLine, Verdict
from quorate.model.command import Answer, MeState, Reply
from quorate.model.person import Person
from quorate.model.requirement import AllOf, Count, CountOf, Group, Name, OneOf
from quorate.model.stream import Stream, StreamState
from quorate.rooms.own import Rooms
from quorate.rooms.tokens import Links
from quorate.server.app import create_app
from quorate.server.bus import Bus
from quorate.server.config import ConfiguredPerson, Settings
from quorate.server.directory import Directory
from quorate.server.hub import Hub
from quorate.server.ledgers import LinkLedger
from quorate.server.meetings import Agent, Asked, Explained, Mark, MeNow, NewMeeting, NextStep, WhyNode
from quorate.server.planning import Asking
from quorate.server.tallies import Tallies
from quorate.store.open import open_store

TOKEN = "secret-token"
NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def person(name: str) -> Person:
    return Person(key=name, name=name.capitalize(), addresses=(xmpp(f"{name}@example.org"),))


ALICE = person("alice")
RAJ, INES, KOFI = (person(name) for name in ("raj", "ines", "kofi"))
LENA, OMAR = person("lena"), person("omar")
EVERYBODY = (RAJ, INES, KOFI, LENA, OMAR)
PEOPLE = (ALICE, *EVERYBODY)
INCIDENT = AllOf(
    (
        CountOf(Count(number=2), Group("dba", members=("raj", "ines", "kofi"))),
        OneOf((Name("lena"), Name("omar"))),
    )
)


def asked(person: Person, number: int, state: InvitationState) -> Invitation:
    answered = state not in (InvitationState.SENT, InvitationState.QUEUED)
    return Invitation(
        id=f"Q1-{number}",
        person=person.key,
        via=person.addresses[0],
        state=state,
        queued_at=NOON,
        sent_at=NOON,
        answered_at=NOON + timedelta(seconds=9) if answered else None,
        until=NOON + timedelta(seconds=30),
    )


def incident(state: ActivityState = ActivityState.RINGING, **changes: Any) -> Activity:
    """raj and omar said yes, ines no, lena was silent, kofi is being asked."""
    activity = Activity(
        id="Q1",
        state=state,
        requirement=INCIDENT,
        who="2 of @dba and (lena or omar)",
        about="orders DB down",
        organiser=ALICE,
        organiser_via=ALICE.addresses[0],
        people=EVERYBODY,
        created=NOON,
        deadline=NOON + timedelta(minutes=10),
        invitations=(
            asked(RAJ, 1, InvitationState.ACCEPTED),
            asked(INES, 2, InvitationState.DECLINED),
            asked(LENA, 3, InvitationState.SILENT),
            asked(OMAR, 4, InvitationState.ACCEPTED),
            asked(KOFI, 5, InvitationState.SENT),
        ),
        log=(LogLine(at=NOON, what=Happened.CREATED),),
    )
    return replace(activity, **changes)


class StandIn(Hub):
    def __init__(self, data: Path, **settings: Any) -> None:
        self.clock = self.hands = ManualClock(NOON)
        self.settings = Settings(data=data, **settings)
        self.store = open_store(data, self.clock)
        self.bus = Bus()
        self.tallies = Tallies()
        self.rooms = Rooms(self.clock, joined=self.joined, left=self.left, grace_s=0.0)
        self.links = Links(b"k" * 32, LinkLedger(self.store), self.settings.url)
        self.directory = Directory(
            {p.key: ConfiguredPerson(name=p.name, addresses=(str(p.addresses[0]),)) for p in PEOPLE},
            {"dba": ("raj", "ines", "kofi")},
        )
        self.table: dict[str, Activity] = {}
        self.said: list[str] = []
        """What was done, in words."""
        self.without_client = False
        self.page_closed = asyncio.Event()

    def put(self, activity: Activity) -> Activity:
        self.tallies.note(activity, self.table.get(activity.id))
        self.table[activity.id] = activity
        self.bus.publish("activity", activity.id)
        return activity

    @property
    def link_connected(self) -> bool:
        return True

    @property
    def agents(self) -> list[Agent]:
        return [Agent(id="a", pid=1, im=self.settings.im)]

    def streams(self) -> list[Stream]:
        return [
            Stream(
                id="s1",
                account=ALICE.addresses[0],
                network="xmpp",
                mode="listener",
                client="profanity",
                server="example.org",
                state=StreamState.LIVE,
                since=NOON,
                contacts=5,
                companion=True,
            )
        ]

    def vantage(self, from_: str | None) -> Address:
        if self.without_client:
            raise NotPossible("No client is connected.", remedy="Connect one to 127.0.0.1:5221.")
        return ALICE.addresses[0]

    def people(self, vantage: Address | None = None) -> list[Person]:
        return list(PEOPLE)

    def verdict(self, key: str, vantage: Address | None = None) -> Verdict:
        trace = TraceLine(
            source="alice@example.org's stream",
            says="available",
            at=NOON,
            age_s=12.04,
            used=True,
            asked=False,
        )
        return Verdict(availability=Availability.AVAILABLE, since=NOON, trace=(trace,))

    def select(self, who_text: str | None, vantage: Address | None = None) -> list[Person]:
        found = [p for p in self.people() if who_text in (None, p.key)]
        if not found:
            raise UnknownName("Nobody is called “bbo”.", remedy="Write bob.", column=1, suggestion="bob")
        return found

    async def ask(
        self, people: Iterable[Person], vantage: Address | None = None, force: bool = False
    ) -> None:
        self.said.append(f"asked {' '.join(p.key for p in people)}{' again' if force else ''}")

    def ask_results(self) -> dict[str, int]:
        return {"answered": 2, "timeout": 1}

    def activities(self) -> list[Activity]:
        return list(self.table.values())

    def activity(self, id: str) -> Activity:
        if id not in self.table:
            raise NotFound(f"There is no {id}.", remedy="`quorate list` shows what there is.")
        return self.table[id]

    def next_step(self, id: str) -> NextStep | None:
        return NextStep(at=NOON + timedelta(seconds=30), reason="if kofi does not answer, it waits")

    def view(self, activity: Activity) -> View:
        return View(
            availability=self.verdict,
            held=lambda key: None,
            blocked=lambda key: False,
            last_asked=lambda key: None,
            asking=lambda key: False,
        )

    async def meet(self, meeting: NewMeeting, vantage: Address, message: str | None = None) -> Activity:
        self.said.append(f"meet {meeting.who} within {meeting.within}")
        return self.put(incident(id=f"Q{len(self.table) + 1}", about=meeting.about))

    async def cancel(self, id: str, message: str | None = None) -> Activity:
        over = (
            ActivityState.ENDED if self.activity(id).state is ActivityState.LIVE else ActivityState.CANCELLED
        )
        self.rooms.close(id)
        return self.put(replace(self.activity(id), state=over, ended_at=self.clock.now()))

    async def extend(self, id: str, by: timedelta, message: str | None = None) -> Activity:
        deadline = self.activity(id).deadline or self.clock.now()
        return self.put(replace(self.activity(id), deadline=deadline + by))

    async def answer(
        self, activity_id: str, person_key: str, reply: Reply, *, anyway: bool = False
    ) -> Activity:
        self.said.append(f"{person_key}: {reply.answer}{' anyway' if anyway else ''}")
        states = {Answer.YES: InvitationState.ACCEPTED, Answer.LATER: InvitationState.LATER}
        state = states.get(reply.answer, InvitationState.DECLINED)
        activity = self.activity(activity_id)
        invitations = tuple(
            replace(i, state=state) if i.person == person_key else i for i in activity.invitations
        )
        return self.put(replace(activity, invitations=invitations))

    async def joined(self, activity_id: str, person_key: str) -> None:
        await self._move(activity_id, {person_key}, set())

    async def left(self, activity_id: str, person_key: str) -> None:
        await self._move(activity_id, set(), {person_key})

    async def _move(self, activity_id: str, came: set[str], went: set[str]) -> None:
        activity = self.activity(activity_id)
        here = (activity.joined | came) - went
        self.put(replace(activity, joined=here, ever_joined=activity.ever_joined | came))

    def explain(self, id: str) -> Explained:
        activity = self.activity(id)
        return Explained(
            activity=activity,
            lines=("ines declined.",),
            why=WhyNode(text=activity.who, mark=Mark.NOT, says="1 more", children=()),
            log=tuple((line, "You asked.") for line in activity.log),
            next=self.next_step(id),
        )

    def say_me(self, vantage: Address | None, state: MeState, until: datetime | None) -> MeNow:
        self.said.append(f"me {state}")
        return replace(self.me(), availability=Availability(state.value), until=until)

    def me(self) -> MeNow:
        return MeNow(accounts=ALICE.addresses, name="Alice", availability=Availability.AVAILABLE, until=None)

    def own_client(self, open: bool) -> None:
        self.said.append("page opened" if open else "page closed")
        if not open:
            self.page_closed.set()

    def asks(self) -> list[Asked]:
        return [Asked(activity=a, invitation=i) for a in self.table.values() for i in a.invitations]

    def check(
        self,
        who: str,
        vantage: Address | None = None,
        given: Mapping[str, Availability] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
        **asked: Unpack[Asking],
    ) -> Any:
        raise UnknownName("Nobody is called “bbo”.", remedy="Write bob.", column=6, suggestion="bob")


@asynccontextmanager
async def client_of(app: FastAPI, *, bearer: str | None = TOKEN) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765", headers=headers) as c:
        yield c


def app_of(hub: StandIn, static: Path | None = None) -> FastAPI:
    """The app over this hub, with the page that is in ``static`` (none: not built)."""
    directory = static or hub.settings.data / "no-page"
    return create_app(hub, token=TOKEN, static_dir=directory, on_down=lambda: hub.said.append("down"))
