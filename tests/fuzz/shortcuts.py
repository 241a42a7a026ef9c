"""What is found quickly is what the slow way finds: the glance, usual stanzas, usual presences.

Only for what is well-formed: neither end takes anything else, so it does not matter what is made of it.
"""

from contextlib import suppress
from xml.parsers import expat

from quorate.splice.effects import Side
from quorate.splice.splice import SessionRegistry
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.framer import Framer, Piece, PieceKind
from quorate.wire.xmpp.header import CLIENT_NS, STREAM_NS
from quorate.wire.xmpp.presence import parse_presence
from quorate.wire.xmpp.tag import NotWellFormed, tag_attributes
from quorate.wire.xmpp.usual import acknowledgement, double, plain, single, stanza_attributes, stanza_end
from quorate.wire.xmpp.usual_presence import read_presence, without_delay
from tests.fuzz.choices import Choices
from tests.fuzz.conversation import CLIENT, SERVER, WISHES, Conversation

HEADER = f"<stream:stream xmlns='{CLIENT_NS}' xmlns:stream='{STREAM_NS}'>".encode()
CHUNKS = (3, 40, 200, 1 << 20)
FINELY = 8
"""So many bytes of the fuzzer's own at most are put into one stanza."""


def glance(data: bytes) -> None:
    """Bytes, effects and counts are the same with it and without."""
    looking, reading = _two()
    given = Choices(data)
    sizes = [given.one(CHUNKS) for _ in range(2)]
    parsers = {side: expat.ParserCreate() for side in Side}
    for parser in parsers.values():
        parser.Parse(HEADER, False)
    while given.more:
        kind, side = given.number(8), given.one((Side.CLIENT, Side.SERVER))
        match kind:
            case 6:
                wish = given.one(WISHES)
                for one in (looking, reading):
                    wish(one.talk)
            case 7:
                seconds = given.one((0.1, 0.4, 6.0, 61.0))
                for one in (looking, reading):
                    one.talk.wait(seconds)
            case _:
                text = _said(given, looking, side, mutated=kind > 3)
                if not _well_formed(parsers[side], text):
                    return
                _hear(text, side, sizes[side is Side.SERVER], looking, reading)
        assert _seen(looking) == _seen(reading)


def _two() -> tuple[Conversation, Conversation]:
    looking, reading = Conversation(SessionRegistry()), Conversation(SessionRegistry())
    for _, slow in (reading.talk.splice._up, reading.talk.splice._down):
        setattr(slow, "clear", lambda _: False)  # noqa: B010 (no method is assigned to for a type checker)
    for one in (looking, reading):
        one.log_in()
    return looking, reading


def _said(given: Choices, talk: Conversation, side: Side, *, mutated: bool) -> bytes:
    """One to four stanzas in one read, perhaps with bytes of the fuzzer's own."""
    stock = CLIENT if side is Side.CLIENT else SERVER
    for _ in range(given.number(4) + 1):
        talk.say(side, given.one(stock))
    text, talk.queued[side] = talk.queued[side], b""
    if mutated:
        at = given.number(len(text) % 255 + 1)
        text = text[:at] + given.some(given.number(FINELY)) + text[at + given.number(FINELY) :]
    return text


def _well_formed(parser: expat.XMLParserType, text: bytes) -> bool:
    with suppress(expat.ExpatError):
        parser.Parse(text, False)
        return True
    return False


def _hear(text: bytes, side: Side, size: int, *both: Conversation) -> None:
    for one in both:
        for at in range(0, len(text), size):
            one.talk.do(one.talk.splice.receive(side, text[at : at + size], one.talk.now))
        one.talk.wait(0.3)
        one.listen()


def _seen(one: Conversation) -> tuple[object, ...]:
    one.listen()
    session = one.talk.splice._connection.session
    ledger = session.ledger
    logs = [(log.a0, log.z0, log.dup, log.unacked) for log in ledger._logs.values()]
    counts = logs, ledger.shown, ledger.confirmed
    return one.heard, one.talk.all, counts, dict(session.presence._resources.items()), session.roster.contacts


def usual(data: bytes) -> None:
    """A stanza that is found ends where the framer ends it, and says of itself what its start tag says."""
    ack = acknowledgement(data)
    if ack is not None and _well_formed_alone(ack[0]):
        assert parse(ack[0], None).tag.startswith("{urn:xmpp:sm:")
        assert tag_attributes(ack[0]).get("h", "").encode() == (ack[1] or b"")
    start = single(data) or double(data)
    if start is None or not _well_formed_alone(start[0].rstrip(b" />") + b"/>"):
        return
    wanted = {name: v for name, v in tag_attributes(start[0]).items() if name in ("from", "to", "id", "type")}
    assert stanza_attributes(start[0]) == wanted
    end = stanza_end(data, 0, start.end()) if plain(data) else 0
    if end and _well_formed_alone(data[:end]):
        framer = Framer(lambda _tag: 1 << 30)
        framer.feed(HEADER)
        first = framer.feed(data)[0]
        assert isinstance(first, Piece)
        assert (first.kind, first.data) == (PieceKind.ELEMENT, data[:end])


def usual_presence(data: bytes) -> None:
    """What is read quickly is what a parser reads; without its <delay/> it says the same."""
    found = read_presence(data)
    if found is None or not _well_formed_alone(data):
        return
    assert found == parse_presence(parse(data, None))
    with suppress(NotWellFormed):
        same = parse_presence(parse(without_delay(data), None))
        assert (same.from_, same.type, same.presence, same.priority) == (
            found.from_,
            found.type,
            found.presence,
            found.priority,
        )


def _well_formed_alone(data: bytes) -> bool:
    try:
        parse(data, None)
    except NotWellFormed:
        return False
    return True
