"""The bytes Quorate adds to a stream. No `xmlns`: on TCP the header's `jabber:client` applies."""

from dataclasses import dataclass

from quorate.model.address import Jid


class Ids:
    """Ids no one else makes: ``q-<seed>-<n>``. Seed: 64 random bits per process, as text."""

    def __init__(self, seed: str) -> None:
        self._prefix = f"q-{seed}-"

    def next(self) -> str:
        raise NotImplementedError

    def is_ours(self, id: str | None) -> bool:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterItem:
    """What a roster push shows of the companion."""

    jid: Jid
    name: str
    group: str | None = None


def presence_probe(to: Jid) -> bytes:
    raise NotImplementedError


def last_activity(id: str, to: Jid) -> bytes:
    raise NotImplementedError


def message(id: str, to: Jid, body: str, *, private: bool = True) -> bytes:
    raise NotImplementedError


def chat(id: str, from_: Jid, to: Jid | None, body: str) -> bytes:
    raise NotImplementedError


def receipt(id: str, from_: Jid, to: Jid | None, received: str) -> bytes:
    raise NotImplementedError


def roster_item(item: RosterItem) -> bytes:
    """An <item/> for insertion into a roster result."""
    raise NotImplementedError


def roster_push(id: str, item: RosterItem, to: Jid | None = None) -> bytes:
    raise NotImplementedError


def roster_push_remove(id: str, jid: Jid, to: Jid | None = None) -> bytes:
    raise NotImplementedError


def presence_available(from_: Jid, to: Jid | None, status: str | None = None) -> bytes:
    raise NotImplementedError


def presence_unavailable(from_: Jid, to: Jid | None) -> bytes:
    raise NotImplementedError


def iq_result(id: str, from_: Jid | None, to: Jid | None, payload: bytes = b"") -> bytes:
    raise NotImplementedError


def iq_error(id: str, from_: Jid | None, to: Jid | None, condition: str) -> bytes:
    raise NotImplementedError


def starttls_failure() -> bytes:
    raise NotImplementedError


def compress_failure() -> bytes:
    raise NotImplementedError


def sm_failed_item_not_found() -> bytes:
    raise NotImplementedError
