"""Who is at the other end of a Unix socket: unix(7), SO_PEERCRED."""

import socket
import struct
from typing import Final

_CREDENTIALS: Final = struct.Struct("=iII")


def peer_of(sock: socket.socket) -> tuple[int, int]:
    """Its (pid, uid), as they were when it connected."""
    said = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(said)
    return pid, uid
