"""A TCP connection to a host by name: its addresses one after the other, each with a head start. RFC 8305.

asyncio's own leaves a socket open that had just won when it was cancelled.
"""

import asyncio
import socket
from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Any, Final

HEAD_START_S: Final = 0.25
"""RFC 8305 section 5."""
_Address = tuple[int, Any]
"""Family, and what ``connect`` takes."""


async def open_socket(host: str, port: int) -> socket.socket:
    """Not blocking, without Nagle's delay; raises OSError, and leaves nothing open if it is cancelled."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    made: list[socket.socket] = []
    winner = None
    try:
        winner = await _first(_by_turns((family, address) for family, _, _, _, address in found), made)
    finally:
        for sock in made:
            if sock is not winner:
                sock.close()
    winner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return winner


async def _first(addresses: list[_Address], made: list[socket.socket]) -> socket.socket:
    """The first that connects; whoever fails lets the next begin at once."""
    waiting, failures = iter(addresses), list[BaseException]()
    under_way: set[asyncio.Task[socket.socket]] = set()
    try:
        while True:
            following = next(waiting, None)
            if following is not None:
                under_way.add(asyncio.create_task(_connect(following, made)))
            elif not under_way:
                raise _worst(failures)
            patience = None if following is None else HEAD_START_S
            done, under_way = await asyncio.wait(
                under_way, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                failure = task.exception()
                if failure is None:
                    return task.result()
                failures.append(failure)
    finally:
        for task in under_way:
            task.cancel()
        # a socket is closed only after the loop has let go of it
        await asyncio.gather(*under_way, return_exceptions=True)


async def _connect(where: _Address, made: list[socket.socket]) -> socket.socket:
    family, address = where
    sock = socket.socket(family, socket.SOCK_STREAM)
    made.append(sock)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, address)
    return sock


def _by_turns(addresses: Iterable[_Address]) -> list[_Address]:
    """The families take turns, in the order they came (section 4)."""
    families: dict[int, list[_Address]] = {}
    for where in addresses:
        families.setdefault(where[0], []).append(where)
    turns = chain.from_iterable(zip_longest(*families.values()))
    return [where for where in turns if where is not None]


def _worst(failures: list[BaseException]) -> BaseException:
    """That somebody is there and refused says most."""
    refused = (failure for failure in failures if isinstance(failure, ConnectionRefusedError))
    return next(refused, failures[0] if failures else OSError("no address"))
