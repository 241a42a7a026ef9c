"""Compiles the library that is put into clients: once, when the package is built or on demand in a checkout.

Read by hatchling's hook (`script/build_page.py`) as well, so it imports nothing of Quorate's.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = (
    "base.c",
    "channel.c",
    "connections.c",
    "judging.c",
    "sleep_hooks.c",
    "slots.c",
    "socket_hooks.c",
    "streams.c",
    "tls_hooks.c",
    "tokenizer.c",
    "worker.c",
)
HEADERS = ("functions.def", "shim.h", "tokenizer.h")
ENTRY = "entry.c"
"""What an injector maps: it carries the library, and has the client's own loader load it."""
FLAGS = (
    "-std=gnu11",
    "-D_GNU_SOURCE",
    "-O2",
    "-fPIC",
    "-fvisibility=hidden",
    "-ftls-model=initial-exec",  # a hook in a signal's handler must not allocate
    "-fstack-protector-strong",
    "-Wall",
    "-Wextra",
)
STRICT = ("-Werror",)
"""Added by the tests: another compiler's new warning must not keep a user from attaching."""


class NoShim(Exception):
    """The library is not there and cannot be made: what happened, and what to do, each a sentence."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem, self.remedy = problem, remedy


def compiler() -> str | None:
    """The C compiler: ``$CC``, or cc, gcc, clang."""
    names = [os.environ["CC"]] if os.environ.get("CC") else ["cc", "gcc", "clang"]
    return next((found for found in map(shutil.which, names) if found), None)


def digest(extra: tuple[str, ...] = ()) -> str:
    """What the outcome of a compilation depends on."""
    seen = hashlib.sha256(" ".join([*FLAGS, *extra]).encode())
    for name in (*SOURCES, *HEADERS, ENTRY):
        seen.update((HERE / name).read_bytes())
    return seen.hexdigest()[:16]


def file_name(extra: tuple[str, ...] = ()) -> str:
    """Beside this module if the package was built where a compiler was, else in one of ``caches``."""
    return f"quorate_shim-{digest(extra)}.so"


def entry_of(library: Path) -> Path:
    """The file to inject so that a running client loads this library; it lies beside it."""
    return library.with_name(library.name.replace("shim", "entry"))


def compile_to(target: Path, extra: tuple[str, ...] = ()) -> None:
    """Write the library to ``target``, and its entry beside it, whole or not at all; raises NoShim."""
    found = compiler()
    if found is None:
        raise NoShim(
            "Attaching to clients needs a C compiler once and there is none.",
            "Install one (Debian: apt-get install gcc libc6-dev) and try again,"
            " or use the IM listener (docs/clients.md).",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        library, entry = Path(work) / "library.so", Path(work) / "entry.so"
        _run(found, *extra, *(str(HERE / name) for name in SOURCES), "-ldl", "-lpthread", "-o", str(library))
        _run(found, f'-DLIBRARY="{library}"', str(HERE / ENTRY), "-ldl", "-o", str(entry))
        entry.replace(entry_of(target))
        library.replace(target)


def _run(compiler: str, *words: str) -> None:
    done = subprocess.run(
        [compiler, *FLAGS, "-shared", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        first = (done.stdout.strip().splitlines() or ["no output"])[0]
        raise NoShim(
            f"The library for attaching to clients could not be compiled ({first}).",
            "Use the IM listener (docs/clients.md) and tell us.",
        )


def caches() -> list[Path]:
    """Where a library made on demand may lie, the preferred place first."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return [HERE / ".cache", Path(home) / "quorate"]


def shim(extra: tuple[str, ...] = ()) -> Path:
    """The library's path; made now if it is not there. Raises NoShim.

    ``extra`` adds compiler flags (sanitizers, for tests).
    """
    name = file_name(extra)
    for place in (HERE, *caches()):
        if (place / name).is_file():
            return place / name
    for place in caches():
        try:
            compile_to(place / name, extra)
        except OSError:
            continue
        return place / name
    raise NoShim(
        f"The library for attaching to clients cannot be written to {' or '.join(map(str, caches()))}.",
        "Make one of them writable, or use the IM listener (docs/clients.md).",
    )


if __name__ == "__main__":
    try:
        print(shim(tuple(sys.argv[1:])))  # noqa: T201
    except NoShim as problem:
        raise SystemExit(str(problem)) from None
