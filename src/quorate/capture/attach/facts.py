"""What /proc tells about a process that somebody wants to attach to. Nothing is touched."""

import os
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from quorate.capture.processes import printable

SHIM_NAME = "quorate_shim"
_ELF = struct.Struct("<4sBB10xHH")
_PTRACE_BIT = 19
"""CAP_SYS_PTRACE, capabilities(7)."""
_TLS = {"openssl": "/libssl.so", "gnutls": "/libgnutls.so", "nss": "/libnspr4.so"}
_LINKERS = ("/ld-linux", "/ld-musl", "/ld.so")
_HEAD = 4096
"""The program headers, and with them the name of the interpreter, are at the beginning."""
_ESTABLISHED = "01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """How a program is made."""

    bits: int
    machine: int
    dynamic: bool = True
    """It has an interpreter, so that libraries can be put into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    pid: int
    name: str
    alive: bool = True
    own: bool = False
    """It is Quorate itself."""
    uid: int = 0
    our_uid: int = 0
    may_trace_all: bool = False
    """We have CAP_SYS_PTRACE."""
    ptrace_scope: int = 0
    """Yama's; 0 without it."""
    descends: bool = False
    """It is a child of ours."""
    tracer: int = 0
    elf: Elf | None = None
    our_elf: Elf | None = None
    libc: str = ""
    """``glibc``, ``musl``, or nothing."""
    linker: bool = True
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
    proc = Path(f"/proc/{pid}")
    status = _status(proc / "status")
    if not status or status.get("State", "")[:1] in "ZX":
        return Facts(pid=pid, name="", alive=False)
    ours = _status(Path("/proc/self/status"))
    maps = _maps(proc)
    peers = _peers(proc)
    return Facts(
        pid=pid,
        name=printable(status.get("Name", "")),
        own=pid == os.getpid() or _is_quorate(proc),
        uid=int(status.get("Uid", "0").split()[0]),
        our_uid=os.getuid(),
        may_trace_all=bool(int(ours.get("CapEff", "0"), 16) >> _PTRACE_BIT & 1),
        ptrace_scope=_number(Path("/proc/sys/kernel/yama/ptrace_scope")),
        descends=_descends(pid),
        tracer=int(status.get("TracerPid", "0")),
        elf=elf_of(proc / "exe"),
        our_elf=elf_of(Path("/proc/self/exe")),
        libc=_libc(maps),
        linker=not maps or any(part in path for path in maps for part in _LINKERS),
        sandbox=_sandbox(proc),
        replaced=_replaced(proc, maps),
        tls=frozenset(name for name, part in _TLS.items() if any(part in path for path in maps)),
        peers=tuple(peers),
        resident=next((path for path in maps if SHIM_NAME in path), ""),
    )


def elf_of(path: Path) -> Elf | None:
    """None if it is no ELF program, or cannot be read."""
    with suppress(OSError, struct.error):
        with path.open("rb") as file:
            data = file.read(_HEAD)
        magic, bits, _, _, machine = _ELF.unpack_from(data)
        if magic != b"\x7fELF":
            return None
        dynamic = b"/ld-" in data or b"ld.so" in data
        return Elf(bits=64 if bits == 2 else 32, machine=machine, dynamic=dynamic)
    return None


def pids_named(name: str) -> list[int]:
    """Processes of this name; the program's own name or that of its script."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid() and name in _names(entry):
            found.append(int(entry.name))
    return sorted(found)


def _names(proc: Path) -> set[str]:
    with suppress(OSError):
        words = (proc / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        script = [Path(word).name for word in words[:1]]
        if words and Path(words[0]).name.startswith("python") and len(words) > 1:
            script.append(Path(words[1]).name)
        return {(proc / "comm").read_text(errors="replace").strip(), *script}
    return set()


def _status(path: Path) -> dict[str, str]:
    with suppress(OSError):
        lines = (line.partition(":") for line in path.read_text(errors="replace").splitlines())
        return {key: value.strip() for key, _, value in lines}
    return {}


def _number(path: Path) -> int:
    with suppress(OSError, ValueError):
        return int(path.read_text())
    return 0


def _maps(proc: Path) -> list[str]:
    with suppress(OSError):
        lines = (proc / "maps").read_text(errors="replace").splitlines()
        return sorted({line.split(maxsplit=5)[5] for line in lines if line.count("/") and " /" in line})
    return []


def _is_quorate(proc: Path) -> bool:
    with suppress(OSError):
        words = (proc / "cmdline").read_bytes().split(b"\0")
        return b"quorate.agent" in words or (b"quorate" in words and b"up" in words)
    return False


def _descends(pid: int) -> bool:
    for _ in range(64):
        with suppress(OSError, ValueError):
            pid = int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            if pid == os.getpid():
                return True
            continue
        break
    return False


def _libc(maps: list[str]) -> str:
    if any("/ld-musl" in path or "/libc.musl" in path for path in maps):
        return "musl"
    return "glibc" if any("/libc.so.6" in path or "/libc-2." in path for path in maps) else ""


def _sandbox(proc: Path) -> str:
    with suppress(OSError):
        if (proc / "root/.flatpak-info").exists():
            return "Flatpak"
    with suppress(OSError):
        if "snap." in (proc / "cgroup").read_text(errors="replace") or os.readlink(proc / "exe").startswith(
            "/snap/"
        ):
            return "Snap"
    return ""


def _replaced(proc: Path, maps: list[str]) -> str:
    """Program or TLS library that was upgraded under it: what is loaded is not what is on the disk."""
    gone = " (deleted)"
    with suppress(OSError):
        if (exe := os.readlink(proc / "exe")).endswith(gone):
            return exe.removesuffix(gone)
    wanted = (*_TLS.values(), "/libc.so.6")
    found = (path for path in maps if path.endswith(gone) and any(part in path for part in wanted))
    return next(found, "").removesuffix(gone)


def _peers(proc: Path) -> list[str]:
    """Where its TCP connections go."""
    inodes = set()
    with suppress(OSError):
        for fd in (proc / "fd").iterdir():
            with suppress(OSError):
                inodes.add(os.readlink(fd))
    found = []
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for row in (proc / "net" / table).read_text().splitlines()[1:]:
                cells = row.split()
                if f"socket:[{cells[9]}]" in inodes and cells[3] == _ESTABLISHED:
                    host, _, port = cells[2].partition(":")
                    found.append(f"{_address(host)}:{int(port, 16)}")
    return found


def _address(text: str) -> str:
    """Hex words in the machine's order."""
    words = [int(text[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(text), 8)]
    data = b"".join(words)
    if len(data) == 4:
        return ".".join(map(str, data))
    return f"[{data.hex(':', 2)}]"
