"""What is taken out of features (CB-1, S2-1, S2-2, CMP-1, TLS-5, TLS-6), and the gs2 flag (CB-3)."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.element import NotWellFormed, parse
from quorate.wire.xmpp.sasl import edit_features, gs2_flag

BEFORE_TLS = b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
SASL = b"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
TYPES = (
    b"<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/>"
    b"</sasl-channel-binding>"
)
SASL2 = b"<authentication xmlns='urn:xmpp:sasl:2'>"
FAST = b"<inline><fast xmlns='urn:xmpp:fast:0'"


def mechanisms(*names: bytes) -> bytes:
    return b"".join(b"<mechanism>" + name + b"</mechanism>" for name in names)


def features(*content: bytes) -> bytes:
    return b"<stream:features>" + b"".join(content) + b"</stream:features>"


EDITS = {
    "sasl1": (
        features(SASL, mechanisms(b"SCRAM-SHA-1-PLUS", b"SCRAM-SHA-1", b"PLAIN"), b"</mechanisms>", TYPES),
        features(SASL, mechanisms(b"SCRAM-SHA-1", b"PLAIN"), b"</mechanisms>"),
        ("SCRAM-SHA-1-PLUS", "sasl-channel-binding"),
    ),
    "types without any -PLUS stay": (
        features(SASL, mechanisms(b"SCRAM-SHA-1"), b"</mechanisms>", TYPES),
        features(SASL, mechanisms(b"SCRAM-SHA-1"), b"</mechanisms>", TYPES),
        (),
    ),
    "space around a name": (
        features(SASL, b"\n<mechanism>\n SCRAM-SHA-256-PLUS </mechanism >\n", b"</mechanisms>"),
        features(SASL, b"\n\n", b"</mechanisms>"),
        ("SCRAM-SHA-256-PLUS",),
    ),
    "external": (
        features(SASL, mechanisms(b"EXTERNAL", b"PLAIN"), b"</mechanisms>"),
        features(SASL, mechanisms(b"PLAIN"), b"</mechanisms>"),
        ("EXTERNAL",),
    ),
    "sasl2 with fast": (
        features(
            SASL2,
            mechanisms(b"SCRAM-SHA-1-PLUS", b"PLAIN"),
            FAST + b" tls-0rtt='true'>",
            mechanisms(b"HT-SHA-256-ENDP", b"HT-SHA-256-EXPR", b"HT-SHA-256-UNIQ", b"HT-SHA-256-NONE"),
            b"</fast></inline></authentication>",
            TYPES,
        ),
        features(
            SASL2,
            mechanisms(b"PLAIN"),
            FAST + b">",
            mechanisms(b"HT-SHA-256-NONE"),
            b"</fast></inline></authentication>",
        ),
        (
            "SCRAM-SHA-1-PLUS",
            "HT-SHA-256-ENDP",
            "HT-SHA-256-EXPR",
            "HT-SHA-256-UNIQ",
            "sasl-channel-binding",
            "tls-0rtt",
        ),
    ),
    "compression": (
        features(
            b"<compression xmlns='http://jabber.org/features/compress'><method>zlib</method></compression><x/>"
        ),
        features(b"<x/>"),
        ("compression",),
    ),
    "prefixed": (
        features(
            b"<s:mechanisms xmlns:s='urn:ietf:params:xml:ns:xmpp-sasl'><s:mechanism>A-PLUS</s:mechanism>"
            b"</s:mechanisms>"
        ),
        features(b"<s:mechanisms xmlns:s='urn:ietf:params:xml:ns:xmpp-sasl'></s:mechanisms>"),
        ("A-PLUS",),
    ),
    "another namespace": (
        features(b"<mechanisms xmlns='urn:x'>", mechanisms(b"A-PLUS"), b"</mechanisms>"),
        features(b"<mechanisms xmlns='urn:x'>", mechanisms(b"A-PLUS"), b"</mechanisms>"),
        (),
    ),
    "no other tls inside tls": (
        BEFORE_TLS + b"</stream:features>",
        b"<stream:features></stream:features>",
        ("starttls",),
    ),
}


@pytest.mark.parametrize(("data", "expected", "removed"), EDITS.values(), ids=EDITS.keys())
def test_features(data: bytes, expected: bytes, removed: tuple[str, ...]) -> None:
    edit = edit_features(data, None, tls=True)
    assert edit.data == expected
    assert edit.removed == removed
    assert edit_features(edit.data, None, tls=True).removed == ()


def test_without_tls_only_compression_is_in_the_way() -> None:
    data, _, _ = EDITS["sasl2 with fast"]
    assert edit_features(data, None, tls=False).data == data
    data, expected, removed = EDITS["compression"]
    edit = edit_features(data, None, tls=False)
    assert (edit.data, edit.removed) == (expected, removed)


def test_what_is_not_well_formed_is_refused() -> None:
    with pytest.raises(NotWellFormed):
        edit_features(b"<stream:features>", None, tls=True)


names = st.sampled_from([b"SCRAM-SHA-1-PLUS", b"PLAIN", b"EXTERNAL", b"HT-SHA-256-EXPR", b"-PLUS-", b""])


@given(st.lists(names, max_size=6), st.booleans())
def test_what_remains_is_well_formed_and_works_through_a_splice(offered: list[bytes], types: bool) -> None:
    data = features(SASL, mechanisms(*offered), b"</mechanisms>", TYPES if types else b"")
    edit = edit_features(data, None, tls=True)
    left = [element.text for element in parse(edit.data, None).iter() if element.tag.endswith("}mechanism")]
    gone = (b"SCRAM-SHA-1-PLUS", b"EXTERNAL", b"HT-SHA-256-EXPR")
    assert [text or "" for text in left] == [name.decode() for name in offered if name not in gone]


FLAGS = {
    "not supported": (b"n,,n=user,r=x", "n"),
    "client could": (b"y,,n=user,r=x", "y"),
    "bound": (b"p=tls-exporter,,n=user,r=x", "p"),
    "with authzid": (b"n,a=x,n=user,r=x", "n"),
    "plain": (b"\0user\0secret", None),
    "plain with authzid": (b"yes\0user\0secret", None),
    "empty": (b"", None),
    "one byte": (b"n", None),
}


@pytest.mark.parametrize(("payload", "flag"), FLAGS.values(), ids=FLAGS.keys())
def test_gs2_flag(payload: bytes, flag: str | None) -> None:
    assert gs2_flag(b64encode(payload).decode()) == flag
    assert gs2_flag(f"\n {b64encode(payload).decode()} ") == flag


@given(st.text(max_size=12))
def test_any_payload_is_judged_without_an_error(payload: str) -> None:
    assert gs2_flag(payload) in ("n", "y", "p", None)
    assert gs2_flag("=") is None
