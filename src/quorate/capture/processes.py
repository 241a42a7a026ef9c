"""What /proc tells about running processes. Whatever cannot be read is absent: processes come and go."""

import ipaddress
import os
import re
import struct
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
COMM_SIZE = 15
"""Of a name the kernel keeps so many bytes."""
_INTERPRETER = re.compile(r"python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|node|java|mono|bash|sh|dash")
DELETED = " (deleted)"


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


def names_of(pid: int) -> frozenset[str]:
    """By which a person may know it: of its main thread, its program, the script an interpreter runs."""
    words = text_of(pid, "cmdline").split("\0")
    found = {text_of(pid, "comm").strip(), _base(executable_of(pid).removesuffix(DELETED)), _base(words[0])}
    if _INTERPRETER.fullmatch(_base(words[0])) or _INTERPRETER.fullmatch(_base(executable_of(pid))):
        script = next((word for word in words[1:] if word and not word.startswith("-")), "")
        found.add(_base(script).removesuffix(".py"))
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


def parent_of(pid: int) -> int | None:
    words = text_of(pid, "stat").rpartition(")")[2].split()
    return int(words[1]) if len(words) > 1 else None


def user_of(pid: int) -> int | None:
    """The real user id."""
    found = re.search(r"^Uid:\s*(\d+)", text_of(pid, "status"), re.MULTILINE)
    return int(found[1]) if found else None


def owners_of(places: Collection[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Which process of this machine holds the TCP socket that is bound there, for those that one does.

    Our own sockets are left out: of a connection within the machine they are the other end.
    """
    inodes = _inodes(places)
    holders: dict[tuple[str, int], int] = {}
    for pid in pids() if inodes else ():
        if pid == os.getpid():
            continue
        with suppress(OSError), os.scandir(PROC / str(pid) / "fd") as entries:
            for entry in entries:
                with suppress(OSError):
                    place = inodes.get(os.readlink(entry.path))
                    if place is not None:
                        holders[place] = pid
    return holders


def _inodes(places: Collection[tuple[str, int]]) -> dict[str, tuple[str, int]]:
    found = {}
    for file in ("tcp", "tcp6"):
        with suppress(OSError), (PROC / "net" / file).open() as lines:
            next(lines, None)
            for line in lines:
                fields = line.split()
                if (place := _ends(fields[1])) in places:
                    found[f"socket:[{fields[9]}]"] = place
    return found


def _ends(text: str) -> tuple[str, int]:
    """``0100007F:1466`` of /proc/net/tcp: words of the address in the machine's own order."""
    address, _, port = text.partition(":")
    words = struct.unpack(f">{len(address) // 8}I", bytes.fromhex(address))
    found = ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found), int(port, 16)


def _base(path: str) -> str:
    return path.rpartition("/")[2]
