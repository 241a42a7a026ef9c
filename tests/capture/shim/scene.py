"""One client with the library in it, one server and one controller, and the kinds of clients there are."""

import os
import ssl
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from quorate.capture.shim.build import compiler, shim
from tests.capture.shim.controller import DOWN, UP, Ask, Controller, Verdict, replaced
from tests.capture.shim.house import Client, Server, python_client

HEADER = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
SM = "xmlns='urn:xmpp:sm:3'"
LIBRARIES = ["openssl", "gnutls", "gio", "nss", "plain"]
LOOPS = ["poll", "ppoll", "select", "pselect", "epoll"]
CLIENTS = [(library, "poll") for library in LIBRARIES] + [("openssl", loop) for loop in LOOPS[1:]]
every_client = pytest.mark.parametrize(("library", "loop"), CLIENTS)
every_library = pytest.mark.parametrize("library", LIBRARIES)
everywhere = pytest.mark.parametrize("library", [*LIBRARIES, "blocking", "loop", "gio.py"])

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


def begin(scene: Scene, library: str, **more: object) -> tuple[Client, Server, Controller]:
    """With the clients on CPython's `ssl` among them."""
    if library in ("blocking", "loop", "gio.py"):
        library = library.removesuffix(".py")
        return scene.begin("python", f"{library}.py", **more)  # type: ignore[arg-type]
    return scene.begin(library, "poll", **more)  # type: ignore[arg-type]


def hear(scene: Scene, data: bytes, said: bytes | None = None) -> None:
    """The server sends it, and the client receives ``said`` (else the same)."""
    scene.server.send(data)
    if scene.reads_when_told:
        scene.client.say("")
    scene.client.out.until_has(data if said is None else said)


class Judge:
    """Answers by direction and all that is held and new; keeps what is held as the library does."""

    def __init__(self, decide: Callable[[int, bytes], tuple[int, bytes]]) -> None:
        self.decide = decide
        self.held = {DOWN: b"", UP: b""}

    def __call__(self, ask: Ask) -> Verdict:
        data = self.held[ask.direction] + ask.data
        consumed, instead = self.decide(ask.direction, data)
        self.held[ask.direction] = data[consumed:]
        return replaced(consumed, instead)


def whole_stanzas(_direction: int, data: bytes) -> tuple[int, bytes]:
    """Holds what is not complete, takes <secret/> out, puts ours in its place."""
    end = data.rfind(b">") + 1
    return end, data[:end].replace(b"<secret/>", b"").replace(b"<old/>", b"<quite-new/>")
