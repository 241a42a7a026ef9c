"""Programs that lead the connections of chosen processes to our door instead, in the kernel, at ``connect``.

A process is chosen by its number, by the name of its program, noted when that begins, or by the name of the
thread that connects.

Only stream sockets of one user's on their way to chosen ports, in our own network namespace; whatever else
a process does is not looked at. Where a connection was going is kept by socket cookie, and once it stands by
its local port.
"""

import os
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from quorate.capture.bpf import Assembler, Hook, Map, MapType, Size, attach, watch
from quorate.capture.destination import Destination, plain_address
from quorate.capture.processes import COMM_SIZE

# helpers of linux/bpf.h
_LOOKUP, _UPDATE, _DELETE, _PID_TGID, _UID_GID, _COMM, _SOCKET_COOKIE, _NETNS_COOKIE = (
    1,
    2,
    3,
    14,
    15,
    16,
    46,
    122,
)
_SO_NETNS_COOKIE: Final = 71
_ACTIVE_ESTABLISHED: Final = 4
# struct bpf_sock_addr
_IP4, _IP6, _PORT, _TYPE = 4, 8, 24, 32
# struct bpf_sock_ops
_OPERATION, _LOCAL_PORT = 0, 68
NAME_SIZE: Final = COMM_SIZE + 1
"""TASK_COMM_LEN."""
_FLIGHTS: Final = 4096
"""Connections between ``connect`` and ``accept``; the oldest is forgotten."""
_FLIGHT: Final = struct.Struct("=II16sII")
"""IP version, port (network order), address, process, door: what is kept of one."""
_TAKE, _LEAVE = struct.pack("=I", 1), struct.pack("=I", 0)


@dataclass(frozen=True, slots=True)
class Flight:
    """One connection that was led to our door."""

    destination: Destination
    pid: int


@dataclass(frozen=True, slots=True)
class Doors:
    """Our ports on 127.0.0.1 and on ::1; 0: there is none."""

    four: int
    six: int


