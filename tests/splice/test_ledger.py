"""T16: whatever is added or taken out, and however often it breaks, nothing is lost or doubled."""

import re
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.model.stream import StreamState
from quorate.splice.effects import CommandTyped, SpliceEffect
from quorate.splice.ledger import read_h
from tests.splice.script import ENABLE, ENABLED, Talk

SM = "xmlns='urn:xmpp:sm:3'"
STANZA = re.compile(r"<(message|presence|iq)\b.*?(?:</\1>|(?<=/)>)|<(a|resume|resumed) [^>]*>", re.DOTALL)


@dataclass
class Peer:
    """One end, strict about XEP-0198: keeps what is not acknowledged, checks every count it is given."""

    unacked: list[str] = field(default_factory=list)
    acked: int = 0
    received: int = 0
    messages: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """What the companion said."""
    answers: list[str] = field(default_factory=list)
    """Ids of the requests it answered."""

    def send(self, stanza: str) -> str:
        self.unacked.append(stanza)
        return stanza

    def hear(self, wire: str) -> None:
        for found in STANZA.finditer(wire):
            if found[1]:
                self.received += 1
                self.messages += re.findall(r"id='([cs]\d+)'", found[0])
                self.lines += re.findall(r"<body>(hello \d+)</body>", found[0])
                self.answers += re.findall(r"type='result' id='(p\d+)'", found[0])
            else:
                self.confirm(found[0])

    def confirm(self, element: str) -> None:
        h = read_h(element.split("h='")[1].split("'")[0])
        assert h is not None
        assert self.acked <= h <= self.acked + len(self.unacked), "a count no end may ever see"
        del self.unacked[: h - self.acked]
        self.acked = h


class World:
    def __init__(self) -> None:
        self.talk = Talk().log_in()
        self.talk.c(ENABLE)
        self.talk.s(ENABLED)
        virtual = re.search(r"id='(q1\.[0-9a-f]+)'", self.talk.client())
        assert virtual
        self.virtual = virtual[1]
        self.talk.hear()
        self.client, self.server = Peer(), Peer()
        self.sent: dict[str, list[str]] = {"c": [], "s": []}
        self.said: list[str] = []
        self.commands: list[str] = []
        self.asked: list[str] = []
        self.count = 0

    def step(self, what: str) -> None:
        self.count += 1
        getattr(self, what)()
        self.commands += [e.text for e in self.talk.saw(CommandTyped)]

    def up_forwarded(self, *, arrives: bool = True) -> None:
        id = f"c{self.count}"
        self.sent["c"].append(id)
        stanza = self.client.send(f"<message to='bob@example.org' id='{id}'/>")
        if arrives:
            self.talk.c(stanza)

    def up_lost(self) -> None:
        self.up_forwarded(arrives=False)
        self.broken()

    def up_taken(self) -> None:
        body = f"<body>status {self.count}</body>"
        self.talk.c(
            self.client.send(f"<message to='quorate@quorate.invalid' id='w{self.count}'>{body}</message>")
        )

    def up_asked(self) -> None:
        self.asked.append(f"p{self.count}")
        ping = "<ping xmlns='urn:xmpp:ping'/>"
        request = f"<iq type='get' id='p{self.count}' to='quorate@quorate.invalid'>{ping}</iq>"
        self.talk.c(self.client.send(request))

    def up_added(self) -> None:
        self.talk.tell("bob", effect=f"e{self.count}")

    def down_forwarded(self) -> None:
        id = f"s{self.count}"
        self.sent["s"].append(id)
        self.talk.s(self.server.send(f"<message from='bob@example.org' id='{id}'/>"))

    def down_taken(self) -> None:
        self.talk.s(self.server.send("<message from='x@quorate.invalid'/>"))

    def down_added(self) -> None:
        self.said.append(f"hello {self.count}")
        self.talk.do(self.talk.splice.say(f"y{self.count}", self.said[-1], self.talk.now))

    def delivered(self) -> None:
        self.client.hear(self.talk.client())
        self.server.hear(self.talk.server())

    def client_acks(self) -> None:
        self.talk.c(f"<a {SM} h='{self.client.received}'/>")

    def server_acks(self) -> None:
        self.talk.s(f"<a {SM} h='{self.server.received}'/>")

    def broken(self) -> None:
        """What was on its way to either end is gone; both come back and send again what is missing."""
        self._asks_to_resume()
        self._resumed()
        wire = self.talk.client()
        assert f"previd='{self.virtual}'" in wire
        self.client.hear(wire)
        self.talk.c("".join(self.client.unacked))

    def resume_unheard(self) -> None:
        """The server never gets to answer the first attempt."""
        self._asks_to_resume()
        self.broken()

    def resume_unseen(self) -> None:
        """It answers, and the client does not hear of it."""
        self._asks_to_resume()
        self._resumed()
        self.broken()

    def overtaken(self) -> None:
        """The client is back before its old connection is known to be dead; what was in it is read late."""
        late = self.client.send(f"<message to='bob@example.org' id='c{self.count}'/>")
        self.sent["c"].append(f"c{self.count}")
        old = self.talk
        self._asks_to_resume(lose=False)
        old.c(late)
        assert old.server() == ""
        old.lose()
        self._resumed()
        self.client.hear(self.talk.client())
        self.talk.c("".join(self.client.unacked))

    def _asks_to_resume(self, *, lose: bool = True) -> None:
        kept: list[SpliceEffect] = self.talk.effects
        if lose:
            self.talk.lose()
        else:
            self.talk.client(), self.talk.server()
        self.talk = Talk(sessions=self.talk.sessions)
        self.talk.effects = kept
        self.talk.open()
        self.talk.client(), self.talk.server()
        self.talk.c(f"<resume {SM} h='{self.client.received}' previd='{self.virtual}'/>")

    def _resumed(self) -> None:
        self.server.confirm(self.talk.server())
        resumed = f"<resumed {SM} h='{self.server.received}' previd='S9'/>"
        self.talk.s(resumed + "".join(self.server.unacked))


STEPS = st.sampled_from([name for name in vars(World) if not name.startswith("_") and name != "step"])


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=60))
def test_nothing_is_lost_doubled_or_miscounted(steps: list[str]) -> None:
    world = World()
    for name in [*steps, "delivered", "client_acks", "server_acks", "delivered"]:
        world.step(name)
    assert world.server.messages == world.sent["c"]
    assert world.client.messages == world.sent["s"]
    assert world.client.lines == world.said
    assert set(world.client.answers) == set(world.asked)
    assert world.client.unacked == world.server.unacked == []
    assert len(world.commands) == len(set(world.commands)) == steps.count("up_taken")
    assert world.talk.splice.state is StreamState.LIVE
