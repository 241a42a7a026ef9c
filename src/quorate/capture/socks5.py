"""What a SOCKS5 client and its proxy say before the tunnel stands: RFC 1928, CONNECT, no authentication."""

import ipaddress
from collections.abc import Mapping
from enum import Enum
from typing import Final

from quorate.capture.destination import Destination, Outcome, Turn, to_destination

_VERSION = 5
_NO_AUTHENTICATION, _NO_METHOD = 0x00, 0xFF
_CONNECT = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_ADDRESS_SIZES = {_IPV4: 4, _IPV6: 16}
_COMMAND_NOT_SUPPORTED, _ADDRESS_NOT_SUPPORTED, _GENERAL_FAILURE = 7, 8, 1
_CODES: Final[Mapping[Outcome, int]] = {
    Outcome.REACHED: 0,
    Outcome.FORBIDDEN: 2,
    Outcome.NO_SUCH_HOST: 4,
    Outcome.TIMEOUT: 4,
    Outcome.REFUSED: 5,
    Outcome.FAILED: _GENERAL_FAILURE,
}


class _Stage(Enum):
    GREETING = "greeting"
    REQUEST = "request"


class Socks5:
    """``feed`` until it names a destination or refuses; then ``answer``."""

    def __init__(self) -> None:
        self._data = b""
        self._stage = _Stage.GREETING

    def feed(self, data: bytes) -> Turn:
        """Never raises; the longest handshake is bounded by its one-byte lengths."""
        self._data += data
        reply = b""
        if self._stage is _Stage.GREETING:
            methods = self._methods()
            if methods is None:
                return Turn()
            if _NO_AUTHENTICATION not in methods:
                return Turn(bytes([_VERSION, _NO_METHOD]), refusal="socks-authentication")
            reply = bytes([_VERSION, _NO_AUTHENTICATION])
            self._stage = _Stage.REQUEST
        return self._request(reply)

    def answer(self, outcome: Outcome, sentence: str = "") -> bytes:  # noqa: ARG002
        """The reply to the request (section 6)."""
        return _answer(_CODES[outcome])

    def _methods(self) -> bytes | None:
        """Which authentication methods the client offers (section 3); None: not all is there yet."""
        if len(self._data) < 2 or len(self._data) < 2 + self._data[1]:
            return None
        end = 2 + self._data[1]
        methods, self._data = self._data[2:end], self._data[end:]
        return methods

    def _request(self, reply: bytes) -> Turn:
        """Section 4: version, command, reserved, address type, address, port."""
        data = self._data
        if len(data) < 5:
            return Turn(reply)
        version, command, _, kind = data[:4]
        if version != _VERSION:
            return Turn(reply + _answer(_GENERAL_FAILURE), refusal="socks-version")
        if command != _CONNECT:
            return Turn(reply + _answer(_COMMAND_NOT_SUPPORTED), refusal="socks-command")
        if kind not in (_IPV4, _NAME, _IPV6):
            return Turn(reply + _answer(_ADDRESS_NOT_SUPPORTED), refusal="socks-address")
        start = 5 if kind == _NAME else 4
        end = start + (data[4] if kind == _NAME else _ADDRESS_SIZES[kind])
        if len(data) < end + 2:
            return Turn(reply)
        destination = _destination(kind, data[start:end], int.from_bytes(data[end : end + 2]))
        if destination is None:
            return Turn(reply + _answer(_ADDRESS_NOT_SUPPORTED), refusal="socks-address")
        self._data = b""
        return Turn(reply, destination, data[end + 2 :])


def _destination(kind: int, address: bytes, port: int) -> Destination | None:
    if kind == _NAME:
        return to_destination(address.decode("ascii", "replace"), port)
    return to_destination(str(ipaddress.ip_address(address)), port)


def _answer(code: int) -> bytes:
    """The address Quorate is bound to concerns nobody: 0.0.0.0:0, as most proxies say."""
    return bytes([_VERSION, code, 0, _IPV4]) + bytes(6)
