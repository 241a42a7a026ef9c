"""``Idempotency-Key`` on POST: the same request again gets the first answer again, and happens once.

A key belongs to one request: method, address and body. It is kept for a day. Questions about presence and
one-time keys are answered anew each time: what they answer is not for the store.
"""

import asyncio
import base64
import hashlib
from typing import Any, Final, Protocol
from weakref import WeakValueDictionary

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quorate.server.guard import ROOMS
from quorate.server.problems import KeyReused, TooBig, respond_error

MAX_KEY_CHARACTERS: Final = 255
NOT_KEPT: Final = frozenset({"/api/v1/presence/ask", "/api/v1/check", "/api/v1/enter-keys"})


class AnswerStore(Protocol):
    """Keeps a JSON value by key; forgets it after a day."""

    def find(self, key: str) -> Any | None: ...

    def keep(self, key: str, response: Any) -> None: ...


class Idempotency:
    """ASGI middleware; behind the guard, so that a kept answer reaches only who may have it."""

    def __init__(self, app: ASGIApp, *, answers: AnswerStore) -> None:
        self._app = app
        self._answers = answers
        self._busy: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get("idempotency-key") if scope["type"] == "http" else None
        if key is None or scope["method"] != "POST" or scope["path"] in NOT_KEPT:
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None or len(key) > MAX_KEY_CHARACTERS:
            refusal = TooBig("The request or its Idempotency-Key is too long.", remedy="Send less.")
            await respond_error(refusal)(scope, receive, send)
            return
        # a room link is a right of its own: its keys are apart from the owner's
        realm = scope["path"] if scope["path"].startswith(ROOMS) else "owner"
        name = hashlib.sha256(f"{realm}\0{key}".encode()).hexdigest()
        lock = self._busy.setdefault(name, asyncio.Lock())
        async with lock:
            await self._once(name, body, scope, send)

    async def _once(self, name: str, body: bytes, scope: Scope, send: Send) -> None:
        text = f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}\0"
        print_ = hashlib.sha256(text.encode() + body).hexdigest()
        kept = self._answers.find(name)
        if kept is not None:
            await _replay(kept, print_)(scope, _again(body), send)
            return
        answer = _Recorder(send)
        await self._app(scope, _again(body), answer.send)
        if answer.status < 500:
            self._answers.keep(name, {"print": print_, **answer.document()})


class _Recorder:
    """Passes an answer on and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500
        self._type = "application/json"
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._type = Headers(raw=message["headers"]).get("content-type", self._type)
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
        await self._send(message)

    def document(self) -> dict[str, Any]:
        return {"status": self.status, "type": self._type, "body": base64.b64encode(self._body).decode()}


def _replay(kept: dict[str, Any], print_: str) -> Response:
    if kept["print"] != print_:
        return respond_error(
            KeyReused("This Idempotency-Key was used for another request.", remedy="Use a new key.")
        )
    return Response(
        base64.b64decode(kept["body"]), kept["status"], {"Idempotent-Replayed": "true"}, kept["type"]
    )


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None if the client is gone or the guard cut it off."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body


def _again(body: bytes) -> Receive:
    """A receive channel that hands out the body that was read already, once."""
    left = [body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive
