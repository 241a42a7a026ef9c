"""What could keep Quorate from working here, each with what to do about it."""

import asyncio
import shutil
from contextlib import suppress
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from quorate.model.stream import Stream, StreamState
from quorate.server.api.schemas import DoctorLine
from quorate.server.config import route_endpoint, split_endpoint
from quorate.server.hub import Hub
from quorate.talk.reasons import reason_text

CONNECT_TIMEOUT_S: Final = 3.0
FREE_BYTES_WANTED: Final = 100 * 1024 * 1024


async def examine(hub: Hub) -> list[DoctorLine]:
    """Look at everything now, the routes at the same time."""
    given = sorted(hub.settings.routes.items())
    routes = [_route(domain, target) for domain, targets in given for target in targets]
    return [
        _agent(hub),
        await _listener(hub),
        _authority(hub),
        *await asyncio.gather(*routes),
        _streams(hub.streams()),
        _store(hub),
        _room_on_disk(hub),
    ]


def _line(name: str, ok: bool, says: str, remedy: str) -> DoctorLine:
    return DoctorLine(name=name, ok=ok, says=says, remedy=None if ok else remedy)


def _agent(hub: Hub) -> DoctorLine:
    ok = hub.link_connected
    says = "The agent is connected." if ok else "The agent is not connected: no client can be read."
    return _line("agent", ok, says, "Stop Quorate with `quorate down` and start it again with `quorate up`.")


async def _listener(hub: Hub) -> DoctorLine:
    ok = await _reachable(hub.im)
    says = f"IM clients can connect to {hub.im}." if ok else f"Nothing answers at {hub.im}."
    return _line("listener", ok, says, "Start Quorate again; another port is chosen with --im.")


def _authority(hub: Hub) -> DoctorLine:
    ca = hub.settings.data / "ca.pem"
    says = f"Clients have to trust {ca}." if ca.is_file() else f"There is no certificate authority at {ca}."
    return _line("ca", ca.is_file(), says, "It is made when the agent starts: run `quorate up` again.")


async def _route(domain: str, target: str) -> DoctorLine:
    ok = await _reachable(route_endpoint(target))
    says = f"{domain} is reached at {target}." if ok else f"{domain}: nothing answers at {target}."
    return _line("route", ok, says, f"Check the address after --route {domain}=, and that its server runs.")


def _streams(streams: list[Stream]) -> DoctorLine:
    live = sum(stream.state is StreamState.LIVE for stream in streams)
    if live:
        return _line("streams", True, f"{live} live.", "")
    failed = max((s for s in streams if s.reason is not None), key=lambda s: s.since, default=None)
    if failed is None or failed.reason is None:
        says, remedy = "No client is connected.", "`quorate clients` and the page say how to connect yours."
    else:
        says = f"No client is connected. The last one failed: {failed.detail or reason_text(failed.reason)}"
        remedy = "Mend that, then let the client connect again."
    return _line("streams", False, says, remedy)


def store_answers(hub: Hub) -> bool:
    """One cheap question to the store."""
    try:
        hub.store.tokens.find("")
    except SQLAlchemyError:
        return False
    return True


def _store(hub: Hub) -> DoctorLine:
    ok = store_answers(hub)
    answers = "answers" if ok else "does not answer"
    if hub.settings.database:
        return _line(
            "store", ok, f"The database {answers}.", "Check that it runs, its account and its rights."
        )
    says = f"The store in {hub.settings.data} {answers}."
    return _line("store", ok, says, "Check owner, rights and free space of that directory.")


def _room_on_disk(hub: Hub) -> DoctorLine:
    free = shutil.disk_usage(hub.settings.data).free
    says = f"{free // (1024 * 1024)} MiB free in the data directory."
    return _line("disk", free >= FREE_BYTES_WANTED, says, "Make room, or move the data with --data.")


async def _reachable(endpoint: str) -> bool:
    """Whether something accepts TCP connections there."""
    host, port = split_endpoint(endpoint)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
