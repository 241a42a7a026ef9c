"""The IM clients of this machine as `quorate clients` and the page list them, with how each is captured."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from quorate.agent.streams import Streams
from quorate.capture.client_search import ability_here, look
from quorate.capture.processes import owners_of

Place = tuple[str, int]


class ClientsHere:
    def __init__(
        self, streams: Streams, attached: Callable[[], Iterable[int]], im: Callable[[], str]
    ) -> None:
        """``attached``: process ids that are attached to; ``im``: HOST:PORT clients connect to."""
        self._streams = streams
        self._attached = attached
        self._im = im

    async def listed(self) -> dict[str, Any]:
        """``clients``: see quorate.capture.client_search.ClientFound."""
        modes = {_place(carrier.peer): carrier.mode for carrier in self._streams.carriers()}
        attached = dict.fromkeys(self._attached(), "attach")
        # thousands of small files are read: not while streams wait
        found = await asyncio.to_thread(_look, modes, attached, self._im())
        return {"clients": found}


def _look(modes: dict[Place, str], attached: dict[int, str], im: str) -> list[dict[str, Any]]:
    captured = {pid: modes[place] for place, pid in owners_of(modes).items()}
    return [client.as_json() for client in look({**captured, **attached}, ability_here(im))]


def _place(peer: str) -> Place:
    host, _, port = peer.rpartition(":")
    return host, int(port) if port.isdecimal() else 0
