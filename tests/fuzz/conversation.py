"""One splice, both ends and the server's wishes in any order, cut anywhere, as a fuzzer's bytes say."""

import re
from collections.abc import Callable
from xml.parsers import expat

from quorate.model.reasons import Reason
from quorate.splice.effects import Close, Side, StateChanged
from quorate.splice.splice import SessionRegistry
from tests.fuzz.choices import Choices
from tests.splice.script import (
    BIND,
    BOB,
    BOUND,
    CAROL,
    CLIENT_HEADER,
    DELAY,
    FEATURES,
    ROSTER_GET,
    SERVER_HEADER,
    Talk,
    roster,
    who,
)

SM = "xmlns='urn:xmpp:sm:3'"
SELF = "to='quorate@quorate.invalid'"
ME = "to='alice@example.org/pc'"
ITEMS = (
    "<item jid='bob@example.org' subscription='both'/>",
    "<item jid='x@y' subscription='remove'/>",
    "<item jid='quorate@quorate.invalid'/>",
)
CLIENT: tuple[str, ...] = (
    "<message to='bob@example.org' id='m{n}'><body>a &lt; b</body></message>",
    "<message to='bob@example.org' id='m{n}'><a><message/></a><![CDATA[</message>]]></message>",
    "<iq type='get' id='m{n}' to='example.org'><ping xmlns='urn:xmpp:ping'/></iq>",
    "<presence id='m{n}'><show>away</show></presence>",
    "<presence id='m{n}' type='unavailable'/>",
    " ",
    f"<message {SELF} type='chat' id='t{{n}}'><body>status</body></message>",
    f"<iq {SELF} type='get' id='t{{n}}'><ping xmlns='urn:xmpp:ping'/></iq>",
    f"<presence {SELF}/>",
    f"<iq type='set' id='t{{n}}'><query xmlns='jabber:iq:roster'>{ITEMS[0]}</query></iq>",
    f"<iq type='set' id='t{{n}}'><query xmlns='jabber:iq:roster'>{ITEMS[2]}</query></iq>",
    "<iq type='get' id='t{n}'><query xmlns='jabber:iq:roster' ver='q1:3'/></iq>",
    "<iq type='result' id='t{n}'/>",
    "<inactive xmlns='urn:xmpp:csi:0'/>",
    "<active xmlns='urn:xmpp:csi:0'/>",
    f"<r {SM}/>",
    f"<a {SM} h='{{h}}'/>",
    f"<enable {SM} resume='true'/>",
)
SERVER: tuple[str, ...] = (
    "<message from='bob@example.org/x' id='m{n}'><body>yes</body></message>",
    f"<message from='bob@example.org/x' id='m{{n}}'>{DELAY}<body>no</body></message>",
    "<message from='eve@example.org' id='m{n}'><x a='>'>&#60;</x></message>",
    "<presence from='bob@example.org/x'><show>dnd</show></presence>",
    f"<presence from='bob@example.org/x' {ME}>{DELAY}</presence>",
    "<presence from='bob@example.org' type='unavailable'/>",
    "<presence from='bob@example.org' type='unsubscribed'/>",
    "<presence from='room@c.example.org/n'><x xmlns='http://jabber.org/protocol/muc#user'/></presence>",
    "<presence from='gateway.example.org' type='error'/>",
    " ",
    "<message from='x@quorate.invalid'/>",
    f"<iq type='set' id='p{{n}}'><query xmlns='jabber:iq:roster'>{ITEMS[0]}</query></iq>",
    f"<iq type='set' id='p{{n}}'><query xmlns='jabber:iq:roster' ver='4'>{ITEMS[1]}</query></iq>",
    "<iq type='result' id='t{n}'><query xmlns='jabber:iq:roster'/></iq>",
    "<iq type='result' id='{ours}' from='bob@example.org'><query xmlns='jabber:iq:last' seconds='0'/></iq>",
    "<iq type='error' id='{ours}' from='bob@example.org'><error type='auth'><forbidden/></error></iq>",
    f"<r {SM}/>",
    f"<a {SM} h='{{h}}'/>",
    f"<enabled {SM} id='S9' resume='true'/>",
)
_MARK = re.compile(r" id='(m\d+)'")
_OURS = re.compile(r"id='(q-[0-9a-f]+-\d+)'")
_VIRTUAL = re.compile(r"id='(q1\.[0-9a-f]+)'")


