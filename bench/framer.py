"""Stanzas per second of the framer, beside expat on the same bytes in the same run.

    python bench/framer.py [--stanzas 20000] [--rounds 5]

Both cut the same stream into top-level elements: expat by its byte offsets, the framer by scanning, or by a
few searches where an element is usual, as the splice does.
Seconds are CPU time of this process, the best of all rounds; the two take turns, so noise hits both.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from quorate.wire.xmpp.framer import Framer, Lost, Piece, PieceKind
from quorate.wire.xmpp.usual import plain, single, stanza_end

HEADER = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
READS = (1448, 16384)
SEED = 7


@dataclass(frozen=True)
class Result:
    stanzas: int
    size: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.stanzas / self.seconds

    @property
    def megabytes_per_second(self) -> float:
        return self.size / self.seconds / 1e6


def presence(dice: random.Random, number: int) -> str:
    show = dice.choice(("<show>away</show>", "<show>dnd</show>", ""))
    return (
        f"<presence from='user{number % 500}@example.org/phone.{number:x}' to='alice@example.org/desk'>{show}"
        f"<priority>5</priority><status>In the office until {number % 24}:00</status>"
        "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://client.example'"
        " ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/><x xmlns='vcard-temp:x:update'>"
        f"<photo>{number * 7919:040x}</photo></x></presence>"
    )


def message(dice: random.Random, number: int) -> str:
    words = " ".join(dice.choice(("on", "the", "release", "branch", "tomorrow")) for _ in range(12))
    return (
        f"<message from='user{number % 500}@example.org/phone' to='alice@example.org' type='chat'"
        f" id='{number:x}'><body>{words}</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>"
    )


def carbon(dice: random.Random, number: int) -> str:
    return (
        "<message from='alice@example.org' to='alice@example.org/desk'><received xmlns='urn:xmpp:carbons:2'>"
        f"<forwarded xmlns='urn:xmpp:forward:0'>{message(dice, number)}</forwarded></received></message>"
    )


def roster(_dice: random.Random, number: int) -> str:
    items = "".join(
        f"<item jid='user{n}@example.org' name='User {n}' subscription='both'><group>dba</group></item>"
        for n in range(200)
    )
    return f"<iq type='result' id='{number:x}'><query xmlns='jabber:iq:roster'>{items}</query></iq>"


def stream(mixed: bool, count: int) -> bytes:
    dice = random.Random(SEED)
    makers: tuple[Callable[[random.Random, int], str], ...] = (presence,)
    weights: tuple[int, ...] = (1,)
    if mixed:
        makers, weights = (presence, message, carbon, roster), (500, 250, 240, 2)
    chosen = dice.choices(makers, weights, k=count)
    return HEADER + "".join(make(dice, number) for number, make in enumerate(chosen)).encode()


def reads(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def by_framer(chunks: list[bytes]) -> int:
    framer = Framer(lambda _tag: 64 * 1024)
    found = 0
    for chunk in chunks:
        window, at = framer.window(chunk), 0
        easy = plain(window)
        while at < len(window):
            start = single(window, at) if easy and framer.rests else None
            end = stanza_end(window, at, start.end()) if start is not None else 0
            if end:
                found += len(window[at:end]) > 0
                at = end
                continue
            pieces: list[Piece | Lost] = []
            at = framer.advance(window, at, pieces)
            for piece in pieces:
                found += isinstance(piece, Piece) and piece.kind is PieceKind.ELEMENT and piece.last
    return found


def by_expat(chunks: list[bytes]) -> int:
    parser = expat.ParserCreate()
    depth = found = start = base = done = 0
    buffer = bytearray()

    def begin(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, start
        depth += 1
        if depth == 2:
            start = parser.CurrentByteIndex

    def finish(_name: str) -> None:
        nonlocal depth, found, done
        depth -= 1
        if depth == 1:
            end = buffer.find(b">", parser.CurrentByteIndex - base) + 1
            found += Piece(PieceKind.ELEMENT, bytes(buffer[start - base : end])).last
            done = base + end

    parser.StartElementHandler, parser.EndElementHandler = begin, finish
    for chunk in chunks:
        buffer += chunk
        parser.Parse(chunk, False)
        del buffer[: done - base]
        base = done
    return found


def measure(cutter: Callable[[list[bytes]], int], chunks: list[bytes]) -> Result:
    begin = time.process_time()
    found = cutter(chunks)
    return Result(found, sum(map(len, chunks)), time.process_time() - begin)


def best(results: list[Result]) -> Result:
    return min(results, key=lambda result: result.seconds)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--stanzas", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    print(f"Python {sys.version.split()[0]}, {expat.EXPAT_VERSION}, {given.stanzas} stanzas")
    print(f"{'stream':10}{'read':>7}{'framer st/s':>14}{'MB/s':>7}{'expat st/s':>14}{'MB/s':>7}{'ratio':>7}")
    for name, mixed in (("presence", False), ("mixed", True)):
        data = stream(mixed, given.stanzas)
        for size in READS:
            chunks = list(reads(data, size))
            rounds = [(measure(by_framer, chunks), measure(by_expat, chunks)) for _ in range(given.rounds)]
            ours, theirs = best([pair[0] for pair in rounds]), best([pair[1] for pair in rounds])
            if not ours.stanzas == theirs.stanzas == given.stanzas:
                raise SystemExit("the two cut differently")
            print(
                f"{name:10}{size:7}{ours.per_second:14,.0f}{ours.megabytes_per_second:7.0f}"
                f"{theirs.per_second:14,.0f}{theirs.megabytes_per_second:7.0f}"
                f"{ours.per_second / theirs.per_second:7.1f}"
            )


if __name__ == "__main__":
    main()
