"""Clients compiled once, and a certificate for the server they talk to."""

import os
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from quorate.capture.shim.build import compiler, shim
from tests.capture.shim.controller import UP, Controller
from tests.capture.shim.house import Client, Server, compile_chat, python_client
from tests.interop.certificates import TestAuthority

HEADER = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"


@pytest.fixture(scope="session")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    home = tmp_path_factory.mktemp("chat")
    made: dict[str, Path] = {}

    def chat(library: str) -> Path:
        if library not in made:
            made[library] = compile_chat(library, home)
        return made[library]

    return chat


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    home = tmp_path_factory.mktemp("ca")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*TestAuthority(home).issue("localhost", home))
    return context


SANITIZED = (
    "-Werror",
    "-g",
    "-O1",
    "-fno-omit-frame-pointer",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
)
"""The library with these is what clients get if QUORATE_SHIM_SANITIZED is set."""


def sanitizer() -> dict[str, str]:
    """What a client that was not built with it needs in its environment."""
    found = [
        subprocess.run(
            [compiler() or "cc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
        )
        for name in ("libasan.so", "libubsan.so")
    ]
    return {
        "LD_PRELOAD": ":".join(os.path.realpath(one.stdout.strip()) for one in found),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:use_sigaltstack=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }


@dataclass
class Scene:
    """One client, one server, one controller; ``begin`` starts them and waits for the stream header."""

    chats: Callable[[str], Path]
    tls: ssl.SSLContext
    home: Path
    stack: ExitStack
    controller: Controller = field(default_factory=Controller)
    extra: tuple[str, ...] = ()
    """Flags the library is compiled with."""
    header: str = HEADER
    reads_when_told: bool = False
    """An empty line makes the client read once."""
    env: dict[str, str] = field(default_factory=dict)

    def begin(
        self,
        library: str,
        loop: str = "poll",
        *,
        sndbuf: int = 0,
        slow: bool = False,
        listen: bool = True,
        quiet: bool = False,
    ) -> tuple[Client, Server, Controller]:
        self.server = Server(None if library == "plain" else self.tls, slow=slow)
        self.stack.callback(self.server.close)
        self.stack.callback(self.controller.hang_up)
        path = self.home / "socket"
        if listen:
            self.controller.listen(path)
        if library == "python":
            command = python_client(loop, self.server.port)
        else:
            command = [str(self.chats(library)), loop, str(self.server.port), str(sndbuf)]
        if os.environ.get("QUORATE_SHIM_SANITIZED"):
            self.extra, self.env = SANITIZED, {**sanitizer(), **self.env}
        self.client = self.stack.enter_context(Client(command, shim(self.extra), path, self.env))
        self.client.say(self.header)
        self.reads_when_told = loop == "blocking.py"
        if not slow and not quiet:
            self.server.got.until_has(HEADER.encode())
            if listen:
                assert self.controller.asked(UP) == HEADER.encode()
        return self.client, self.server, self.controller


@pytest.fixture
def scene(chats: Callable[[str], Path], tls: ssl.SSLContext, tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(chats, tls, tmp_path, stack)
