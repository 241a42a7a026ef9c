"""A client that asks an HTTP proxy for a tunnel: CONNECT, RFC 9110 section 9.3.6; and refusals over HTTP."""

import re
from collections.abc import Mapping
from typing import Final

from quorate.capture.destination import Destination, Outcome, Turn, to_destination

MAX_HEAD: Final = 8 * 1024
"""Request line and fields; Apache and nginx take 8 KiB too."""
_END = re.compile(rb"\r?\n\r?\n")
_REQUEST = re.compile(rb"CONNECT +(\[[0-9A-Fa-f:.]+\]|[^\s:]+):([0-9]{1,5}) +HTTP/1\.[01]")
_TOO_LARGE = "431 Request Header Fields Too Large"
_STATUS: Final[Mapping[Outcome, str]] = {
    Outcome.FORBIDDEN: "403 Forbidden",
    Outcome.NO_SUCH_HOST: "502 Bad Gateway",
    Outcome.REFUSED: "502 Bad Gateway",
    Outcome.FAILED: "502 Bad Gateway",
    Outcome.TIMEOUT: "504 Gateway Timeout",
}


class HttpConnect:
    """``feed`` until it names a destination or refuses; then ``answer``."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> Turn:
        """Never raises."""
        searched = max(len(self._data) - 3, 0)
        self._data += data
        end = _END.search(self._data, searched)
        if end is None and len(self._data) <= MAX_HEAD:
            return Turn()
        if end is None or end.start() > MAX_HEAD:
            answer = refusal_over_http(_TOO_LARGE, "The request's header is too long.")
            return Turn(answer, refusal="http-head")
        destination = _destination(self._data[: end.start()])
        if destination is None:
            sentence = "Write CONNECT host:port HTTP/1.1."
            return Turn(refusal_over_http("400 Bad Request", sentence), refusal="http-request")
        rest, self._data = self._data[end.end() :], b""
        return Turn(destination=destination, rest=rest)

    def answer(self, outcome: Outcome, sentence: str = "") -> bytes:
        if outcome is Outcome.REACHED:
            return b"HTTP/1.1 200 Connection established\r\n\r\n"
        return refusal_over_http(_STATUS[outcome], sentence)


def refusal_over_http(status: str, sentence: str) -> bytes:
    """A whole response with the sentence as its text."""
    body = f"{sentence}\n".encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _destination(head: bytes) -> Destination | None:
    found = _REQUEST.fullmatch(head.splitlines()[0]) if head else None
    if found is None:
        return None
    return to_destination(found[1].decode("ascii", "replace"), int(found[2]))
