"""A stream as people see it: `quorate streams`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quorate.model.address import Address
from quorate.model.reasons import Reason


class StreamState(StrEnum):
    NEGOTIATING = "negotiating"
    LIVE = "live"
    FROZEN = "frozen"  # reads on, adds nothing
    BLIND = "blind"  # forwards only
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    id: str
    account: Address | None
    """Own address, once bound."""
    network: str
    mode: str
    """How its bytes are had: ``listener``, ``transparent``, ``redirect``, ``attach``."""
    client: str
    """Name of its software, else its resource; its socket address before login."""
    server: str
    """Domain, and the host it was found at."""
    state: StreamState
    since: datetime
    contacts: int
    companion: bool
    """True while the companion is in this client's roster."""
    reason: Reason | None = None
    detail: str | None = None
    """What is wrong, as a sentence for its user: which certificate fault, which host did not answer."""
