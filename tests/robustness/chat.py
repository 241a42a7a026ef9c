"""A chat through one splice while everything Quorate does is set off; both ends count (XEP-0198)."""

import re
from collections.abc import Callable

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import Close, StateChanged
from tests.splice.script import DELAY, Talk, ids

SM = "xmlns='urn:xmpp:sm:3'"
WAIT_S = 0.3
"""The longest a stanza may be held, and a bit."""
_STANZA = re.compile(r"<(?:message|presence|iq)[ />]")
_ACK = re.compile(r"<a [^>]*h='(\d+)'")


class End:
    """The client or the server: what it said, what it heard, and how many stanzas that was."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.messages: list[str] = []
        self.sent = 0
        self.heard = ""
        self.counted_from = 0

    def says(self, text: str) -> str:
        self.sent += len(_STANZA.findall(text))
        return text

    def hears(self, text: str) -> None:
        self.heard += text

    @property
    def received(self) -> int:
        return len(_STANZA.findall(self.heard, self.counted_from))

    def got(self, mark: str) -> list[str]:
        return re.findall(rf"id='({mark}\d+)'", self.heard)


class Chat:
    def __init__(self, talk: Talk, *, managed: bool) -> None:
        """``talk`` is logged in; ``managed``: with stream management on."""
        self.talk = talk
        self.managed = managed
        self.client, self.server = End("c"), End("s")
        self.late: list[str] = []
        """Messages that were not there in time."""

    def run(self) -> None:
        """Every step, and between any two of them one message each way."""
        self.message()
        for step in STEPS:
            step(self)
            self.message()
            if self.cut:
                break

    @property
    def cut(self) -> bool:
        return Close(abort=True) in self.talk.all

    @property
    def told(self) -> tuple[StreamState, Reason | None]:
        """What the stream's user is shown."""
        changes = [e for e in self.talk.all if isinstance(e, StateChanged)]
        return (changes[-1].state, changes[-1].reason)

    def c(self, text: str) -> None:
        self.talk.c(self.client.says(text))

    def s(self, text: str) -> None:
        self.talk.s(self.server.says(text))

    def listen(self) -> None:
        self.client.hears(self.talk.client())
        self.server.hears(self.talk.server())

    def message(self) -> None:
        for end, say, other in ((self.client, self.c, self.server), (self.server, self.s, self.client)):
            id = f"{end.mark}{len(end.messages)}"
            end.messages.append(id)
            peers = "to='bob@example.org/x' from='bob@example.org/x'"
            say(f"<message {peers} id='{id}'><body>hi</body></message>")
            self.talk.wait(WAIT_S)
            self.listen()
            if id not in other.got(end.mark) and not self.cut:
                self.late.append(id)

    def manage(self) -> None:
        if self.managed:
            for end, say, text in ((self.client, self.c, "enable"), (self.server, self.s, "enabled")):
                say(f"<{text} {SM} id='S9' resume='true'/>" if text == "enabled" else f"<{text} {SM}/>")
                end.sent = 0
            self.listen()
            self.client.counted_from = len(self.client.heard)
            self.server.counted_from = len(self.server.heard)

    def acknowledge(self) -> None:
        """An end that is told of more than it has sent would close the stream."""
        if not self.managed:
            return
        for say, end, other in ((self.c, self.client, self.server), (self.s, self.server, self.client)):
            say(f"<r {SM}/>")
            say(f"<a {SM} h='{end.received}'/>")
            self.listen()
            told = [int(h) for h in _ACK.findall(other.heard)]
            assert not told or (told[-1] <= other.sent and told == sorted(told)), (told, other.sent)

    def presence_comes(self) -> None:
        self.s("<presence from='bob@example.org/x' to='alice@example.org/pc'><show>away</show></presence>")

    def presence_goes(self) -> None:
        self.c("<presence><show>dnd</show></presence>")

    def roster_pushed(self) -> None:
        item = "<item jid='dave@example.org' subscription='both'/>"
        self.s(f"<iq type='set' id='p1'><query xmlns='jabber:iq:roster'>{item}</query></iq>")

    def roster_asked(self) -> None:
        self.c("<iq type='get' id='r2'><query xmlns='jabber:iq:roster'/></iq>")
        self.s("<iq type='result' id='r2'><query xmlns='jabber:iq:roster'/></iq>")

    def asked(self) -> None:
        """A request, its answer, and one that gets none."""
        self.talk.ask("bob", force=True)
        self.talk.ask("carol", "q2", force=True)
        self.listen()
        for id in ids(self.server.heard)[-1:]:
            query = "<query xmlns='jabber:iq:last' seconds='0'/>"
            self.s(f"<iq type='result' id='{id}' from='carol@example.org'>{query}</iq>")
            self.s(f"<presence from='carol@example.org/y' to='alice@example.org/pc'>{DELAY}</presence>")
        self.talk.wait(4)

    def told_somebody(self) -> None:
        self.talk.tell("bob", "come", "e2", watch=True)

    def replied_to(self) -> None:
        self.s("<message from='bob@example.org/x' type='chat' id='reply'><body>yes</body></message>")

    def typed(self) -> None:
        self.c("<message to='quorate@quorate.invalid' type='chat' id='t1'><body>status</body></message>")

    def asked_about_companion(self) -> None:
        self.c("<iq to='quorate@quorate.invalid/q' type='get' id='d1'><ping xmlns='urn:xmpp:ping'/></iq>")

    def companion_speaks(self) -> None:
        self.talk.do(self.talk.splice.say("y1", "hello", self.talk.now))
        self.talk.do(self.talk.splice.companion_status("1 waiting", self.talk.now))

    def inactive(self) -> None:
        self.c("<inactive xmlns='urn:xmpp:csi:0'/>")
        self.c("<active xmlns='urn:xmpp:csi:0'/>")

    def stalls(self) -> None:
        """Half a stanza each way, then the rest; a long one may not wait for it."""
        head = f"<presence from='eve@example.org/z' to='alice@example.org/pc'><status>{'x' * 300}"
        self.talk.s(self.server.says(head))
        self.talk.c(self.client.says("<iq type='get' id='half'><ping xmlns='urn:xmpp:ping'>"))
        self.talk.wait(WAIT_S)
        self.talk.s("</status></presence>")
        self.talk.c("</ping></iq>")
        self.listen()

    def time_passes(self) -> None:
        self.talk.wait(61)
        self.listen()


STEPS: tuple[Callable[[Chat], None], ...] = (
    Chat.presence_comes,
    Chat.presence_goes,
    Chat.roster_pushed,
    Chat.roster_asked,
    Chat.acknowledge,
    Chat.asked,
    Chat.told_somebody,
    Chat.replied_to,
    Chat.acknowledge,
    Chat.stalls,
    Chat.typed,
    Chat.asked_about_companion,
    Chat.companion_speaks,
    Chat.acknowledge,
    Chat.inactive,
    Chat.time_passes,
    Chat.acknowledge,
)
