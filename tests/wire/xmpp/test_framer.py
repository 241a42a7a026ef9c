"""The framer against expat: same boundaries, no byte lost, whatever the cuts."""

import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import FrameType
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.model.reasons import Reason
from quorate.wire.xmpp.framer import MAX_HEADER, MAX_START_TAG, Framer, Lost, Piece, PieceKind

HEADER = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='s' to='a.example'>"
CLOSE = b"</stream:stream>"
NAMES = ["a", "ab", "iq", "c:iq", "stream:features", "message", "é", "a-b.c"]


@dataclass(frozen=True)
class Cut:
    """One element as the framer delivered it, put together from its pieces."""

    kind: PieceKind
    data: bytes


def cut_through(tag: bytes) -> int:
    return 0


def hold_all(tag: bytes) -> int:
    return 1 << 30


def feed_all(framer: Framer, chunks: Iterable[bytes]) -> list[Piece | Lost]:
    return [piece for chunk in chunks for piece in framer.feed(chunk)]


def pieces_of(framer: Framer, chunks: Iterable[bytes]) -> list[Piece]:
    found = feed_all(framer, chunks)
    assert not [piece for piece in found if isinstance(piece, Lost)]
    return [piece for piece in found if isinstance(piece, Piece)]


def joined(found: Iterable[Piece | Lost]) -> bytes:
    return b"".join(piece.data for piece in found)


def together(pieces: Iterable[Piece]) -> list[Cut]:
    """Join the pieces of each element; text is left out, where it is cut means nothing."""
    cuts: list[Cut] = []
    parts: list[bytes] = []
    for piece in pieces:
        assert piece.first == (not parts)
        parts.append(piece.data)
        if piece.last:
            if piece.kind is not PieceKind.TEXT:
                cuts.append(Cut(piece.kind, b"".join(parts)))
            parts = []
    assert not parts
    return cuts


