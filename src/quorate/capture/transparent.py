"""Connections that nftables has diverted to us: where their client meant to go is known to the kernel.

REDIRECT (NAT) keeps it in the connection tracking, TPROXY leaves it as the socket's own address. Linux only.
"""

import contextlib
import socket
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from quorate.capture.destination import Destination
from quorate.capture.leg import place

TABLE: Final = "quorate"
_SO_ORIGINAL_DST: Final = 80
"""linux/netfilter_ipv4.h; IP6T_SO_ORIGINAL_DST has the same number."""
_TRANSPARENT: Final = {
    socket.AF_INET: (socket.IPPROTO_IP, 19),  # IP_TRANSPARENT, linux/in.h
    socket.AF_INET6: (socket.IPPROTO_IPV6, 75),  # IPV6_TRANSPARENT, linux/in6.h
}
_SOCKADDR_IN: Final = struct.Struct("!2xH4s8x")
_SOCKADDR_IN6: Final = struct.Struct("!2xH4x16s4x")


def transparent_socket(host: str, port: int) -> socket.socket:
    """Bound, and open for TPROXY where we may: only that takes CAP_NET_ADMIN. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        with contextlib.suppress(PermissionError):
            sock.setsockopt(*_TRANSPARENT[family], 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def original_destination(sock: socket.socket) -> Destination | None:
    """Where the client of this accepted connection wanted to go; None if it is gone already."""
    four = sock.family == socket.AF_INET
    level, shape = (socket.IPPROTO_IP, _SOCKADDR_IN) if four else (socket.IPPROTO_IPV6, _SOCKADDR_IN6)
    try:
        port, address = shape.unpack(sock.getsockopt(level, _SO_ORIGINAL_DST, shape.size))
        return Destination(socket.inet_ntop(sock.family, address), port)
    except OSError:  # not diverted by NAT
        pass
    try:
        host, port = sock.getsockname()[:2]
    except OSError:
        return None
    return Destination(host, port)


def nft_rules(places: Sequence[tuple[str, int]], ports: Iterable[int], uid: int) -> str:
    """For ``nft -f``, to be reviewed: a table of its own; programs of user ``uid`` are left alone.

    By the user, since our own connections must not come back to us, and nothing else tells them apart.
    """
    listed = ", ".join(str(port) for port in ports)
    options = " ".join(f"--transparent {place(*where)}" for where in places)
    lines = [
        f"# Leads what goes to IM servers (ports {listed}) through Quorate, its own user {uid} excepted.",
        f"# Quorate has to run first, or those servers cannot be reached:  quorate up {options}",
        f"# On:   quorate doctor --print-nft | sudo nft -f -       Off: sudo nft delete table inet {TABLE}",
        f"table inet {TABLE} {{}}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
        *_chain("output", "this host's own programs", f"meta skuid != {uid} ", places, listed),
        "    # Only on a gateway, for the machines behind it: then listen on its address there, with --allow",
        *(f"    # {line[4:]}" for line in _chain("prerouting", "", "iifname eth1 ", places, listed)),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _chain(hook: str, what: str, which: str, places: Iterable[tuple[str, int]], listed: str) -> Iterable[str]:
    about = f"  # {what}" if what else ""
    yield f"    chain {hook} {{{about}"
    yield f"        type nat hook {hook} priority -100; policy accept;"
    for host, port in places:
        family = "ipv6" if ":" in host else "ipv4"
        yield f"        meta nfproto {family} {which}tcp dport {{ {listed} }} redirect to :{port}"
    yield "    }"
