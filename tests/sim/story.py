"""One story told over the real server: hub, engine, dispatcher, evidence; without sockets, disk and time.

``tell(script)`` returns what was seen (record.py). The same script always gives the same record.
"""

import heapq
import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, cast

from quorate.activity.effects import ActivityEffect, Notice, Ring, Tell
from quorate.agent.commands_kept import AT_RISK_S
from quorate.errors import QuorateError
from quorate.link.messages import FromAgent
from quorate.link.messages import Tell as TellMessage
from quorate.link.server import LinkHandler, LinkPeer
from quorate.model.activity import Activity, ActivityState
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.server.answers import KEPT
from quorate.server.config import Settings
from quorate.server.hub import Hub
from quorate.store.open import Store
from tests.sim.agent import Peer, SimAgent
from tests.sim.guarded import Crash, Guarded
from tests.sim.installation import settings_of
from tests.sim.loop import StoryClock, VirtualLoop
from tests.sim.memory import MemoryStore
from tests.sim.overdue import Overdue
from tests.sim.record import Answered, Decided, Reached, Record
from tests.sim.script import CALM_S, LAST_S, Answer, Line, Script

ANSWER_KEPT_S = KEPT.total_seconds()
LOOK_S = 5.0
"""How often it is looked whether something that could ring waits."""


