"""What links, sessions and repeated requests need of the store, each through its own narrow door."""

from datetime import datetime

from quorate.rooms.tokens import Holder
from quorate.store.open import Store
from quorate.store.repositories import TokenKind

ROOM_KEY = "keys/room.key"
"""What links are made with, in the data directory."""


class LinkLedger:
    """Hashes of personal room links."""

    def __init__(self, store: Store) -> None:
        self._tokens = store.tokens

    def issue(self, activity: str, person: str, token_hash: str, expires: datetime | None) -> None:
        self._tokens.issue(token_hash, TokenKind.ROOM, activity=activity, person=person, expires=expires)

    def find(self, token_hash: str) -> Holder | None:
        token = self._tokens.find(token_hash)
        if (
            token is None
            or token.kind is not TokenKind.ROOM
            or token.activity is None
            or token.person is None
        ):
            return None
        return Holder(activity=token.activity, person=token.person, revoked=token.revoked_at is not None)

    def revoke(self, activity: str, person: str | None) -> None:
        self._tokens.revoke(activity, person)


class SessionLedger:
    """Hashes of the owner's browser sessions."""

    def __init__(self, store: Store) -> None:
        self._tokens = store.tokens

    def keep_session(self, session_hash: str, expires: datetime) -> None:
        self._tokens.issue(session_hash, TokenKind.SESSION, expires=expires)

    def session_expires(self, session_hash: str) -> datetime | None:
        token = self._tokens.find(session_hash)
        if token is None or token.kind is not TokenKind.SESSION or token.revoked_at is not None:
            return None
        return token.expires
