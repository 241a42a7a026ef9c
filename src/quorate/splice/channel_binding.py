"""Logins bound to the TLS channel: what is done about clients that cannot be spliced. CB-1 to CB-4.

Nothing can be tried again for a client: a login that fails, fails. What it has shown is remembered for its
next connections, under the domain and the shape of its first bytes (the attributes of its stream header, the
extensions of its ClientHello): the account is not known before the login, and on a loopback address the
peer's address says nothing, but one client software always begins alike.
"""

import base64
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from quorate.wire.xmpp.sasl import gs2_flag

MAX_PROFILES: Final = 256
PROFILE_S: Final = 7 * 86400.0
"""After this the splice is tried again: servers and clients are updated."""
_LISTED = ("-PLUS", "sasl-channel-binding")
"""Endings of what, once taken out of the features, a client or server may miss."""


class Handling(StrEnum):
    """What is done about channel binding for one software at one server, in the order it is tried."""

    STRIP = "strip"  # take -PLUS and the binding types out
    LEAVE = "leave"  # leave them in: slixmpp then says "n", having nothing to bind to on TLS 1.3
    TUNNEL = "tunnel"  # TLS passes through end to end, unread


class Profile(NamedTuple):
    """Whose handling it is; see the module's description."""

    domain: str
    shape: str


class Profiles:
    """What clients have shown so far; shared by all splices of a process."""

    def __init__(self) -> None:
        self._known: OrderedDict[Profile, tuple[Handling, float]] = OrderedDict()
        self.changed: Callable[[], None] = lambda: None
        """Called after each note."""

    def handling(self, profile: Profile, now: float) -> Handling:
        handling, until = self._known.get(profile, (Handling.STRIP, now))
        return handling if now < until else Handling.STRIP

    def all(self, now: float) -> list[tuple[Profile, Handling, float]]:
        """With the seconds each has left."""
        return [(profile, handling, until - now) for profile, (handling, until) in self._known.items()]

    def note(self, profile: Profile, handling: Handling, now: float, left_s: float = PROFILE_S) -> None:
        self._known[profile] = handling, now + min(left_s, PROFILE_S)
        self._known.move_to_end(profile)
        while len(self._known) > MAX_PROFILES:
            self._known.popitem(last=False)
        self.changed()


class LoginWatch:
    """Watches one login; ``suspect`` is what to do next time if it does not succeed."""

    def __init__(self) -> None:
        self.handling = Handling.STRIP
        self.stripped: tuple[str, ...] = ()
        """What was taken out of the features."""
        self.suspect: Handling | None = None
        self._unless_challenged = False
        self.waits = ""
        """The mechanism, while its first message comes after an empty challenge (RFC 6120 section 6.4.2)."""

    def began(self, mechanism: str, payload: str) -> bool:
        """The client's first message; True if it will not do on a server that obeys RFC 5802."""
        self.suspect, self.waits = None, "" if payload else mechanism
        flag = gs2_flag(payload) if mechanism.startswith(("SCRAM-", "GS2-")) else None
        if flag == "p" or (flag == "y" and self.handling is Handling.LEAVE):
            self.suspect, self._unless_challenged = Handling.TUNNEL, False
        elif flag == "y" and any(name.endswith("-PLUS") for name in self.stripped):
            self.suspect, self._unless_challenged = Handling.LEAVE, True
        return self.suspect is not None

    def challenged(self, payload: str) -> bool:
        """The server's answer; True if it holds the hash of the list we have edited (XEP-0474)."""
        if self._unless_challenged:
            # this server takes "y" although it offers -PLUS: whatever fails now is something else
            self.suspect, self._unless_challenged = None, False
        if any(name.endswith(_LISTED) for name in self.stripped) and _hashes(payload):
            self.suspect = Handling.TUNNEL
            return True
        return False

    def over(self) -> Handling | None:
        """The login failed or was given up; what to do at the next connection, if that follows from it."""
        suspect, self.suspect = self.suspect, None
        return suspect


def _hashes(payload: str) -> bool:
    try:
        return b",h=" in base64.b64decode(payload, validate=True)
    except ValueError:  # binascii.Error is one, and text beyond ASCII another
        return False
