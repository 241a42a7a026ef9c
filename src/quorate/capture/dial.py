"""Opening the upstream connection: every candidate in order, each with its own patience."""

import asyncio
import os
import socket

from quorate.capture.leg import Leg
from quorate.capture.routes import Candidate, Routes

CONNECT_S = 10.0
"""For one candidate."""
DIAL_S = 30.0
"""For all of them together."""
ADDRESS_FAMILY_HEAD_START_S = 0.25
"""RFC 8305 section 5."""


class DialFailed(Exception):
    """No upstream connection; ``text`` is a sentence for the user."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


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
                failures.append(f"{candidate}: {problem}")
    except TimeoutError:
        raise DialFailed(f"The server of {domain} did not answer within {DIAL_S:.0f} s.") from None
    raise DialFailed(
        f"The server of {domain} cannot be reached ({'; '.join(failures)})."
        " Check the domain or --route, and that the server runs."
    )


async def _attempt(candidate: Candidate, leg: Leg) -> str | None:
    """None if connected, else why not."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_S):
            await loop.create_connection(
                lambda: leg,
                candidate.host,
                candidate.port,
                happy_eyeballs_delay=ADDRESS_FAMILY_HEAD_START_S,
            )
    except TimeoutError:
        return f"no answer within {CONNECT_S:.0f} s"
    except socket.gaierror:
        return "no such host"
    except (OSError, UnicodeError) as error:
        code = getattr(error, "errno", None)
        return os.strerror(code).lower() if code else "no connection"
    return None


def _not_offered(domain: str, *, direct_tls: bool) -> str:
    if direct_tls:
        return f"{domain} offers no direct TLS: set your client to STARTTLS."
    return f"{domain} offers direct TLS only: set your client to direct TLS (legacy SSL)."
