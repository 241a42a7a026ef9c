"""The library in clients of every kind, against a scripted controller and a scripted server."""

import pytest

from tests.capture.shim.conftest import HEADER, Scene
from tests.capture.shim.controller import DETACH, DOWN, UP

LIBRARIES = ["openssl", "gnutls", "gio", "nss", "plain"]
LOOPS = ["poll", "ppoll", "select", "pselect", "epoll"]
CLIENTS = [(library, "poll") for library in LIBRARIES] + [("openssl", loop) for loop in LOOPS[1:]]
every_client = pytest.mark.parametrize(("library", "loop"), CLIENTS)


@every_client
def test_what_passes_is_seen_and_unchanged(scene: Scene, library: str, loop: str) -> None:
    client, server, controller = scene.begin(library, loop)
    server.send(b"<stream:stream><features/>")
    client.out.until_has(b"<stream:stream><features/>")
    client.say("<iq id='1'/>")
    server.got.until_has(b"<iq id='1'/>")
    assert controller.asked(UP) == f"{HEADER}<iq id='1'/>".encode()
    assert controller.asked(DOWN) == b"<stream:stream><features/>"
    about = controller.opens[controller.only]
    assert about["lib"] == {"gio": "gnutls"}.get(library, library)
    assert about["peer"] == f"127.0.0.1 {server.port}"
    assert about["fresh"] == "1"
    assert client.leave() == 0
    controller.until(lambda it: it.closed)


@every_client
def test_a_client_that_sleeps_sends_and_receives_what_is_put_in(scene: Scene, library: str, loop: str) -> None:
    client, server, controller = scene.begin(library, loop)
    server.send(b"<stream:stream>")
    client.out.until_has(b"<stream:stream>")
    controller.inject(UP, b"<presence/>")
    server.got.until_has(b"<presence/>")
    controller.inject(DOWN, b"<message/>")
    client.out.until_has(b"<message/>")
    for i in range(50):
        controller.inject(UP, b"<up i='%d'/>" % i)
        controller.inject(DOWN, b"<down i='%d'/>" % i)
    server.got.until_has(b"".join(b"<up i='%d'/>" % i for i in range(50)))
    client.out.until_has(b"".join(b"<down i='%d'/>" % i for i in range(50)))
    controller.command(DETACH, 0, 0)
    controller.until(lambda it: it.acks)
    client.say("<iq id='2'/>")
    server.got.until_has(b"<iq id='2'/>")
    assert client.leave() == 0
