"""What one stanza costs inside the splice: framing, looking, counting (XEP-0198 on); no TLS, no sockets.

    python bench/splice.py [--stanzas 5000] [--rounds 5] [--profile NAME]

The same elements are parsed into an ElementTree each, in turn with the splice in one run: the price of the
plainest way to look at them at all. Reads hold one stanza, eight, or one Ethernet segment wherever it is cut.
"""

import argparse
import cProfile
import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.framer import carbon, message, presence
from quorate.model.stream import StreamState
from quorate.splice.effects import Side
from tests.splice.script import BOB, CAROL, Talk

Said: TypeAlias = tuple[Side, bytes]
Maker: TypeAlias = Callable[[random.Random, int], str]
CONTACTS = 200
SEGMENT = 1448
TOGETHER = 8
UP, DOWN = Side.CLIENT, Side.SERVER
SM = "xmlns='urn:xmpp:sm:3'"


def contact_presence(dice: random.Random, number: int) -> str:
    show = dice.choice(("<show>away</show>", "<show>dnd</show>", "<show>xa</show>"))
    return (
        f"<presence from='user{number % CONTACTS}@example.org/phone' to='alice@example.org/desk'>{show}"
        f"<priority>5</priority><status>In the office until {number}:00</status>"
        "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://client.example'"
        " ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/><x xmlns='vcard-temp:x:update'>"
        f"<photo>{number % CONTACTS * 7919:040x}</photo></x></presence>"
    )


def repeated_presence(_: random.Random, number: int) -> str:
    stamp = f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z"
    delay = f"<delay xmlns='urn:xmpp:delay' from='example.org' stamp='{stamp}'/></presence>"
    return contact_presence(random.Random(number % 20), number % 20).replace("</presence>", delay)


def stranger_presence(dice: random.Random, number: int) -> str:
    return contact_presence(dice, number).replace("user", "stranger")


def room_presence(dice: random.Random, number: int) -> str:
    occupant = "<x xmlns='http://jabber.org/protocol/muc#user'><item role='participant'/></x></presence>"
    return (
        presence(dice, number % 50)
        .replace("@example.org", "@muc.example.org")
        .replace("</presence>", occupant)
    )


def chat_up(_: random.Random, number: int) -> str:
    return (
        f"<message to='bob@example.org' type='chat' id='m{number}'><body>see you at {number}</body>"
        "<request xmlns='urn:xmpp:receipts'/><active xmlns='http://jabber.org/protocol/chatstates'/></message>"
    )


def presence_up(dice: random.Random, number: int) -> str:
    return contact_presence(dice, number).replace("from='user", "id='p").replace(" to=", " xml:lang=")


def result_down(_: random.Random, number: int) -> str:
    return (
        f"<iq from='bob@example.org/x' to='alice@example.org/pc' id='v{number}' type='result'>"
        "<query xmlns='jabber:iq:version'><name>Client</name><version>1.2</version></query></iq>"
    )


def result_up(dice: random.Random, number: int) -> str:
    return result_down(dice, number).replace("from='bob@example.org/x' to='alice@", "to='bob@")


def request_up(_: random.Random, number: int) -> str:
    return f"<iq to='bob@example.org/x' id='u{number}' type='get'><query xmlns='jabber:iq:version'/></iq>"


SINGLE: dict[str, tuple[Side, Maker]] = {
    "message down": (DOWN, message),
    "message up": (UP, chat_up),
    "carbon down": (DOWN, carbon),
    "presence down, new": (DOWN, contact_presence),
    "presence down, repeated": (DOWN, repeated_presence),
    "presence down, of strangers": (DOWN, stranger_presence),
    "presence down, in rooms": (DOWN, room_presence),
    "presence up, own": (UP, presence_up),
    "iq result down": (DOWN, result_down),
    "iq result up": (UP, result_up),
    "iq get up": (UP, request_up),
}


def alone(side: Side, maker: Maker, count: int) -> list[Said]:
    dice = random.Random(7)
    return [(side, maker(dice, number).encode()) for number in range(count)]


