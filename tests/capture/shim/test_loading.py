"""How the library gets into a process, and what the loader does at the same time."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.capture.shim.build import compiler, entry_of, shim
from tests.capture.shim.controller import (
    Controller,
)
from tests.capture.shim.house import HERE, Client
from tests.capture.shim.scene import (
    Scene,
)


def test_what_only_starts_the_client_passes_the_library_on(scene: Scene) -> None:
    scene.controller.listen(scene.home / "socket")
    scene.stack.callback(scene.controller.hang_up)
    command = ["/bin/sh", "-c", 'exec env "$0" -c "$1"', sys.executable, "import time; time.sleep(60)"]
    client = scene.stack.enter_context(Client(command, shim(), scene.home / "socket"))
    scene.controller.until(lambda it: it.pid)
    assert scene.controller.pid == client.process.pid
    assert b"python" in Path(f"/proc/{client.process.pid}/cmdline").read_bytes().split(b"\0")[0]


@pytest.mark.parametrize("binding", ["now", "lazy"])
@pytest.mark.parametrize("running", [False, True], ids=["run", "attach"])
def test_a_module_that_is_just_being_loaded_is_left_to_the_loader(
    tmp_path: Path, binding: str, running: bool
) -> None:
    """Its hooks are put in when it is relocated: sooner, and the loader writes to what we have sealed."""
    cc, source = compiler() or "cc", str(HERE / "loads.c")
    program, module = tmp_path / "loads", tmp_path / "module.so"
    made = ["-shared", "-fPIC", "-DMODULE", f"-Wl,-z,relro,-z,{binding}", source, "-o", str(module)]
    subprocess.run([cc, *made], check=True)
    subprocess.run([cc, source, "-o", str(program), "-lpthread", "-ldl"], check=True)
    controller = Controller()
    controller.listen(tmp_path / "socket")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = str(closed.getsockname()[1])
    preload = None if running else shim()
    with Client([str(program), str(module), port, "1500"], preload, tmp_path / "socket") as client:
        if running:
            client.out.until(bool)
            inject = [sys.executable, "-m", "quorate.capture.attach.inject", str(client.process.pid)]
            subprocess.run([*inject, str(entry_of(shim())), str(tmp_path / "socket")], check=True)
            controller.until(lambda it: it.pid)
            assert client.process.poll() is None
        assert client.leave() == 0
    assert controller.slots > 0
    controller.hang_up()
