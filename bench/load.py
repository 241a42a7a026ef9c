"""Streams through a proxy, both ends in this one process: it logs them in and makes them chat or idle.

Every stream is XMPP over direct TLS with XEP-0198 on. The server's end is a script that answers what a
login needs; afterwards one epoll loop serves all ends, so that the load costs the same whatever is between.
"""

import collections
import queue
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.peers import DOMAIN, Peer

WAIT_S = 15.0
HEADER = (
    f"<?xml version='1.0'?><stream:stream to='{DOMAIN}' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)
ANSWER = HEADER.replace(" to=", " id='s' from=")
MECHANISMS = (
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>PLAIN</mechanism></mechanisms></stream:features>"
)
FEATURES = (
    "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>"
    "</stream:features>"
)
STANZA = re.compile(rb"<(?:message|presence|iq)[\s/>]")
REQUEST = re.compile(rb"<iq [^>]*?id='([^']*)'[^>]*?><query xmlns='jabber:iq:last'/></iq>")
TO = re.compile(rb" to='([^']*)'")
SHOWS = ("away", "dnd", "xa", "chat")


def contact(stream: int, number: int) -> str:
    return f"c{number:03}.{stream:04}@{DOMAIN}"


def account(stream: int) -> str:
    return f"user{stream:04}@{DOMAIN}"


def up(stream: int, number: int) -> bytes:
    return (
        f"<message to='{contact(stream, number % 20)}' type='chat' id='u{number}'>"
        f"<body>I have looked at it, {number} of them are left for tomorrow</body>"
        "<active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/>"
        "</message>"
    ).encode()


def news(stream: int, number: int) -> bytes:
    """A chat message and a contact's presence in turn; the presence says something new each time."""
    return _down(stream, number, f"d{number}", SHOWS[number // 20 % 4])


def nothing_new(stream: int, number: int) -> bytes:
    """The same, but each contact's presence is the same each time, as from a client that only says so."""
    return _down(stream, number, f"d{number if number % 2 else 0}", SHOWS[number % 20 // 2 % 4])


def _down(stream: int, number: int, id: str, show: str) -> bytes:
    sender = f"{contact(stream, number % 20)}/phone"
    head = f"from='{sender}' to='{account(stream)}/desk' id='{id}'"
    if number % 2:
        return (
            f"<message {head} type='chat'><body>is it {number} or one more? I thought they were done</body>"
            "<active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/>"
            f"<stanza-id xmlns='urn:xmpp:sid:0' by='{account(stream)}' id='{number:024}'/></message>"
        ).encode()
    return presence(head, show)


def presence(head: str, show: str) -> bytes:
    return (
        f"<presence {head}><show>{show}</show><priority>5</priority>"
        "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://gajim.org'"
        " ver='8RovUdtOmiAjzj+xI7SK5BCw3A8='/>"
        "<x xmlns='vcard-temp:x:update'><photo>bf5a1b8f4ba0f6b0ac1f3a0a1d0f4a61a2a0c001</photo></x>"
        "</presence>"
    ).encode()


class End:
    """One TLS socket and what came on it; ``seen`` gets whole tags only."""

    def __init__(self, sock: ssl.SSLSocket, stream: int, seen: "Callable[[End, bytes], None]") -> None:
        self.sock, self.stream, self.seen = sock, stream, seen
        self.unread = b""
        self.handled = 0
        """Stanzas received since XEP-0198 was enabled."""
        self.counting = False
        self.number = 0

    def read(self) -> None:
        while True:
            try:
                data = self.sock.recv(65536)
            except ssl.SSLWantReadError:
                break
            if not data:
                raise ConnectionError("a stream was cut")
            self.unread += data
            if not self.sock.pending():
                break
        if self.unread.endswith((b">", b" ")):
            text, self.unread = self.unread, b""
            self._take(text)

    def _take(self, text: bytes) -> None:
        if self.counting:
            self.handled += len(STANZA.findall(text))
            if b"<r " in text:
                self.send(f"<a xmlns='urn:xmpp:sm:3' h='{self.handled}'/>".encode())
        self.seen(self, text)

    def send(self, data: bytes) -> None:
        self.sock.send(data)

    def begin_counting(self) -> None:
        self.counting, self.handled = True, 0

    def expect(self, text: bytes) -> bytes:
        """Read until this has come; what came after it is kept."""
        until = time.monotonic() + WAIT_S
        while text not in self.unread:
            if time.monotonic() > until:
                raise TimeoutError(f"waited for {text!r}")
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError(f"a stream was cut before {text!r}")
            self.unread += data
        before, _, self.unread = self.unread.partition(text)
        return before


@dataclass
class Stream:
    client: End
    server: End


class Load:
    """Streams through one peer; ``login`` as many as needed, then run them."""

    def __init__(self, peer: Peer, listening: socket.socket, server: ssl.SSLContext) -> None:
        self.peer = peer
        self._listening, self._server_context = listening, server
        self._client_context = ssl.create_default_context()
        self._client_context.check_hostname = False
        self._client_context.verify_mode = ssl.CERT_NONE
        self.streams: list[Stream] = []
        self._poll = select.epoll()
        self._ends: dict[int, End] = {}
        self.arrived: Callable[[End], None] = lambda _: None
        """Told of each answer that came back to a client."""
        self.down: Callable[[int, int], bytes] = news
        """Makes what the server's ends answer: stream, number of the answer."""
        self._unanswered = 0
        self.asked_at = 0.0
        """When the last jabber:iq:last had come to the server's end."""
        self.last_answered: str | None = None
        if peer.link is not None:
            self._poll.register(peer.link.fileno(), select.EPOLLIN)

    def login(self, count: int, contacts: int, online: int = 0) -> None:
        for _ in range(count):
            number = len(self.streams)
            served: queue.SimpleQueue[End | BaseException] = queue.SimpleQueue()
            thread = threading.Thread(
                target=self._serve, args=(number, contacts, online, served), daemon=True
            )
            thread.start()
            client = self._log_in(number)
            server = served.get(timeout=WAIT_S)
            if isinstance(server, BaseException):
                raise server
            for end in (client, server):
                end.sock.setblocking(False)
                self._ends[end.sock.fileno()] = end
                self._poll.register(end.sock.fileno(), select.EPOLLIN)
            self.streams.append(Stream(client, server))
            self.turn(0.0)

    def close(self) -> None:
        for stream in self.streams:
            stream.client.sock.close()
            stream.server.sock.close()
        self._poll.close()

    def turn(self, patience_s: float) -> None:
        """Serve whatever is ready, waiting this long for the first."""
        for fd, _ in self._poll.poll(max(patience_s, 0.0), 256):
            end = self._ends.get(fd)
            if end is not None:
                end.read()
            elif self.peer.link is not None:
                self.peer.link.read()

    def run(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.turn(left)

    def settle(self) -> None:
        """Until everything said was answered."""
        until = time.perf_counter() + WAIT_S
        while self._unanswered:
            if time.perf_counter() > until:
                raise TimeoutError("answers are missing")
            self.turn(1.0)

    def say(self, stream: Stream) -> None:
        """One stanza up; the server's end answers it with one down."""
        end = stream.client
        self._unanswered += 1
        end.number += 1
        data = up(end.stream, end.number)
        end.send(data + b"<r xmlns='urn:xmpp:sm:3'/>" if end.number % 10 == 0 else data)

    def _at_client(self, end: End, text: bytes) -> None:
        for _ in range(text.count(b" id='d")):
            self._unanswered -= 1
            self.arrived(end)
        if b"id='last" in text:
            self.last_answered = text.partition(b"id='")[2].partition(b"'")[0].decode()

    def _at_server(self, end: End, text: bytes) -> None:
        for _ in range(text.count(b" id='u")):
            end.number += 1
            data = self.down(end.stream, end.number)
            end.send(data + b"<r xmlns='urn:xmpp:sm:3'/>" if end.number % 10 == 5 else data)
        if b"jabber:iq:last" in text:
            self.asked_at = time.perf_counter()
            self._answer_last(end, text)

    def _answer_last(self, end: End, text: bytes) -> None:
        """As a server does of a contact that is offline: the state, and nothing for the probe."""
        found = REQUEST.search(text)
        to = TO.search(text)
        assert found is not None
        assert to is not None
        end.send(
            b"<iq type='result' id='%b' from='%b'><query xmlns='jabber:iq:last' seconds='86400'/></iq>"
            % (found[1], to[1])
        )

    def _log_in(self, number: int) -> End:
        plain = socket.create_connection(("127.0.0.1", self.peer.port), WAIT_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = End(self._client_context.wrap_socket(plain, server_hostname=DOMAIN), number, self._at_client)
        end.send(HEADER.encode())
        end.expect(b"</stream:features>")
        end.send(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>")
        end.expect(b"xmpp-sasl'/>")
        end.send(HEADER.encode())
        end.expect(b"</stream:features>")
        end.send(b"<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        end.expect(b"</bind></iq>")
        end.send(b"<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>")
        end.expect(b"</query></iq>")
        end.send(b"<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        end.expect(b"urn:xmpp:sm:3'")
        end.begin_counting()
        end.send(b"<presence/>")
        return end

    def _serve(
        self, number: int, contacts: int, online: int, served: "queue.SimpleQueue[End | BaseException]"
    ) -> None:
        try:
            served.put(self._served(number, contacts, online))
        except BaseException as error:
            served.put(error)

    def _served(self, number: int, contacts: int, online: int) -> End:
        end = End(self._accepted(), number, self._at_server)
        end.expect(b"version='1.0'>")
        end.send((ANSWER + MECHANISMS).encode())
        end.expect(b"</auth>")
        end.send(b"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        end.expect(b"version='1.0'>")
        end.send((ANSWER + FEATURES).encode())
        end.expect(b"xmpp-bind'/></iq>")
        bound = f"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{account(number)}/desk</jid></bind>"
        end.send(f"<iq type='result' id='b1'>{bound}</iq>".encode())
        end.expect(b"jabber:iq:roster'/></iq>")
        end.send(roster(number, contacts))
        end.expect(b"resume='true'/>")
        end.send(f"<enabled xmlns='urn:xmpp:sm:3' id='sm{number}' resume='true'/>".encode())
        end.begin_counting()
        end.handled = len(STANZA.findall(end.expect(b"<presence/>"))) + 1
        for other in range(online):
            head = f"from='{contact(number, other)}/phone' to='{account(number)}/desk'"
            end.send(presence(head, SHOWS[other % 4]))
        return end

    def _accepted(self) -> ssl.SSLSocket:
        while True:
            plain, _ = self._listening.accept()
            plain.settimeout(WAIT_S)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                return self._server_context.wrap_socket(plain, server_side=True)
            except OSError:  # somebody only looked whether a proxy listens
                plain.close()


def roster(stream: int, contacts: int) -> bytes:
    items = "".join(
        f"<item jid='{contact(stream, n)}' name='Contact number {n}' subscription='both'>"
        f"<group>{('Friends', 'Work', 'Team')[n % 3]}</group></item>"
        for n in range(contacts)
    )
    return f"<iq type='result' id='r1'><query xmlns='jabber:iq:roster'>{items}</query></iq>".encode()


def busy(load: Load, seconds: float) -> int:
    """Every stream says something as soon as it got its answer; returns the round trips."""
    done, going = 0, True

    def arrived(end: End) -> None:
        nonlocal done
        done += 1
        if going:
            load.say(load.streams[end.stream])

    load.arrived = arrived
    for stream in load.streams:
        load.say(stream)
    load.run(seconds)
    counted, going = done, False
    load.settle()
    return counted


def paced(load: Load, stanzas_per_s: float, seconds: float) -> list[float]:
    """Round trips begun at even intervals; returns the seconds each took."""
    begun: dict[int, collections.deque[float]] = collections.defaultdict(collections.deque)
    times: list[float] = []

    def arrived(end: End) -> None:
        times.append(time.perf_counter() - begun[end.stream].popleft())

    load.arrived = arrived
    start, interval = time.perf_counter(), 2.0 / stanzas_per_s
    for number in range(int(seconds / interval)):
        due = start + number * interval
        while (left := due - time.perf_counter()) > 0:
            load.turn(left)
        stream = load.streams[number % len(load.streams)]
        begun[stream.client.stream].append(time.perf_counter())
        load.say(stream)
    load.settle()
    return times


def keepalives(load: Load, each_s: float, seconds: float) -> None:
    """White space from every client once in ``each_s``, at that rate for as long as this runs."""
    start, sent = time.perf_counter(), 0
    rate = len(load.streams) / each_s
    while (passed := time.perf_counter() - start) < seconds:
        while sent < passed * rate:
            load.streams[sent % len(load.streams)].client.send(b" ")
            sent += 1
        load.turn(1.0 / rate)