def acknowledged(count: int) -> list[Said]:
    """Messages down, each asked after by the server and acknowledged by the client."""
    said: list[Said] = []
    for number, (_, stanza) in enumerate(alone(DOWN, message, count // 3), 1):
        ack = f"<a {SM} h='{number + AT_START}'/>".encode()
        said += [(DOWN, stanza), (DOWN, f"<r {SM}/>".encode()), (UP, ack)]
    return said


PEOPLE: tuple[Maker, ...] = (message, chat_up, carbon, repeated_presence, contact_presence)


def mixed(count: int) -> list[Said]:
    """People chat: messages both ways, acks, a presence now and then."""
    dice = random.Random(7)
    said: list[Said] = []
    down = AT_START
    while len(said) < count:
        maker = dice.choices(PEOPLE, (5, 5, 2, 2, 1))[0]
        side = UP if maker is chat_up else DOWN
        said.append((side, maker(dice, len(said)).encode()))
        down += side is DOWN
        if dice.random() < 0.3:
            said += [(DOWN, f"<r {SM}/>".encode()), (UP, f"<a {SM} h='{down}'/>".encode())]
    return said


AT_START = 2
"""Stanzas the client was given after <enabled/>: its roster and the companion's presence."""


def cases(count: int) -> Iterator[tuple[str, list[Said], list[Said]]]:
    """(name, the elements one by one, the reads they come in)."""
    for name, (side, maker) in SINGLE.items():
        said = alone(side, maker, count)
        yield name, said, said
    for name, said in (("messages down with <r/> and <a/>", acknowledged(count)), ("mixed", mixed(count))):
        yield name, said, said
    for name in ("message down", "presence down, new", "presence down, repeated"):
        side, maker = SINGLE[name]
        said = alone(side, maker, count)
        stream = b"".join(data for _, data in said)
        segments = [(side, stream[at : at + SEGMENT]) for at in range(0, len(stream), SEGMENT)]
        groups = groupby(enumerate(said), lambda pair: pair[0] // TOGETHER)
        yield (
            f"{name}, {TOGETHER} a read",
            said,
            [(side, b"".join(data for _, (_, data) in group)) for _, group in groups],
        )
        yield f"{name}, in segments of {SEGMENT}", said, segments


def ready() -> Talk:
    talk = Talk()
    people = [f"<item jid='user{n}@example.org' subscription='both'/>" for n in range(CONTACTS)]
    talk.log_in(BOB, CAROL, *people, sm=True)
    talk.wait(10.0)
    return talk


def through_splice(reads: list[Said]) -> float:
    talk = ready()
    splice, now = talk.splice, talk.now
    start = time.process_time()
    for side, data in reads:
        now += 0.001
        if type(splice.forward(side, data, now)) is not bytes:
            splice.next_deadline()
        if splice.unread:
            splice.read(now)
            splice.next_deadline()
    spent = time.process_time() - start
    assert talk.splice.state is StreamState.LIVE
    return spent


def as_trees(said: list[Said]) -> float:
    start = time.process_time()
    for _, data in said:
        ElementTree.fromstring(data)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stanzas", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", metavar="NAME", help="show where one case spends its time")
    given = parser.parse_args()
    if given.profile:
        profile(next(reads for name, _, reads in cases(given.stanzas) if name == given.profile))
        return
    print("| stanza | µs in the splice | µs as a tree | splice / tree |")
    print("|---|---|---|---|")
    for name, said, reads in cases(given.stanzas):
        rounds = [(through_splice(reads), as_trees(said)) for _ in range(given.rounds)]
        ours, tree = (min(times) / len(said) * 1e6 for times in zip(*rounds, strict=True))
        print(f"| {name} | {ours:.1f} | {tree:.1f} | {ours / tree:.2f} |", flush=True)


def profile(reads: list[Said]) -> None:
    recorder = cProfile.Profile()
    recorder.runcall(through_splice, reads)
    recorder.print_stats("tottime")


if __name__ == "__main__":
    main()
