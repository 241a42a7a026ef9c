"""The contact that exists only in the user's own stream: its place in the roster, its presence, its chat.

Order towards the client: roster item, presence, message (VC-2). Nothing about it goes to the server.
"""

from collections.abc import Callable
from hashlib import blake2b

from quorate.errors import Refused
from quorate.model.address import Jid, parse_jid
from quorate.model.reasons import Reason
from quorate.splice.context import Context
from quorate.splice.effects import CommandTyped, Done, Side
from quorate.splice.injector import Addition, Injector
from quorate.splice.mentions import (
    Handling,
    asked_about_companion,
    asked_of_companion,
    names,
    naming,
    said_about_companion,
)
from quorate.splice.roster_book import RosterBook
from quorate.splice.running_line import RunningLine
from quorate.wire.xmpp import requests
from quorate.wire.xmpp.edit import Span, spans
from quorate.wire.xmpp.header import StanzaName
from quorate.wire.xmpp.tag import tag_attributes

MAX_COMMAND = 4096
MAX_REMEMBERED = 256
MAX_HASTY = 16
"""Commands, and answers, of a client that does not wait for its login."""
_ENCRYPTED = frozenset(
    {
        "{eu.siacs.conversations.axolotl}encrypted",
        "{urn:xmpp:omemo:1}encrypted",
        "{urn:xmpp:omemo:2}encrypted",
        "{urn:xmpp:openpgp:0}openpgp",
        "{jabber:x:encrypted}x",
    }
)
_OTR = "?OTR"
_BODY = "{jabber:client}body"
_RECEIPT = "{urn:xmpp:receipts}request"
_FEATURE = "{http://jabber.org/protocol/disco#info}feature"
_CORRECTION = "{urn:xmpp:message-correct:0}replace"


class Companion:
    def __init__(self, context: Context, injector: Injector, roster: RosterBook) -> None:
        self._context = context
        self._injector = injector
        self._roster = roster
        self._jid = context.config.companion
        self._domain = self._jid.domain.encode()
        self._status = self._shown = context.config.companion_status
        self._pushing = False
        self._present = False
        self._retired = False
        self._running = RunningLine()
        self._muted = False
        """The user has blocked it (XEP-0191)."""
        self._executed: dict[bytes, None] = {}
        """Digests of the last commands: what was typed is not kept."""
        self._owed: list[Callable[[], bytes]] = []
        """Answers to what was taken out that could not leave before the connection was lost."""
        self._hasty: list[CommandTyped] = []
        """Typed before anybody was logged in (XEP-0305)."""
        self._asked_early = 0
        """Of what was sent before that, how much has an answer waiting."""

    def show(self) -> None:
        """Enter the client's view as soon as it may: roster item first, then presence.

        Some clients send presence before they ask for their roster; to them a contact that comes earlier
        than the roster is one that went offline with it.
        """
        if self._retired or self._pushing or not self._context.gate_open():
            return
        if not self._roster.companion_in:
            if not self._roster.open and (self._roster.ids or self._late()):
                self._pushing = True
                self._push_item()
        elif not self._present and (self._context.initial_presence_at is not None or self._late()):
            self._pushing = True
            self._injector.add(Side.CLIENT, Addition(self._presence, settled=self._appeared))

    def show_again(self) -> None:
        """The client has forgotten everybody's presence."""
        if self._present and self._context.adding and not self._context.withdrawn:
            self._injector.add(Side.CLIENT, Addition(self._presence))

    def show_at(self) -> float | None:
        """When ``show`` becomes possible by time alone."""
        if self._retired or self._present or self._context.bound_at is None or not self._context.adding:
            return None
        at = self._context.bound_at + self._context.config.gate_s
        return at if at > self._context.now else None

    def say(self, effect: str | None, text: str, of: str | None = None) -> None:
        """A line in the companion's chat, once the companion is there; ``of``: whose standing it tells.

        Without an effect it is said besides what was told of the same.
        """

        def settled(reason: Reason | None) -> None:
            if effect is not None:
                self._context.out.add(Done(effect=effect, reason=reason))

        if self._muted:
            settled(Reason.BLOCKED)
            return
        if of is not None:
            self._ask_what_it_can()

        def message() -> bytes:
            id, now = self._context.ids.next(), self._context.now
            body, replaces = self._running.leaves(id, of, text, now, besides=effect is None)
            return requests.chat(id, self._jid, self._context.own, body, replaces)

        addition = Addition(
            message,
            settled=settled,
            expires=self._context.now + self._context.config.wait_s,
            paced=True,
            after=lambda: self._present,
        )
        self._injector.add(Side.CLIENT, addition)

    def _ask_what_it_can(self) -> None:
        """Once on each stream."""
        if self._running.asked is None:
            id = self._running.asked = self._context.ids.next()
            data = requests.disco_info(id, self._jid, self._context.own)
            self._injector.add(Side.CLIENT, Addition(lambda: data, after=lambda: self._present))

    def status(self, text: str) -> None:
        if text == self._status:
            return
        self._status = text
        if not self._muted:
            self.show_again()

    def retire(self) -> None:
        """Leave the client's view: unavailable, then out of the roster (VC-4)."""
        self._retired = True
        if self._present:
            self._add(lambda: requests.presence_unavailable(self._jid, self._context.own))
        if self._roster.companion_in:
            id = self._context.ids.next()
            self._add(lambda: requests.roster_push_remove(id, self._jid.bare, self._context.own))
        self._present = self._roster.companion_in = self._context.companion_shown = False

    def inherit(self, other: "Companion") -> None:
        """A client whose resume failed sends its queue again in the new session (VC-8)."""
        self._executed, self._muted = dict(other._executed), other._muted

    def logged_in(self) -> None:
        """Now it is known who has typed what came before the login."""
        hasty, self._hasty = self._hasty, []
        for typed in hasty:
            self._context.out.add(typed)

    def resumed(self) -> None:
        """What the client still waits for."""
        self._running.interrupted()  # it may have been lost
        owed, self._owed = self._owed, []
        for make in owed:
            self._add(make)
        if self._shown != self._status and not self._muted:
            self.show_again()

    def unblocked(self) -> None:
        """The user wants to hear of it again."""
        self._muted = False
        self.show_again()

    def mentioned(self, data: bytes) -> bool:
        """Quick test, never wrong in saying no: may these bytes name the companion?"""
        return self._domain in data.lower() or b"&#" in data

    def is_self(self, address: str | None) -> bool:
        jid = _jid(address)
        return jid is not None and jid.domain == self._jid.domain

    def take(self, data: bytes, name: StanzaName, *, repeated: bool) -> bytes | None:
        """A stanza from the client that may name the companion; what of it goes on to the server."""
        found = spans(data, self._context.headers.get(Side.CLIENT))
        named = naming(found, self._jid.domain)
        if not named:
            return data
        to = found[0].attributes.get("to", "")
        addressed = self.is_self(to) or names(to, self._jid.domain)
        if name == "iq":
            return self._iq(data, found, named, addressed=addressed, repeated=repeated)
        if not addressed:
            return said_about_companion(data, found, named)
        if name == "message":
            self._chat(found, repeated=repeated)
        return None

    def refuse(self, tag: bytes) -> None:
        """A request to it was too big to be read; ``tag`` is its start tag."""
        attributes = tag_attributes(tag)
        if attributes.get("type") in ("get", "set"):
            handling = Handling(error="service-unavailable")
            self._answer(attributes.get("id", ""), attributes.get("to"), handling)

    def _iq(
        self, data: bytes, found: list[Span], named: list[Span], *, addressed: bool, repeated: bool
    ) -> bytes | None:
        attributes = found[0].attributes
        if attributes.get("type") not in ("get", "set"):
            if addressed and attributes.get("id") == self._running.asked:
                self._running.answered(
                    span.attributes.get("var", "") for span in found if span.name == _FEATURE
                )
            return None if addressed else data
        handling = asked_of_companion(found) if addressed else asked_about_companion(data, found, named)
        if repeated:  # its answer is counted, or waits
            return handling.forward
        if handling.mute:
            self._muted = True
        elif handling.mute is False:
            self.unblocked()
        if handling.forward is not None:
            return handling.forward
        self._answer(attributes.get("id", ""), attributes.get("to"), handling)
        if handling.restore and not self._retired:
            self._push_item()
        return None

    def _answer(self, id: str, addressed: str | None, handling: Handling) -> None:
        sender, error = _jid(addressed), handling.error
        if error is not None:
            self._add(lambda: requests.iq_error(id, sender, self._context.own, error))
        else:
            self._add(lambda: requests.iq_result(id, sender, self._context.own, handling.result or b""))

    def _chat(self, found: list[Span], *, repeated: bool) -> None:
        attributes = found[0].attributes
        if attributes.get("type", "normal") not in ("chat", "normal"):
            return
        id = attributes.get("id", "")
        children = {s.name for s in found if len(s.path) == 2}
        body = next((s.text for s in found if s.name == _BODY and len(s.path) == 2), "").strip()
        # of a client that sends not all of it again something new may be taken for repeated
        if repeated and not (id and body and _digest(id, body) not in self._executed):
            return
        self._running.interrupted()
        if _RECEIPT in children and id:
            own_id = self._context.ids.next()
            self._add(lambda: requests.receipt(own_id, self._jid, self._context.own, id))
        if self._done_before(id, body):
            return
        if self._muted:
            self._add(lambda: requests.message_blocked(id, self._jid, self._context.own))
            return
        if children & _ENCRYPTED or body.startswith(_OTR):
            self.say(None, self._context.config.encrypted_note)
        elif _CORRECTION in children:
            self.say(None, self._context.config.correction_note)
        elif body:
            self._ask_what_it_can()  # the answer is there before the first line that could be edited
            text = body.encode()[:MAX_COMMAND].decode(errors="ignore")
            self._typed(CommandTyped(text=text, message=id or self._context.ids.next()))

    def _typed(self, command: CommandTyped) -> None:
        if self._context.own is not None:
            self._context.out.add(command)
        elif len(self._hasty) < MAX_HASTY:
            self._hasty.append(command)

    def _done_before(self, id: str, body: str) -> bool:
        if not id or not body:
            return False
        command = _digest(id, body)
        if command in self._executed:
            return True
        self._executed[command] = None
        if len(self._executed) > MAX_REMEMBERED:
            del self._executed[next(iter(self._executed))]
        return False

    def _push_item(self) -> None:
        config = self._context.config
        item = requests.RosterItem(
            jid=self._jid.bare, name=config.companion_name, group=config.companion_group
        )
        id = self._context.ids.next()
        push = Addition(lambda: requests.roster_push(id, item, self._context.own), settled=self._listed)
        self._injector.add(Side.CLIENT, push)

    def _listed(self, reason: Reason | None) -> None:
        entered = reason is None and not self._roster.companion_in
        self._pushing, self._roster.companion_in = False, reason is None
        if entered:
            self.show_again()

    def _appeared(self, reason: Reason | None) -> None:
        self._pushing = False
        self._present = reason is None
        if self._present:
            self._context.companion_shown = True
            self._context.announce()

    def _presence(self) -> bytes:
        self._shown = self._status
        return requests.presence_available(self._jid, self._context.own, self._status or None)

    def _add(self, make: Callable[[], bytes]) -> None:
        if self._context.own is None:
            self._asked_early += 1
            if self._asked_early > MAX_HASTY:
                return

        def settled(reason: Reason | None) -> None:
            if reason is Reason.STREAM_ENDED:
                self._owed.append(make)

        self._injector.add(Side.CLIENT, Addition(make, settled=settled))

    def _late(self) -> bool:
        bound, gate = self._context.bound_at, self._context.config.gate_s
        return bound is not None and self._context.now >= bound + gate


def _digest(id: str, body: str) -> bytes:
    return blake2b(f"{id}\0{body}".encode(), digest_size=16).digest()


def _jid(text: str | None) -> Jid | None:
    try:
        return parse_jid(text) if text else None
    except Refused:
        return None
