"""When people do not want to be rung, and who may ring them all the same: what the config says of them."""

from collections.abc import Callable
from datetime import datetime

from quorate.clock import Clock
from quorate.model.address import Address
from quorate.model.person import Person
from quorate.rules.quiet import parse_quiet
from quorate.server.config import Settings


class Manners:
    def __init__(self, settings: Settings, clock: Clock, accounts: Callable[[], list[Address]]) -> None:
        """``accounts``: the own ones; for their owner holds what the config says outside ``[people]``."""
        self._settings = settings
        self._clock = clock
        self._accounts = accounts
        self._people = {key.casefold(): person for key, person in settings.people.items()}
        texts = {settings.quiet, *(person.quiet for person in settings.people.values())} - {""}
        self._hours = {text: parse_quiet(text) for text in texts}

    def quiet_until(self, person: Person) -> datetime | None:
        """When this person's quiet hours end; None: it is not quiet."""
        own = self._people.get(person.key)
        text = (own.quiet if own else "") or (self._settings.quiet if self._is_owner(person) else "")
        if not text:
            return None
        return self._hours[text].until(self._clock.now(), self._settings.tz)

    def may_disturb(self, person: Person, organiser: Person) -> bool:
        """Whether the organiser is on this person's own list."""
        own = self._people.get(person.key)
        listed = own.may_disturb if own else ()
        if self._is_owner(person):
            listed = (*listed, *self._settings.may_disturb)
        names = {organiser.key, *(str(address) for address in organiser.addresses)}
        names |= {address.account for address in organiser.addresses}
        return any(name.casefold() in names for name in listed)

    def _is_owner(self, person: Person) -> bool:
        return not set(person.addresses).isdisjoint(self._accounts())
