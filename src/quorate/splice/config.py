"""What one splice may do and how it calls itself; the limits of everything it adds."""

from dataclasses import dataclass

from quorate.model.address import Jid

COMPANION = Jid("quorate", "quorate.invalid", "q")
"""Exists only inside the user's own stream: .invalid is never delegated (RFC 6761 section 6.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpliceConfig:
    """Times are seconds, rates per stream."""

    ids_seed: str
    """Random per splice or process, hex: the ids of what Quorate adds cannot be guessed from outside."""

    companion: Jid = COMPANION
    companion_name: str = "Quorate"
    companion_group: str = "Quorate"
    companion_status: str = ""

    ask_timeout_s: float = 3.0
    """How long an answer is waited for."""

    burst_s: float = 5.0
    """After initial presence the server itself tells who is online; who is not named by then is offline."""

    gate_s: float = 5.0
    """After bind: from here on additions may go although the client asked for no roster (INJ-1)."""

    asks_per_s: int = 5
    ask_interval_s: float = 60.0
    """One request per contact in this time."""

    additions_per_minute: int = 240
    """Messages and companion lines; requests have their own limits."""

    wait_s: float = 30.0
    """How long a message may wait for the gate or the rate before it is given up."""

    tombstone_s: float = 600.0
    """A late answer to our request is still taken out for this long; with XEP-0198 for the whole session."""

    hold_s: float = 0.25
    """A stanza towards the client that stalls is let through after this long (P-3)."""

    encrypted_note: str = "I cannot read encrypted messages. Please send it to me unencrypted."
    correction_note: str = "I have already read the first version. Please type it again as a new message."
