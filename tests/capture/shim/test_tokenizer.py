"""The tokenizer against expat: the same depth after every byte, the same `h`, whatever the cuts."""

import ctypes
import itertools
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quorate.capture.shim.build import HERE, compiler

Rows = Sequence[tuple[int, int]]
SM = "urn:xmpp:sm:3"


class Buf(ctypes.Structure):
    _fields_ = (("p", ctypes.c_void_p), ("n", ctypes.c_size_t), ("cap", ctypes.c_size_t))


class Row(ctypes.Structure):
    _fields_ = (("first", ctypes.c_uint32), ("shift", ctypes.c_int32))


class Table(ctypes.Structure):
    _fields_ = (("rows", ctypes.POINTER(Row)), ("n", ctypes.c_uint32))


class State(ctypes.Structure):
    _fields_ = (
        ("depth", ctypes.c_int),
        *(
            (name, ctypes.c_uint8)
            for name in ("state", "quote", "last", "run", "watch", "hold", "refuse", "authenticating")
        ),
        ("tag", Buf),
    )


class Tokenizer:
    """One direction of a stream, from its first byte on."""

    def __init__(
        self, library: ctypes.CDLL, rows: Rows = (), depth: int = 0, *, refuse: bool = False
    ) -> None:
        self.library = library
        self.state = State(depth=depth, refuse=refuse)
        self.begun = 0
        self.rows = (Row * len(rows))(*(Row(*row) for row in rows))
        self.table = Table(self.rows, len(rows))

    def feed(self, data: bytes) -> bytes:
        out = Buf()
        self.begun += self.library.tokenizer_feed(
            ctypes.byref(self.state),
            data,
            ctypes.c_size_t(len(data)),
            ctypes.byref(self.table),
            ctypes.byref(out),
        )
        return ctypes.string_at(out.p, out.n) if out.n else b""

    def translate(self, h: int) -> int:
        return int(self.library.table_translate(ctypes.byref(self.table), ctypes.c_uint32(h)))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    target = tmp_path_factory.mktemp("tokenizer") / "tokenizer.so"
    trap = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    subprocess.run(
        ["cc", "-O1", *trap, "-fPIC", "-shared", str(HERE / "tokenizer.c"), "-o", str(target)],
        executable=compiler(),
        check=True,
    )
    loaded = ctypes.CDLL(str(target))
    loaded.table_translate.restype = ctypes.c_uint32
    return loaded


def reference(h: int, rows: Rows) -> int:
    """h' = h + shift of the last row whose first ≤ h, by distances modulo 2³²."""
    fitting = [shift for first, shift in rows if (h - first) % 2**32 < 2**31]
    return (h + fitting[-1]) % 2**32 if fitting else h


numbers = st.one_of(st.integers(0, 20), st.integers(0, 2**32 - 1), st.integers(2**32 - 20, 2**32 - 1))
shifts = st.one_of(st.integers(-20, 20), st.integers(-(2**31), 2**31 - 1))
tables = st.lists(st.tuples(numbers, shifts), min_size=1, max_size=5)


@given(h=numbers, rows=tables)
def test_translation(library: ctypes.CDLL, h: int, rows: Rows) -> None:
    assert Tokenizer(library, rows).translate(h) == reference(h, rows)


@pytest.mark.parametrize(
    ("h", "rows", "expected"),
    [
        (5, [(0, -2)], 3),
        (5, [(0, -2), (5, -3)], 2),
        (4, [(0, -2), (5, -3)], 2),
        (4, [(5, -3)], 4),
        (1, [(2**32 - 3, -2)], 2**32 - 1),
        (2**32 - 1, [(0, 4)], 2**32 - 1),
        (2**32 - 1, [(2**32 - 5, 4)], 3),
    ],
)
def test_translation_at_the_edges(library: ctypes.CDLL, h: int, rows: Rows, expected: int) -> None:
    assert Tokenizer(library, rows).translate(h) == expected


text = st.text(st.sampled_from("ab ö>'\"-]?/=\n"), max_size=12).map(
    lambda it: it.replace("]]>", "").replace("&", "")
)
attributes = st.lists(
    st.tuples(st.sampled_from(["id", "to", "h", "x:h"]), text), max_size=3, unique_by=lambda it: it[0]
)
space = st.sampled_from(["", " ", "\n ", "\t"])


def quoted(value: str) -> str:
    return quoteattr(value, {"'": "&apos;"}) if len(value) % 2 else "'" + value.replace("'", "&apos;") + "'"


def element(name: str, given_: Sequence[tuple[str, str]], inside: str, gap: str) -> str:
    declared = " xmlns:x='urn:x'" if any(":" in key for key, _ in given_) else ""
    start = name + declared + "".join(f" {key}{gap}={gap}{quoted(value)}" for key, value in given_) + gap
    return f"<{start}>{inside}</{name}{gap}>" if inside else f"<{start}/>"


