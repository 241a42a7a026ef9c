"""Messages from the user's account, and what the people who got them write back. INJ-8, SUP-1, SUP-3.

Our own messages leave no trace on the user's devices; whatever a person writes passes unchanged.
"""

from xml.etree.ElementTree import Element

from quorate.errors import Refused
from quorate.model.address import Address, Jid, parse_jid, xmpp
from quorate.model.reasons import Reason
from quorate.splice.companion import Companion
from quorate.splice.context import Context
from quorate.splice.effects import Bounced, Done, Side, TextSeen
from quorate.splice.injector import Addition, Injector
from quorate.splice.speech import says_something
from quorate.wire.xmpp import requests
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.tag import replace_attribute, tag_attributes

_CLIENT = "{jabber:client}"
_CARBONS = "{urn:xmpp:carbons:2}"
_FORWARDED = "{urn:xmpp:forward:0}forwarded"
_ARCHIVED = "{urn:xmpp:mam:2}result"
_RECEIVED = "{urn:xmpp:receipts}received"
_MARKERS = "{urn:xmpp:chat-markers:0}"
_DELAY = "{urn:xmpp:delay}delay"
_ERROR = f"{_CLIENT}error"

MAX_SENT = 200
"""Messages of which an error is still understood; the oldest go first."""


class Telling:
    def __init__(self, context: Context, injector: Injector, companion: Companion) -> None:
        self._context = context
        self._injector = injector
        self._companion = companion
        self._told: frozenset[Jid] = frozenset()
        self._watched: frozenset[Jid] = frozenset()
        self._sent: dict[str, str] = {}
        """Stanza id to effect."""

    def tell(self, effect: str, to: Address, text: str, *, echo: str | None, watch: bool) -> None:
        try:
            contact = parse_jid(to.account).bare
        except Refused:
            self._context.out.add(Done(effect=effect, reason=Reason.NEVER_SEEN))
            return
        if self._context.has_blocked(contact):
            self._context.out.add(Done(effect=effect, reason=Reason.BLOCKED))
            return

        def settled(reason: Reason | None) -> None:
            self._context.out.add(Done(effect=effect, reason=reason))
            if reason is None:
                self._told |= {contact}
                if watch:
                    self._watched |= {contact}
                if echo:
                    self._companion.say(None, echo, of=_owner(effect))

        addition = Addition(
            lambda: requests.message(self._new_id(effect), contact, text),
            settled=settled,
            expires=self._context.now + self._context.config.wait_s,
            paced=True,
            refused=lambda: Reason.BLOCKED if self._context.has_blocked(contact) else None,
        )
        self._injector.add(Side.SERVER, addition)

    def _new_id(self, effect: str) -> str:
        id = self._context.ids.next()
        self._sent[id] = effect
        if len(self._sent) > MAX_SENT:
            del self._sent[next(iter(self._sent))]
        return id

    def inherit(self, other: "Telling") -> None:
        """What was sent in a session that was not resumed may still come back, to the same full address."""
        self._sent, self._told = other._sent | self._sent, self._told | other._told

    def _mine(self, id: str | None) -> bool:
        """The id of a message of ours, of this session or the one before."""
        return id is not None and (id in self._sent or self._context.ids.is_ours(id))

    def renewed(self, stanza: bytes) -> bytes:
        """A message of ours that was lost, to leave once more: under a new id, by which its error is told."""
        effect = self._sent.pop(tag_attributes(stanza)["id"], None)
        id = self._context.ids.next() if effect is None else self._new_id(effect)
        return replace_attribute(stanza, "id", id)

    def watch(self, contact: Address) -> None:
        self._watched |= {parse_jid(contact.account).bare}

    def unwatch(self, contact: Address) -> None:
        self._watched -= {parse_jid(contact.account).bare}

    def concerns(self, sender: str | None, id: str | None) -> bool:
        """Must a message with this start tag be read whole?"""
        if self._mine(id):
            return True
        if not (self._told or self._watched):
            return False
        own = self._context.own
        try:
            jid = parse_jid(sender).bare if sender else None
        except Refused:
            return False
        return (
            jid is None or jid in self._watched or jid in self._told or (own is not None and jid == own.bare)
        )

    def take(self, data: bytes, *, repeated: bool) -> bytes | None:
        """A message from the server; None if it is only an echo of our own."""
        message = parse(data, self._context.headers.get(Side.SERVER))
        sender = _jid(message.get("from"))
        inner, archived, direct = self._unwrap(message, sender)
        if self._about_ours(message) or (inner is not None and self._ours(inner)):
            self._note_bounce(message)
            return None
        spoken = message if direct else inner
        if spoken is not None and not archived and not repeated:
            self._read(spoken, delayed=spoken.find(_DELAY) is not None)
        return data

    def _unwrap(self, message: Element, sender: Jid | None) -> tuple[Element | None, bool, bool]:
        """(the message inside a carbon or archive result, is it archived, is there nothing inside)."""
        own = self._context.own
        for child in message:
            carbon = child.tag.startswith(_CARBONS) and child.tag != f"{_CARBONS}private"
            if not carbon and child.tag != _ARCHIVED:
                continue
            if sender is not None and own is not None and sender.bare != own.bare:
                return None, False, False
            found = child.find(f"{_FORWARDED}/{_CLIENT}message")
            sent = child.tag == f"{_CARBONS}sent"
            return found, sent or not carbon, False
        return None, False, True

    def _ours(self, copy: Element) -> bool:
        """A copy of a message of our own, or of something that only answers one."""
        sender, own = _jid(copy.get("from")), self._context.own
        mine = sender is not None and own is not None and sender.bare == own.bare
        return (mine and self._mine(copy.get("id"))) or self._about_ours(copy)

    def _about_ours(self, message: Element) -> bool:
        """Its error, or a receipt or marker for it with nothing a person wrote."""
        if message.get("type") == "error":
            sender = _jid(message.get("from"))
            told = sender is None or not sender.local or sender.bare in self._told
            return told and self._mine(message.get("id"))
        if says_something(child.tag for child in message):
            return False
        return any(
            (child.tag == _RECEIVED or child.tag.startswith(_MARKERS)) and self._mine(child.get("id"))
            for child in message
        )

    def _note_bounce(self, message: Element) -> None:
        """A warning (``continue``, RFC 6120 section 8.3.2) says that it was delivered all the same."""
        error = message.find(_ERROR)
        if message.get("type") != "error" or (error is not None and error.get("type") == "continue"):
            return
        effect = self._sent.pop(message.get("id", ""), None)
        if effect is not None:
            self._context.out.add(Bounced(effect=effect))

    def _read(self, message: Element, *, delayed: bool) -> None:
        sender = _jid(message.get("from"))
        body = message.findtext(f"{_CLIENT}body")
        if sender is None or sender.bare not in self._watched or not body:
            return
        if message.get("type", "normal") in ("chat", "normal"):
            self._context.out.add(
                TextSeen(contact=xmpp(sender), text=body, message=message.get("id", ""), delayed=delayed)
            )


def _owner(effect: str) -> str | None:
    """Whose it is: effects are named ``Q7-3``."""
    return effect.rpartition("-")[0] or None


def _jid(text: str | None) -> Jid | None:
    try:
        return parse_jid(text) if text else None
    except Refused:
        return None
