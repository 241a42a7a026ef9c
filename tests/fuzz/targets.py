"""What is fuzzed: each target takes any bytes and raises only if something is wrong with Quorate.

``script/fuzz TARGET`` runs one for as long as wanted; the suite runs each for a moment.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from quorate.capture.opening import More, recognise
from quorate.errors import Refused
from quorate.link.wire import MAX_LINE, BadLine, agent_lines, server_lines
from quorate.model.reasons import Reason
from quorate.rules.commands import parse_command
from quorate.splice.ledger import read_h
from quorate.talk.replies import parse_reply
from quorate.wire import tls_hello
from quorate.wire.xmpp.edit import cut, spans
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.framer import MAX_START_TAG, Framer, Lost
from quorate.wire.xmpp.header import CLIENT_NS, STREAM_NS, is_stanza, namespace_of, parse_header
from quorate.wire.xmpp.iq import parse_last, stanza_error
from quorate.wire.xmpp.presence import fingerprint, parse_presence, software_name
from quorate.wire.xmpp.roster import parse_roster
from quorate.wire.xmpp.sasl import edit_features, gs2_flag
from quorate.wire.xmpp.stream_management import MODULUS, AckLog, Mark
from quorate.wire.xmpp.tag import NotWellFormed, tag_attributes
from tests.fuzz.choices import Choices, pieces
from tests.fuzz.conversation import converse
from tests.fuzz.shortcuts import glance, usual, usual_presence

HEADER = f"<stream:stream xmlns='{CLIENT_NS}' xmlns:stream='{STREAM_NS}' to='example.org' version='1.0'>"
HOLDS = (0, 1, 20, 1 << 16, 1 << 30)


def framer(data: bytes) -> None:
    """Bytes in are bytes out, in order; little is held; a fault of the caller's ``hold`` loses nothing."""
    given = Choices(data)
    limit, raising, releasing = given.one(HOLDS), given.number(8), given.number(8)
    sizes = [given.number(40) + 1 for _ in range(3)]
    document = (HEADER.encode() if given.number(4) else b"") + given.rest()
    asked = 0

    def hold(tag: bytes) -> int:
        nonlocal asked
        asked += 1
        if raising and asked % 8 == raising:
            raise ZeroDivisionError
        return limit

    cutting, out, lost = Framer(hold), b"", set()
    for turn, chunk in enumerate(pieces(document, sizes)):
        for piece in cutting.feed(chunk):
            out += piece.data
            if isinstance(piece, Lost):
                lost.add(piece.reason)
        if releasing and turn % 8 == releasing:
            out += b"".join(piece.data for piece in cutting.release())
        assert cutting.pending <= max(limit, MAX_START_TAG) + len(chunk)
    assert Reason.INTERNAL_ERROR not in lost or raising
    assert out + cutting.reset() == document


def dissector(data: bytes) -> None:
    """Whatever one stanza may be, it is read or refused as not well-formed."""
    given = Choices(data)
    header = parse_header(HEADER.encode()) if given.number(4) else None
    stanza = given.rest()
    tag = stanza[: stanza.find(b">") + 1]
    for look in (is_stanza, namespace_of):
        look(tag, header)
    read_h(tag_attributes(tag).get("h"))
    with suppress(NotWellFormed):
        parse_header(tag)
    with suppress(NotWellFormed):
        edit_features(stanza, header, tls=True)
    with suppress(NotWellFormed):
        found = spans(stanza, header)
        assert cut(stanza, [(span.start, span.end) for span in found[1:2]]) == (
            stanza[: found[1].start] + stanza[found[1].end :] if len(found) > 1 else stanza
        )
    with suppress(NotWellFormed):
        element = parse(stanza, header)
        for read in (parse_presence, parse_roster, parse_last, stanza_error, fingerprint):
            read(element)
        software_name(element.get("node") or "")
        gs2_flag(element.text or "")


def text(data: bytes) -> None:
    """What somebody typed is a command or refused with a remedy; what somebody wrote is a reply or not."""
    typed = data.decode("utf-8", "replace")
    parse_reply(typed)
    with suppress(Refused):
        parse_command(typed)


def splice(data: bytes) -> None:
    converse(Choices(data))


def acknowledgements(data: bytes) -> None:
    """What one end is told never goes back and never exceeds what it sent; a log survives being stored."""
    given = Choices(data)
    start = given.one((0, 5, MODULUS - 3))
    log = AckLog(start, given.one((0, 7, MODULUS - 2)))
    sent = told = received = 0
    while given.more:
        match given.number(6):
            case 0:
                log.forwarded()
                sent, received = sent + 1, received + 1
            case 1:
                log.injected()
                received += 1
            case 2:
                log.swallowed()
                sent += 1
            case 3 | 4 as kind:
                h = (log.z0 + given.number(8)) % MODULUS if kind == 3 else int.from_bytes(given.some(4))
                before = sum(mark is not Mark.W for mark in log.unacked)
                answer = log.translate(h)
                assert answer.desync or (h - log.z0) % MODULUS == 0
                assert sum(mark is not Mark.W for mark in log.unacked) <= before
                now = (answer.h - start) % MODULUS
                assert told <= now <= sent
                told = now
            case _:
                now = (log.resumed(log.z0).h - start) % MODULUS
                assert told <= now <= sent
                sent = told = now
        assert log.touched or log.a0 == log.z0


def link(data: bytes) -> None:
    """Lines are messages or the peer does not speak the link; reads may be cut anywhere."""
    given = Choices(data)
    sizes, lines = [given.number(50) + 1], given.rest()
    for decoder in (agent_lines, server_lines):
        whole = cutup = None
        with suppress(BadLine):
            whole = decoder().feed(lines)
        with suppress(BadLine):
            reading = decoder()
            cutup = [message for chunk in pieces(lines, sizes) for message in reading.feed(chunk)]
            assert len(reading._tail) < MAX_LINE
        assert cutup == whole or whole is None or len(lines) >= MAX_LINE


def opening(data: bytes) -> None:
    """A client's first bytes are judged as soon as they can be, and not differently later."""
    judged = None
    for end in range(1, min(len(data), 400) + 1):
        found = recognise(data[:end])
        assert judged is None or found == judged
        judged = None if found is More.NEEDED else found
    recognise(data)


def client_hello(data: bytes) -> None:
    """The same for the start of TLS: a hello that was read stays what it is."""
    judged: object = None
    for end in range(1, min(len(data), 700) + 1):
        found = tls_hello.hello(data[:end])
        assert judged is None or found == judged
        judged = None if isinstance(found, tls_hello.NeedMore) else found
    tls_hello.hello(data)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "framer": framer,
    "dissector": dissector,
    "text": text,
    "splice": splice,
    "acknowledgements": acknowledgements,
    "link": link,
    "opening": opening,
    "client-hello": client_hello,
    "glance": glance,
    "usual": usual,
    "usual-presence": usual_presence,
}
