"""The server name and protocols a TLS client asks for.

Sources  RFC 8446 sections 4.1.2 and 5.1, RFC 6066 section 3 (server name), RFC 7301 (ALPN).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

MAX_HELLO: Final = 64 * 1024
_RECORD_HEADER = 5
_MAX_RECORD = 2**14
_HANDSHAKE = 0x16
_CLIENT_HELLO = 0x01
_SERVER_NAME = 0
_HOST_NAME = 0
_ALPN = 16
_VARYING = frozenset({21, 41, 42, 44})
"""Padding, pre-shared key, early data, cookie: they come and go with the connection."""


@dataclass(frozen=True, slots=True)
class NeedMore:
    """A ClientHello so far, but not all of it."""


@dataclass(frozen=True, slots=True)
class NotTls:
    """These bytes begin no ClientHello."""


@dataclass(frozen=True, slots=True)
class ClientHello:
    sni: str | None
    alpn: tuple[str, ...]
    shape: str = field(default="", compare=False)
    """A digest of the cipher suites and kinds of extensions: the same TLS client offers the same."""


class _Malformed(Exception):
    """A length field reaches past what it is inside of."""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def more(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        part = self._data[self._at : self._at + count]
        if len(part) < count:
            raise _Malformed
        self._at += count
        return part

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def vector(self, size: int) -> "_Reader":
        """What follows a length of ``size`` bytes."""
        return _Reader(self.take(self.number(size)))

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)


def hello(data: bytes) -> NeedMore | ClientHello | NotTls:
    """Read the first bytes a client sent; nothing is consumed. Never raises."""
    message = bytearray()
    for record in _records(data):
        if record is None:
            return NotTls()
        message += record
        if message and message[0] != _CLIENT_HELLO:
            return NotTls()
        if len(message) >= 4:
            size = 4 + int.from_bytes(message[1:4])
            if size > MAX_HELLO:
                return NotTls()
            if len(message) >= size:
                return _read(bytes(message[4:size]))
    return NeedMore()


def _records(data: bytes) -> Iterator[bytes | None]:
    """The contents of handshake records, the last perhaps in part; None where there is something else."""
    at = 0
    while at < len(data):
        head = data[at : at + _RECORD_HEADER]
        size = int.from_bytes(head[3:5]) if len(head) == _RECORD_HEADER else 1
        if head[0] != _HANDSHAKE or (len(head) > 1 and head[1] != 3) or not 0 < size <= _MAX_RECORD:
            yield None
            return
        yield data[at + _RECORD_HEADER : at + _RECORD_HEADER + size]
        at += _RECORD_HEADER + size


def _read(body: bytes) -> ClientHello | NotTls:
    sni: str | None = None
    alpn: tuple[str, ...] = ()
    ciphers, kinds = b"", set()
    try:
        reader = _Reader(body)
        reader.take(2 + 32)  # version, random
        reader.vector(1)  # session id
        ciphers = reader.vector(2).rest()
        reader.vector(1)  # compression methods
        extensions = reader.vector(2) if reader.more else _Reader(b"")
        while extensions.more:
            kind, content = extensions.number(2), extensions.vector(2)
            kinds.add(kind)
            if kind == _SERVER_NAME:
                sni = _host_name(content)
            elif kind == _ALPN:
                alpn = tuple(_protocols(content))
    except _Malformed:
        return NotTls()
    return ClientHello(sni, alpn, _shape(ciphers, kinds))


def _shape(ciphers: bytes, kinds: set[int]) -> str:
    suites = [int.from_bytes(ciphers[at : at + 2]) for at in range(0, len(ciphers), 2)]
    offered = [suite for suite in suites if not _is_grease(suite)]
    steady = sorted(kind for kind in kinds - _VARYING if not _is_grease(kind))
    return hashlib.sha256(repr((offered, steady)).encode()).hexdigest()[:16]


def _is_grease(value: int) -> bool:
    """RFC 8701: values drawn anew for each connection."""
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


def _host_name(content: _Reader) -> str | None:
    names = content.vector(2)
    while names.more:
        kind, name = names.number(1), names.vector(2).rest()
        if kind == _HOST_NAME:
            return name.decode("ascii", "replace").lower() or None
    return None


def _protocols(content: _Reader) -> Iterator[str]:
    names = content.vector(2)
    while names.more:
        yield names.vector(1).rest().decode("latin-1")
