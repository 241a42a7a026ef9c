"""Asking on a real server: how long Quorate's own question takes beside a client's.

Every client has contacts in its roster who exist, have been online once and are offline now. It asks about
each of them itself, connected to the server and through Quorate; then the agent is told to, and the time
until its verdict has come on the link is taken.
"""

import asyncio
import base64
import select
import socket
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.load import HEADER, End
from bench.peers import DOMAIN, Ground, Peer, agent, direct, haproxy
from quorate.link.messages import AskFor
from quorate.link.wire import encode
from tests.interop.certificates import TestAuthority
from tests.interop.ejabberd import Ejabberd
from tests.interop.prosody import Prosody, RosterItem

USERS, CONTACTS = 40, 5
"""The agent asks five times a second on one stream, and about nobody twice in a minute."""
WAIT_S = 10.0
SETTLED_S = 12.0
"""Until what follows a login is over: who was not named is offline, and what is known is packed."""


class Client:
    """One logged-in client over direct TLS, as plain as can be."""

    def __init__(self, port: int, user: str) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", port), WAIT_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = self._end = End(context.wrap_socket(plain, server_hostname=DOMAIN), 0, lambda *_: None)
        secret = base64.b64encode(f"\0{user}\0secret".encode()).decode()
        steps = (
            (HEADER, b"</stream:features>"),
            (
                f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>",
                b"<success",
            ),
            (HEADER, b"</stream:features>"),
            ("<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", b"</iq>"),
            ("<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>", b"</query></iq>"),
            ("<presence/>", b"<presence"),
        )
        for said, awaited in steps:
            end.send(said.encode())
            end.expect(awaited)

    def asks(self, number: int, contact: str, *, probing: bool) -> float:
        """Seconds from its question to the answer; ``probing``: with a probe before it, as Quorate does."""
        question = f"<iq type='get' id='own{number}' to='{contact}'><query xmlns='jabber:iq:last'/></iq>"
        if probing:
            question = f"<presence type='probe' id='probe{number}' to='{contact}'/>{question}"
        start = time.perf_counter()
        self._end.send(question.encode())
        self._end.expect(f"own{number}".encode())
        return time.perf_counter() - start

    def close(self) -> None:
        self._end.send(b"</stream:stream>")
        self._end.sock.close()


def user(number: int) -> str:
    return f"user{number:02}"


def contact(number: int) -> str:
    return f"contact{number:02}"


def own_questions(peer: Peer, *, probing: bool = False) -> list[float]:
    """One stream at a time, every contact once."""
    times = []
    for number in range(USERS):
        client = Client(peer.port, user(number))
        times += [client.asks(n, f"{contact(n)}@{DOMAIN}", probing=probing) for n in range(CONTACTS)]
        client.close()
    return times


def verdicts(peer: Peer) -> list[float]:
    """Seconds from the server's request on the link to the agent's verdict."""
    link = peer.link
    assert link is not None
    clients = [Client(peer.port, user(number)) for number in range(USERS)]
    _read(peer, lambda: False, SETTLED_S)
    times = []
    for other in range(CONTACTS):
        for number in range(USERS):
            request = f"ask{number}-{other}"
            stream = link.streams[f"{user(number)}@{DOMAIN}"]
            line = encode(AskFor(request=request, stream=stream, contact=f"xmpp:{contact(other)}@{DOMAIN}"))
            start = time.perf_counter()
            link.send(line)
            _read(peer, lambda: request in link.answered, WAIT_S)  # noqa: B023
            times.append(time.perf_counter() - start)
    assert not any(link.answered.values()), set(link.answered.values())
    for client in clients:
        client.close()
    return times


def _read(peer: Peer, until: Callable[[], bool], seconds: float) -> None:
    link, over = peer.link, time.monotonic() + seconds
    assert link is not None
    while not until() and (left := over - time.monotonic()) > 0:
        if select.select([link], [], [], left)[0]:
            link.read()


def stamped(ground: Ground) -> tuple[Peer, Path]:
    """The agent, and the file in which it leaves how long its questions took."""
    stamps = ground.home / "stamps.txt"
    return agent(ground, (str(Path(__file__).with_name("stamped_agent.py")), str(stamps))), stamps


def measure(ground: Ground) -> list[tuple[str, list[float]]]:
    for number in range(CONTACTS):
        Client(ground.upstream, contact(number)).close()
    rows = []
    for make in (direct, haproxy, agent):
        peer = make(ground)
        try:
            rows.append((f"own jabber:iq:last, {peer.name}", own_questions(peer)))
            if peer.process is None:
                rows.append(("own probe and jabber:iq:last, no proxy", own_questions(peer, probing=True)))
            if peer.link is not None:
                rows.append(("the server's request to verdict on the link", verdicts(peer)))
        finally:
            peer.stop()
    peer, stamps = stamped(ground)
    try:
        verdicts(peer)
    finally:
        peer.stop()
    return [*rows, ("question on the wire to verdict", [float(line) for line in stamps.read_text().split()])]


async def on_server(name: str) -> list[tuple[str, list[float]]]:
    users, contacts = [user(n) for n in range(USERS)], [contact(n) for n in range(CONTACTS)]
    accounts = dict.fromkeys((*users, *contacts), "secret")
    rosters = {who: [RosterItem(f"{c}@{DOMAIN}") for c in contacts] for who in users}
    rosters |= {who: [RosterItem(f"{u}@{DOMAIN}") for u in users] for who in contacts}
    with tempfile.TemporaryDirectory(prefix="quorate-bench-") as home:
        authority = TestAuthority(Path(home))
        certificate = authority.issue(DOMAIN, Path(home))
        place = Path(home) / name
        place.mkdir()
        if name == "prosody":
            async with Prosody(place, authority, accounts=accounts, rosters=rosters) as prosody:
                ground = Ground(Path(home), prosody.tls_port, *certificate, authority.path)
                return await asyncio.to_thread(measure, ground)
        ejabberd = Ejabberd(place, authority)
        ejabberd.start()
        try:
            await ejabberd.furnish(accounts, rosters)
            ground = Ground(Path(home), ejabberd.tls_port, *certificate, authority.path)
            return await asyncio.to_thread(measure, ground)
        finally:
            ejabberd.stop()


def table(name: str, rows: Sequence[tuple[str, list[float]]]) -> list[str]:
    base, pair = (statistics.median(times) for _, times in rows[:2])
    lines = ["", f"| ask, {name} | p50 µs | × own question, no proxy | × own pair |", "|---|---|---|---|"]
    for label, times in rows:
        middle = statistics.median(times)
        lines.append(f"| {label} | {middle * 1e6:.0f} | {middle / base:.2f} | {middle / pair:.2f} |")
    return lines
