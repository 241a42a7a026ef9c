"""The facade of the server's core: everything the API, the companion's chat and the process start use.

The hub joins the parts and holds no state of its own beside who the page's owner is and whether a page is
open. All of it runs on one event loop.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Unpack

from quorate.activity.inputs import CancelAsked, Created, ExtendAsked, Joined, Left, RingSent, TakeAsked
from quorate.activity.inputs import Replied as ReplyGiven
from quorate.activity.view import View
from quorate.clock import Clock, SystemClock
from quorate.errors import NotFound
from quorate.link import messages
from quorate.link.server import LinkServer, Listen
from quorate.model.activity import Activity, ActivityState, InvitationState
from quorate.model.address import Address
from quorate.model.availability import Availability, Verdict
from quorate.model.command import Answer, MeState, Reply
from quorate.model.person import Person
from quorate.model.reasons import Reason
from quorate.model.stream import Stream
from quorate.rooms.own import Rooms
from quorate.rooms.tokens import Links, load_key
from quorate.rules.check import CheckAnswer, ternary
from quorate.rules.evaluate import Ternary, value_of
from quorate.rules.resolve import find_person
from quorate.server.accounts import naming, pick
from quorate.server.activities import Activities
from quorate.server.agents import Agents
from quorate.server.asking import Asker
from quorate.server.bus import Bus
from quorate.server.config import Settings
from quorate.server.conversation import Conversation
from quorate.server.directory import Directory
from quorate.server.dispatcher import Dispatcher
from quorate.server.evidence_book import EvidenceBook
from quorate.server.explaining import explain, next_step
from quorate.server.garbage import not_collecting
from quorate.server.inbound import Inbound
from quorate.server.ledgers import ROOM_KEY, LinkLedger
from quorate.server.lookouts import Lookouts
from quorate.server.meetings import Agent, Asked, Explained, MeNow, NewMeeting, NextStep
from quorate.server.news import tell_change
from quorate.server.notices import Notices
from quorate.server.own_presence import OwnPresence
from quorate.server.planning import Asking, prepare, remember, select, would_happen
from quorate.server.replies import addressed, message_key, reviews
from quorate.server.streams import Streams
from quorate.server.tallies import Tallies
from quorate.server.upkeep import Upkeep
from quorate.server.watching import Watching
from quorate.server.world import World
from quorate.store.open import Store


class Hub:
    """Construct, ``await start()``, use, ``await stop()``."""

    def __init__(
        self, settings: Settings, store: Store, clock: Clock | None = None, *, listen: Listen = LinkServer
    ) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock or SystemClock()
        self.bus = Bus()
        self.tallies = Tallies()
        self.directory = Directory(settings.people, settings.groups)
        self.streams_seen = Streams()
        self.agents_seen = Agents()
        self.book, self.asker, self.world = self._knowers()
        self.rooms = Rooms(self.clock, joined=self.joined, left=self.left)
        self.links = Links(load_key(settings.data / ROOM_KEY), LinkLedger(store), settings.url)
        self.notices = Notices(self)
        self.dispatcher, self.owned = self._deciders()
        self.conversation = Conversation(self)
        self.presence = OwnPresence(self)
        self.watching = Watching(self)
        self.lookouts = Lookouts(self)
        self.upkeep = Upkeep(self)
        self.replaced = asyncio.Event()
        """Another server has taken over: this one must end."""
        self._link = listen(settings.data, Inbound(self), lost=self.replaced.set)
        self._tasks: set[asyncio.Task[None]] = set()

    def _knowers(self) -> tuple[EvidenceBook, Asker, World]:
        """What is known, who asks for more, and what activities see of it."""
        settings = self.settings
        book = EvidenceBook(
            self.clock,
            self.directory,
            settle_s=settings.settle_s,
            ask_timeout_s=settings.ask_timeout_s,
            zone=settings.tz,
            changed=self.changed,
        )
        asker = Asker(
            self.streams_seen, book, timeout_s=settings.ask_timeout_s, silent=self._no_answer_at_all
        )
        world = World(
            store=self.store,
            directory=self.directory,
            book=book,
            asker=asker,
            agents=self.agents_seen,
            streams=self.streams_seen,
            clock=self.clock,
            settings=settings,
        )
        return book, asker, world

    def _deciders(self) -> tuple[Dispatcher, Activities]:
        """Who decides and who carries it out; they know each other."""
        dispatcher = Dispatcher(
            clock=self.clock,
            store=self.store,
            streams=self.streams_seen,
            agents=self.agents_seen,
            notices=self.notices,
            rooms=self.rooms,
            links=self.links,
            world=self.world,
        )
        owned = Activities(
            self.clock,
            self.store,
            look=self.view,
            present=self.world.present,
            execute=dispatcher.execute,
            changed=lambda after, before: tell_change(self, after, before),
        )
        dispatcher.activities = owned
        return dispatcher, owned

    async def start(self) -> None:
        """Load what is not over, listen on DIR/link.sock, continue. Raises Misconfigured."""
        with not_collecting():
            activities = self.store.activities.load()
            for activity in activities:
                remember(self.directory, activity)
                self.tallies.note(activity)
            self.owned.load(activities)
        self.presence.load()
        self.watching.load()
        self.lookouts.load()
        await self._link.start()
        self._continue()
        self.upkeep.start()

    async def stop(self) -> None:
        """Leave everything as it is for the next start."""
        self.owned.stop()
        self.dispatcher.stop()
        self.book.stop()
        self.upkeep.stop()
        self.conversation.answers.stop()
        self.lookouts.stop()
        for task in list(self._tasks):
            task.cancel()
        self.bus.close()
        self.rooms.close_all()
        await self._link.stop()
        await self.owned.drained()

    def quit_agents(self) -> None:
        """``quorate down``: the agents retire their companions, close their streams and end."""
        for peer in self.agents_seen.peers:
            peer.send(messages.Quit())

    @property
    def link_connected(self) -> bool:
        return bool(self.agents)

    @property
    def agents(self) -> list[Agent]:
        return self.agents_seen.connected

    # who and where

    def streams(self) -> list[Stream]:
        return self.streams_seen.all()

    def accounts(self) -> list[Address]:
        """Own addresses, open or known."""
        return self.directory.accounts()

    def vantage(self, from_: str | None) -> Address:
        """The own address to act from; NotPossible without a client, Refused if several and none named."""
        return pick(from_, self.streams_seen.live_accounts(), self.accounts(), self.im)

    @property
    def im(self) -> str:
        """HOST:PORT IM clients connect to."""
        return self.agents[0].im if self.agents else self.settings.im

    def people(self, vantage: Address | None = None) -> list[Person]:
        return self.directory.people(vantage)

    def groups_of(self, key: str, vantage: Address | None = None) -> list[str]:
        return self.directory.groups_of(key, vantage)

    def verdict(self, key: str, vantage: Address | None = None) -> Verdict:
        person = self.directory.person(key, vantage) or Person(key=key, name=key, addresses=())
        return self.book.verdict(person, vantage)

    def select(self, who_text: str | None, vantage: Address | None = None) -> list[Person]:
        """The people a WHO names; None: everybody. Raises Refused."""
        with naming(self.accounts(), self.im):
            return select(self.directory, who_text, vantage)

    async def ask(
        self, people: Iterable[Person], vantage: Address | None = None, force: bool = False
    ) -> None:
        """Inject requests where needed; returns when all are answered or after ``ask_timeout_s``."""
        await self.asker.wait(self.begin_asking(people, vantage, force=force))

    def begin_asking(
        self, people: Iterable[Person], vantage: Address | None, *, force: bool = False
    ) -> list["asyncio.Future[None]"]:
        """Send the requests; the futures are done when they are answered."""
        vantages = self.streams_seen.live_accounts() if vantage is None else [vantage]
        waiting = []
        for person in people:
            for through in vantages:
                known = [a for a in person.addresses if vantage or self.directory.contact(through, a)]
                waiting += self.asker.begin(through, known, force=force)
        return waiting

    def ask_results(self) -> dict[str, int]:
        """How many requests for presence ended how."""
        return dict(self.asker.results)

    # activities

    def activities(self) -> list[Activity]:
        """Newest first; those not over and the recent ended ones."""
        return self.owned.all()

    def activity(self, id: str) -> Activity:
        """Raises NotFound."""
        return self.owned.get(id)

    async def meet(self, meeting: NewMeeting, vantage: Address, message: str | None = None) -> Activity:
        """Raises Refused for what makes no sense; nobody is messaged then. ``message``: see Activities."""
        activity = prepare(
            self.directory,
            meeting,
            vantage,
            number=self.store.activities.next_number,
            ring_s=self.settings.ring_s,
            now=self.clock.now(),
            zone=self.settings.tz,
        )
        waiting = self.begin_asking(activity.people, vantage)
        if waiting and self._verdict_now(activity) is not Ternary.YES:
            await self.asker.wait(waiting)
        self.tallies.note(activity)
        return await self.owned.create(activity, Created(), message=message)

    async def cancel(self, id: str, message: str | None = None) -> Activity:
        return await self.owned.ask(id, CancelAsked(), message=message)

    async def extend(self, id: str, by: timedelta, message: str | None = None) -> Activity:
        return await self.owned.ask(id, ExtendAsked(by), message=message)

    async def take(self, id: str, name: str, message: str | None = None) -> Activity:
        """Somebody who said that they can later is taken now; raises Refused, and NotPossible for others."""
        person = find_person(name, self.directory.book(self.activity(id).organiser_via))
        return await self.owned.ask(id, TakeAsked(person.key), message=message)

    def revoke(self, activity_id: str, person: str) -> Activity:
        """End one person's link: whoever is in the room through it is put out; the next link differs."""
        activity = self.activity(activity_id)
        if activity.person(person) is None:
            raise NotFound(f"{activity_id} has nobody called “{person}”.", remedy=f"See: show {activity_id}")
        self.links.revoke(activity_id, person)
        self.bus.publish("activity", activity_id)
        return activity

    async def answer(self, activity_id: str, person: str, reply: Reply, *, anyway: bool = False) -> Activity:
        """A reply given on the page; the same as one typed in the chat (``anyway``: activity.inputs)."""
        given = self._reply_input(self.activity(activity_id), person, reply)
        return await self.owned.ask(activity_id, replace(given, anyway=anyway))

    async def joined(self, activity_id: str, person_key: str) -> None:
        await self.owned.ask(activity_id, Joined(person_key))

    async def left(self, activity_id: str, person_key: str) -> None:
        await self.owned.ask(activity_id, Left(person_key))

    def check(
        self,
        who: str,
        vantage: Address | None = None,
        given: Mapping[str, Availability] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
        **asked: Unpack[Asking],
    ) -> CheckAnswer:
        """What would happen; nobody is asked. Who is being asked, or left alone, counts as busy."""

        def state(key: str) -> Availability:
            taken = self.owned.held(key, "") or self.world.left_alone(key)
            return Availability.BUSY if taken else self.verdict(key, vantage).availability

        with naming(self.accounts(), self.im):
            return would_happen(self.directory, who, vantage, state, given or {}, groups or {}, **asked)

    def view(self, activity: Activity) -> View:
        """What the activity sees now."""
        return self.world.look(activity, self.owned.held)

    def explain(self, id: str) -> Explained:
        activity = self.activity(id)
        return explain(activity, self.view(activity), self.clock.now(), self.settings.tz)

    def next_step(self, id: str) -> NextStep | None:
        activity = self.activity(id)
        return next_step(activity, self.view(activity), self.clock.now(), self.settings.tz)

    # the page's owner

    def say_me(self, vantage: Address | None, state: MeState, until: datetime | None) -> MeNow:
        """Said on the page or to the companion; None: for all own accounts."""
        return self.presence.say(vantage, state, until)

    def me(self) -> MeNow:
        return self.presence.me()

    def own_client(self, open: bool) -> None:
        """A page was opened or closed (counted)."""
        self.presence.page(open)

    def asks(self) -> list[Asked]:
        """Invitations to our own accounts, newest first."""
        return self.presence.asks()

    # what happens

    def changed(self, people: Iterable[str], *, tell: bool = True) -> None:
        """What is known about these persons changed; ``tell`` the activities that name them."""
        keys = set(people)
        for key in sorted(keys):
            self.bus.publish("person", key)
        if tell and keys:
            self.owned.world_changed(keys)
        self.presence.changed(keys)
        self.lookouts.changed(keys)

    def own_account(self, account: Address) -> None:
        """One of our accounts logged in."""
        self.directory.own(account)
        self.presence.own_account(account)

    def replied(self, vantage: Address, contact: Address, message: messages.Replied) -> None:
        """A contact's whole message was a reply; it is taken once."""
        known, left = self.owned.known.asked(vantage, contact), self.dispatcher.left
        if message.reply.answer is Answer.DONE:
            known = reviews(known)
        found = addressed(known, vantage, contact, self.clock.now(), left)
        if found is None:
            return
        activity, invitation = found
        given = self._reply_input(activity, invitation.person, message.reply)
        self.owned.post(activity.id, given, message=message_key(vantage, contact, message.message))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something of the hub's own in the background, until it is done or the hub stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _continue(self) -> None:
        """What a crash left half done and needs no agent."""
        pending = {entry.effect.id for entry in self.store.outbox.pending()}
        for activity in self.owned.open():
            if activity.state is ActivityState.LIVE:
                self.rooms.open(activity)
            for invitation in activity.invitations:
                if invitation.state is InvitationState.QUEUED and invitation.id not in pending:
                    self.owned.post(activity.id, RingSent(invitation.id))

    def _no_answer_at_all(self, vantage: Address, contact: Address) -> None:
        key = self.directory.key_of(contact)
        self.changed({key} | self.book.no_answer(vantage, contact, Reason.TIMEOUT, asked=True))

    def _verdict_now(self, activity: Activity) -> Ternary:
        states = {p.key: self.book.verdict(p, activity.organiser_via).availability for p in activity.people}
        return value_of(activity.requirement, lambda key: ternary(states[key]))

    def _reply_input(self, activity: Activity, person: str, reply: Reply) -> ReplyGiven:
        substitute = None
        if reply.answer is Answer.SUBSTITUTE and reply.name:
            found = self.directory.book(activity.organiser_via).find_known(reply.name)
            substitute = found[0] if len(found) == 1 else None
            self.begin_asking([] if substitute is None else [substitute], activity.organiser_via)
        return ReplyGiven(person, reply, substitute)
