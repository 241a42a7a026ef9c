"""Whether a message carries anything but notes of the clients to each other."""

from collections.abc import Iterable
from typing import Final

_NOTES: Final = frozenset(
    {
        "urn:xmpp:receipts",
        "urn:xmpp:chat-markers:0",
        "http://jabber.org/protocol/chatstates",
        "http://jabber.org/protocol/nick",
        "jabber:x:event",
        "urn:xmpp:hints",
        "urn:xmpp:sid:0",
        "urn:xmpp:carbons:2",
        "urn:xmpp:mam:tmp",
        "urn:xmpp:delay",
        "jabber:x:delay",
        "urn:xmpp:eme:0",
        "urn:xmpp:fallback:0",
    }
)
_THREAD: Final = "{jabber:client}thread"


def says_something(children: Iterable[str]) -> bool:
    """``children``: the names (``{namespace}local``) of what stands in it. What is unknown may be speech."""
    return any(name != _THREAD and name[1:].partition("}")[0] not in _NOTES for name in children)
