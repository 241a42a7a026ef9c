"""The companion's side of the chat: what an account typed to Quorate is done once and answered there."""

import logging
from datetime import datetime, timedelta, tzinfo
from hashlib import sha256
from typing import TYPE_CHECKING, Final, assert_never

from quorate.errors import NotFound, NotPossible, QuorateError, Refused, place_of
from quorate.link.messages import CommandGiven
from quorate.model.activity import Activity
from quorate.model.address import Address, xmpp
from quorate.model.command import (
    Cancel,
    Command,
    Explain,
    Extend,
    Help,
    Me,
    Meet,
    Status,
    Take,
    Watch,
    Who,
)
from quorate.rules.resolve import find_person
from quorate.server.answers import Answers
from quorate.server.typed import meeting_of, moment
from quorate.talk import companion as texts

if TYPE_CHECKING:
    from quorate.server.hub import Hub

log = logging.getLogger(__name__)

SENT_AGAIN: Final = timedelta(minutes=10)
"""A client whose session could not be resumed sends again, on a new stream, what was not acknowledged."""
TOO_LATE: Final = timedelta(minutes=1)
"""An order a server reads only so long after it was typed is not begun: it hung, and the user was told."""
_QUESTIONS: Final = (Who, Status, Explain, Help)


class Conversation:
    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self.answers = Answers(hub)
        self._under_way: set[str] = set()

    def given(self, message: CommandGiven) -> None:
        """Do a command and answer it; it may be told again until it is answered."""
        stream = self._hub.streams_seen.get(message.stream)
        seen = None if stream is None else stream.account
        account = xmpp(message.account) if message.account else seen
        if account is None:
            return
        if stream is not None:
            self._hub.streams_seen.typed(account, stream.id)
        key = _typed(account, message)
        if key not in self._under_way:
            self._under_way.add(key)
            self._hub.spawn(self._answer(message, account, key))

    async def _answer(self, message: CommandGiven, account: Address, key: str) -> None:
        try:
            text = await self._once(message, account, key)
        except QuorateError as error:
            text = texts.error_text(error)
        except Exception as error:  # a mistake of ours, a full disk, a locked database
            log.error("command failed error=%s at=%s", type(error).__name__, place_of(error))
            text = texts.MISTAKE
        finally:
            self._under_way.discard(key)
        self.answers.say(message, account, text)

    async def _once(self, message: CommandGiven, account: Address, key: str) -> str | None:
        """A question may be answered twice; an order is carried out once, and noted with what it changes."""
        command, executed = message.command, self._hub.store.executed
        if isinstance(command, _QUESTIONS):
            return await self._do(command, account, key)
        if executed.known(key, SENT_AGAIN):
            return None if isinstance(command, Meet | Take) else texts.DONE_BEFORE
        if message.at is not None and self._hub.clock.now() - message.at > TOO_LATE:
            return texts.TOO_LATE
        text = await self._do(command, account, key)
        if isinstance(command, Me | Watch):  # twice is as good as once
            executed.first_time(key, SENT_AGAIN)
        return text

    async def _do(self, command: Command, account: Address, key: str) -> str | None:
        match command:
            case Meet():
                # Its answer is the activity's own first word to its organiser.
                await self._hub.meet(meeting_of(command, *self._here()), account, key)
                return None
            case Who(who):
                return await self._who(who, account)
            case Status(id):
                return self._status(id, account)
            case Explain(id):
                activity = self._chosen(id, account, "explain", open_only=False)
                return "\n".join(self._hub.explain(activity.id).lines)
            case Cancel(id):
                activity = self._chosen(id, account, "cancel")
                return texts.cancelled(await self._hub.cancel(activity.id, key))
            case Extend(id, by):
                activity = self._chosen(id, account, "extend")
                return texts.extended(await self._hub.extend(activity.id, by, key), *self._here())
            case Take(id, name):
                activity = self._chosen(id, account, "take", rest=f" {name}")
                # Its answer is what the activity tells its organiser: the tally, or that it is live.
                await self._hub.take(activity.id, name, key)
                return None
            case Watch(name):
                return self._watch(name, account)
            case Me():
                return self._me(command, account)
            case Help(about):
                return texts.help_text(about)
            case _:
                assert_never(command)

    def _here(self) -> tuple[datetime, tzinfo]:
        """The time, and the zone it is read in."""
        return self._hub.clock.now(), self._hub.settings.tz

    async def _who(self, who: str | None, account: Address) -> str:
        hub = self._hub
        people = [p for p in hub.select(who, account) if account not in p.addresses or who is not None]
        if who is not None:
            unknown = [p for p in people if not any(hub.book.knows(account, a) for a in p.addresses)]
            await hub.ask(unknown, account, force=True)
        return texts.who_text([(p, hub.verdict(p.key, account)) for p in people], *self._here())

    def _status(self, id: str | None, account: Address) -> str:
        if id is not None:
            activity = self._chosen(id, account, "status", open_only=False)
            return texts.status_list([activity], *self._here())
        mine = self._mine(account, open_only=True)
        return texts.status_list(mine, *self._here())

    def _watch(self, name: str, account: Address) -> str:
        person = find_person(name, self._hub.directory.book(account))
        waits = self._hub.lookouts.begin(account, person)
        return texts.watching(person, available=not waits)

    def _me(self, command: Me, account: Address) -> str:
        until = moment(command.until, *self._here())
        if command.lasts is not None:
            until = self._hub.clock.now() + command.lasts
        self._hub.say_me(account, command.state, until)
        return texts.me_text(command.state, until, *self._here())

    def _mine(self, account: Address, *, open_only: bool) -> list[Activity]:
        activities = self._hub.activities()
        return [a for a in activities if a.organiser_via == account and not (open_only and a.state.over)]

    def _chosen(
        self, id: str | None, account: Address, verb: str, *, open_only: bool = True, rest: str = ""
    ) -> Activity:
        """The activity a command is about; without an id, the only or the latest one it can be."""
        if id is not None:
            activity = self._hub.activity(id)
            if activity.organiser_via != account:
                raise NotFound(f"There is no activity {id} of yours.", remedy="`status` shows yours.")
            return activity
        mine = self._mine(account, open_only=open_only)
        if not mine:
            raise NotPossible("Nothing is under way.", remedy="Start something: meet WHO about TEXT")
        if open_only and len(mine) > 1:
            ids = ", ".join(a.id for a in mine)
            raise Refused(
                f"Several are under way: {ids}.",
                remedy=f"Say which one: {verb} {mine[0].id}{rest}",
                suggestion=f"{verb} {mine[0].id}{rest}",
            )
        return mine[0]


def _typed(account: Address, message: CommandGiven) -> str:
    """What one command is known by on whatever stream it comes; ids alone may be counted anew there."""
    return sha256(f"{account}\0{message.message}\0{message.command!r}".encode()).hexdigest()
