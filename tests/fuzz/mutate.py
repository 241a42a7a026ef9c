"""Endless variations of a corpus; the same seed gives the same ones."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
LONGEST = 4096


def corpus(target: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]


def variations(seeds: Sequence[bytes], seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    while True:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            _change(data, chance, seeds)
        yield bytes(data[:LONGEST])


def _change(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    at = chance.randint(0, len(data))
    match chance.randint(0, 5):
        case 0:
            data[at : at + 1] = bytes([chance.randint(0, 255)])
        case 1:
            data[at:at] = bytes(chance.randint(0, 255) for _ in range(chance.randint(1, 6)))
        case 2:
            del data[at : at + chance.randint(1, 8)]
        case 3:
            other = chance.choice(seeds)
            start = chance.randint(0, len(other))
            data[at:at] = other[start : start + chance.randint(1, 60)]
        case 4:
            data[at:at] = data[at : at + chance.randint(1, 30)]
        case _:
            data[at:at] = chance.choice((b"<", b">", b"/>", b"'", b"]]>", b"<!--", b"&#x", b"\xff", b"</iq>"))
