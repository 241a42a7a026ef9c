"""An organisation beside what is measured: other accounts, whose contacts come and go all the time.

Each account has its own stream, and activities that wait for its contacts and for somebody who never comes:
a change touches five of them on average, and none can ring.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from types import TracebackType

from quorate.activity.creation import new_activity
from quorate.model.activity import Activity
from quorate.model.address import xmpp
from quorate.model.person import Person
from quorate.model.requirement import AllOf, Name
from quorate.store.open import open_store
from tests.agent.conversation import Login, log_in
from tests.capture.stand_in import DOMAIN, Upstream

ACCOUNTS = 20
CONTACTS = 100
ACTIVITIES = 150
"""Of each account; with 2 to 5 contacts each, somebody is named by five."""
SHOWS = ("", "<show>away</show>", "<show>dnd</show>", "<show>chat</show>")
TICK_S = 0.005


def account(number: int) -> str:
    return f"user{number:02}"


def contact(of: int, number: int) -> str:
    return f"c{number:03}.{account(of)}"


def fill(data: Path) -> None:
    """Their activities, before the first start."""
    store = open_store(data)
    random = Random(1)
    for of in range(ACCOUNTS):
        for number in range(ACTIVITIES):
            store.activities.save(_waiting(of, number, random))
    store.close()


def _waiting(of: int, number: int, random: Random) -> Activity:
    keys = [contact(of, n) for n in random.sample(range(CONTACTS), random.randint(2, 5))]
    people = [*keys, f"never.{account(of)}"]
    now = datetime.now(UTC)
    return new_activity(
        1_000_000 + of * ACTIVITIES + number,
        requirement=AllOf(tuple(Name(key) for key in people)),
        who=" and ".join(people),
        organiser=_person(account(of)),
        organiser_via=xmpp(f"{account(of)}@{DOMAIN}"),
        people=tuple(_person(key) for key in people),
        now=now,
        deadline=now + timedelta(days=1),
    )


def _person(key: str) -> Person:
    return Person(key=key, name=key, addresses=(xmpp(f"{key}@{DOMAIN}"),))


class Background:
    """``async with``: so many presences a second, spread over all streams, until it is left."""

    def __init__(self, im: str, upstream: Upstream, per_second: int) -> None:
        self._im = im
        self._upstream = upstream
        self._per_second = per_second
        self._logins: list[Login] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.sent = 0
        self._began = 0.0

    @property
    def rate(self) -> float:
        """Presences a second that really left."""
        return self.sent / (time.perf_counter() - self._began)

    async def __aenter__(self) -> "Background":
        for of in range(ACCOUNTS):
            names = [contact(of, n) for n in range(CONTACTS)]
            roster = "".join(f"<item jid='{name}@{DOMAIN}' subscription='both'/>" for name in names)
            login = await log_in(self._im, self._upstream, roster, account=account(of))
            self._logins.append(login)
            self._tasks += [
                asyncio.create_task(_drain(line)) for line in (login.client.reader, login.far.reader)
            ]
        self._began = time.perf_counter()
        self._tasks.append(asyncio.create_task(self._come_and_go()))
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        for login in self._logins:
            login.client.close()
            login.far.close()

    async def _come_and_go(self) -> None:
        changes = self._changes()
        while True:
            due = int((time.perf_counter() - self._began) * self._per_second) - self.sent
            for _ in range(due):
                login, stanza = next(changes)
                login.far.say(stanza)
            self.sent += due
            await asyncio.sleep(TICK_S)

    def _changes(self) -> Iterator[tuple[Login, bytes]]:
        """One account after the other, one contact after the other; each time something new."""
        for turn in count():
            of, round_ = turn % ACCOUNTS, turn // ACCOUNTS
            sender = f"{contact(of, round_ % CONTACTS)}@{DOMAIN}/desk"
            show = SHOWS[round_ // CONTACTS % len(SHOWS)]
            stanza = f"<presence from='{sender}' to='{account(of)}@{DOMAIN}/phone'>{show}</presence>"
            yield self._logins[of], stanza.encode()


async def _drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass
