"""Asking about a contact inside the user's stream, and taking the answer out again. PRB-1 to 5, INJ-4 to 6.

One question is a pair in one write: a probe (show and priority) and ``jabber:iq:last`` (is anybody there).
Presence outweighs the second half: Prosody tells the last logout also of somebody who is back, and answers
the probe first; ejabberd is silent about who is offline, and there the second half is all there is.
The probe's answer looks like any presence, so only what the client already has is hidden: never news.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from quorate.errors import Refused
from quorate.model.address import Address, Jid, parse_jid, xmpp
from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.backing_off import BackingOff
from quorate.splice.context import Context
from quorate.splice.effects import Answered, Side
from quorate.splice.injector import Injector
from quorate.splice.presence_book import PresenceBook
from quorate.splice.questions import Question, Questions
from quorate.splice.roster_book import RosterBook
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.iq import LastAnswer, StanzaError, parse_last, read_last, stanza_error, unreachable
from quorate.wire.xmpp.presence import PresenceStanza, fingerprint
from quorate.wire.xmpp.requests import last_activity, presence_probe

FORGET_S = 10.0
GATHER_S = 0.25
"""Presence came: how long the other half, and with it the contact's other devices, are waited for."""
HIDING_S = 8.0
"""How long the answer to a probe may take from far away and is still known for one (PRB-4)."""
RESENT_S = 10.0
"""After a resume the server sends again what was not acknowledged: hidden answers stay hidden this long."""

MAX_SENT = 1000
"""Ids of ours whose answers are still known, two for each question; the oldest are forgotten."""
MAX_HIDDEN = 1000
"""Devices whose hidden answer is known again after a resume; of the oldest it would reach the client once."""

_NOT_ADDING = {
    StreamState.BLIND: Reason.BLIND,
    StreamState.FROZEN: Reason.FROZEN,
    StreamState.ENDED: Reason.STREAM_ENDED,
}


def why_not(context: Context) -> Reason | None:
    """Why nothing at all can be added to this stream; None if it can, now or after the login."""
    return Reason.STREAM_ENDED if context.closing else _NOT_ADDING.get(context.state)


@dataclass(frozen=True, slots=True)
class Sent:
    """An id of ours on the wire; its answer is taken out also if it comes late, or again after a resume."""

    contact: Jid
    at: float


