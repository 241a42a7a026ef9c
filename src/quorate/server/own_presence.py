"""The owner of this installation: what they said, their open pages, live rooms, who asks for them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from quorate.model.activity import Activity
from quorate.model.address import Address
from quorate.model.availability import Availability
from quorate.model.command import MeState
from quorate.model.evidence import Evidence, Presence, Source
from quorate.server.meetings import Asked, MeNow
from quorate.store.repositories_people import Statement

if TYPE_CHECKING:
    from quorate.server.hub import Hub

ASK_SHOWN = timedelta(minutes=1)
"""How long after its end an activity's ask is still shown."""

SAYS = {
    MeState.AVAILABLE: Presence.ONLINE,
    MeState.BUSY: Presence.BUSY,
    MeState.AWAY: Presence.AWAY,
}


class OwnPresence:
    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._pages = 0

    def load(self) -> None:
        """What was said before this start and still holds; who is in a room."""
        for statement in self._hub.store.statements.all(self._hub.clock.now()):
            self._hub.book.note(_said(statement))
        for activity in self._hub.owned.open():
            if activity.joined:
                self._rooms(activity, entered=activity.joined, left=())

    def say(self, account: Address | None, state: MeState, until: datetime | None) -> MeNow:
        hub = self._hub
        touched: set[str] = set()
        for subject in hub.accounts() if account is None else [account]:
            statement = Statement(subject=subject, state=state, at=hub.clock.now(), until=until)
            touched |= self._take_back(subject)
            hub.store.statements.say(statement)
            touched |= hub.book.note(_said(statement))
        hub.changed(touched)
        return self.me()

    def _take_back(self, subject: Address) -> set[str]:
        """A person's word replaces what they said before, through whatever address."""
        hub = self._hub
        person = hub.directory.person(hub.directory.key_of(subject))
        touched: set[str] = set()
        for address in person.addresses if person is not None else ():
            if address != subject:
                hub.store.statements.forget(address)
                touched |= hub.book.forget(address, Source.SAID)
        return touched

    def me(self) -> MeNow:
        hub = self._hub
        accounts = hub.streams_seen.live_accounts() or hub.accounts()
        if not accounts:
            return MeNow(accounts=(), name="", availability=Availability.UNKNOWN, until=None)
        key = hub.directory.key_of(accounts[0])
        person = hub.directory.person(key, accounts[0])
        verdict = hub.verdict(key, accounts[0])
        return MeNow(
            accounts=tuple(accounts),
            name=person.name if person is not None else key,
            availability=verdict.availability,
            until=verdict.until,
        )

    def page(self, open: bool) -> None:
        before = self._pages
        self._pages = max(0, before + (1 if open else -1))
        if bool(before) != bool(self._pages):
            self._hub.changed(self._page_evidence(self._hub.accounts()))

    def own_account(self, account: Address) -> None:
        if self._pages:
            self._page_evidence([account])

    def asks(self) -> list[Asked]:
        """The latest invitation of each activity that asks an own account, newest first."""
        found = []
        now = self._hub.clock.now()
        for activity in self._hub.owned.all():
            if activity.ended_at is not None and now - activity.ended_at > ASK_SHOWN:
                continue
            for key in self._own_keys() - {activity.organiser.key}:
                if (invitation := activity.latest(key)) is not None:
                    found.append(Asked(activity=activity, invitation=invitation))
        return found

    def changed(self, people: set[str]) -> None:
        """Tell the page if it concerns its owner."""
        if people & self._own_keys():
            self._hub.bus.publish("me", "me")

    def activity_changed(self, after: Activity, before: Activity) -> None:
        joined = frozenset() if after.state.over else after.joined
        self._rooms(after, entered=joined - before.joined, left=before.joined - joined)
        own = self._own_keys()
        for invitation in after.invitations:
            if invitation.person in own:
                self._hub.bus.publish("ask", invitation.id)

    def _rooms(self, activity: Activity, *, entered: Iterable[str], left: Iterable[str]) -> None:
        hub = self._hub
        now = hub.clock.now()
        touched: set[str] = set()
        for person in (activity.person(key) for key in entered):
            for subject in person.addresses if person is not None else ():
                touched |= hub.book.note(
                    Evidence(
                        subject=subject,
                        source=Source.ROOM,
                        presence=Presence.BUSY,
                        at=now,
                        heard=now,
                        resource=activity.id,
                    )
                )
        for person in (activity.person(key) for key in left):
            for subject in person.addresses if person is not None else ():
                touched |= hub.book.forget(subject, Source.ROOM, activity.id)
        if touched:
            hub.changed(touched)

    def _page_evidence(self, accounts: Iterable[Address]) -> set[str]:
        hub = self._hub
        now = hub.clock.now()
        touched: set[str] = set()
        for subject in accounts:
            if self._pages:
                touched |= hub.book.note(
                    Evidence(
                        subject=subject, source=Source.OWN_CLIENT, presence=Presence.ONLINE, at=now, heard=now
                    )
                )
            else:
                touched |= hub.book.forget(subject, Source.OWN_CLIENT)
        return touched

    def _own_keys(self) -> set[str]:
        return {self._hub.directory.key_of(account) for account in self._hub.accounts()}


def _said(statement: Statement) -> Evidence:
    return Evidence(
        subject=statement.subject,
        source=Source.SAID,
        presence=SAYS[statement.state],
        at=statement.at,
        heard=statement.at,
        until=statement.until,
    )
