"""Which own account somebody means, in words that help if there is none."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from quorate.errors import NotPossible, QuorateError, Refused, UnknownName
from quorate.model.address import Address, parse_address
from quorate.model.reasons import Reason


def pick(from_: str | None, live: Sequence[Address], known: Sequence[Address], im: str) -> Address:
    """The own account to act from.

    Raises NotPossible if no client is connected, Refused if the name fits none or several are connected.
    """
    if from_ is not None:
        return _named(from_, live, known, im)
    if not live:
        raise no_client(im)
    if len(live) > 1:
        raise Refused(
            "Several of your accounts are connected.", remedy=f"Say from which one: {_listed(live)}."
        )
    return live[0]


def no_client(im: str) -> NotPossible:
    return NotPossible(
        "No client is connected to Quorate.",
        remedy=f"Set host and port of your IM client's account to {im}, log in, then try again.",
    )


@contextmanager
def naming(known: Sequence[Address], im: str) -> Iterator[None]:
    """Before the first login hardly anybody has a name: unless one is near, that is what a person is told."""
    try:
        yield
    except UnknownName as error:
        if known or error.suggestion:
            raise
        raise no_client(im) from error


def reason_named(name: str) -> Reason:
    """A reason as the link carries it; one of a newer agent is no more than that it failed."""
    try:
        return Reason(name)
    except ValueError:
        return Reason.INTERNAL_ERROR


def _named(from_: str, live: Sequence[Address], known: Sequence[Address], im: str) -> Address:
    try:
        wanted = parse_address(from_)
    except QuorateError:
        wanted = None
    found = [a for a in known if a == wanted or a.account.partition("@")[0] == from_.casefold()]
    if len(found) == 1 and found[0] in live:
        return found[0]
    if len(found) == 1:
        raise NotPossible(
            f"{found[0].account} has no open connection.",
            remedy=f"Log in with a client that connects to {im}, then try again.",
        )
    if not live:
        raise no_client(im)
    raise Refused(f"“{from_}” is not one of your accounts.", remedy=f"Connected: {_listed(live)}.")


def _listed(accounts: Sequence[Address]) -> str:
    return ", ".join(account.account for account in accounts)
