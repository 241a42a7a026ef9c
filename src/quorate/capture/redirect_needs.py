"""What process redirect needs of a machine, found out before anything is done, and told in sentences."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quorate.capture.bpf import supported
from quorate.capture.handover import SOCKET_NAME
from quorate.capture.processes import capabilities_of, text_of

KERNEL: Final = (5, 14)
"""SO_NETNS_COOKIE; links of programs to control groups came with 5.7."""
CAP_NET_ADMIN: Final = 12
CAP_SYS_ADMIN: Final = 21
CAP_BPF: Final = 39
BUNDLES: Final = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
    Path("/etc/ca-certificates/extracted/tls-ca-bundle.pem"),
    Path("/etc/ssl/ca-bundle.pem"),
    Path("/etc/ssl/cert.pem"),
)
"""Debian, Fedora, Arch, SUSE, Alpine: all authorities the system trusts, in one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was found."""

    supported: bool = True
    """It is Linux, on a machine whose system calls are known."""
    kernel: tuple[int, int] = KERNEL
    cgroup2: Path | None = Path("/sys/fs/cgroup")
    capabilities: int = -1
    """CapEff, a bit each."""
    running: bool = True
    """An agent takes connections over."""
    trusted: bool = True
    """The system's store holds this Quorate's authority."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is missing, and what to do about it."""

    says: str
    remedy: str


def lacks(found: Surroundings) -> list[Lack]:
    """Everything that is missing, so that it can be mended in one go."""
    if not found.supported:
        return [
            Lack(
                "Connections of a process can be redirected on Linux (x86-64, ARM, RISC-V) only.",
                "Set your client to connect to Quorate: docs/clients.md.",
            )
        ]
    missing = []
    if found.kernel < KERNEL:
        running, wanted = (".".join(map(str, version)) for version in (found.kernel, KERNEL))
        missing.append(
            Lack(f"The kernel is Linux {running}, {wanted} is needed.", "Use `quorate run` or the listener.")
        )
    if found.cgroup2 is None:
        missing.append(
            Lack(
                "cgroup2 is not mounted.",
                "Run: sudo mkdir /run/cgroup2 && sudo mount -t cgroup2 none /run/cgroup2",
            )
        )
    if not _may(found.capabilities):
        missing.append(Lack("This user may not (CAP_BPF and CAP_NET_ADMIN).", "Run it with sudo."))
    if not found.running:
        missing.append(Lack("Quorate does not run there.", "Start it first: quorate up"))
    if not found.trusted:
        missing.append(
            Lack(
                "This machine does not trust Quorate's certificate, so the clients would refuse it.",
                "Run: quorate ca --install",
            )
        )
    return missing


def look_around(data: Path) -> Surroundings:
    return Surroundings(
        supported=supported(),
        kernel=kernel_version(platform.release()),
        cgroup2=cgroup2_root(text_of(os.getpid(), "mounts")),
        capabilities=capabilities_of(os.getpid()),
        running=(data / SOCKET_NAME).is_socket(),
        trusted=is_trusted(data / "ca.pem"),
    )


def kernel_version(release: str) -> tuple[int, int]:
    """``6.1.0-18-amd64`` to (6, 1); (0, 0) if it is none."""
    found = re.match(r"(\d+)\.(\d+)", release)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def cgroup2_root(mounts: str) -> Path | None:
    """Where cgroup2 is mounted, from /proc/PID/mounts."""
    fields = (line.split(" ") for line in mounts.splitlines())
    return next((Path(words[1]) for words in fields if len(words) > 2 and words[2] == "cgroup2"), None)


def is_trusted(ca: Path, bundles: tuple[Path, ...] = BUNDLES) -> bool:
    """The system's store has this very certificate."""
    try:
        wanted = ca.read_text().strip()
    except OSError:
        return False
    return any(bundle.is_file() and wanted in bundle.read_text(errors="replace") for bundle in bundles)


def _may(capabilities: int) -> bool:
    return all(capabilities >> bit & 1 for bit in (CAP_BPF, CAP_NET_ADMIN)) or bool(
        capabilities >> CAP_SYS_ADMIN & 1
    )
