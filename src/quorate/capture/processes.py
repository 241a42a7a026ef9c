"""What /proc tells about running processes. Whatever cannot be read is absent: processes come and go."""

import os
import re
import struct
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from quorate.capture.destination import plain_address

PROC = Path("/proc")
COMM_SIZE = 15
"""Of a name the kernel keeps so many bytes."""
_SHELLS = frozenset({"bash", "sh", "dash"})
_INTERPRETER = re.compile(r"python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|node|java|mono|" + "|".join(_SHELLS))
_CAPABILITIES = re.compile(r"^CapEff:\s*([0-9a-f]+)", re.MULTILINE)
_OVERFLOW_UID = 65534
"""What a user without a number in a namespace is called there."""
_ESTABLISHED = "01"
DELETED = " (deleted)"
Place = tuple[str, int]
"""Address and port."""


class _Row(NamedTuple):
    """A line of /proc/net/tcp."""

    here: str
    there: str
    state: str
    socket: str
    """As a link in /proc/PID/fd names it."""


def pids() -> list[int]:
    """All of this machine, as far as it has a /proc."""
    try:
        with os.scandir(PROC) as entries:
            return [int(entry.name) for entry in entries if entry.name.isdecimal()]
    except OSError:
        return []


def text_of(pid: int, file: str) -> str:
    """A file of the process; "" if it cannot be read."""
    try:
        return (PROC / str(pid) / file).read_text(errors="replace")
    except OSError:
        return ""


def executable_of(pid: int) -> str:
    try:
        return os.readlink(PROC / str(pid) / "exe")
    except OSError:
        return ""


def name_of(pid: int) -> str:
    """What a process is called."""
    return printable(text_of(pid, "comm").strip()) or f"process {pid}"


def names_of(pid: int) -> frozenset[str]:
    """By which a person may know it: of its main thread, its program, the script an interpreter runs."""
    words = text_of(pid, "cmdline").split("\0")
    found = {text_of(pid, "comm").strip(), _base(executable_of(pid).removesuffix(DELETED)), _base(words[0])}
    if _INTERPRETER.fullmatch(_base(words[0])) or _INTERPRETER.fullmatch(_base(executable_of(pid))):
        script = next((word for word in words[1:] if word and not word.startswith("-")), "")
        found |= {_base(script), _base(script).removesuffix(".py")}
        if "-m" in words[1:-1]:
            found.add(words[words.index("-m") + 1])
    return frozenset(map(printable, found - {""}))


def printable(name: str) -> str:
    """A process's name is its own choice, and is shown on terminals."""
    return "".join(c if c.isprintable() else "�" for c in name)


def named(name: str) -> Iterator[int]:
    """Processes a person means by this name, or the process with this number."""
    for pid in pids():
        if is_named(pid, name):
            yield pid


def is_named(pid: int, name: str) -> bool:
    return str(pid) == name or any(
        name in (known, known.lower()) or (len(known) == COMM_SIZE and name.startswith(known))
        for known in names_of(pid)
    )


def is_shell(pid: int) -> bool:
    """A shell that runs a script is called as the script is."""
    return _base(executable_of(pid)) in _SHELLS


def parent_of(pid: int) -> int | None:
    words = text_of(pid, "stat").rpartition(")")[2].split()
    return int(words[1]) if len(words) > 1 else None


def user_of(pid: int) -> int | None:
    """The real user id."""
    found = re.search(r"^Uid:\s*(\d+)", text_of(pid, "status"), re.MULTILINE)
    return int(found[1]) if found else None


def inner_ids(pid: int) -> tuple[int, int]:
    """A process's own id and our user's, as it knows them: in namespaces of its own both may differ."""
    own = re.search(r"^NSpid:.*?(\d+)$", text_of(pid, "status"), re.MULTILINE)
    return int(own[1]) if own else pid, _inner_user(pid, os.getuid())


def _inner_user(pid: int, user: int) -> int:
    """user_namespaces(7)."""
    if _namespace(pid, "user") == _namespace(os.getpid(), "user"):
        return user
    for line in text_of(pid, "uid_map").splitlines():
        inside, outside, count = map(int, line.split())
        if outside <= user < outside + count:
            return inside + user - outside
    return _OVERFLOW_UID


def _namespace(pid: int, kind: str) -> str:
    try:
        return os.readlink(PROC / str(pid) / "ns" / kind)
    except OSError:
        return ""


def capabilities_of(pid: int) -> int:
    """The effective ones, a bit each (capabilities(7))."""
    found = _CAPABILITIES.search(text_of(pid, "status"))
    return int(found[1], 16) if found else 0


def owners_of(places: Collection[Place]) -> dict[Place, int]:
    """Which process of this machine holds the TCP socket that is bound there, for those that one does.

    Our own sockets are left out: of a connection within the machine they are the other end.
    """
    rows = ((row.socket, _place(row.here)) for row in _rows(os.getpid()))
    bound = {socket: place for socket, place in rows if place in places}
    holders: dict[Place, int] = {}
    for pid in pids() if bound else ():
        if pid != os.getpid():
            holders.update((bound[socket], pid) for socket in _open_files(pid) if socket in bound)
    return holders


def peers_of(pid: int) -> list[Place]:
    """Where the TCP connections of a process go."""
    own = set(_open_files(pid))
    return [_place(row.there) for row in _rows(pid) if row.socket in own and row.state == _ESTABLISHED]


def _open_files(pid: int) -> Iterator[str]:
    with suppress(OSError), os.scandir(PROC / str(pid) / "fd") as entries:
        for entry in entries:
            with suppress(OSError):
                yield os.readlink(entry.path)


def _rows(pid: int) -> Iterator[_Row]:
    """All TCP sockets of the network a process is in."""
    for file in ("tcp", "tcp6"):
        with suppress(OSError), (PROC / str(pid) / "net" / file).open() as lines:
            next(lines, None)
            for line in lines:
                fields = line.split()
                yield _Row(fields[1], fields[2], fields[3], f"socket:[{fields[9]}]")


def _place(text: str) -> Place:
    """``0100007F:1466`` of /proc/net/tcp: words of the address in the machine's own order."""
    address, _, port = text.partition(":")
    words = struct.unpack(f">{len(address) // 8}I", bytes.fromhex(address))
    return plain_address(struct.pack(f"={len(words)}I", *words)), int(port, 16)


def _base(path: str) -> str:
    return path.rpartition("/")[2]
