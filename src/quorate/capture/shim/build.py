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
SOURCES = ("quorate_shim.c", "tokenizer.c")
HEADERS = ("tokenizer.h",)
FLAGS = (
    "-std=gnu11",
    "-O2",
    "-fPIC",
    "-fvisibility=hidden",
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
    for name in (*SOURCES, *HEADERS):
        seen.update((HERE / name).read_bytes())
    return seen.hexdigest()[:16]


def file_name(extra: tuple[str, ...] = ()) -> str:
    """Beside this module if the package was built where a compiler was, else in one of ``caches``."""
    return f"quorate_shim-{digest(extra)}.so"


def compile_to(target: Path, extra: tuple[str, ...] = ()) -> None:
    """Write the library to ``target``, whole or not at all; raises NoShim."""
    found = compiler()
    if found is None:
        raise NoShim(
            "Attaching to clients needs a C compiler once and there is none.",
            "Install one (Debian: apt-get install gcc libc6-dev) and try again,"
            " or use the IM listener (docs/clients.md).",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        made = Path(work) / target.name
        sources = [str(HERE / name) for name in SOURCES]
        done = subprocess.run(
            [found, *FLAGS, *extra, "-shared", *sources, "-o", str(made), "-ldl", "-lpthread"],
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
        made.replace(target)


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