def by_expat(document: bytes) -> list[Cut]:
    """Where expat sees the elements at depth 1 begin and end."""
    cuts: list[Cut] = []
    depth, start, inner = 0, 0, 0
    parser = expat.ParserCreate()

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, start, inner
        depth, inner = depth + 1, inner + 1
        if depth == 2:
            start, inner = parser.CurrentByteIndex, 0

    def finish(name: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 1:
            # for an empty-element tag expat names the offset after it, else that of the end tag
            end = parser.CurrentByteIndex
            if inner or not document[start:end].endswith(b"/>"):
                end = document.index(b">", end) + 1
            cuts.append(Cut(PieceKind.ELEMENT, document[start:end]))

    parser.StartElementHandler, parser.EndElementHandler = begin, finish
    parser.Parse(document, True)
    return cuts


quoted = st.text(st.sampled_from("ab >/\"'é😀]-?=\t"), max_size=8).map(
    lambda text: f'"{text.replace(chr(34), "")}"' if "'" in text else f"'{text}'"
)
attributes = st.lists(quoted, max_size=3).map(
    lambda values: "".join(f" x{n}={value}" for n, value in enumerate(values))
)
space = st.sampled_from(["", " ", "\n", "\t \r\n"])
comment = st.text(st.sampled_from("ab></iq>[ ]?"), max_size=9).map(lambda text: f"<!--{text}-->")
cdata = st.text(st.sampled_from("ab></iq!]"), max_size=12).map(
    lambda text: f"<![CDATA[{text.replace(']]>', '').rstrip(']')}]]>"
)
instruction = st.text(st.sampled_from("ab></iq "), max_size=9).map(lambda text: f"<?p {text}?>")
text = st.text(st.sampled_from("ab\"'>é😀\n "), max_size=6)
filler = text | comment | cdata | instruction | st.just("&amp;") | st.just("&#128512;")


def element(content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, attrs, before, after, inner, empty: (
            f"<{name}{attrs}{before}/>" if empty else f"<{name}{attrs}{before}>{inner}</{name}{after}>"
        ),
        st.sampled_from(NAMES),
        attributes,
        space,
        space,
        content,
        st.booleans(),
    )


nested = st.recursive(
    element(text),
    lambda inner: element(st.lists(inner | filler, max_size=4).map("".join)),
    max_leaves=8,
)
prologues = st.sampled_from(
    ["", "\ufeff", "<?xml version='1.0'?>", "\ufeff<?xml version='1.0'?>\n", "<!-- <iq> -->"]
)
keepalives = st.sampled_from([" ", "\n", "\r\n\t "])
documents = st.builds(
    lambda prologue, parts: (
        f"{prologue}<stream:stream xmlns:stream='s' xmlns:c='c' xmlns='jabber:client'>"
        f"{''.join(parts)}</stream:stream>"
    ).encode(),
    prologues,
    st.lists(nested | filler | keepalives, max_size=6),
)


def chunks_of(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    at, turn = 0, 0
    while at < len(data):
        yield data[at : at + sizes[turn % len(sizes)]]
        at += sizes[turn % len(sizes)]
        turn += 1


@given(documents, st.lists(st.integers(1, 17), min_size=1, max_size=5), st.integers(0, 60))
def test_boundaries_are_those_of_expat(document: bytes, sizes: list[int], held: int) -> None:
    pieces = pieces_of(Framer(lambda tag: held), chunks_of(document, sizes))
    assert joined(pieces) == document
    cuts = together(pieces)
    assert cuts[0].kind is PieceKind.OPEN
    assert cuts[-1] == Cut(PieceKind.CLOSE, CLOSE)
    assert cuts[1:-1] == by_expat(document)


@settings(max_examples=40)
@given(documents)
def test_every_split_leaves_the_same_boundaries(document: bytes) -> None:
    expected = by_expat(document)
    for split in range(1, min(len(document), 400)):
        pieces = pieces_of(Framer(cut_through), [document[:split], document[split:]])
        assert joined(pieces) == document
        assert [cut for cut in together(pieces) if cut.kind is PieceKind.ELEMENT] == expected


@given(documents)
def test_the_cuts_of_the_bytes_do_not_show_when_everything_is_held(document: bytes) -> None:
    whole = pieces_of(Framer(hold_all), [document])
    single = pieces_of(Framer(hold_all), chunks_of(document, [1]))
    assert together(whole) == together(single)
    assert all(piece.whole for piece in single if piece.kind is not PieceKind.TEXT)
    assert all(piece.whole for piece in whole)


@given(st.binary(max_size=60), st.lists(st.integers(1, 9), min_size=1, max_size=4), st.booleans())
def test_any_bytes_come_out_again(data: bytes, sizes: list[int], header: bool) -> None:
    document = HEADER + data if header else data
    framer = Framer(lambda tag: 20)
    out = joined(feed_all(framer, chunks_of(document, sizes)))
    assert len(out) + framer.pending == len(document)
    assert out + framer.reset() == document


LIBERAL = {
    "comment": b"<!-- <iq> -->",
    "instruction": b"<?php </iq> ?>",
    "cdata": b"<iq><![CDATA[</iq> <!-- ]]> ]]></iq>",
    "references": b"<iq a='&#62;'>&gt;&#x1F600;</iq>",
    "angle in attribute": b"<iq a='>' b=\"/>\"/>",
    "space in end tag": b"<iq></iq\n>",
    "prefixed": b"<c:iq xmlns:c='jabber:client'><iq/></c:iq>",
    "longer names": b"<iq><iqx></iqx><iq-y/></iq>",
    "not a same name": b"<iq></iq2></iq>",
    "unknown nonza": b"<foo/>",
    "nested same name": b"<message><x><message a='/'/><message></message></x></message>",
}


@pytest.mark.parametrize("construct", LIBERAL.values(), ids=LIBERAL.keys())
def test_liberal_constructs_pass_at_every_split(construct: bytes) -> None:
    """T32: what ejabberd or Prosody accept passes; nothing may be added inside it."""
    document = HEADER + construct + b"<end/>" + CLOSE
    for split in range(1, len(document)):
        framer = Framer(cut_through)
        pieces = pieces_of(framer, [document[:split]])
        delivered = len(joined(pieces)) - len(HEADER)
        assert not (0 < delivered < len(construct) and framer.at_boundary)
        pieces += pieces_of(framer, [document[split:]])
        assert joined(pieces) == document
        assert [cut.data for cut in together(pieces)][-2:] == [b"<end/>", CLOSE]


TEXTS = {
    # name: (text between stanzas, after how many of its bytes something may be added)
    "keepalive": (b" \n", {1, 2}),
    "character of two bytes": ("é ".encode(), {3}),
    "reference": (b"&amp; more ", {6, 11}),
}


@pytest.mark.parametrize(("text", "safe"), TEXTS.values(), ids=TEXTS.keys())
def test_text_between_stanzas_passes_at_once(text: bytes, safe: set[int]) -> None:
    framer = open_stream(100)
    for end in range(1, len(text) + 1):
        assert framer.feed(text[end - 1 : end]) == [Piece(PieceKind.TEXT, text[end - 1 : end])]
        assert framer.at_boundary == (end in safe)
    framer.feed(b"<iq>")
    assert framer.at_boundary


HOPELESS = {
    "doctype first": (b"<!DOCTYPE a>", Reason.NOT_WELL_FORMED),
    "doctype in the stream": (HEADER + b"<!DOCTYPE a>", Reason.NOT_WELL_FORMED),
    "declaration": (HEADER + b"<!ENTITY x 'y'>", Reason.NOT_WELL_FORMED),
    "text first": (b"hello", Reason.NOT_WELL_FORMED),
    "end tag first": (b"</a>", Reason.NOT_WELL_FORMED),
    "cdata first": (b"<![CDATA[x]]>", Reason.NOT_WELL_FORMED),
    "another root closed": (HEADER + b"</iq>", Reason.NOT_WELL_FORMED),
    "after the end": (HEADER + CLOSE + b"<iq/>", Reason.NOT_WELL_FORMED),
    "root closed at once": (b"<stream:stream/>", Reason.NOT_WELL_FORMED),
    "angle in a tag": (HEADER + b"<iq <a>", Reason.NOT_WELL_FORMED),
    "angle in quotes": (HEADER + b"<iq a='<'>", Reason.NOT_WELL_FORMED),
    "angle in a nested tag": (HEADER + b"<iq><iq <", Reason.NOT_WELL_FORMED),
    "no name": (HEADER + b"< iq>", Reason.NOT_WELL_FORMED),
    "long header": (b"<stream a='" + b"a" * MAX_HEADER + b"'>", Reason.STANZA_TOO_BIG),
    "long header, not ended": (b"<stream a='" + b"a" * MAX_HEADER, Reason.STANZA_TOO_BIG),
    "long start tag": (HEADER + b"<iq a='" + b"a" * MAX_START_TAG + b"'/>", Reason.STANZA_TOO_BIG),
    "long name": (HEADER + b"<" + b"a" * 2000 + b"/>", Reason.STANZA_TOO_BIG),
    "long end tag": (HEADER + b"</stream:stream" + b" " * MAX_HEADER, Reason.STANZA_TOO_BIG),
}


@pytest.mark.parametrize("step", [1 << 20, 7, 1], ids=["whole", "sevens", "bytes"])
@pytest.mark.parametrize(("document", "reason"), HOPELESS.values(), ids=HOPELESS.keys())
def test_what_cannot_be_followed_is_reported_with_all_its_bytes(
    document: bytes, reason: Reason, step: int
) -> None:
    framer = Framer(hold_all)
    found = feed_all(framer, chunks_of(document, [step]))
    lost = [piece for piece in found if isinstance(piece, Lost)]
    assert lost[0].reason is reason
    assert joined(found) == document
    assert framer.pending == 0
    assert framer.feed(b"<more/>") == [Lost(reason, b"<more/>")]
    assert framer.feed(b"") == []


def open_stream(hold: int) -> Framer:
    framer = Framer(lambda tag: hold)
    framer.feed(HEADER)
    return framer


def test_a_held_element_comes_whole() -> None:
    framer = open_stream(100)
    assert framer.feed(b" <iq id='1'>") == [Piece(PieceKind.TEXT, b" ")]
    assert framer.at_boundary
    assert framer.pending == 11
    assert framer.feed(b"<q/></iq><a") == [Piece(PieceKind.ELEMENT, b"<iq id='1'><q/></iq>", b"<iq id='1'>")]
    assert framer.pending == 2


def test_over_its_limit_an_element_is_let_through() -> None:
    framer = open_stream(12)
    assert framer.feed(b"<iq>12345678") == []
    assert framer.feed(b"9") == [Piece(PieceKind.ELEMENT, b"<iq>123456789", b"<iq>", last=False)]
    assert not framer.at_boundary
    assert framer.feed(b"0") == [Piece(PieceKind.ELEMENT, b"0", b"<iq>", first=False, last=False)]
    assert framer.feed(b"</iq>") == [Piece(PieceKind.ELEMENT, b"</iq>", b"<iq>", first=False)]
    assert framer.at_boundary


def test_release_lets_an_element_through() -> None:
    framer = open_stream(100)
    framer.feed(b"<iq>1")
    assert framer.release() == [Piece(PieceKind.ELEMENT, b"<iq>1", b"<iq>", last=False)]
    assert framer.release() == []
    assert framer.feed(b"2</iq>") == [Piece(PieceKind.ELEMENT, b"2</iq>", b"<iq>", first=False)]
    assert framer.feed(b"<b>") == []


def test_release_keeps_a_start_tag_that_is_not_complete() -> None:
    framer = open_stream(100)
    framer.feed(b"<iq id=")
    assert framer.release() == []
    assert framer.feed(b"'1'/>") == [Piece(PieceKind.ELEMENT, b"<iq id='1'/>", b"<iq id='1'/>")]


def test_what_arrives_whole_comes_whole_also_when_let_through() -> None:
    data = b"<message><forwarded><message/></forwarded></message>"
    assert open_stream(0).feed(data) == [Piece(PieceKind.ELEMENT, data, b"<message>")]


def test_a_stream_restart_is_a_header_again() -> None:
    """RFC 6120 section 6.4.6: after SASL both sides open anew, without closing."""
    framer = open_stream(0)
    again = HEADER.partition(b"?>")[2]
    assert framer.feed(HEADER)[-1] == Piece(PieceKind.OPEN, again, again)
    assert [piece.data for piece in framer.feed(b"<iq/>" + CLOSE)] == [b"<iq/>", CLOSE]


@pytest.mark.parametrize("size", [1, 1000])
def test_a_restart_may_use_another_prefix(size: int) -> None:
    data = b"<stream:stream a='1'><success/><s:stream b='2'><upstream><s:stream/></upstream></s:stream>"
    framer = Framer(lambda _: 1000)
    pieces = [p for at in range(0, len(data), size) for p in framer.feed(data[at : at + size])]
    assert [(p.kind, p.data) for p in pieces if isinstance(p, Piece)] == [
        (PieceKind.OPEN, b"<stream:stream a='1'>"),
        (PieceKind.ELEMENT, b"<success/>"),
        (PieceKind.OPEN, b"<s:stream b='2'>"),
        (PieceKind.ELEMENT, b"<upstream><s:stream/></upstream>"),
        (PieceKind.CLOSE, b"</s:stream>"),
    ]


def test_reset_forgets_the_stream_and_returns_what_was_not_delivered() -> None:
    framer = open_stream(100)
    framer.feed(b"<proceed/>\x16\x03\x01<")
    assert framer.reset() == b"<"
    assert framer.pending == 0
    assert framer.at_boundary
    assert framer.feed(b"<other>") == [Piece(PieceKind.OPEN, b"<other>", b"<other>")]


def work(document: bytes, step: int) -> int:
    """Calls made plus bytes searched, while all of it goes through a framer that holds at most 64 KiB."""
    framer = Framer(lambda tag: 64 * 1024)
    calls = searched = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    for chunk in chunks_of(document, [step]):
        window, at = framer.window(chunk), 0
        searched += len(window)
        sys.setprofile(count)
        while at < len(window):
            at = framer.advance(window, at, [])
        sys.setprofile(None)
        assert framer.pending <= 64 * 1024 + step
    return calls + searched


Grow = Callable[[int], bytes]
GROWING: dict[str, tuple[Grow, int]] = {
    "big stanza": (lambda n: HEADER + b"<iq>" + b"<b>x</b>" * (n * 4096) + b"</iq>", 64),
    "cdata with fake ends": (lambda n: HEADER + b"<iq><![CDATA[" + b"</iq>" * (n * 13000), 64),
    "deep same names": (lambda n: HEADER + b"<iq>" * (n * 4096), 64),
    "same names": (lambda n: HEADER + b"<iq>" + b"<iq/></iqx>" * (n * 2048), 64),
    "long nested tag": (lambda n: HEADER + b"<iq><iq a='" + b"a/" * (n * 4096), 16),
    "long start tag": (lambda n: HEADER + b"<iq a='" + b"a/" * (n * 4096), 16),
    "comment": (lambda n: HEADER + b"<!--" + b"->" * (n * 4096), 16),
}


@pytest.mark.parametrize(("document", "step"), GROWING.values(), ids=GROWING.keys())
def test_work_grows_with_the_bytes_and_memory_does_not(document: Grow, step: int) -> None:
    """T33: four times the bytes are four times the work; quadratic would be sixteen."""
    assert work(document(4), step) < 5 * work(document(1), step)


def test_what_is_held_of_tiny_reads_takes_little_more_room_than_its_bytes() -> None:
    framer, text = open_stream(1 << 30), b"<iq>" + b"<b>x</b>" * 2048
    tracemalloc.start()
    try:
        for at in range(0, len(text), 2):
            framer.feed(text[at : at + 2])
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(text) == framer.pending <= taken < 2 * len(text)
    assert joined(framer.feed(b"</iq>")) == text + b"</iq>"


def test_a_stanza_of_ten_megabytes_in_small_reads_is_never_kept() -> None:
    """T33: over its limit it streams through, and only then."""
    framer, chunk, passed = open_stream(4096), b"<b>x</b>" * 8, 0
    framer.feed(b"<iq>")
    for _ in range(10 * 2**20 // len(chunk)):
        passed += len(joined(framer.feed(chunk)))
        assert framer.pending <= 4096 + len(chunk)
    assert passed + framer.pending >= 10 * 2**20
    assert [piece.last for piece in framer.feed(b"</iq>") if isinstance(piece, Piece)] == [True]
