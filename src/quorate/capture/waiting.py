"""Connections that have not logged in yet: how many there may be, and who goes when there are too many.

Nobody is refused because others wait: the one who has waited longest goes. A client that means it says its
header at once and logs in within seconds; a flood only pushes itself out.
"""

import ipaddress
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
_V6_SITE = 64
"""One user has at least that much of IPv6 (RFC 6177)."""


class Waiting(Generic[K]):
    """Keeps the order of arrival, per peer address and for all."""

    def __init__(self, per_peer: int, in_all: int) -> None:
        self._per_peer = per_peer
        self._in_all = in_all
        self._peers: OrderedDict[K, str] = OrderedDict()
        self._by_peer: dict[str, OrderedDict[K, None]] = {}

    def __len__(self) -> int:
        return len(self._peers)

    def __contains__(self, key: K) -> bool:
        return key in self._peers

    def all(self) -> list[K]:
        return list(self._peers)

    def add(self, key: K, peer: str) -> K | None:
        """Take one in; returns the one that has to go for it."""
        site = _site(peer)
        mine = self._by_peer.setdefault(site, OrderedDict())
        mine[key] = None
        self._peers[key] = site
        if len(mine) > self._per_peer:
            return next(iter(mine))
        return next(iter(self._peers)) if len(self._peers) > self._in_all else None

    def remove(self, key: K) -> None:
        """It has logged in, or is gone."""
        site = self._peers.pop(key, None)
        if site is None:
            return
        mine = self._by_peer[site]
        del mine[key]
        if not mine:
            del self._by_peer[site]


def _site(peer: str) -> str:
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback or address.ipv4_mapped:
        return str(address)
    return str(ipaddress.ip_network((address, _V6_SITE), strict=False))
