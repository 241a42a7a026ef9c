"""What a client's first bytes are (NEG-1 and NEG-4), and what is said to those that cannot be served."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeAlias

from quorate.capture.http_connect import refusal_over_http
from quorate.splice.arrival import DirectTls
from quorate.wire import tls_hello

MAX_OPENING = 20 * 1024
"""Bytes looked at before giving up: one TLS record, which is what a ClientHello may fill."""
_XML_STARTS = b"<\xef \t\r\n"
_TLS_HANDSHAKE = 0x16
_SOCKS5 = 0x05
_SOCKS4 = 0x04
_UTF_16 = (b"\xfe\xff", b"\xff\xfe", b"<\x00", b"\x00<")
_CONNECT = b"CONNECT "
_METHODS = (b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIONS ", b"DELETE ", b"PATCH ")
_SENTENCE = (
    "This is Quorate's listener for IM clients: set it as the server of your client, or as its SOCKS5 or HTTP"
    " CONNECT proxy. Clients that speak WebSocket or BOSH cannot connect through it yet."
)


class More(Enum):
    """Not enough bytes yet."""

    NEEDED = "needed"


class Xml(Enum):
    """An XMPP stream header, or what may become one."""

    STREAM = "stream"


class Proxy(Enum):
    """The client takes Quorate for its proxy."""

    SOCKS5 = "socks5"
    CONNECT = "connect"


class Unserved(StrEnum):
    """Why a connection was closed at once."""

    SOCKS4 = "socks4"
    HTTP = "http"
    UTF_16 = "utf-16"
    NOT_TLS = "not-tls"
    NOT_IM = "not-im"


@dataclass(frozen=True, slots=True)
class Refusal:
    """``answer`` is sent, then the connection is closed."""

    why: Unserved
    answer: bytes = b""


Opening: TypeAlias = More | Xml | DirectTls | Proxy | Refusal


def recognise(data: bytes) -> Opening:
    """Decide by all bytes received so far; never raises."""
    if len(data) < 2 and any(start.startswith(data) for start in _UTF_16):
        return More.NEEDED
    if data.startswith(_UTF_16):
        return Refusal(Unserved.UTF_16)
    if data[0] in _XML_STARTS:
        return Xml.STREAM
    if data[0] == _TLS_HANDSHAKE:
        return _client_hello(data)
    if data[0] == _SOCKS5:
        return Proxy.SOCKS5
    if data[0] == _SOCKS4:
        return Refusal(Unserved.SOCKS4, b"\x00\x5b" + bytes(6))
    if data.startswith(_CONNECT):
        return Proxy.CONNECT
    if data.startswith(_METHODS):
        return Refusal(Unserved.HTTP, refusal_over_http("501 Not Implemented", _SENTENCE))
    if any(m.startswith(data) for m in (_CONNECT, *_METHODS)):
        return More.NEEDED
    return Refusal(Unserved.NOT_IM)


def _client_hello(data: bytes) -> Opening:
    hello = tls_hello.hello(data)
    if isinstance(hello, tls_hello.ClientHello):
        return DirectTls(hello.sni, hello.alpn, hello.shape)
    if isinstance(hello, tls_hello.NotTls) or len(data) > MAX_OPENING:
        return Refusal(Unserved.NOT_TLS)
    return More.NEEDED
