"""What one stanza costs inside the splice: framing, looking, counting (XEP-0198 on); no TLS, no sockets.

The same stanzas are parsed into an ElementTree each, in turn with the splice in one run: the price of the
plainest way to look at them at all. Stanzas arrive one a read, as they do when people chat.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.framer import carbon, message, presence
from quorate.splice.effects import Side
from tests.splice.script import BOB, CAROL, Talk

Maker = Callable[[random.Random, int], str]


def same_presence(dice: random.Random, number: int) -> str:
    return presence(dice, number % 20)


def chat_up(_: random.Random, number: int) -> str:
    return (
        f"<message to='bob@example.org' type='chat' id='m{number}'><body>see you at {number}</body></message>"
    )


CASES: dict[str, tuple[Side, Maker]] = {
    "presence of contacts, each one new": (Side.SERVER, presence),
    "presence of contacts, mostly repeated": (Side.SERVER, same_presence),
    "message to the user": (Side.SERVER, message),
    "carbon to the user": (Side.SERVER, carbon),
    "message from the user": (Side.CLIENT, chat_up),
}


def through_splice(side: Side, stanzas: list[bytes]) -> float:
    talk = Talk()
    talk.log_in(BOB, CAROL, sm=True)
    splice, now, sent = talk.splice, talk.now + 10.0, 0
    start = time.process_time()
    for stanza in stanzas:
        now += 0.001
        sent += len(splice.receive(side, stanza, now))
    spent = time.process_time() - start
    assert sent >= len(stanzas)
    return spent


def as_trees(stanzas: list[bytes]) -> float:
    start = time.process_time()
    for stanza in stanzas:
        ElementTree.fromstring(stanza)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stanzas", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print("| stanza | µs in the splice | µs as a tree | splice / tree |")
    print("|---|---|---|---|")
    for name, (side, maker) in CASES.items():
        dice = random.Random(7)
        stanzas = [maker(dice, number).encode() for number in range(min(given.stanzas, 100_000))]
        rounds = [(through_splice(side, stanzas), as_trees(stanzas)) for _ in range(min(given.rounds, 20))]
        ours, tree = (min(times) / len(stanzas) * 1e6 for times in zip(*rounds, strict=True))
        print(f"| {name} | {ours:.1f} | {tree:.1f} | {ours / tree:.1f} |")


if __name__ == "__main__":
    main()
