"""Stands before the whole app: host names, who is asking, cross-site requests, headers of every answer."""

import ipaddress
import logging
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quorate.errors import QuorateError
from quorate.server.auth import Door
from quorate.server.problems import Forbidden, Misdirected, TooBig, Unauthorised, respond_bug, respond_error

log = logging.getLogger(__name__)

SESSION_COOKIE: Final = "quorate_session"
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
API: Final = "/api/"
METRICS: Final = "/metrics"
ROOMS: Final = "/api/v1/rooms/"
ASSETS: Final = "/assets/"
ASSET_CACHE: Final = "public, max-age=31536000, immutable"
MAX_BODY_BYTES: Final = 256 * 1024
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK_NAMES: Final = frozenset({"localhost", "ip6-localhost"})


def is_owners(path: str) -> bool:
    """Whether the owner alone may ask."""
    return path.startswith(API) and not path.startswith(ROOMS)


class Guard:
    """ASGI middleware. ``hosts`` are further names the server answers for, beside loopback ones."""

    def __init__(self, app: ASGIApp, *, door: Door, hosts: Iterable[str]) -> None:
        self._app = app
        self._door = door
        self._hosts = frozenset(host.lower() for host in hosts)
        self._reached_from_elsewhere = not all(_is_this_machine(host) for host in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            await self._pass_on(scope, receive, _with_headers(scope["path"], send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})
        else:
            await respond_error(refusal)(scope, receive, _with_headers(scope["path"], send))

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A mistake of ours is logged here and answered like every other problem."""
        begun = False

        async def send_on(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, _limited(receive), send_on)
        except Exception:
            log.exception("a request ended in an unforeseen error")
            if begun or scope["type"] == "websocket":
                raise
            await respond_bug()(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> QuorateError | None:
        host = headers.get("host", "")
        if not self._answers_for(host):
            return Misdirected(
                "This server does not answer for that host name.",
                remedy="Use the address `quorate up` printed, or set public_url to this one.",
            )
        scope.setdefault("state", {})["owner"] = owner = self._is_owner(headers)
        path: str = scope["path"]
        if self._is_owners(path) and not owner:
            return Unauthorised(
                "The token or the session is missing or wrong.",
                remedy="Send `Authorization: Bearer TOKEN` with the token in DIR/run.json; "
                "for a browser `quorate page` prints a way in.",
            )
        if _length(headers) > MAX_BODY_BYTES:
            return TooBig("The request is too long.", remedy=f"Send at most {MAX_BODY_BYTES} bytes.")
        if scope["type"] == "websocket" or scope["method"] not in _SAFE:
            return self._cross_site(scope, headers, host)
        return None

    def _is_owners(self, path: str) -> bool:
        """The numbers as well, if guests come from elsewhere: an open stream says the owner is online."""
        return is_owners(path) or (self._reached_from_elsewhere and path.startswith(METRICS))

    def _is_owner(self, headers: Headers) -> bool:
        if "authorization" in headers:
            return self._door.knows_bearer(headers["authorization"])
        return self._door.knows_session(session_of(headers))

    def _answers_for(self, host: str) -> bool:
        name = _host_name(host)
        return name in self._hosts or _is_this_machine(name)

    def _cross_site(self, scope: Scope, headers: Headers, host: str) -> Forbidden | None:
        """Whether another site made a browser send this. Bearers are not sent by browsers on their own."""
        if "authorization" in headers:
            return None
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        foreign = origin is not None and _authority(origin) != host.lower()
        stated = site is not None or origin is not None
        by_cookie = not scope["path"].startswith(ROOMS)
        if (
            foreign
            or (site is not None and site not in ("same-origin", "none"))
            or (by_cookie and not stated)
        ):
            return Forbidden(
                "This request came from another site.", remedy="Use Quorate's own page, or the bearer token."
            )
        if scope["type"] == "http" and not _is_json(headers):
            return Forbidden("A page may send JSON only.", remedy="Send the body as application/json.")
        return None


def _length(headers: Headers) -> int:
    """The body's length as announced; 0 if it is not (the limit then holds while reading)."""
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _limited(receive: Receive) -> Receive:
    """Ends the request where the body gets too long, as if the client had gone."""
    left = MAX_BODY_BYTES

    async def receive_on() -> Message:
        nonlocal left
        message = await receive()
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return receive_on


def session_of(headers: Headers) -> str | None:
    """The session in the request's cookies."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _host_name(host: str) -> str:
    """``[::1]:8765`` -> ``::1``; lower case; empty if it is no host."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_this_machine(name: str) -> bool:
    if name in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_json(headers: Headers) -> bool:
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return True
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _with_headers(path: str, send: Send) -> Send:
    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
            headers["Content-Security-Policy"] = CSP
            found = message["status"] < 400
            headers["Cache-Control"] = ASSET_CACHE if path.startswith(ASSETS) and found else "no-store"
        await send(message)

    return send_with
