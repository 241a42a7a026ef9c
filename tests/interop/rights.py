"""What tests need of the kernel and of this user; where it is missing they are left out, loudly."""

import ctypes
import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quorate.capture.redirect_needs import lacks, look_around

CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
OWN_USER = (
    "setpriv",
    "--reuid=65534",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
)
"""Runs a program as another user, whom the test's files are no secret to."""


def left_out(what: str, why: object) -> None:
    """Fails nothing: no machine of the project's can give what is missing here."""
    pytest.skip(f"NOT TESTED ON THIS MACHINE: {what} ({why})")


def needs_redirect(data: Path) -> None:
    """Leaves the test out where the kernel or this user has not what process redirect takes."""
    missing = [lack.says for lack in lacks(look_around(data)) if "Quorate" not in lack.says]
    if missing:
        left_out("process redirect", " ".join(missing))


def needs_namespaces(*unshare: str) -> None:
    """Leaves the test out where these words of unshare(1) are not allowed."""
    tried = subprocess.run((*unshare, "true"), capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        left_out("namespaces of a program's own", f"{' '.join(unshare)}: {tried.stderr.strip()}")


@contextmanager
def network() -> Iterator[None]:
    """A network of this thread's own, and of the programs it starts, with nothing but a loopback.

    One at a time on this machine: a redirect is set for processes by name, whatever network they are in.
    """
    with (Path(tempfile.gettempdir()) / "quorate-tests-redirect.lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        with _network():
            yield


@contextmanager
def _network() -> Iterator[None]:
    before = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        if _LIBC.unshare(CLONE_NEWNET) != 0:
            left_out("network namespaces", os.strerror(ctypes.get_errno()))
        try:
            run("ip", "link", "set", "lo", "up")
            yield
        finally:
            assert _LIBC.setns(before, CLONE_NEWNET) == 0
    finally:
        os.close(before)


def run(*words: str, stdin: str = "") -> str:
    """One command; raises with what it said if it fails."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    done = subprocess.run(
        words, input=stdin, capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
