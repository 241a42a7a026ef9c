"""Puts our library into a running process: ``python -m quorate.capture.attach.inject PID LIBRARY DATA``.

A process of its own, because frida takes 47 MB and stays with whoever has used it. Exit codes: 0 done,
3 frida is not installed, 1 it failed (one line on stderr says how).
"""

import asyncio
import sys
import threading
from pathlib import Path

from quorate.errors import Misconfigured, NotPossible

ENTRY = "quorate_entry"
NO_FRIDA = 3
INJECT_S = 30.0
LEAVE_S = 10.0


async def inject(pid: int, path: Path, data: str) -> None:
    """Load ``path`` into the process and call its entry with ``data``; raises QuorateError."""
    words = (sys.executable, "-m", __name__, str(pid), str(path), data)
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, err = await asyncio.wait_for(process.communicate(), INJECT_S)
    except TimeoutError:
        process.kill()
        raise NotPossible(
            f"Process {pid} did not let the library in within {INJECT_S:.0f} s.",
            remedy="It may be stopped or traced. Start the client by `quorate run`.",
        ) from None
    if process.returncode == NO_FRIDA:
        raise Misconfigured(
            "Attaching to a running client needs frida, which is not installed.",
            remedy=f"Install it: {sys.executable} -m pip install 'frida>=17'. "
            "Or start the client by `quorate run`.",
        )
    if process.returncode != 0:
        said = (err.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        raise NotPossible(
            f"Process {pid} did not let the library in: {said}",
            remedy="Start the client by `quorate run`, or let it connect to Quorate: docs/clients.md.",
        )


def _main(pid: str, path: str, data: str) -> int:
    try:
        import frida
    except ImportError:
        return NO_FRIDA
    try:
        device, done = frida.get_local_device(), threading.Event()
        device.on("uninjected", lambda _: done.set())
        device.inject_library_file(int(pid), path, ENTRY, data)
        done.wait(LEAVE_S)  # what frida put in needs its other end until the entry has returned
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:4]))
