"""People and the address book of one vantage."""

from dataclasses import dataclass
from enum import StrEnum

from quorate.model.address import Address


class Subscription(StrEnum):
    """RFC 6121 section 2.1.2.5: whose presence goes to whom. TO or BOTH: we see theirs."""

    NONE = "none"
    TO = "to"
    FROM = "from"
    BOTH = "both"


def pushes_presence(subscription: Subscription, *, pending: bool) -> bool:
    """Does the server send us this contact's presence unasked? RFC 6121 section 4.2."""
    return subscription in (Subscription.TO, Subscription.BOTH) and not pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A roster item as the server sent it (RFC 6121 section 2.1.2)."""

    address: Address
    name: str = ""
    groups: tuple[str, ...] = ()
    subscription: Subscription = Subscription.NONE
    pending: bool = False
    """``ask='subscribe'``: our request is not answered yet."""

    @property
    def pushes_presence(self) -> bool:
        return pushes_presence(self.subscription, pending=self.pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A human. ``key`` is what one types and what JSON calls ``person``; unique, stable, lower case."""

    key: str
    name: str
    """As the organiser's roster or the config calls them."""
    addresses: tuple[Address, ...]
