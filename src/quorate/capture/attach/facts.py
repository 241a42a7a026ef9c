"""What /proc tells about a process that somebody wants to attach to. Nothing is touched."""

import os
import stat
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from quorate.capture.destination import Destination
from quorate.capture.processes import (
    DELETED,
    PROC,
    capabilities_of,
    executable_of,
    names_of,
    parent_of,
    peers_of,
    printable,
    text_of,
)

SHIM_NAME = "quorate_shim"
_ELF = struct.Struct("<4sBB10xHH")
_PTRACE_BIT = 19
"""CAP_SYS_PTRACE, capabilities(7)."""
_TLS = {"openssl": "/libssl.so", "gnutls": "/libgnutls.so", "nss": "/libnspr4.so"}
_OURS = frozenset({"quorate", "quorate.agent"})
_HEAD = 4096
"""The program headers, and with them the name of the interpreter, are at the beginning."""
_DEEPEST = 64
"""Generations that are looked through for ourselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """How a program is made."""

    bits: int
    machine: int
    dynamic: bool = True
    """It has an interpreter, so that libraries can be put into it."""
    musl: bool = False
    elevated: bool = False
    """It runs with more rights than who starts it: then the loader takes in no library of theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    pid: int
    name: str
    alive: bool = True
    own: bool = False
    """It is Quorate itself."""
    kernel: bool = False
    """A thread of the kernel's."""
    uids: frozenset[int] = frozenset()
    """Real, effective and saved."""
    our_uid: int = 0
    may_trace_all: bool = False
    """We have CAP_SYS_PTRACE."""
    ptrace_scope: int = 0
    """Yama's; 0 without it."""
    descends: bool = False
    """It is a child of ours."""
    tracer: int = 0
    stopped: bool = False
    """By Ctrl-Z or SIGSTOP."""
    guarded: bool = False
    """It lets nobody of its own user look into it (PR_SET_DUMPABLE, prctl(2))."""
    elf: Elf | None = None
    our_elf: Elf | None = None
    glibc: bool = False
    """It is in there, and so what puts libraries in."""
    sandbox: str = ""
    """``Flatpak``, ``Snap``, or nothing."""
    replaced: str = ""
    """A file of its program that is not on the disk any more."""
    tls: frozenset[str] = frozenset()
    peers: tuple[str, ...] = ()
    """HOST:PORT of its TCP connections."""
    resident: str = ""
    """Our library, if it is in there already."""


def facts_of(pid: int) -> Facts:
    """Whatever cannot be read is left at what does not stand in the way."""
    status = _status(pid)
    if not status or status.get("State", "")[:1] in "ZX":
        return Facts(pid=pid, name="", alive=False)
    maps = _maps(pid)
    return Facts(
        pid=pid,
        name=printable(status.get("Name", "")),
        own=pid == os.getpid() or bool(names_of(pid) & _OURS),
        kernel="VmSize" not in status,
        uids=frozenset(int(uid) for uid in status.get("Uid", "").split()[:3]),
        our_uid=os.getuid(),
        may_trace_all=bool(capabilities_of(os.getpid()) >> _PTRACE_BIT & 1),
        ptrace_scope=_number(PROC / "sys/kernel/yama/ptrace_scope"),
        descends=_descends(pid),
        tracer=int(status.get("TracerPid", "0")),
        stopped=status.get("State", "")[:1] == "T",
        guarded=not maps,
        elf=elf_of(PROC / str(pid) / "exe"),
        our_elf=elf_of(PROC / "self/exe"),
        glibc=any("/libc.so.6" in path or "/libc-2." in path for path in maps),
        sandbox=_sandbox(pid),
        replaced=_replaced(pid, maps),
        tls=frozenset(name for name, part in _TLS.items() if any(part in path for path in maps)),
        peers=tuple(str(Destination(*peer)) for peer in peers_of(pid)),
        resident=next((path for path in maps if SHIM_NAME in path), ""),
    )


def elf_of(path: Path) -> Elf | None:
    """None if it is no ELF program, or cannot be read."""
    with suppress(OSError, struct.error):
        with path.open("rb") as file:
            data, elevated = file.read(_HEAD), _elevated(file.fileno())
        magic, bits, _, _, machine = _ELF.unpack_from(data)
        if magic != b"\x7fELF":
            return None
        dynamic = b"/ld-" in data or b"ld.so" in data
        musl = b"/ld-musl" in data
        return Elf(
            bits=64 if bits == 2 else 32, machine=machine, dynamic=dynamic, musl=musl, elevated=elevated
        )
    return None


def _elevated(file: int) -> bool:
    """execve(2): set-user-ID, set-group-ID, capabilities(7) of the file."""
    about = os.fstat(file)
    if about.st_mode & stat.S_ISUID and about.st_uid != os.getuid():
        return True
    if about.st_mode & stat.S_ISGID and about.st_gid != os.getgid():
        return True
    with suppress(OSError):
        return os.getuid() != 0 and bool(os.getxattr(file, "security.capability"))
    return False


def _status(pid: int) -> dict[str, str]:
    lines = (line.partition(":") for line in text_of(pid, "status").splitlines())
    return {key: value.strip() for key, _, value in lines}


def _number(path: Path) -> int:
    with suppress(OSError, ValueError):
        return int(path.read_text())
    return 0


def _maps(pid: int) -> list[str]:
    lines = text_of(pid, "maps").splitlines()
    return sorted({line.split(maxsplit=5)[5] for line in lines if line.count("/") and " /" in line})


def _descends(pid: int) -> bool:
    above: int | None = pid
    for _ in range(_DEEPEST):
        above = parent_of(above) if above else None
        if above == os.getpid():
            return True
    return False


def _sandbox(pid: int) -> str:
    with suppress(OSError):
        if (PROC / str(pid) / "root/.flatpak-info").exists():
            return "Flatpak"
    if "snap." in text_of(pid, "cgroup") or executable_of(pid).startswith("/snap/"):
        return "Snap"
    return ""


def _replaced(pid: int, maps: list[str]) -> str:
    """Program or TLS library that was upgraded under it: what is loaded is not what is on the disk."""
    if (program := executable_of(pid)).endswith(DELETED):
        return program.removesuffix(DELETED)
    wanted = (*_TLS.values(), "/libc.so.6")
    found = (path for path in maps if path.endswith(DELETED) and any(part in path for part in wanted))
    return next(found, "").removesuffix(DELETED)