class Diversion:
    """In force from ``start`` until ``stop``, or until this process is gone."""

    def __init__(
        self, doors: Doors, ports: Iterable[int], names: Iterable[str], owner: int | None = None
    ) -> None:
        """``names``: as the kernel knows processes, cut to 15 bytes; ``owner``: the only user whose
        processes are looked at. Raises OSError.
        """
        self._owner = owner
        self._doors = doors
        self._ports = Map.make(MapType.HASH, 4, 4, 64)
        self._pids = Map.make(MapType.HASH, 4, 4, 4096)
        self._begun = Map.make(MapType.LRU_HASH, 4, 4, 4096)
        self._names = Map.make(MapType.HASH, NAME_SIZE, 4, 64)
        self._wanted = Map.make(MapType.LRU_HASH, 8, _FLIGHT.size, _FLIGHTS)
        self._arriving = Map.make(MapType.LRU_HASH, 8, _FLIGHT.size, _FLIGHTS)
        self._links: list[int] = []
        for port in ports:
            self._ports.put(struct.pack("=I", socket.htons(port)), _TAKE)
        for name in names:
            self._names.put(_comm(name), _TAKE)

    def start(self, group: int) -> None:
        """For all processes of the control group, an open directory. Raises OSError; then nothing is left."""
        with suppress(OSError):  # without the right to it, who looks from time to time finds them later
            self._links.append(watch(self._ending(), "sched_process_exit"))
            self._links.append(watch(self._beginning(), "sched_process_exec"))
        try:
            self._links.append(attach(self._noting(), Hook.SOCK_OPS, group))
            if self._doors.six:
                self._links.append(attach(self._diverting(6), Hook.CONNECT6, group))
            self._links.append(attach(self._diverting(4), Hook.CONNECT4, group))
        except OSError:
            self.stop()
            raise

    def stop(self) -> None:
        """From here on everything goes where it wants to; what stands, stands. Nothing can follow."""
        for link in self._links:
            os.close(link)
        self._links.clear()
        for table in (self._ports, self._pids, self._begun, self._names, self._wanted, self._arriving):
            table.close()

    def take(self, pid: int) -> None:
        self._pids.put(struct.pack("=I", pid), _TAKE)

    def leave_alone(self, pid: int) -> None:
        """Also if its name is one of those to take."""
        self._pids.put(struct.pack("=I", pid), _LEAVE)

    def forget(self, pid: int) -> None:
        self._pids.drop(struct.pack("=I", pid))

    def arrived(self, version: int, port: int) -> Flight | None:
        """Whose connection has come to our door of this IP version from ``port``; None: nobody's of ours."""
        key = struct.pack("=II", version, port)
        found = self._arriving.get(key)
        if found is None:
            return None
        self._arriving.drop(key)
        kind, there, address, pid, _ = _FLIGHT.unpack(found)
        return Flight(
            Destination(plain_address(address[:4] if kind == 4 else address), socket.ntohs(there)), pid
        )

    def _diverting(self, version: int) -> bytes:
        """BPF_CGROUP_INET4_CONNECT and its twin. r6 the context; the stack as below; 1: let it connect."""
        port, pid, name, cookie, flight, user = -4, -8, -24, -32, -64, -68
        a = Assembler()
        a.move(6, 1)
        a.load(1, 6, _TYPE)
        a.jump_unless(1, socket.SOCK_STREAM, "pass")
        a.load(1, 6, _PORT)
        a.store(10, port, 1)
        _look_up(a, self._ports, port)
        a.jump_if(0, 0, "pass")
        a.move(1, 6)
        a.call(_NETNS_COOKIE)
        a.put(2, _own_network())
        a.jump_unless_same(0, 2, "pass")
        if self._owner is not None:
            a.call(_UID_GID)
            a.store(10, user, 0)
            a.load(1, 10, user)
            a.put(2, self._owner)
            a.jump_unless_same(1, 2, "pass")
        self._choose(a, pid, name)
        a.move(1, 6)
        a.call(_SOCKET_COOKIE)
        a.store(10, cookie, 0, Size.LONG)
        self._note(a, version, flight, pid)
        _update(a, self._wanted, cookie, flight)
        a.jump_unless(0, 0, "pass")
        self._rewrite(a, version)
        a.label("pass")
        a.leave(1)
        return a.code()

    def _choose(self, a: Assembler, pid: int, name: int) -> None:
        """On with those processes that are to be taken, by number, else by name."""
        a.call(_PID_TGID)
        a.shift_right(0, 32)
        a.store(10, pid, 0)
        _look_up(a, self._pids, pid)
        a.jump_if(0, 0, "by name")
        a.load(1, 0, 0)
        a.jump_if(1, 0, "pass")
        a.jump("take")
        a.label("by name")
        _look_up(a, self._begun, pid)
        a.jump_unless(0, 0, "take")
        a.put_place(1, name)
        a.put(2, NAME_SIZE)
        a.call(_COMM)
        _look_up(a, self._names, name)
        a.jump_if(0, 0, "pass")
        a.label("take")

    def _beginning(self) -> bytes:
        """A program has taken a process over; its only thread is called as it is."""
        pid, name, value = -4, -24, -28
        a = Assembler()
        a.call(_PID_TGID)
        a.shift_right(0, 32)
        a.store(10, pid, 0)
        a.put_place(1, name)
        a.put(2, NAME_SIZE)
        a.call(_COMM)
        _look_up(a, self._names, name)
        a.jump_if(0, 0, "another")
        a.store_value(10, value, 1)
        _update(a, self._begun, pid, value)
        a.leave(0)
        a.label("another")
        _drop(a, self._begun, pid)
        a.leave(0)
        return a.code()

    def _ending(self) -> bytes:
        """The number of a process that is over will be another's."""
        thread, pid = -8, -4
        a = Assembler()
        a.call(_PID_TGID)
        a.store(10, thread, 0, Size.LONG)
        a.load(1, 10, thread)
        a.load(2, 10, pid)
        a.jump_unless_same(1, 2, "out")
        _drop(a, self._begun, pid)
        a.label("out")
        a.leave(0)
        return a.code()

    def _note(self, a: Assembler, version: int, flight: int, pid: int) -> None:
        """Where it is going, to the stack."""
        a.store_value(10, flight, version)
        a.load(1, 6, _PORT)
        a.store(10, flight + 4, 1)
        for word in range(0, 16, 4):
            if version == 6 or word == 0:
                a.load(1, 6, (_IP6 if version == 6 else _IP4) + word)
                a.store(10, flight + 8 + word, 1)
            else:
                a.store_value(10, flight + 8 + word, 0)
        a.load(1, 10, pid)
        a.store(10, flight + 24, 1)
        a.store_value(10, flight + 28, version)
        if version == 6:  # an IPv4 address in IPv6 clothes comes to the door for IPv4
            _unless_mapped(a, "own kind")
            a.store_value(10, flight + 28, 4)
            a.label("own kind")

    def _rewrite(self, a: Assembler, version: int) -> None:
        if version == 4:
            _set(a, _IP4, _word("127.0.0.1"))
            _set(a, _PORT, socket.htons(self._doors.four))
            return
        _unless_mapped(a, "to six")
        _set(a, _IP6 + 12, _word("127.0.0.1"))
        _set(a, _PORT, socket.htons(self._doors.four))
        a.jump("pass")
        a.label("to six")
        for word in range(0, 12, 4):
            _set(a, _IP6 + word, 0)
        _set(a, _IP6 + 12, _word("0.0.0.1"))
        _set(a, _PORT, socket.htons(self._doors.six))

    def _noting(self) -> bytes:
        """BPF_CGROUP_SOCK_OPS: one of ours stands, and its local port is known; it has not reached us yet."""
        cookie, key = -8, -16
        a = Assembler()
        a.move(6, 1)
        a.load(1, 6, _OPERATION)
        a.jump_unless(1, _ACTIVE_ESTABLISHED, "out")
        a.move(1, 6)
        a.call(_SOCKET_COOKIE)
        a.store(10, cookie, 0, Size.LONG)
        _look_up(a, self._wanted, cookie)
        a.jump_if(0, 0, "out")
        a.move(7, 0)
        a.load(1, 7, 28)
        a.store(10, key, 1)
        a.load(1, 6, _LOCAL_PORT)
        a.store(10, key + 4, 1)
        a.put_map(1, self._arriving)
        a.put_place(2, key)
        a.move(3, 7)
        a.put(4, 0)
        a.call(_UPDATE)
        a.label("out")
        a.leave(1)
        return a.code()


def _look_up(a: Assembler, table: Map, key: int) -> None:
    a.put_map(1, table)
    a.put_place(2, key)
    a.call(_LOOKUP)


def _update(a: Assembler, table: Map, key: int, value: int) -> None:
    a.put_map(1, table)
    a.put_place(2, key)
    a.put_place(3, value)
    a.put(4, 0)
    a.call(_UPDATE)


def _drop(a: Assembler, table: Map, key: int) -> None:
    a.put_map(1, table)
    a.put_place(2, key)
    a.call(_DELETE)


def _set(a: Assembler, field: int, value: int) -> None:
    a.put(1, value)
    a.store(6, field, 1)


def _unless_mapped(a: Assembler, label: str) -> None:
    """Jump if the IPv6 address is not ::ffff:0:0/96 (RFC 4291 section 2.5.5.2)."""
    for word, value in ((0, 0), (4, 0), (8, struct.unpack("=I", b"\x00\x00\xff\xff")[0])):
        a.load(1, 6, _IP6 + word)
        a.put(2, value)
        a.jump_unless_same(1, 2, label)


def _word(address: str) -> int:
    """An IPv4 address as the kernel keeps it, network order, in a register."""
    value: int = struct.unpack("=I", socket.inet_aton(address))[0]
    return value


def _comm(name: str) -> bytes:
    return name.encode()[:COMM_SIZE].ljust(NAME_SIZE, b"\0")


def _own_network() -> int:
    """The cookie of our network namespace, Linux 5.14 (SO_NETNS_COOKIE). Raises OSError."""
    with socket.socket() as probe:
        got = probe.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8)
    cookie: int = struct.unpack("=Q", got)[0]
    return cookie
