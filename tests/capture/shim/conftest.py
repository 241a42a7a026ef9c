"""Clients compiled once, and a certificate for the server they talk to."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.capture.shim.house import compile_chat
from tests.capture.shim.scene import Scene
from tests.interop.certificates import TestAuthority


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


@pytest.fixture
def scene(chats: Callable[[str], Path], tls: ssl.SSLContext, tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(chats, tls, tmp_path, stack)
