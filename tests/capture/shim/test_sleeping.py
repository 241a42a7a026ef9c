"""Clients that wait: in a read, a write or a poll, while other threads of theirs do something else."""

import threading

import pytest

from tests.capture.shim.controller import (
    DEADLINE_S,
    DOWN,
    UP,
)
from tests.capture.shim.scene import (
    HEADER,
    Judge,
    Scene,
    begin,
    hear,
    whole_stanzas,
)


def test_vectors_and_two_threads_on_a_plain_socket(scene: Scene) -> None:
    scene.env = {"VECTORS": "1"}
    scene.controller.judge = Judge(whole_stanzas)
    client, server, controller = scene.begin("plain", "blocking")
    hear(scene, b"<stream:stream>")
    client.say("<old/><iq/>")
    server.got.until_has(b"<quite-new/><iq/>")
    hear(scene, b"<secret/><old/>", b"<stream:stream><quite-new/>")
    controller.inject(UP, b"<presence/>")
    server.got.until_has(b"<presence/>")
    controller.inject(DOWN, b"<message/>")
    client.out.until_has(b"<message/>")
    assert client.leave() == 0


def test_a_blocking_client_whose_server_does_not_read_still_receives(scene: Scene) -> None:
    """One thread is stuck in a write, the other one reads meanwhile."""
    client, server, _ = scene.begin("plain", "blocking", sndbuf=4096, slow=True)
    feeder = threading.Thread(target=lambda: client.say("<m>" + "x" * 4_000_000 + "</m>"), daemon=True)
    feeder.start()
    assert server.there.wait(DEADLINE_S)
    server.has_waiting(10_000)  # the write is under way; it cannot end before `go`
    for i in range(50):
        server.send(b"<iq i='%d'/>" % i)
        client.out.until_has(b"<iq i='%d'/>" % i)
    server.go.set()
    server.got.until(lambda data: len(data) > 4_000_000)
    feeder.join(10)


def test_gio_is_woken(scene: Scene) -> None:
    client, server, controller = begin(scene, "gio.py")
    hear(scene, b"<stream:stream>")
    about = controller.opens[controller.only]
    assert (about["lib"], about["peer"]) == ("gnutls", f"127.0.0.1 {server.port}")
    for i in range(20):
        controller.inject(UP, b"<up i='%d'/>" % i)
        server.got.until_has(b"<up i='%d'/>" % i)
        controller.inject(DOWN, b"<down i='%d'/>" % i)
        client.out.until_has(b"<down i='%d'/>" % i)
    assert client.leave() == 0
    controller.until(lambda it: it.closed or it.ended)


def test_a_select_is_as_odd_as_it_is_without_us(scene: Scene) -> None:
    """A second of many microseconds, and a descriptor that is closed."""
    scene.env = {"BAD_FD": "1"}
    _, server, controller = scene.begin("openssl", "select")
    server.send(b"<stream:stream>")
    controller.until_asked(DOWN, b"<stream:stream>")
    controller.inject(UP, b"<presence/>")
    server.got.until_has(b"<presence/>")


@pytest.mark.parametrize("library", ["gnutls", "nss", "plain"])
def test_a_thread_that_waits_for_the_server_keeps_no_other_from_writing(scene: Scene, library: str) -> None:
    client, server, controller = scene.begin(library, "blocking")
    server.send(b"<stream:stream>")
    client.out.until_has(b"<stream:stream>")
    for i in range(3):
        client.say(f"<iq id='{i}'/>")
        server.got.until_has(f"<iq id='{i}'/>".encode())
        server.send(b"<iq id='%d'/>" % i)
        client.out.until_has(b"<iq id='%d'/>" % i)
    assert controller.asked(UP) == (HEADER + "<iq id='0'/><iq id='1'/><iq id='2'/>").encode()
