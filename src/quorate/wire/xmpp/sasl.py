"""What a TLS splice must take out of stream features, and how to see that it was not enough.

RFC 5802 (gs2 header), XEP-0440 (channel binding types), XEP-0388 (SASL2), XEP-0484 (FAST), XEP-0138 (compression).
"""

from dataclasses import dataclass
from typing import Literal

from quorate.wire.xmpp.header import StreamHeader


@dataclass(frozen=True, slots=True)
class FeaturesEdit:
    data: bytes
    removed: tuple[str, ...]
    """Mechanism names, ``sasl-channel-binding``, ``compression``, ``tls-0rtt``."""


def edit_features(data: bytes, header: StreamHeader | None, *, tls: bool) -> FeaturesEdit:
    """Take out what cannot work through Quorate. ``tls``: either leg's TLS ends at Quorate."""
    raise NotImplementedError


def gs2_flag(payload: str) -> Literal["n", "y", "p"] | None:
    """The channel binding flag of a first SASL message (base64); None if it has none."""
    raise NotImplementedError
