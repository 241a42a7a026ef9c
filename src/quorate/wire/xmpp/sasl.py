"""What a TLS splice must take out of stream features, and how to see that it was not enough.

Sources  RFC 5802 (gs2 header), XEP-0440 (channel binding types), XEP-0388 (SASL2), XEP-0484 (FAST),
         XEP-0138 (compression).
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import Final, Literal

from quorate.wire.xmpp.edit import Span, cut, spans
from quorate.wire.xmpp.header import StreamHeader
from quorate.wire.xmpp.tag import remove_attribute

SASL_NS: Final = "urn:ietf:params:xml:ns:xmpp-sasl"
SASL2_NS: Final = "urn:xmpp:sasl:2"
FAST_NS: Final = "urn:xmpp:fast:0"
_MECHANISMS = {f"{{{namespace}}}mechanism" for namespace in (SASL_NS, SASL2_NS, FAST_NS)}
_TOKEN = f"{{{FAST_NS}}}mechanism"
_BINDING_TYPES = "{urn:xmpp:sasl-cb:0}sasl-channel-binding"
_COMPRESSION = {
    "{http://jabber.org/features/compress}compression",
    "{http://jabber.org/protocol/compress}compression",
}
_STARTTLS = ("{urn:ietf:params:xml:ns:xmpp-tls}starttls",)
_BOUND = re.compile(r".*-PLUS|HT-.*-(?:ENDP|EXPR|UNIQ)")
_ZERO_RTT = "tls-0rtt"


@dataclass(frozen=True, slots=True)
class FeaturesEdit:
    data: bytes
    removed: tuple[str, ...]
    """Mechanism names, ``sasl-channel-binding``, ``compression``, ``tls-0rtt``, ``starttls``."""
    unusable: bool = False
    """Mechanisms were offered, and none of them is left."""


def edit_features(
    data: bytes, header: StreamHeader | None, *, tls: bool, keep_bound: bool = False
) -> FeaturesEdit:
    """Take out what cannot work through Quorate; without any of that, the same bytes.

    ``tls``: the TLS of either leg ends at Quorate, so nothing can be bound to it, and no other TLS begins in
    it (XEP-0368 section 3). ``keep_bound``: leave -PLUS in for a client that is known not to use it.
    Raises NotWellFormed.
    """
    found = spans(data, header)
    bound = [span for span in found if _is_bound(span, keep_plus=keep_bound)] if tls else []
    external = [
        span for span in found if tls and span.name in _MECHANISMS and span.text.strip() == "EXTERNAL"
    ]
    # one without the other makes clients give up (XEP-0440 section 3)
    types = [span for span in found if bound and not keep_bound and span.name == _BINDING_TYPES]
    starttls = [span for span in found if tls and span.path[1:] == _STARTTLS]
    compression = [span for span in found if span.name in _COMPRESSION]
    early = [span for span in found if tls and _ZERO_RTT in span.attributes]
    removed = (
        *(span.text.strip() for span in (*bound, *external)),
        *("sasl-channel-binding" for _ in types),
        *("compression" for _ in compression),
        *(_ZERO_RTT for _ in early),
        *("starttls" for _ in starttls),
    )
    ranges = [(span.start, span.end) for span in (*bound, *external, *types, *compression, *starttls)]
    ranges += [_attribute_range(data, span, _ZERO_RTT) for span in early]
    offered = [span for span in found if span.name in _MECHANISMS and span.name != _TOKEN]
    unusable = bool(offered) and all(span in bound or span in external for span in offered)
    return FeaturesEdit(cut(data, ranges), removed, unusable)


def gs2_flag(payload: str) -> Literal["n", "y", "p"] | None:
    """The channel binding flag of a first SASL message (base64); None if it has none.

    Only the first three bytes are decoded: what follows may be a password.
    """
    try:
        begin = b64decode(payload.strip()[:4], validate=True)
    except (NotBase64, ValueError):
        return None
    if begin[:2] == b"n,":
        return "n"
    if begin[:2] == b"y,":
        return "y"
    return "p" if begin[:2] == b"p=" else None


def _is_bound(span: Span, *, keep_plus: bool) -> bool:
    name = span.text.strip()
    if span.name not in _MECHANISMS or _BOUND.fullmatch(name) is None:
        return False
    return not (keep_plus and name.endswith("-PLUS"))


def _attribute_range(data: bytes, span: Span, name: str) -> tuple[int, int]:
    """Where the attribute and the space before it stand."""
    tag = data[span.start : span.content]
    without = remove_attribute(tag, name)
    begin = next((at for at, byte in enumerate(without) if byte != tag[at]), 0)
    return span.start + begin, span.start + begin + len(tag) - len(without)