between = st.one_of(
    text,
    text.map(lambda it: f"<![CDATA[{it}<a h='1'>]]>"),
    text.map(lambda it: "<!--" + it.replace("-", "") + "<a h='1'>-->"),
    text.map(lambda it: "<?p " + it.replace("?", "") + "<a h='1'>?>"),
)
names = st.sampled_from(["message", "a", "iq", "resumed", "failed", "abc", "re", "body"])
counts = st.one_of(st.integers(0, 12), st.integers(0, 2**32 - 1)).map(str)
managing = st.builds(
    lambda name, prefix, h, swapped, gap: (
        f"<{prefix}{name} xmlns{':' + prefix[:-1] if prefix else ''}='{SM}'{gap} h='{h}'{gap}/>"
        if swapped
        else f'<{prefix}{name} h{gap}="{h}" id=\'a>b\' xmlns{":" + prefix[:-1] if prefix else ""}="{SM}"/>'
    ),
    st.sampled_from(["a", "resume", "resumed", "failed", "r", "enabled"]),
    st.sampled_from(["", "", "sm:"]),
    counts,
    st.booleans(),
    space,
)
leaf = st.one_of(st.builds(element, names, attributes, st.just(""), space), managing, between)
nested = st.recursive(
    leaf,
    lambda children: st.builds(
        element, names, attributes, st.lists(children, min_size=1, max_size=3).map("".join), space
    ),
    max_leaves=6,
)
HEADER = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='urn:stream' to='a>b'>"
streams = st.builds(
    lambda stanzas, closed: (HEADER + "".join(stanzas) + ("</stream:stream>" if closed else "")).encode(),
    st.lists(nested, max_size=8),
    st.booleans(),
)
cuts = st.lists(st.integers(0, 400), max_size=30)


def pieces(data: bytes, at: Sequence[int]) -> Iterator[bytes]:
    edges = sorted({0, len(data), *(cut for cut in at if cut < len(data))})
    for start, end in itertools.pairwise(edges):
        yield data[start:end]


class Reference:
    """What expat says of a stream: the depth, and where `h` of XEP-0198 stands at depth 1."""

    def __init__(self) -> None:
        self.depth = 0
        self.found: list[int] = []
        self.begun = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, name: str, given_: dict[str, str]) -> None:
        space_, _, local = name.rpartition(" ")
        if (
            self.depth == 1
            and space_ == SM
            and local in ("a", "resume", "resumed", "failed")
            and "h" in given_
        ):
            self.found.append(self.parser.CurrentByteIndex)
        self.begun += self.depth == 1 and space_ == SM and local == "enabled"
        self.depth += 1

    def _end(self, _name: str) -> None:
        self.depth -= 1


def translated(data: bytes, found: Sequence[int], rows: Rows) -> bytes:
    for at in reversed(found):
        match = re.compile(rb"""\bh\s*=\s*["']([0-9]+)["']""").search(data, at)
        assert match
        h = str(reference(int(match[1]), rows)).encode()
        data = data[: match.start(1)] + h + data[match.end(1) :]
    return data


@given(data=streams, rows=tables, at=cuts)
@example(data=f"{HEADER}<a xmlns='{SM}' h='7'/>".encode(), rows=[(0, -2)], at=list(range(200)))
def test_the_same_as_expat_whatever_the_cuts(
    library: ctypes.CDLL, data: bytes, rows: Rows, at: Sequence[int]
) -> None:
    known, ours = Reference(), Tokenizer(library, rows)
    out = b""
    for piece in pieces(data, at):
        known.parser.Parse(piece, False)
        out += ours.feed(piece)
        assert ours.state.depth == known.depth
    assert out == translated(data, known.found, rows)
    assert ours.begun == known.begun


def fed(
    library: ctypes.CDLL, rows: Rows, parts: Iterator[bytes] | list[bytes], *, refuse: bool = False
) -> tuple[bytes, int, int]:
    ours = Tokenizer(library, rows, refuse=refuse)
    out = b"".join([ours.feed(part) for part in parts])
    held = ctypes.string_at(ours.state.tag.p, ours.state.tag.n) if ours.state.hold else b""
    return out + held, ours.state.depth, ours.state.state


single = st.sampled_from([bytes([byte]) for byte in b"<>/'\"= !-[]?ah1\0\xff"])
longer = st.sampled_from(
    [
        b"<s>",
        b"<a xmlns='urn:xmpp:sm:3' h='",
        b"<authenticate>",
        b"<sm:resume previd='",
        b"</s>",
        b"<![CDATA[",
        b"-->",
        b"x" * 5000,
    ]
)
markup = st.lists(st.one_of(single, longer), max_size=60).map(b"".join)


@given(data=markup, rows=tables, at=cuts)
def test_no_bytes_are_lost_and_no_cut_shows(
    library: ctypes.CDLL, data: bytes, rows: Rows, at: Sequence[int]
) -> None:
    whole = fed(library, rows, [data])
    assert fed(library, rows, pieces(data, at)) == whole
    assert fed(library, [], pieces(data, at))[0] == data
    refused = fed(library, [], [data], refuse=True)
    assert fed(library, [], pieces(data, at), refuse=True) == refused
    assert len(refused[0]) <= len(data)  # a count loses its leading zeros
    digits = re.compile(rb"[0-9]+")
    assert digits.sub(b"", whole[0]) == digits.sub(b"", data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<s><message><a xmlns='urn:xmpp:sm:3' h='7'/></message>", None),
        (b"<s><a xmlns='urn:other' h='7'/>", None),
        (b"<s><a h='7'/>", None),
        (b"<s><a xmlns='urn:xmpp:sm:3' h=''/><a xmlns='urn:xmpp:sm:3' h='4294967296'/>", None),
        (b"<s><a xmlns='urn:xmpp:sm:3' h='x'/><a xmlns='urn:xmpp:sm:3'/>", None),
        (b"<s><sm:a h='7'/>", b"<s><sm:a h='17'/>"),
        (b"<s><a xmlns='urn:xmpp:sm:2' h='7'></a>", b"<s><a xmlns='urn:xmpp:sm:2' h='17'></a>"),
        (
            b"<stream:stream><success/><?xml version='1.0'?><stream:stream><a xmlns='urn:xmpp:sm:3' h='7'/>",
            b"<stream:stream><success/><?xml version='1.0'?><stream:stream><a xmlns='urn:xmpp:sm:3' h='17'/>",
        ),
        (b"<s><resume xmlns='urn:xmpp:sm:3' previd='" + b"p" * 9000 + b"' h='7'/>", None),
    ],
    ids=lambda it: it[:40].decode() if it else "",
)
@pytest.mark.parametrize("cut", [lambda data: [data], lambda data: [bytes([one]) for one in data]])
def test_what_is_translated(
    library: ctypes.CDLL, data: bytes, expected: bytes | None, cut: Callable[[bytes], list[bytes]]
) -> None:
    ours = Tokenizer(library, [(0, 10)])
    assert b"".join(ours.feed(piece) for piece in cut(data)) == (data if expected is None else expected)


@pytest.mark.parametrize(
    ("data", "changed"),
    [
        ("<s><resume xmlns='urn:xmpp:sm:3' h='7' previd='x|yz'/>", True),
        ('<s><sm:resume previd="|A" xmlns:sm="urn:xmpp:sm:2" h="7"></sm:resume>', True),
        ("<s><authenticate><!-- --><b/><resume previd='x|y' xmlns='urn:xmpp:sm:3'/></authenticate>", True),
        ("<s><authenticate/><message><resume xmlns='urn:xmpp:sm:3' previd='|x'/></message>", False),
        ("<s><authenticate><b><resume xmlns='urn:xmpp:sm:3' previd='|x'/></b></authenticate>", False),
        ("<s><resume xmlns='urn:other' previd='|x'/>", False),
        ("<s><a xmlns='urn:xmpp:sm:3' previd='|x' h='7'/><resume xmlns='urn:xmpp:sm:3'/>", False),
        ("<s><resume xmlns='urn:xmpp:sm:3' previd='|'/>", False),
    ],
)
@pytest.mark.parametrize("cut", [lambda data: [data], lambda data: [bytes([one]) for one in data]])
def test_which_resumption_is_refused(
    library: ctypes.CDLL, data: str, changed: bool, cut: Callable[[bytes], list[bytes]]
) -> None:
    """The server is asked for a session that it does not know."""
    said, at = data.replace("|", ""), data.index("|")
    other = "B" if said[at] == "A" else "A"
    expected = said[:at] + other + said[at + 1 :] if changed else said
    assert fed(library, [], cut(said.encode()), refuse=True)[0].decode() == expected
    assert fed(library, [], cut(said.encode()))[0].decode() == said


def test_an_unknown_depth_becomes_known_with_a_stream_header(library: ctypes.CDLL, tmp_path: Path) -> None:
    ours = Tokenizer(library, [(0, 10)], depth=-1)
    ours.feed(b"<a xmlns='urn:xmpp:sm:3' h='7'/></x>")
    assert ours.state.depth == -1
    ours.feed(b"<?xml version='1.0'?><stream:stream>")
    assert ours.state.depth == 1