class Door:
    """Where the server of a story listens: agents call its handler."""

    def __init__(self, _: Path, handler: LinkHandler, **_more: object) -> None:
        self.handler = handler

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Story:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.clock = StoryClock()
        self.random = Random(script.seed)
        self.record = Record(script=script)
        self.presence = dict.fromkeys(script.people, Presence.OFFLINE)
        self.changed_at = dict.fromkeys(script.people, 0.0)
        self.states: dict[str, Activity] = {}
        self.life = 0
        self.store: Any = MemoryStore(self.clock)
        """What outlives its servers; another one may take its place before the story is told."""
        self._effects: dict[str, ActivityEffect] = {}
        self._answers: dict[str, Iterator[Answer]] = {n: _then_last(a) for n, a in script.answers.items()}
        self._last: dict[str, Answer] = {}
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()
        self._up = False
        self._dies_in: int | None = None
        self._down_since: dict[str, float] = {}
        self._agents: dict[int, SimAgent] = {}
        self._overdue = Overdue(self)
        self.hub: Hub
        self._loop: VirtualLoop
        self._door: Door

    # what the parts of a story use

    def after(self, delay: float, do: Callable[[], Any]) -> None:
        heapq.heappush(self._queue, (self.clock.at + delay, next(self._serial), do))

    def lag(self) -> float:
        return 0.01

    def point(self, life: int) -> None:
        """A place where the server may die; it does not come back from there."""
        if life != self.life or not self._up:
            raise Crash
        if self._dies_in is not None:
            self._dies_in -= 1
            if self._dies_in < 0:
                self._die()
                raise Crash

    def to_server(self, peer: Peer, message: FromAgent) -> None:
        if peer.open and self._up:
            self._loop.call_soon(self._door.handler.received, cast(LinkPeer, peer), message)

    def agent_of(self, organiser: str) -> SimAgent | None:
        return next((a for a in self._agents.values() if a.alive and organiser in a.accounts), None)

    def reaches(self, person: str, organiser: str, message: TellMessage, agent: str) -> None:
        """A message appears in somebody's client."""
        activity = message.effect.rpartition("-")[0]
        effect = self._effects[message.effect]
        notice = Notice.INVITE if isinstance(effect, Ring) else cast(Tell, effect).notice
        if notice in (Notice.LINK, Notice.LATE) and self.states[activity].state.over:
            notice = Notice.OVER
        self.record.reached.append(
            Reached(self.clock.at, person, activity, message.effect, notice.value, agent, organiser)
        )
        self._react(person, organiser, activity, notice)

    # a story as a whole

    def tell(self) -> Record:
        with self._faults_noted():
            self._start_server()
            for number, accounts in enumerate(self.script.agents, 1):
                self._new_agent(number, 1, accounts)
            for line in self.script.lines:
                self.after(line.at, partial(self._act, line))
            self.after(self.script.end_s, self._calm)
            self.after(self.script.end_s + CALM_S, self._cancel_all)
            self._overdue.begin()
            self._run(self.script.end_s + CALM_S + LAST_S)
            self.record.faults += [e for e in self._loop.errors if not isinstance(e, Crash)]
            self._loop.drop()
        self.record.end = self.clock.at
        return self.record

    def _run(self, end: float) -> None:
        while True:
            due = [self._loop.next_due()] if self._up else []
            due += [self._queue[0][0]] if self._queue else []
            at = min((at for at in due if at is not None), default=end)
            if at >= end:
                self.clock.at = end
                return
            self.clock.at = max(self.clock.at, at)
            while self._queue and self._queue[0][0] <= self.clock.at:
                heapq.heappop(self._queue)[2]()
            self._run_server()

    def _run_server(self) -> None:
        if self._up:
            with suppress(Crash):
                self._loop.run()
        if self._up:
            return
        self.record.faults += [e for e in self._loop.errors if not isinstance(e, Crash)]
        self._loop.drop()

    # lines of the script

    def _act(self, line: Line) -> None:
        verb, _, rest = line.what.partition(" ")
        kind, _, number = line.who.partition(" ")
        match kind, verb:
            case "server", _:
                self._dies_in = int(rest.split()[1])
            case "agent", _:
                self._agent_dies(self._agents[int(number)])
            case "link", _:
                self._break(self._agents[int(number)])
            case who, "is":
                self.presence[who], self.changed_at[who] = Presence(rest), self.clock.at
                for agent in self._agents.values():
                    if agent.alive:
                        agent.presence(who)
            case who, _:
                self._act_as_organiser(who, verb, rest)

    def _act_as_organiser(self, who: str, verb: str, rest: str) -> None:
        agent = self.agent_of(who)
        if agent is None:
            return
        match verb:
            case "types:":
                self._overdue.typed(who, rest)
                with suppress(QuorateError):
                    agent.types(who, rest)
            case "logs" if rest == "in":
                agent.log_in(who)
                self._back(f"stream {who}")
            case "logs":
                agent.log_out(who)
                self.after(ANSWER_KEPT_S - 5.0, partial(self._still_out, who, self.clock.at))
                self._gone(f"stream {who}")
            case _:
                agent.fails.setdefault(who, []).append(Reason(rest.rpartition(": ")[2]))

    def _still_out(self, who: str, since: float) -> None:
        """Answers wait for a stream, but not for ever."""
        agent = self.agent_of(who)
        if agent is None or who not in agent.streams:
            self._excuse((who,), until=since)

    def _excuse(self, accounts: tuple[str, ...], until: float | None = None) -> None:
        end = self.clock.at if until is None else until
        self.record.excused |= {
            t.message for t in self.record.typed if t.who in accounts and end - AT_RISK_S <= t.at <= end
        }

    def _calm(self) -> None:
        """From now on nothing is broken."""
        self._dies_in = None
        for agent in self._agents.values():
            agent.fails.clear()
            for who in agent.accounts:
                if agent.alive:
                    agent.log_in(who)
                    self._back(f"stream {who}")

    def _cancel_all(self) -> None:
        for activity in self.states.values():
            who = activity.organiser_via.account.partition("@")[0]
            if not activity.state.over and (agent := self.agent_of(who)) is not None:
                agent.types(who, f"cancel {activity.id}")

    # servers, agents and links

    def _start_server(self) -> None:
        self.life += 1
        self._up = True
        self._down_since.setdefault("server", self.clock.at)
        self._loop = VirtualLoop(self.clock, partial(self.point, self.life))  # type: ignore[abstract]
        settings = settings_of(self.script)
        store = Guarded(self.store, partial(self.point, self.life), self._stored)
        self._loop.call_soon(self._boot, settings, store)

    def _boot(self, settings: Settings, store: Guarded) -> None:
        doors: list[Door] = []

        def listen(data: Path, handler: LinkHandler, **_more: object) -> Door:
            doors.append(Door(data, handler))
            return doors[0]

        self.hub = Hub(settings, cast(Store, store), self.clock, listen=listen)
        self._door = doors[0]
        self._loop.create_task(self.hub.start()).add_done_callback(lambda _: self._started())

    def _started(self) -> None:
        if self._up:
            self._back("server")
            for agent in self._agents.values():
                self._connect(agent)

    def _die(self) -> None:
        self._up = False
        self._dies_in = None
        self._gone("server")
        for agent in self._agents.values():
            self._break(agent)
        self.after(self.random.choice((0.5, 3.0, 20.0)), self._start_server)

    def _new_agent(self, number: int, generation: int, accounts: tuple[str, ...]) -> None:
        agent = self._agents[number] = SimAgent(self, number, generation, accounts)
        self._connect(agent)
        if generation > 1:
            for who in accounts:
                self.after(self.random.choice((1.0, 8.0)), partial(self._log_in_again, agent, who))

    def _log_in_again(self, agent: SimAgent, who: str) -> None:
        if agent.alive:
            agent.log_in(who)
            self._back(f"stream {who}")

    def _agent_dies(self, agent: SimAgent) -> None:
        if not agent.alive:
            return
        agent.alive = False
        self._excuse(agent.accounts)
        for who in agent.accounts:
            self._gone(f"stream {who}")
        self._break(agent)
        generation = int(agent.id.rpartition("-")[2]) + 1
        self.after(1.0, partial(self._new_agent, agent.number, generation, agent.accounts))

    def _break(self, agent: SimAgent) -> None:
        if agent.peer is None:
            return
        peer = agent.peer
        peer.open = False
        agent.broken()
        self._gone(f"link {agent.number}")
        if self._up:
            self._loop.call_soon(self._door.handler.closed, cast(LinkPeer, peer))
        self.after(self.random.choice((0.2, 5.0)), partial(self._connect, agent))

    def _connect(self, agent: SimAgent) -> None:
        if self._up and agent.alive and agent.peer is None and "server" not in self._down_since:
            peer = Peer(self, agent)
            self._loop.call_soon(self._door.handler.opened, cast(LinkPeer, peer))
            agent.connect(peer)
            self._back(f"link {agent.number}")

    def _gone(self, what: str) -> None:
        self._down_since.setdefault(what, self.clock.at)
        self.record.disturbed.append((self.clock.at, self.clock.at))

    def _back(self, what: str) -> None:
        since = self._down_since.pop(what, None)
        if since is not None:
            self.record.disturbed.append((since, self.clock.at))

    def undisturbed(self, for_s: float) -> bool:
        since = self.clock.at - for_s
        return not self._down_since and self.record.quiet(since, self.clock.at + 1.0)

    # people

    def _react(self, person: str, organiser: str, activity: str, notice: Notice) -> None:
        match notice:
            case Notice.INVITE:
                answer = self._last[person] = next(self._answers[person])
                if answer.says:
                    self.after(
                        answer.after_s, lambda: self._write(person, organiser, activity, answer.says, 24)
                    )
            case Notice.STILL_THERE if self._last[person].stays_s != 5.0:
                again = "no" if self._last[person].stays_s == 600.0 else "yes"
                self.after(2.0, lambda: self._write(person, organiser, activity, again, 24))
            case Notice.LATE if self._last[person].stays_s == 60.0:
                self.after(4.0, lambda: self._write(person, organiser, activity, "yes", 24))
            case Notice.LINK if self._last[person].comes_after_s is not None:
                stays = self._last[person].stays_s
                self.after(
                    self._last[person].comes_after_s or 0.0, lambda: self._come(activity, person, stays)
                )

    def _write(self, person: str, organiser: str, activity: str, text: str, tries: int) -> None:
        """Until the organiser's client is there to get it."""
        agent = self.agent_of(organiser)
        if agent is not None and organiser in agent.streams:
            self.record.answered.append(Answered(self.clock.at, person, activity, text))
            agent.hears(organiser, person, text)
        elif tries:
            self.after(5.0, lambda: self._write(person, organiser, activity, text, tries - 1))

    def _come(self, activity: str, person: str, stays_s: float) -> None:
        if self._up and "server" not in self._down_since and self.hub.rooms.is_open(activity):
            self._do(partial(self.hub.rooms.join, activity, person))
            self.after(stays_s, lambda: self._leave(activity, person))

    def _leave(self, activity: str, person: str) -> None:
        if self._up and "server" not in self._down_since:
            self._do(partial(self.hub.rooms.leave, activity, person))

    def _do(self, what: Callable[[], Any]) -> None:
        async def done() -> None:
            with suppress(QuorateError):
                await what()

        self._loop.create_task(done())

    # what is seen

    def _stored(self, activity: Activity, effects: tuple[ActivityEffect, ...]) -> None:
        self.states[activity.id] = activity
        self._effects.update((effect.id, effect) for effect in effects)
        self.record.decided.append(Decided(self.clock.at, self.life, activity, effects))
        if activity.state is ActivityState.LIVE and effects and activity.with_organiser:
            organiser = activity.organiser.key
            self.after(1.0, lambda: self._come(activity.id, organiser, 30.0))

    @contextmanager
    def _faults_noted(self) -> Iterator[None]:
        """What the server logs as an error is one, also if it goes on."""
        record = self.record

        class Noting(logging.Handler):
            def emit(self, line: logging.LogRecord) -> None:
                error = line.exc_info[1] if line.exc_info else None
                record.faults.append(error or RuntimeError(line.getMessage()))

        noting, logger = Noting(logging.ERROR), logging.getLogger("quorate")
        logger.addHandler(noting)
        propagate, logger.propagate = logger.propagate, False
        try:
            yield
        finally:
            logger.removeHandler(noting)
            logger.propagate = propagate


def tell(script: Script) -> Record:
    """Run it."""
    return Story(script).tell()


def _then_last(answers: tuple[Answer, ...]) -> Iterator[Answer]:
    return itertools.chain(answers, itertools.repeat(answers[-1]))
