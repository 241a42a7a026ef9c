"""The facade of the server's core: everything the API, the companion's chat and the process start use."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from quorate.clock import Clock
from quorate.model.activity import Activity
from quorate.model.address import Address
from quorate.model.availability import Availability, Verdict
from quorate.model.command import MeState, Reply
from quorate.model.person import Person
from quorate.model.stream import Stream
from quorate.server.meetings import Agent, Asked, Explained, MeNow, NewMeeting, NextStep


class Hub:
    """Construct, ``await start()``, use, ``await stop()``. All methods run on the one event loop."""

    clock: Clock
    settings: Any
    store: Any
    bus: Any
    rooms: Any
    links: Any
    """quorate.rooms.tokens.Links: personal links, url(activity id, person key)."""
    directory: Any

    async def start(self) -> None:
        """Load what is not over, listen on DIR/link.sock, continue."""
        raise NotImplementedError

    async def stop(self) -> None:
        raise NotImplementedError

    @property
    def link_connected(self) -> bool:
        raise NotImplementedError

    @property
    def agents(self) -> list[Agent]:
        raise NotImplementedError

    # who and where

    def streams(self) -> list[Stream]:
        raise NotImplementedError

    def accounts(self) -> list[Address]:
        """Own addresses, open or known."""
        raise NotImplementedError

    def vantage(self, from_: str | None) -> Address:
        """The own address to act from; raises NotPossible without a client, Refused if several and none named."""
        raise NotImplementedError

    def people(self, vantage: Address | None = None) -> list[Person]:
        raise NotImplementedError

    def groups_of(self, key: str, vantage: Address | None = None) -> list[str]:
        raise NotImplementedError

    def verdict(self, key: str, vantage: Address | None = None) -> Verdict:
        raise NotImplementedError

    def select(self, who_text: str | None, vantage: Address | None = None) -> list[Person]:
        """The people a WHO expression or a plain list names; None: everybody. Raises Refused."""
        raise NotImplementedError

    async def ask(
        self, people: Iterable[Person], vantage: Address | None = None, force: bool = False
    ) -> None:
        """Inject requests where needed; returns when all are answered or after ``ask_timeout_s``."""
        raise NotImplementedError

    def ask_results(self) -> dict[str, int]:
        """How many requests for presence ended how (``answered``, ``timeout`` …), for /metrics."""
        raise NotImplementedError

    # activities

    def activities(self) -> list[Activity]:
        """Newest first; those not over and the recent ended ones."""
        raise NotImplementedError

    def activity(self, id: str) -> Activity:
        """Raises NotFound."""
        raise NotImplementedError

    def next_step(self, id: str) -> NextStep | None:
        raise NotImplementedError

    async def meet(self, meeting: NewMeeting, vantage: Address) -> Activity:
        """Raises Refused for what makes no sense; nobody is messaged then."""
        raise NotImplementedError

    async def cancel(self, id: str) -> Activity:
        raise NotImplementedError

    async def extend(self, id: str, by: timedelta) -> Activity:
        raise NotImplementedError

    async def answer(self, activity_id: str, person_key: str, reply: Reply) -> Activity:
        raise NotImplementedError

    async def joined(self, activity_id: str, person_key: str) -> None:
        raise NotImplementedError

    async def left(self, activity_id: str, person_key: str) -> None:
        raise NotImplementedError

    def check(
        self,
        who: str,
        vantage: Address | None = None,
        given: Mapping[str, Availability] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> Any:
        """``quorate.rules.check`` answer: what would happen, nobody is asked."""
        raise NotImplementedError

    def explain(self, id: str) -> Explained:
        raise NotImplementedError

    # the page's owner

    def say_me(self, vantage: Address | None, state: MeState, until: datetime | None) -> MeNow:
        raise NotImplementedError

    def me(self) -> MeNow:
        raise NotImplementedError

    def own_client(self, open: bool) -> None:
        """A page was opened or closed (counted)."""
        raise NotImplementedError

    def asks(self) -> list[Asked]:
        raise NotImplementedError
