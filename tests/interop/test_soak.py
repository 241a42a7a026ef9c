"""T16: whatever is added, taken out and broken off, nothing is lost, doubled or miscounted."""

import random
import re
from pathlib import Path

import pytest

from quorate.link.messages import AskFor, CommandGiven, EffectDone, SayTo, StreamIs, Tell
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from tests.agent.conversation import COMPANION, Server
from tests.interop.certificates import TestAuthority
from tests.interop.strict_client import StrictClient
from tests.interop.test_agent_prosody import home_in, house, server_of, straight

pytestmark = pytest.mark.real

KILLS = 100
STEPS = 10
"""Between two of them."""
SEED = 4


class Soak:
    """Alice behind Quorate, bob and carol not, a server that wants things all the time."""

    def __init__(self, alice: StrictClient, server: Server, bob: StrictClient) -> None:
        self.alice, self.server, self.bob = alice, server, bob
        self.count = 0
        self.out: list[str] = []
        self.into: list[str] = []
        self.lines: list[str] = []
        self.told: list[str] = []
        self.typed: list[str] = []

    async def run(self) -> None:
        chance, alice, bob = random.Random(SEED), self.alice, self.bob
        for _ in range(KILLS):
            for name in chance.choices(ACTIONS, k=STEPS):
                self.count += 1
                getattr(self, name)()
                if chance.random() < 0.3:
                    bob.ask_for_ack()
                    await bob.until(lambda: not bob.unacked, "an ack")
            if chance.random() < 0.5:
                await alice.until(self.all_in, "all so far")
            await alice.kill()
            await alice.connect()
        await alice.until(self.all_in, "the rest")
        alice.ask_for_ack()
        await alice.until(lambda: not alice.unacked, "the last ack")
        await bob.until(lambda: len(numbered("out", bob.bodies())) >= len(self.out), "bob's rest")

    def all_in(self) -> bool:
        return len(numbered("in", self.alice.bodies())) >= len(self.into)

    def check(self) -> None:
        """Each once and in order; of what Quorate was to say, exactly that of which it said that it left."""
        assert numbered("out", self.bob.bodies()) == self.out
        assert numbered("in", self.alice.bodies()) == self.into
        left = {m.effect for m in self.server.all(EffectDone) if m.reason is None}
        for kind, texts in (("line", self.alice.bodies()), ("tell", self.bob.bodies())):
            assert sorted(numbered(kind, texts)) == sorted(numbered(kind, list(left)))
            assert len(numbered(kind, texts)) > KILLS / 2
        assert sorted(m.message for m in self.server.all(CommandGiven)) == sorted(self.typed)
        assert self.alice.resumed == KILLS
        ours = [x.get("id", "") for x in self.alice.seen if x.get("id", "").startswith("q-")]
        assert len(ours) == len(set(ours)), "no answer to a request of ours, and no line twice"
        assert {m.stream.reason for m in self.server.all(StreamIs)} <= {None, Reason.STREAM_ENDED}

    def stream(self) -> str:
        live = [m.stream.id for m in self.server.all(StreamIs) if m.stream.state is StreamState.LIVE]
        return live[-1] if live else "none"

    def up_forwarded(self) -> None:
        self.out.append(f"out {self.count}")
        self.alice.send(f"<message type='chat' to='bob@example.org'><body>{self.out[-1]}</body></message>")

    def down_forwarded(self) -> None:
        self.into.append(f"in {self.count}")
        self.bob.send(f"<message type='chat' to='alice@example.org'><body>{self.into[-1]}</body></message>")

    def up_taken(self) -> None:
        self.typed.append(f"c{self.count}")
        self.alice.send(
            f"<message type='chat' to='{COMPANION}' id='{self.typed[-1]}'><body>status</body></message>"
        )

    def up_added(self) -> None:
        self.told.append(f"tell {self.count}")
        text, stream = self.told[-1], self.stream()
        self.server.send(Tell(effect=text, stream=stream, to="bob@example.org", text=text, watch=True))

    def down_added(self) -> None:
        self.lines.append(f"line {self.count}")
        self.server.send(SayTo(effect=self.lines[-1], stream=self.stream(), text=self.lines[-1]))

    def asked(self) -> None:
        """Added towards the server, its answers taken out."""
        self.server.send(AskFor(request=f"q{self.count}", stream=self.stream(), contact="carol@example.org"))

    def counted(self) -> None:
        self.alice.ask_for_ack()


ACTIONS = ("up_forwarded", "down_forwarded", "up_taken", "up_added", "down_added", "asked", "counted")


def numbered(kind: str, texts: list[str]) -> list[str]:
    return [text for text in texts if re.fullmatch(rf"{kind} \d+", text)]


async def test_a_hundred_broken_connections_lose_and_double_nothing(tmp_path: Path) -> None:
    authority, home = TestAuthority(tmp_path), home_in(tmp_path)
    async with (
        server_of(tmp_path / "p", authority) as prosody,
        straight(prosody, "carol"),
        house(home, prosody, (authority.path,)) as (agent, server),
    ):
        host, _, port = agent.im.rpartition(":")
        alice = StrictClient("alice", "example.org", "secret", host, int(port), home / "ca.pem")
        bob = StrictClient("bob", "example.org", "secret", "127.0.0.1", prosody.port, authority.path)
        for client in (bob, alice):
            await client.connect()
            client.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")
            client.send("<presence/>")
        await alice.until(lambda: any(x.get("from", "").startswith(COMPANION) for x in alice.seen), "it")
        soak = Soak(alice, server, bob)
        await soak.run()
        soak.check()
        assert "quorate" not in prosody.stored_text()
