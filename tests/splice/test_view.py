"""Whatever is asked, lost and resumed, the client ends up seeing what its server says. PRB-5, SM-5.

A scripted server with one contact, a client that keeps what it is told, and a splice between them that asks.
"""

import random
import re
from xml.etree import ElementTree

import pytest

from quorate.model.stream import StreamState
from tests.splice.script import BIND, BOB, BOUND, DELAY, ENABLE, ENABLED, ROSTER_GET, Talk, roster

SM = "xmlns='urn:xmpp:sm:3'"
RUNS = 100
STEPS = 60
WEIGHTS = (4, 6, 2, 3, 2, 2, 1, 1)


def stanzas(text: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(f"<x xmlns:stream='s'>{text}</x>")
    return [e for e in root if e.tag in ("presence", "iq", "message")]


class Server:
    """Sends presence as servers do, and counts."""

    def __init__(self, chance: random.Random, *, silent: bool) -> None:
        self.chance = chance
        self.silent = silent
        """About somebody who is not there, as ejabberd."""
        self.truth: dict[str, int] = {}
        self.client_is_there = False
        self.sent: list[str] = []
        self.delivered = 0
        self.handled = 0

    def change(self) -> None:
        device = self.chance.choice("xy")
        if device in self.truth and self.chance.random() < 0.4:
            del self.truth[device]
            now = f"<presence from='bob@example.org/{device}' type='unavailable'/>"
        else:
            self.truth[device] = self.chance.randrange(3)
            now = self.presence(device, "")
        if self.client_is_there:
            self.sent.append(now)

    def presence(self, device: str, delay: str = DELAY) -> str:
        status = f"<status>{self.truth[device]}</status>"
        return f"<presence from='bob@example.org/{device}'>{status}{delay}</presence>"

    def answer(self) -> None:
        self.sent += [self.presence(device) for device in self.truth]
        if not (self.truth or self.silent):
            self.sent.append("<presence from='bob@example.org' type='unavailable'/>")

    def hears(self, text: str) -> None:
        for stanza in stanzas(text):
            self.handled += 1
            if stanza.tag == "iq":
                last = f"<query xmlns='jabber:iq:last' seconds='{0 if self.truth else 9}'/>"
                self.sent.append(
                    f"<iq type='result' id='{stanza.get('id')}' from='bob@example.org'>{last}</iq>"
                )
            elif stanza.get("type") == "probe":
                self.answer()
            elif stanza.get("to") is None:
                there, self.client_is_there = self.client_is_there, stanza.get("type") is None
                if self.client_is_there and not there:
                    self.answer()

    def next(self) -> str:
        self.delivered += 1
        return self.sent[self.delivered - 1]

    def resumes(self, h: int) -> None:
        """What is sent once more says that it is late."""
        assert h <= self.delivered, "acknowledged more than was sent"
        again = [s.replace("</presence>", f"{DELAY}</presence>") for s in self.sent[h : self.delivered]]
        self.sent[h : self.delivered] = again
        self.delivered = h


class Client:
    def __init__(self) -> None:
        self.view: dict[str, str] = {}
        self.got = 0

    def hears(self, text: str) -> None:
        for stanza in stanzas(text):
            self.got += 1
            sender = stanza.get("from", "")
            if stanza.tag != "presence" or not sender.startswith("bob@"):
                continue
            device = sender.partition("/")[2]
            if stanza.get("type") is None:
                self.view[device] = stanza.findtext("status", "")
            elif device:
                self.view.pop(device, None)
            else:
                self.view.clear()


class House:
    """What happens between them, in any order."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.server = Server(self.chance, silent=bool(seed % 2))
        self.client = Client()
        self.talk = Talk()
        self.talk.open()
        self.talk.c(BIND)
        self.talk.s(BOUND)
        self.talk.c(ENABLE)
        self.talk.s(ENABLED)
        self.virtual = re.findall(r"id='(q1\.[0-9a-f]+)'", self.talk.client())[0]
        self.talk.c(ROSTER_GET)
        self.talk.hear()
        self.server.handled = 1
        self.server.sent.append(roster(BOB))
        self.deliver()
        self.speaks("<presence/>")

    def speaks(self, text: str) -> None:
        self.talk.c(text)
        self.server.hears(self.talk.server())

    def deliver(self) -> None:
        if self.server.delivered < len(self.server.sent):
            self.talk.s(self.server.next())

    def come_and_go(self) -> None:
        """What is on its way then, or has just been asked for by the client itself, confuses any client."""
        self.settle()
        self.talk.wait(10)
        if self.server.client_is_there:
            self.client.view.clear()
        self.speaks("<presence type='unavailable'/>" if self.server.client_is_there else "<presence/>")

    def probe(self) -> None:
        if self.server.client_is_there:
            self.speaks("<presence to='bob@example.org' type='probe'/>")

    def ask(self) -> None:
        self.talk.wait(self.chance.choice([0.1, 0.1, 61.0]))
        self.talk.ask("bob", force=True)
        self.server.hears(self.talk.server())

    def read(self) -> None:
        self.client.hears(self.talk.client())

    def acknowledge(self) -> int:
        self.read()
        self.talk.c(f"<a {SM} h='{self.client.got}'/>")
        h = int(re.findall(r"h='(\d+)'", self.talk.server())[-1])
        assert h <= self.server.delivered
        return h

    def lose(self) -> None:
        """What the client has not read is lost, what the server was sent is not."""
        self.server.hears(self.talk.server())
        self.talk.lose()
        again = Talk(sessions=self.talk.sessions)
        again.now = self.talk.now + 1
        self.talk = again
        again.open()
        again.hear()
        again.c(f"<resume {SM} h='{self.client.got}' previd='{self.virtual}'/>")
        self.server.resumes(int(re.findall(r"h='(\d+)'", again.server())[0]))
        again.s(f"<resumed {SM} h='{self.server.handled}' previd='S9'/>")
        self.client.hears(again.client().partition("/>")[2])
        self.server.hears(again.server())

    def live(self, steps: int) -> None:
        usual = [self.server.change, self.deliver, self.ask, self.read, self.acknowledge, self.lose]
        for _ in range(steps):
            self.chance.choices([*usual, self.come_and_go, self.probe], WEIGHTS)[0]()
        self.settle()

    def settle(self) -> None:
        while self.server.delivered < len(self.server.sent):
            self.deliver()
        assert self.acknowledge() == self.server.delivered


@pytest.mark.parametrize("first", range(0, RUNS, RUNS // 2))
def test_the_client_sees_what_its_server_says(first: int) -> None:
    for seed in range(first, first + RUNS // 2):
        house = House(seed)
        house.live(STEPS)
        there = house.server.client_is_there
        shown = {device: str(content) for device, content in house.server.truth.items()} if there else {}
        assert house.client.view == shown, seed
        assert house.talk.splice.state is StreamState.LIVE, seed