class Conversation:
    def __init__(self, sessions: SessionRegistry) -> None:
        self.talk = Talk(sessions=sessions)
        self.queued = {Side.CLIENT: b"", Side.SERVER: b""}
        """What each end has yet to write."""
        self.said: dict[Side, list[str]] = {side: [] for side in Side}
        self.heard = dict.fromkeys(Side, "")
        """By the side that said it."""
        self.number = 0
        self.wild = False
        """An end has sent what is no XML: what it says later may be part of anything."""

    def say(self, side: Side, text: str) -> None:
        self.number += 1
        ours = (_OURS.findall(self.heard[Side.CLIENT]) or ["none"])[-1]
        told = text.format(n=self.number, h=self.number % 7, ours=ours)
        self.said[side] += _MARK.findall(told)
        self.queued[side] += told.encode()

    def write(self, side: Side, count: int) -> None:
        data, self.queued[side] = self.queued[side][:count], self.queued[side][count:]
        if data:
            (self.talk.c if side is Side.CLIENT else self.talk.s)(data)
        self.listen()

    def listen(self) -> None:
        self.heard[Side.CLIENT] += self.talk.raw(Side.SERVER).decode("utf-8", "replace")
        self.heard[Side.SERVER] += self.talk.raw(Side.CLIENT).decode("utf-8", "replace")

    def log_in(self) -> None:
        for side, text in (
            (Side.CLIENT, CLIENT_HEADER),
            (Side.SERVER, SERVER_HEADER + FEATURES),
            (Side.CLIENT, BIND),
            (Side.SERVER, BOUND),
            (Side.CLIENT, ROSTER_GET),
            (Side.SERVER, roster(BOB, CAROL, ver="3")),
            (Side.CLIENT, "<presence/>"),
        ):
            self.queued[side] += text.encode()
            self.write(side, 1 << 20)

    def check(self) -> None:
        """Nothing of ours raised; what was written arrived, in order and once; what arrived is XML."""
        changes = [e for e in self.talk.all if isinstance(e, StateChanged)]
        assert Reason.INTERNAL_ERROR not in [e.reason for e in changes]
        if self.wild or any(isinstance(e, Close) for e in self.talk.all):
            return
        for side in Side:
            assert [m for m in _MARK.findall(self.heard[side]) if m] == self.said[side]
            expat.ParserCreate().Parse(self.heard[side], False)


def converse(given: Choices) -> None:
    """Raises if the splice has lost, doubled or garbled anything, or has made a mistake it hides."""
    sessions = SessionRegistry()
    now = Conversation(sessions)
    now.log_in()
    while given.more:
        side = given.one((Side.CLIENT, Side.SERVER))
        match given.number(12):
            case 0 | 1 | 2 | 3:
                now.say(side, given.one(CLIENT if side is Side.CLIENT else SERVER))
                now.write(side, 1 << 20)
            case 4 | 5:
                now.say(side, given.one(CLIENT if side is Side.CLIENT else SERVER))
            case 6 | 7:
                now.write(side, given.number(60))
            case 8:
                given.one(WISHES)(now.talk)
            case 9:
                now.talk.wait(given.one((0.1, 0.3, 1.0, 6.0, 61.0)))
            case 10:
                now.queued[side] += given.some(given.number(30))
                now.wild = True
            case _:
                now = _again(now, sessions, h=given.number(20))
        now.listen()
    for side in Side:
        now.write(side, 1 << 20)
    now.talk.wait(1)
    now.listen()
    now.talk.lose()
    now.listen()
    now.check()


def _again(old: Conversation, sessions: SessionRegistry, *, h: int) -> Conversation:
    """The connection is lost half-way; the client resumes with a count that may be wrong, or logs in anew."""
    virtual = (_VIRTUAL.findall(old.heard[Side.SERVER]) or ["none"])[-1]
    for side in Side:
        old.write(side, 1 << 20)
    old.talk.lose()
    old.listen()
    old.check()
    new = Conversation(sessions)
    new.talk.now = old.talk.now
    new.wild = old.wild
    for side, text in (
        (Side.CLIENT, CLIENT_HEADER),
        (Side.SERVER, SERVER_HEADER + FEATURES),
        (Side.CLIENT, f"<resume {SM} h='{h}' previd='{virtual}'/>"),
    ):
        new.queued[side] += text.encode()
        new.write(side, 1 << 20)
    if "<resume" in new.heard[Side.CLIENT]:
        new.queued[Side.SERVER] += f"<resumed {SM} h='{h}' previd='S9'/>".encode()
        new.write(Side.SERVER, 1 << 20)
    return new


def _every(talk: Talk) -> None:
    talk.do(talk.splice.retire(talk.now))


WISHES: tuple[Callable[[Talk], None], ...] = (
    lambda talk: talk.ask("bob"),
    lambda talk: talk.ask("carol", "q2", force=True),
    lambda talk: talk.tell("bob", watch=True),
    lambda talk: talk.tell("eve", effect="e2"),
    lambda talk: talk.do(talk.splice.say("y", "hello & <you>", talk.now)),
    lambda talk: talk.do(talk.splice.companion_status("1 waiting", talk.now)),
    lambda talk: talk.do(talk.splice.watch(who("bob"))),
    lambda talk: talk.do(talk.splice.unwatch(who("bob"))),
    _every,
)
