"""What is none of ours in a client, and what a client does to what is none of its own."""

import itertools
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.capture.shim.controller import (
    DEADLINE_S,
    DOWN,
    IGNORE,
    UP,
    Controller,
    replaced,
)
from tests.capture.shim.scene import (
    HEADER,
    Scene,
    begin,
    every_library,
    hear,
)


@every_library
def test_a_fork_without_exec_is_left_alone(scene: Scene, library: str) -> None:
    client, server, controller = begin(scene, library)
    hear(scene, b"<stream:stream>")
    client.process.send_signal(signal.SIGUSR1)
    client.out.until_has(b"[forked]")
    if library == "plain":
        server.got.until_has(b"<from-child/>")
        client.say("<iq/>")
        server.got.until_has(b"<from-child/><iq/>")
        controller.until_asked(UP, b"<iq/>")
    assert b"from-child" not in controller.asked(UP)
    assert not controller.ended
    assert not controller.closed


@every_library
@pytest.mark.parametrize("first", ["GET / HTTP/1.1", "NICK alice", "CONNECT x:1 HTTP/1.1"])
def test_what_is_no_im_is_neither_asked_about_nor_changed(scene: Scene, library: str, first: str) -> None:
    scene.header = first
    client, server, controller = scene.begin(library, quiet=True)
    server.got.until_has(first.encode())
    hear(scene, b"<html><iq/>")
    client.say("<message/>")
    server.got.until(lambda data: data == f"{first}<message/>".encode())
    assert not controller.asks
    assert not controller.opens
    controller.until(lambda it: it.others == 1)
    assert client.leave() == 0


@every_library
def test_ignored_is_never_asked_about_again(scene: Scene, library: str) -> None:
    scene.controller.judge = lambda ask: (IGNORE, b"") if b"foreign" in ask.data else replaced(0)
    client, server, controller = scene.begin(library, quiet=True)
    controller.until_asked(UP, b"<stream:stream")
    client.say("<foreign/>")
    server.got.until_has(f"{HEADER}<foreign/>".encode())
    client.say("<iq/>")
    server.got.until_has(f"{HEADER}<foreign/><iq/>".encode())
    hear(scene, b"<stream:stream>")
    assert len(controller.asks) == 2


def test_a_client_that_closes_what_it_does_not_know(scene: Scene) -> None:
    scene.env = {"CLOSES": "loop"}
    client, server, controller = begin(scene, "openssl")
    client.say("<iq/>")
    server.got.until_has(b"<iq/>")
    hear(scene, b"<a/>")
    controller.inject(DOWN, b"<message/>")
    client.out.until_has(b"<message/>")
    assert not controller.ended
    assert client.leave() == 0


def test_a_client_that_closes_all_at_once_goes_on_at_rest(scene: Scene) -> None:
    """Past the hooks, as closefrom does."""
    scene.env = {"CLOSES": "range"}
    client, server, controller = begin(scene, "openssl")
    hear(scene, b"<a/>")
    controller.until(lambda it: it.ended)
    client.say("<iq/>")
    server.got.until_has(b"<iq/>")
    second = comes_back(scene)
    scene.stack.callback(second.hang_up)
    hear(scene, b"<b/>")
    second.until_asked(DOWN, b"<b/>")
    before = processor_s(client.process.pid)
    second.inject(DOWN, b"<message/>")
    time.sleep(0.3)  # how much it works while it has nothing to do
    assert processor_s(client.process.pid) - before < 0.1
    assert client.leave() == 0


def comes_back(scene: Scene) -> Controller:
    """A controller that the library lets in, as soon as it has found out that it listens no more.

    Nobody is told of that, so the client's own conversation is what passes the time between two tries.
    """
    until = time.monotonic() + DEADLINE_S
    for number in itertools.count():
        assert time.monotonic() < until, "the library's door stays closed"
        found = Controller()
        with suppress(OSError):
            found.connect(scene.client.process.pid)
        if found.pid:
            return found
        found.hang_up()
        hear(scene, b"<more n='%d'/>" % number)
    raise AssertionError


def processor_s(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
