"""Who may use the API: the bearer of the token in run.json, or a page that came in with a one-time key.

Only hashes are kept: of the token and the keys in memory, of sessions in the store.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final, Protocol

from quorate.clock import Clock
from quorate.server.problems import Unauthorised

SESSION_LASTS: Final = timedelta(days=30)
ENTER_KEY_LASTS: Final = timedelta(minutes=10)
MAX_ENTER_KEYS: Final = 100
SECRET_BYTES: Final = 24


class SessionStore(Protocol):
    """Keeps hashes of page sessions over a restart."""

    def keep_session(self, session_hash: str, expires: datetime) -> None: ...

    def session_expires(self, session_hash: str) -> datetime | None: ...


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Door:
    """Lets in whoever has the token, a session, or a key that becomes one."""

    def __init__(self, *, token: str, sessions: SessionStore, clock: Clock) -> None:
        self._token_hash = hash_of(token)
        self._sessions = sessions
        self._clock = clock
        self._keys: dict[str, datetime] = {}

    def knows_bearer(self, authorization: str | None) -> bool:
        """``authorization`` is the header's value, ``Bearer TOKEN``."""
        scheme, _, token = (authorization or "").partition(" ")
        known = hmac.compare_digest(hash_of(token.strip()), self._token_hash)
        return known and scheme.lower() == "bearer"

    def knows_session(self, session: str | None) -> bool:
        if not session:
            return False
        expires = self._sessions.session_expires(hash_of(session))
        return expires is not None and self._clock.now() < expires

    def mint_key(self) -> tuple[str, datetime]:
        """A key for ``/enter?key=``: works once, for a while."""
        now = self._clock.now()
        self._keys = {key: until for key, until in self._keys.items() if now < until}
        while len(self._keys) >= MAX_ENTER_KEYS:
            self._keys.pop(next(iter(self._keys)))
        key, until = secrets.token_urlsafe(SECRET_BYTES), now + ENTER_KEY_LASTS
        self._keys[hash_of(key)] = until
        return key, until

    def enter(self, key: str) -> str:
        """Turn a key into a session; raises Unauthorised if it is used up, too old or was never one."""
        until = self._keys.pop(hash_of(key), None)
        now = self._clock.now()
        if until is None or now >= until:
            raise Unauthorised(
                "This way into the page was used already or is too old.",
                remedy="`quorate page` prints a new one.",
            )
        session = secrets.token_urlsafe(SECRET_BYTES)
        self._sessions.keep_session(hash_of(session), now + SESSION_LASTS)
        return session
