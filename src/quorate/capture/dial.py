"""Opening the upstream connection: every candidate in order, each with its own patience."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from quorate.capture.destination import Destination, Outcome
from quorate.capture.happy_eyeballs import open_socket
from quorate.capture.leg import Leg, place
from quorate.capture.routes import Candidate, Routes

CONNECT_S = 10.0
"""For one candidate."""
DIAL_S = 30.0
"""For all of them together."""


class DialFailed(Exception):
    """No upstream connection; ``text`` is a sentence for the user."""

    def __init__(self, text: str, outcome: Outcome = Outcome.FAILED) -> None:
        super().__init__(text)
        self.text = text
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Reached:
    """A server's leg that is connected before anybody reads it (SOCKS5, CONNECT)."""

    leg: Leg
    place: str
    """HOST:PORT."""
    spoken: bytes = b""
    """What it has said already."""
    ends: tuple[str, str] | None = None
    """HOST:PORT here and there, if they were noted among our outgoing connections."""


class _Problem(NamedTuple):
    outcome: Outcome
    text: str


_NO_SUCH_HOST = _Problem(Outcome.NO_SUCH_HOST, "no such host")


async def dial(routes: Routes, domain: str, leg: Leg, *, direct_tls: bool) -> Candidate:
    """Connect ``leg`` for the domain; returns where; raises DialFailed."""
    try:
        async with asyncio.timeout(DIAL_S):
            candidates = await routes.candidates(domain, direct_tls=direct_tls)
            if not candidates:
                raise DialFailed(_not_offered(domain, direct_tls=direct_tls))
            failures = []
            for candidate in candidates:
                problem = await _attempt(candidate, leg)
                if problem is None:
                    return candidate
                failures.append(f"{candidate}: {problem.text}")
    except TimeoutError:
        raise DialFailed(f"The server of {domain} did not answer within {DIAL_S:.0f} s.") from None
    raise DialFailed(
        f"The server of {domain} cannot be reached ({'; '.join(failures)})."
        " Check the domain or --route, and that the server runs."
    )


async def dial_exactly(destination: Destination, leg: Leg) -> None:
    """Connect ``leg`` to what a proxy was asked for, and to nothing else; raises DialFailed."""
    problem = await _attempt(Candidate(destination.host, destination.port), leg)
    if problem is not None:
        raise DialFailed(f"{destination} cannot be reached: {problem.text}.", problem.outcome)


async def dial_literally(destination: Destination, leg: Leg, ends: Callable[[tuple[str, str]], None]) -> None:
    """The same for an IP address; ``ends`` is told before anything can come back. Raises DialFailed."""
    try:
        async with asyncio.timeout(CONNECT_S):
            await _connect(destination, leg, ends)
    except OSError as error:
        problem = _problem(error)
        raise DialFailed(f"{destination} cannot be reached: {problem.text}.", problem.outcome) from error


async def _connect(destination: Destination, leg: Leg, ends: Callable[[tuple[str, str]], None]) -> None:
    loop = asyncio.get_running_loop()
    where = (destination.host, destination.port)
    sock = socket.socket(socket.AF_INET6 if ":" in destination.host else socket.AF_INET)
    try:
        sock.setblocking(False)
        # the local end is known as soon as this returns, long before the connection stands
        if (failed := sock.connect_ex(where)) not in (0, errno.EINPROGRESS):
            raise OSError(failed, os.strerror(failed))
        ends((place(*sock.getsockname()[:2]), str(destination)))
        if failed:
            await loop.sock_connect(sock, where)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        leg.connect(sock)
    except BaseException:
        sock.close()
        raise


async def _attempt(candidate: Candidate, leg: Leg) -> _Problem | None:
    """None if connected, else why not."""
    try:
        async with asyncio.timeout(CONNECT_S):
            sock = await open_socket(candidate.host, candidate.port)
    except UnicodeError:
        return _NO_SUCH_HOST
    except OSError as error:
        return _problem(error)
    leg.connect(sock)
    return None


def _problem(error: OSError) -> _Problem:
    if isinstance(error, TimeoutError):
        return _Problem(Outcome.TIMEOUT, f"no answer within {CONNECT_S:.0f} s")
    if isinstance(error, socket.gaierror):
        return _NO_SUCH_HOST
    refused = isinstance(error, ConnectionRefusedError)
    says = os.strerror(error.errno).lower() if error.errno else "no connection"
    return _Problem(Outcome.REFUSED if refused else Outcome.FAILED, says)


def _not_offered(domain: str, *, direct_tls: bool) -> str:
    if direct_tls:
        return f"{domain} offers no direct TLS: set your client to STARTTLS."
    return f"{domain} offers direct TLS only: set your client to direct TLS (legacy SSL)."
