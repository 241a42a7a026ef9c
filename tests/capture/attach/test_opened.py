"""What the library tells of a connection, and what its first bytes make of it."""

import pytest

from quorate.capture.attach.opened import MAX_UNLIKE, Looks, Opened, Sight
from quorate.capture.attach.protocol import Frames, Kind, Malformed, frame
from quorate.splice.effects import Side


def test_reading_what_is_told() -> None:
    told = (
        b"lib=gnutls\nkey=55aa\nfd=7\npeer=2001:db8::1 5222\nwake=0\nfresh=1\nup_depth=1\ndown_depth=1\n"
        b"up_table=5:-1,4294967295:2\nnew_key=of a later library\n"
    )
    opened = Opened.read(told)
    assert (opened.lib, opened.peer, opened.wakes, opened.fresh) == (
        "gnutls",
        "[2001:db8::1]:5222",
        False,
        True,
    )
    assert opened.depths == (1, 1)
    assert opened.tables == {Side.SERVER: ((5, -1), (4294967295, 2))}
    assert Opened.read(b"lib=plain\npeer=192.0.2.1 5222\nup_depth=1").depths is None


@pytest.mark.parametrize(
    ("data", "fresh", "looks"),
    [
        (b"<?xml version='1.0'?><stream:stream", True, Looks.XMPP),
        (b"<", True, Looks.XMPP),
        (b"\xef\xbb\xbf<stream:stream to='x'>", True, Looks.XMPP),
        (b" \n", True, Looks.UNKNOWN),
        (b"GET /upload HTTP/1.1\r\n", True, Looks.OTHER),
        (b"NICK me\r\n", True, Looks.OTHER),
        (b"POST / HTTP/1.1\r\n", False, Looks.OTHER),
        (b"HTTP/1.1 200 OK\r\n", False, Looks.OTHER),
        (b"PRI * HTTP/2.0\r\n", False, Looks.OTHER),
        (b"\x00\x01\x02", False, Looks.OTHER),
        (b"<message to='a@b'>", False, Looks.MIDWAY),
        (b"<r xmlns='urn:xmpp:sm:3'/>", False, Looks.MIDWAY),
        (b"<presence/>", False, Looks.MIDWAY),
        (b" ", False, Looks.UNKNOWN),
        (b"dle of a text</body></message>", False, Looks.UNKNOWN),
        (b"<html>", False, Looks.UNKNOWN),
    ],
)
def test_first_bytes(data: bytes, fresh: bool, looks: Looks) -> None:
    assert Sight(Opened(lib="openssl", peer="", fresh=fresh)).look(data) is looks


def test_a_connection_that_never_looks_like_xmpp_is_left_alone() -> None:
    sight = Sight(Opened(lib="openssl", peer=""))
    assert [sight.look(b"PING :x\r\n") for _ in range(MAX_UNLIKE)][-1] is Looks.OTHER


def test_frames_come_in_any_pieces() -> None:
    data = frame(Kind.DATA, 3, 9, b"abc", dir=1) + frame(Kind.CLOSED, 3)
    whole = Frames().feed(data)
    assert [(f.kind, f.conn, f.offset, f.payload, f.origin) for f in whole] == [
        (Kind.DATA, 3, 9, b"abc", Side.CLIENT),
        (Kind.CLOSED, 3, 0, b"", Side.SERVER),
    ]
    frames = Frames()
    assert [one for at in range(len(data)) for one in frames.feed(data[at : at + 1])] == whole
    with pytest.raises(Malformed):
        Frames().feed(b"\xff" * 20)
