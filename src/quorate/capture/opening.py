"""What a client's first bytes are (NEG-1 and NEG-4), and what is said to those that cannot be served."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeAlias

from quorate.wire import tls_hello

MAX_OPENING = 20 * 1024
"""Bytes looked at before giving up: one TLS record, which is what a ClientHello may fill."""
_XML_STARTS = b"<\xef \t\r\n"
_TLS_HANDSHAKE = 0x16
_SOCKS5 = 0x05
_SOCKS4 = 0x04
_METHODS = (b"CONNECT ", b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIONS ", b"DELETE ", b"PATCH ")
_SENTENCE = "This is Quorate's listener for IM clients. Set it as the server of your client, not as a proxy."


class More(Enum):
    """Not enough bytes yet."""

    NEEDED = "needed"


class Xml(Enum):
    """An XMPP stream header, or what may become one."""

    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class DirectTls:
    """XEP-0368: the ClientHello names the domain and the protocols."""

    sni: str | None
    alpn: tuple[str, ...]


class Unserved(StrEnum):
    """Why a connection was closed at once."""

    SOCKS = "socks"
    HTTP = "http"
    NOT_TLS = "not-tls"
    NOT_IM = "not-im"


@dataclass(frozen=True, slots=True)
class Refusal:
    """``answer`` is sent, then the connection is closed."""

    why: Unserved
    answer: bytes = b""


Opening: TypeAlias = More | Xml | DirectTls | Refusal


def recognise(data: bytes) -> Opening:
    """Decide by all bytes received so far; never raises."""
    if not data:
        return More.NEEDED
    if data[0] in _XML_STARTS:
        return Xml.STREAM
    if data[0] == _TLS_HANDSHAKE:
        return _client_hello(data)
    if data[0] == _SOCKS5:
        return Refusal(Unserved.SOCKS, b"\x05\xff")
    if data[0] == _SOCKS4:
        return Refusal(Unserved.SOCKS, b"\x00\x5b" + bytes(6))
    if any(data.startswith(m) for m in _METHODS):
        return Refusal(Unserved.HTTP, _http_refusal())
    if any(m.startswith(data) for m in _METHODS):
        return More.NEEDED
    return Refusal(Unserved.NOT_IM)


def _client_hello(data: bytes) -> Opening:
    hello = tls_hello.hello(data)
    if isinstance(hello, tls_hello.ClientHello):
        return DirectTls(hello.sni, hello.alpn)
    if isinstance(hello, tls_hello.NotTls) or len(data) > MAX_OPENING:
        return Refusal(Unserved.NOT_TLS)
    return More.NEEDED


def _http_refusal() -> bytes:
    body = f"{_SENTENCE}\n".encode()
    head = (
        "HTTP/1.1 501 Not Implemented\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
