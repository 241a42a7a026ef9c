"""A scripted client and server around one splice, so that tests read like a conversation.

``c("<presence/>")`` is the client speaking; ``talk.server()`` is what the server got since it was last asked.
"""

import re
from typing import TypeVar

from quorate.model.address import Address, parse_address
from quorate.splice.arrival import Arrival, DirectTls
from quorate.splice.channel_binding import Profiles
from quorate.splice.effects import Send, Side, SpliceEffect
from quorate.splice.splice import SessionRegistry, Splice, SpliceConfig

STREAM = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'"
CLIENT_HEADER = f"<stream:stream to='example.org' {STREAM}>"
SERVER_HEADER = f"<stream:stream from='example.org' id='s1' {STREAM}>"
FEATURES = "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>"
BIND = "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
BOUND = (
    "<iq type='result' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
    "<jid>alice@example.org/pc</jid></bind></iq>"
)
ENABLE = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>"
ENABLED = "<enabled xmlns='urn:xmpp:sm:3' id='S9' resume='true'/>"
ROSTER_GET = "<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>"
BOB = "<item jid='bob@example.org' name='Bob' subscription='both'><group>dba</group></item>"
CAROL = "<item jid='carol@example.org' name='Carol' subscription='both'/>"
ITEM = (
    "<item xmlns='jabber:iq:roster' jid='quorate@quorate.invalid' name='Quorate' subscription='both'>"
    "<group>Quorate</group></item>"
)
APPEARS = (
    "<presence from='quorate@quorate.invalid/q' to='alice@example.org/pc'><priority>0</priority></presence>"
)
DELAY = "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>"
E = TypeVar("E")


def who(name: str) -> Address:
    return parse_address(f"{name}@example.org")


def roster(*items: str, ver: str = "") -> str:
    version = f" ver='{ver}'" if ver else ""
    return f"<iq type='result' id='r1'><query xmlns='jabber:iq:roster'{version}>{''.join(items)}</query></iq>"


def ids(text: str) -> list[str]:
    """Ids Quorate made, in order of their place in ``text``."""
    return re.findall(r"id='(q-[0-9a-f]+-\d+)'", text)


class Talk:
    def __init__(
        self,
        *,
        sessions: SessionRegistry | None = None,
        chunk: int = 1 << 20,
        direct_tls: tuple[str, tuple[str, ...]] | None = None,
        config: SpliceConfig | None = None,
        arrival: Arrival | None = None,
        profiles: Profiles | None = None,
    ) -> None:
        """``chunk``: how many bytes each read has at most."""
        self.now = 100.0
        self.sessions = sessions or SessionRegistry()
        config = config or SpliceConfig(ids_seed="5eed")
        self.profiles = profiles or Profiles()
        if direct_tls is not None:
            arrival = Arrival(tls=DirectTls(*direct_tls), here="127.0.0.1:5221")
        self.splice = Splice(
            config,
            self.now,
            sessions=self.sessions,
            profiles=self.profiles,
            arrival=arrival or Arrival(here="127.0.0.1:5221"),
        )
        self.chunk = chunk
        self.effects: list[SpliceEffect] = []
        self.all: list[SpliceEffect] = []
        self._got = {Side.CLIENT: b"", Side.SERVER: b""}
        self.do(self.splice.start(self.now))

    def do(self, effects: list[SpliceEffect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self._got[effect.side] += effect.data
            else:
                self.effects.append(effect)
                self.all.append(effect)

    def c(self, text: str | bytes) -> None:
        """The client says."""
        self._say(Side.CLIENT, text)

    def s(self, text: str | bytes) -> None:
        """The server says."""
        self._say(Side.SERVER, text)

    def client(self) -> str:
        """What the client got since it was last asked."""
        return self._take(Side.CLIENT)

    def server(self) -> str:
        return self._take(Side.SERVER)

    def saw(self, kind: type[E]) -> list[E]:
        """Effects of one kind since last asked for that kind."""
        found: list[E] = [e for e in self.effects if isinstance(e, kind)]
        self.effects = [e for e in self.effects if not isinstance(e, kind)]
        return found

    def wait(self, seconds: float) -> None:
        """Time passes; the splice is called whenever it wanted to be."""
        end = self.now + seconds
        for _ in range(1000):
            due = self.splice.next_deadline()
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.do(self.splice.on_time(self.now))
        else:
            raise AssertionError("next_deadline does not move on")
        self.now = end

    def lose(self, side: Side = Side.CLIENT) -> None:
        """The TCP connection breaks."""
        self.do(self.splice.closed(side, self.now))

    def ask(self, name: str, request: str = "q1", *, force: bool = False) -> None:
        self.do(self.splice.ask(request, who(name), self.now, force=force))

    def tell(self, name: str, text: str = "hello", effect: str = "e1", *, watch: bool = False) -> None:
        self.do(self.splice.tell(effect, who(name), text, self.now, watch=watch))

    def hear(self) -> None:
        """Forget everything up to here."""
        self.client()
        self.server()
        self.effects.clear()

    def open(self) -> None:
        """Headers and the features after authentication have passed."""
        self.c(CLIENT_HEADER)
        self.s(SERVER_HEADER + FEATURES)

    def log_in(self, *items: str, sm: bool = False, ver: str = "") -> "Talk":
        """Everything up to initial presence; the companion is there then."""
        self.open()
        self.c(BIND)
        self.s(BOUND)
        if sm:
            self.c(ENABLE)
            self.s(ENABLED)
        self.c(ROSTER_GET)
        self.s(roster(*(items or (BOB, CAROL)), ver=ver))
        self.c("<presence/>")
        self.hear()
        return self

    def _say(self, side: Side, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        for at in range(0, len(data), self.chunk):
            self.do(self.splice.receive(side, data[at : at + self.chunk], self.now))

    def raw(self, side: Side) -> bytes:
        """The same as bytes."""
        got, self._got[side] = self._got[side], b""
        return got

    def _take(self, side: Side) -> str:
        return self.raw(side).decode()


def bound() -> Talk:
    """A stream with an address of its own, and nothing said since."""
    talk = Talk()
    talk.open()
    talk.c(BIND)
    talk.s(BOUND)
    talk.hear()
    return talk
