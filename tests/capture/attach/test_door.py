"""Going to a library that is in a client already."""

import asyncio
import os
import socket
import sys
from pathlib import Path

from quorate.capture.attach.door import Door
from quorate.clock import SystemClock
from tests.capture.attach.scripted import WAIT_S
from tests.capture.attach.test_attached import Watching, attached
from tests.interop.rights import needs_namespaces

IN_A_CLIENT = """
import os, socket
door = socket.socket(socket.AF_UNIX)
door.bind(f"\\0quorate-{os.getpid()}-{os.geteuid()}")
door.listen()
print("up", flush=True)
for _ in "SA":
    door.accept()
print("came", flush=True)
"""


async def test_a_client_that_accepts_nobody_delays_nobody(tmp_path: Path) -> None:
    """It may be stopped: its door takes a few, then none."""
    with socket.socket(socket.AF_UNIX) as library:
        library.bind(f"\0quorate-{os.getpid()}-{os.getuid()}")
        library.listen(1)
        async with attached(tmp_path) as (_, _, door):
            assert [door.visit(os.getpid()) for _ in range(4)][-1] is False


async def test_a_client_in_a_user_namespace_is_known_there_by_another_number(tmp_path: Path) -> None:
    theirs = ("unshare", "--user", "--map-user=4321")
    needs_namespaces(*theirs)
    client = await asyncio.create_subprocess_exec(
        *theirs, sys.executable, "-c", IN_A_CLIENT, stdout=asyncio.subprocess.PIPE
    )
    assert client.stdout is not None
    door = Door(tmp_path, Watching(), SystemClock())
    door.start()
    try:
        async with asyncio.timeout(WAIT_S):
            assert await client.stdout.readline() == b"up\n"
            assert door.visit(client.pid)
            assert await client.stdout.readline() == b"came\n"
    finally:
        await client.wait()
        await door.stop()
