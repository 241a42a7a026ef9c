"""Personal room links: one token per person and activity, revocable, only its hash stored.

Shape   18 bytes of HMAC-SHA256(key, activity NUL person NUL generation), base64url: 24 characters.
Why     a notice that is repeated after a restart must carry the same link although no token is kept;
        whoever reads the store learns no link, whoever has the key file can rebuild them all.
Rule    the generation of a person's link is the first one that is not revoked.
"""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from quorate.errors import Misconfigured

KEY_BYTES = 32
TOKEN_BYTES = 18
TOKEN_LENGTH = TOKEN_BYTES * 4 // 3
MAX_GENERATIONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose link a token is."""

    activity: str
    person: str
    revoked: bool = False


class Ledger(Protocol):
    """Where hashes of tokens are kept."""

    def issue(self, activity: str, person: str, token_hash: str, expires: datetime | None) -> None:
        """Keep a hash; keeping the same one again changes nothing."""
        ...

    def find(self, token_hash: str) -> Holder | None: ...

    def revoke(self, activity: str, person: str | None) -> None:
        """Revoke the links of one person, or of everybody in the activity."""
        ...


def token_hash(token: str) -> str:
    """What is stored instead of a token (hexadecimal SHA-256)."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_key(path: Path) -> bytes:
    """Read the key links are made with; make it at the first start. Raises Misconfigured."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write_new(path, secrets.token_bytes(KEY_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"The key of the room links at {path} cannot be read or made: {error.strerror}.",
            remedy="Give the user Quorate runs as access to it, or name another directory with --data.",
        ) from error
    if len(key) != KEY_BYTES:
        raise Misconfigured(
            f"The key of the room links at {path} is damaged.",
            remedy="Delete the file and start again; links given out before stop working.",
        )
    return key


def _write_new(path: Path, key: bytes) -> None:
    """Write a whole file or none: a crash must not leave half a key."""
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class Links:
    """Makes, finds and revokes personal links."""

    def __init__(self, key: bytes, ledger: Ledger, public_url: str) -> None:
        self._key = key
        self._ledger = ledger
        self.public_url = public_url.rstrip("/")
        """Base of every link, without a slash at the end."""

    def url(self, activity: str, person: str) -> str:
        """The person's link; the same one as long as it is not revoked."""
        return f"{self.public_url}/r/{self.token(activity, person)}"

    def token(self, activity: str, person: str) -> str:
        for generation in range(MAX_GENERATIONS):
            token = self._derive(activity, person, generation)
            known = self._ledger.find(token_hash(token))
            if known is None:
                self._ledger.issue(activity, person, token_hash(token), None)
            if known is None or not known.revoked:
                return token
        raise Misconfigured(
            "A person's link was revoked too often to make another.", remedy="Start a new activity."
        )

    def holder(self, token: str) -> Holder | None:
        """Whose link it is, also if it was revoked; None if it was never given out."""
        return self._ledger.find(token_hash(token)) if len(token) == TOKEN_LENGTH else None

    def revoke(self, activity: str, person: str | None = None) -> None:
        """End the link of one person, or every link of the activity."""
        self._ledger.revoke(activity, person)

    def _derive(self, activity: str, person: str, generation: int) -> str:
        text = f"{activity}\0{person}\0{generation}".encode()
        digest = hmac.digest(self._key, text, "sha256")
        return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()
