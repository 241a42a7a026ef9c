"""The bytes Quorate adds to a stream. No `xmlns`: on TCP the header's `jabber:client` applies.

Toward the server `from` is left out (RFC 6120 section 8.1.2.1), toward the client `to` is its full JID.
"""

from dataclasses import dataclass

from quorate.model.address import Jid
from quorate.wire.xmpp.tag import escape

_CONDITIONS = "urn:ietf:params:xml:ns:xmpp-stanzas"
_ERROR_TYPES = {
    "bad-request": "modify",
    "jid-malformed": "modify",
    "not-acceptable": "modify",
    "forbidden": "auth",
    "not-authorized": "auth",
    "resource-constraint": "wait",
}


class Ids:
    """Ids no one else makes: ``q-<seed>-<n>``. Seed: 64 random bits per process, as text."""

    def __init__(self, seed: str) -> None:
        self._prefix = f"q-{seed}-"
        self._count = 0
        self.prefix = self._prefix.encode()
        """With what all of them begin; no byte is an upper-case letter."""

    def next(self) -> str:
        self._count += 1
        return f"{self._prefix}{self._count}"

    def is_ours(self, id: str | None) -> bool:
        return id is not None and id.startswith(self._prefix) and id[len(self._prefix) :].isdecimal()


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterItem:
    """What a roster shows of the companion."""

    jid: Jid
    name: str
    group: str | None = None


def presence_probe(id: str, to: Jid) -> bytes:
    """RFC 6121 section 4.3; the id comes back only with an error, which must not reach the client."""
    return _stanza("presence", "", type="probe", id=id, to=to.bare)


def last_activity(id: str, to: Jid) -> bytes:
    """XEP-0012 section 3: a bare address's server answers for it."""
    return _stanza("iq", "<query xmlns='jabber:iq:last'/>", type="get", id=id, to=to.bare)


def ping(id: str) -> bytes:
    """XEP-0199 between client and own server: either answers in any case, if only that it cannot."""
    return _stanza("iq", "<ping xmlns='urn:xmpp:ping'/>", type="get", id=id)


def message(id: str, to: Jid, body: str, *, private: bool = True) -> bytes:
    """A chat message from the user. ``private``: no copy on their other devices (XEP-0280, XEP-0334)."""
    hints = (
        "<private xmlns='urn:xmpp:carbons:2'/><no-copy xmlns='urn:xmpp:hints'/>"
        "<no-store xmlns='urn:xmpp:hints'/>"
    )
    return _stanza("message", _body(body) + (hints if private else ""), type="chat", id=id, to=to)


def chat(id: str, from_: Jid, to: Jid | None, body: str, replaces: str | None = None) -> bytes:
    """A chat message from the companion; ``replaces``: the id of the one it corrects (XEP-0308)."""
    correction = f"<replace xmlns='urn:xmpp:message-correct:0' id='{escape(replaces)}'/>" if replaces else ""
    return _stanza("message", _body(body) + correction, type="chat", id=id, from_=from_, to=to)


def disco_info(id: str, from_: Jid, to: Jid | None) -> bytes:
    """XEP-0030: what can this client?"""
    query = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
    return _stanza("iq", query, type="get", id=id, from_=from_, to=to)


def message_blocked(id: str, from_: Jid, to: Jid | None) -> bytes:
    """XEP-0191 section 3.3: who is blocked is not written to."""
    error = (
        f"<error type='cancel'><not-acceptable xmlns='{_CONDITIONS}'/>"
        "<blocked xmlns='urn:xmpp:blocking:errors'/></error>"
    )
    return _stanza("message", error, type="error", id=id, from_=from_, to=to)


def receipt(id: str, from_: Jid, to: Jid | None, received: str) -> bytes:
    """XEP-0184: the companion has got the message ``received``."""
    payload = f"<received xmlns='urn:xmpp:receipts' id='{escape(received)}'/>"
    return _stanza("message", payload, type="chat", id=id, from_=from_, to=to)


def roster_item(item: RosterItem) -> bytes:
    """An <item/> for insertion into a roster result."""
    group = f"<group>{escape(item.group)}</group>" if item.group else ""
    jid = escape(str(item.jid.bare))
    return (
        f"<item xmlns='jabber:iq:roster' jid='{jid}' name='{escape(item.name)}' subscription='both'>"
        f"{group}</item>"
    ).encode()


def roster_push(id: str, item: RosterItem, to: Jid | None = None) -> bytes:
    """RFC 6121 section 2.1.6: exactly one item, and no version, which is the server's to give."""
    return _roster_set(id, to, roster_item(item).decode())


def roster_push_remove(id: str, jid: Jid, to: Jid | None = None) -> bytes:
    return _roster_set(id, to, f"<item jid='{escape(str(jid.bare))}' subscription='remove'/>")


def presence_available(from_: Jid, to: Jid | None, status: str | None = None) -> bytes:
    shown = f"<status>{escape(status)}</status>" if status else ""
    return _stanza("presence", f"{shown}<priority>0</priority>", from_=from_, to=to)


def presence_unavailable(from_: Jid, to: Jid | None) -> bytes:
    return _stanza("presence", "", type="unavailable", from_=from_, to=to)


def iq_result(id: str, from_: Jid | None, to: Jid | None, payload: bytes = b"") -> bytes:
    """``payload`` is put in as it is."""
    return _stanza("iq", payload.decode(), type="result", id=id, from_=from_, to=to)


def iq_error(id: str, from_: Jid | None, to: Jid | None, condition: str) -> bytes:
    """RFC 6120 section 8.3.3; ``condition`` is one of its element names."""
    kind = _ERROR_TYPES.get(condition, "cancel")
    error = f"<error type='{kind}'><{condition} xmlns='{_CONDITIONS}'/></error>"
    return _stanza("iq", error, type="error", id=id, from_=from_, to=to)


def request_ack(namespace: str) -> bytes:
    """XEP-0198 section 4: how many of our stanzas have you handled? The question itself is not counted."""
    return f"<r xmlns='{escape(namespace)}'/>".encode()


def starttls_failure() -> bytes:
    """RFC 6120 section 5.4.2.2: there will be no TLS, and no stream."""
    return b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"


def compress_failure() -> bytes:
    """XEP-0138 section 2: the compression asked for is not offered."""
    return b"<failure xmlns='http://jabber.org/protocol/compress'><unsupported-method/></failure>"


def sm_failed_item_not_found(namespace: str = "urn:xmpp:sm:3") -> bytes:
    """XEP-0198 section 5: nothing to resume; the client binds afresh. ``namespace``: the client's version."""
    return f"<failed xmlns='{escape(namespace)}'><item-not-found xmlns='{_CONDITIONS}'/></failed>".encode()


def _roster_set(id: str, to: Jid | None, item: str) -> bytes:
    return _stanza("iq", f"<query xmlns='jabber:iq:roster'>{item}</query>", type="set", id=id, to=to)


def _body(text: str) -> str:
    return f"<body>{escape(text)}</body>"


def _stanza(
    name: str,
    content: str,
    *,
    type: str | None = None,
    id: str | None = None,
    from_: Jid | None = None,
    to: Jid | None = None,
) -> bytes:
    given = (("type", type), ("id", id), ("from", from_), ("to", to))
    attributes = "".join(f" {key}='{escape(str(value))}'" for key, value in given if value is not None)
    return (f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>").encode()