@dataclass
class Asking:
    context: Context
    injector: Injector
    roster: RosterBook
    presence: PresenceBook
    managed: Callable[[], bool]
    """Stream management is on."""
    _open: Questions = field(default_factory=Questions)
    _sent: dict[str, Sent] = field(default_factory=dict)
    _windows: dict[Jid, float] = field(default_factory=dict)
    """Contact -> until when an answer to our probe may come."""
    _asked_at: dict[Jid, float] = field(default_factory=dict)
    _answered_at: dict[Jid, float] = field(default_factory=dict)
    _heard_at: dict[Jid, float] = field(default_factory=dict)
    """Contact that was asked about -> when presence of theirs came last."""
    _theirs: dict[Jid, float] = field(default_factory=dict)
    """Contact -> until when an answer to a probe of the client's own may come."""
    _hidden: dict[Jid, bytes] = field(default_factory=dict)
    """JID -> looks of the answer that was taken out last; none if it said that nobody is there."""
    _recent: list[float] = field(default_factory=list)
    _backing_off: BackingOff = field(default_factory=BackingOff)
    _broken_off: set[Jid] = field(default_factory=set)
    """Whose question was out when the connection broke: it may never have arrived."""
    _resumed_at: float | None = None
    _forget_at: float = 0.0

    def ask(self, request: str, address: Address, *, force: bool) -> None:
        """Find out about one contact, from what the stream said or by asking."""
        try:
            contact = parse_jid(address.account).bare
        except Refused:
            self._answer(request, address, Reason.NEVER_SEEN, asked=False)
            return
        refusal = why_not(self.context) or self._refusal(contact)
        if refusal is not None:
            self._answer(request, address, refusal, asked=False)
        elif self._is_own(contact) or self._fresh(contact, force=force):
            self._answer(request, address, None, asked=False)
        elif question := self._open.find(contact):
            question.requests.append(request)
        elif self._too_soon(contact):
            self._answer(request, address, Reason.RATE_LIMITED, asked=False)
        else:
            self._open.add(contact, [request], self.context.now + self.context.config.ask_timeout_s)
            self.pump()

    def wonder(self, contact: Jid) -> None:
        """Ask for a contact nobody has asked for."""
        if self._too_soon(contact) or contact in self._open or self._refusal(contact) is not None:
            return
        self._open.add(contact, [], self.context.now + self.context.config.ask_timeout_s)
        self.pump()

    @property
    def busy(self) -> bool:
        """As many are being asked for, or were within a second, as may be, and one more by name."""
        if not self._may_send():
            return True
        return max(len(self._open), len(self._recent)) >= self.context.config.asks_per_s - 1

    def free_at(self) -> float | None:
        """When the next may be asked for, if time alone decides that."""
        soon = (at + 1.0 for at in self._recent if at + 1.0 > self.context.now)
        return next(soon, None)

    def pump(self) -> None:
        """Send what may leave, conclude what is due."""
        while self._may_send() and (question := self._open.next_unsent) is not None:
            if (refusal := self._refusal(question.contact)) is not None:
                self._conclude(question, refusal)
            else:
                self._send(question)
        for question in self._open.overdue(self.context.now):
            self._overdue(question)
        self._forget()

    def next_deadline(self) -> float | None:
        if not self._open:
            return None
        times = [self._open.due]
        if self._open.next_unsent is not None:
            gate = self.context.gate_at()
            times += [gate] if gate is not None and gate > self.context.now else []
            times += [self._recent[0] + 1.0] if self._recent else []
        return min(times)

    def give_up(self, reason: Reason) -> None:
        for question in self._open:
            if question.sent:
                self._broken_off.add(question.contact)
            self._conclude(question, reason)

    def resumed(self) -> None:
        self._resumed_at = self.context.now

    @property
    def expecting(self) -> bool:
        """A presence that comes now may be an answer, or one sent again."""
        return bool(self._open or self._windows) or self._just_resumed()

    def asked(self, contact: Jid) -> bool:
        """A probe to this contact is out: its presence answers it."""
        return self._windows.get(contact, 0.0) > self.context.now

    def probed_by_client(self, contact: Jid) -> None:
        """One answer is the client's; which one of two nobody can tell."""
        self._theirs[contact] = self.context.now + HIDING_S

    def hides(self, stanza: PresenceStanza, element: Callable[[], Element]) -> bool:
        """True if this presence is only the answer to our probe and no news to the client (PRB-5).

        A client that is not available is told nobody's presence, and everybody's once it is.
        ``element`` parses it, which is needed only if somebody is there.
        """
        assert stanza.from_ is not None
        full, contact = stanza.from_, stanza.from_.bare
        asked = self.asked(contact)
        if self._theirs.get(contact, 0.0) > self.context.now or not (asked or self._just_resumed()):
            return False
        if stanza.type is not None:
            gone = not (full.resource or self.presence.available(contact))
            return gone and self._as_before(full, b"", asked=asked)
        looks = fingerprint(element())
        if stanza.delay is None or (self.context.available and not self._has(full, looks)):
            return False
        return self._as_before(full, looks, asked=asked)

    def _as_before(self, full: Jid, looks: bytes, *, asked: bool) -> bool:
        """An answer to our probe is noted; what is sent again after a resume is hidden if it was one."""
        if asked:
            self._hidden.pop(full, None)
            self._hidden[full] = looks
            if len(self._hidden) > MAX_HIDDEN:
                del self._hidden[next(iter(self._hidden))]
        return asked or self._hidden.get(full) == looks

    def _has(self, full: Jid, looks: bytes) -> bool:
        """The client has this already; of a stream joined midway, from before that."""
        return self.presence.shown(full, looks) or (self.context.joined and not self.presence.tells(full))

    def heard(self, stanza: PresenceStanza) -> None:
        """Presence of a contact has passed; it may be what was asked for."""
        assert stanza.from_ is not None
        contact = stanza.from_.bare
        if contact not in self._asked_at or (stanza.type is not None and stanza.from_.resource):
            return
        self._heard_at[contact] = self.context.now
        question = self._open.find(contact)
        if question is not None and question.sent:
            question.heard = True
            if question.last is not None:
                self._conclude(question, None)
            else:
                self._open.give(question, min(question.until, self.context.now + GATHER_S))

    def probe_failed(self, id: str | None, sender: Jid | None, data: bytes) -> bool:
        """An error presence: True if it answers our probe and is taken out. No sender: the own server."""
        sent = self._sent.get(id or "")
        if sent is None or (sender is not None and sender.bare != sent.contact):
            return False
        error = stanza_error(parse(data, self.context.headers.get(Side.SERVER)))
        self._heard_error(sent.contact, error)
        question = self._open.find(sent.contact)
        if question and unreachable(error):
            question.last = LastAnswer(Presence.UNREACHABLE, reason=Reason.UNREACHABLE)
            self._conclude(question, None)
        return True

    def answered(self, id: str, sender: str | None, data: bytes) -> bool:
        """An iq result or error with our id: True if it is the answer, and taken out (INJ-4, INJ-5)."""
        sent = self._sent.get(id)
        if sent is None or not self._is_from(sender, sent.contact):
            return False
        last = read_last(data)
        if last is None:
            element = parse(data, self.context.headers.get(Side.SERVER))
            self._heard_error(sent.contact, stanza_error(element))
            last = parse_last(element)
        question = self._open.find(sent.contact)
        if question is None or question.last_id != id:
            news = self._heard_at.get(sent.contact, 0.0) < sent.at and not self.context.has_blocked(
                sent.contact
            )
            if last.presence is Presence.OFFLINE and news:
                self.presence.state(sent.contact, Presence.OFFLINE, asked=True, for_s=last.for_s)
            return True
        question.last = last
        definite = last.presence in (Presence.OFFLINE, Presence.UNREACHABLE)
        if definite or question.heard or not question.probed:
            self._conclude(question, None)
        return True

    def _send(self, question: Question) -> None:
        now, config = self.context.now, self.context.config
        contact = self.roster.contacts.get(question.contact)
        question.sent = True
        self._open.give(question, now + config.ask_timeout_s)
        question.probed = contact is not None and contact.pushes_presence
        question.last_id = self.context.ids.next()
        stanzas = [last_activity(question.last_id, question.contact)]
        self._sent[question.last_id] = Sent(question.contact, now)
        if question.probed:
            id = self.context.ids.next()
            stanzas.insert(0, presence_probe(id, question.contact))
            self._sent[id] = Sent(question.contact, now)
            self._windows[question.contact] = max(question.until, now + HIDING_S)
        self._recent.append(now)
        self._asked_at[question.contact] = now
        self._broken_off.discard(question.contact)
        self.injector.now(Side.SERVER, *stanzas)

    def _may_send(self) -> bool:
        now = self.context.now
        self._recent = [at for at in self._recent if at > now - 1.0]
        return (
            self.context.gate_open()
            and not self.roster.awaited
            and self.context.safe(Side.SERVER)
            and len(self._recent) < self.context.config.asks_per_s
        )

    def _overdue(self, question: Question) -> None:
        if question.sent:
            self._conclude(question, None)
            return
        early = self.roster.awaited or not self.context.gate_open()
        waited = Reason.TOO_EARLY if early else Reason.RATE_LIMITED
        self._conclude(question, self._refusal(question.contact) or waited)

    def _conclude(self, question: Question, reason: Reason | None) -> None:
        """The question is over; say what was learnt, then that it is over."""
        self._open.end(question)
        if reason is None and not question.heard:
            reason = self._judge(question.contact, question.last)
        if reason is None:
            self._answered_at[question.contact] = self.context.now
        for request in question.requests:
            self._answer(request, xmpp(question.contact), reason, asked=question.sent)

    def _judge(self, contact: Jid, last: LastAnswer | None) -> Reason | None:
        """PRB-4, without presence: what the definite half says, or nothing."""
        if self.context.has_blocked(contact):
            return Reason.BLOCKED  # since it was asked: what the server says now is about the block
        said = last.presence if last else None
        if last and said is Presence.OFFLINE:
            self.presence.state(contact, Presence.OFFLINE, asked=True, for_s=last.for_s)
            return None
        if said is Presence.ONLINE:
            if self.presence.available(contact):
                self.presence.confirm(contact)
            else:
                self.presence.state(contact, Presence.ONLINE, asked=True)
            return None
        reason = (last.reason if last else None) or Reason.TIMEOUT
        if said is Presence.UNREACHABLE:
            self.presence.state(contact, Presence.UNREACHABLE, reason, asked=True)
        elif not self.presence.available(contact):
            self.presence.unknown(contact, reason, asked=True)
        return reason

    def _refusal(self, contact: Jid) -> Reason | None:
        """What is not asked at all."""
        if contact.domain == self.context.config.companion.domain:
            return Reason.NEVER_SEEN
        if self.context.has_blocked(contact):
            return Reason.BLOCKED
        known = self.roster.contacts.get(contact)
        if known is not None and known.pending:
            self.presence.unknown(contact, Reason.PENDING)
            return Reason.PENDING
        return Reason.PENDING if self.roster.unsettled(contact) else None

    def _fresh(self, contact: Jid, *, force: bool) -> bool:
        """The stream says so by itself, or has answered a question within its interval."""
        if not force and self.presence.knows(contact):
            return True
        at = self._answered_at.get(contact)
        return at is not None and self.context.now - at < self.context.config.ask_interval_s

    def _too_soon(self, contact: Jid) -> bool:
        at = self._asked_at.get(contact)
        now = self.context.now
        if self._backing_off.quiet(contact.domain, now):
            return True
        lately = at is not None and now - at < self.context.config.ask_interval_s
        return lately and contact not in self._broken_off

    def _heard_error(self, contact: Jid, error: StanzaError | None) -> None:
        if error is not None:
            self._backing_off.heard(contact.domain, error.condition, self.context.now)

    def _just_resumed(self) -> bool:
        """What was hidden before may be sent again now."""
        return self._resumed_at is not None and self.context.now - self._resumed_at < RESENT_S

    def _forget(self) -> None:
        now = self.context.now
        if now >= self._forget_at:
            self._forget_at = now + FORGET_S
            self._sent = dict(self._remembered()[-MAX_SENT:])
            self._windows = {c: until for c, until in self._windows.items() if until > now}
            self._theirs = {c: until for c, until in self._theirs.items() if until > now}
            interval = self.context.config.ask_interval_s
            self._asked_at = {c: at for c, at in self._asked_at.items() if now - at < interval}
            self._broken_off &= self._asked_at.keys()
            self._heard_at = {c: at for c, at in self._heard_at.items() if c in self._asked_at}
            self._answered_at = {c: at for c, at in self._answered_at.items() if now - at < interval}

    def _remembered(self) -> list[tuple[str, Sent]]:
        """With XEP-0198 a server may send any answer again, at whatever resume (SM-5, INJ-5)."""
        if self.managed():
            return list(self._sent.items())
        since = self.context.now - self.context.config.tombstone_s
        return [(id, sent) for id, sent in self._sent.items() if sent.at > since]

    def _is_own(self, contact: Jid) -> bool:
        return self.context.own is not None and contact == self.context.own.bare

    def _is_from(self, sender: str | None, contact: Jid) -> bool:
        try:
            return sender is not None and parse_jid(sender) == contact
        except Refused:
            return False

    def _answer(self, request: str, contact: Address, reason: Reason | None, *, asked: bool) -> None:
        self.context.out.add(Answered(request=request, contact=contact, reason=reason, asked=asked))
